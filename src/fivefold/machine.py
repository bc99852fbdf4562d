"""The machine that figures were measured on: times and energy mean nothing without it."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Self

PACKAGES = ("fivefold", "torch", "numpy", "pyarrow", "scikit-learn")
FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


@dataclass(frozen=True)
class Machine:
    """What a figure depends on.

    Arguments:
        cpu: the processor's name.
        cores: the cores that this process may use.
        memory: bytes in all.
        memory_available: bytes free for this process.
        system: the operating system.
        features: what speeds matrix products up, such as `amx_bf16`.
        versions: of Python and the packages that compute.
    """

    cpu: str
    cores: int
    memory: int
    memory_available: int
    system: str
    features: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def here(cls) -> Self:
        """This machine.

        Example:
            >>> Machine.here().cores >= 1
            True
        """
        flags = _first("/proc/cpuinfo", "flags").split()
        return cls(
            cpu=_first("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
            cores=cores(),
            memory=_kilobytes("MemTotal"),
            memory_available=_kilobytes("MemAvailable"),
            system=f"{platform.system()} {platform.machine()}",
            features=[name for name in FEATURES if name in flags],
            versions={"python": platform.python_version(), **_versions()},
        )

    def to_dict(self) -> dict[str, Any]:
        """The machine as JSON can hold it."""
        return asdict(self)


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _first(path: str, key: str) -> str:
    file = Path(path)
    if file.is_file():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return ""


def _kilobytes(key: str) -> int:
    found = _first("/proc/meminfo", key).split()
    if found:
        return int(found[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
