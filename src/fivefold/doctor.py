"""What this installation has, what it lacks and what the machine can do."""

from __future__ import annotations

import platform
import shutil
import tempfile
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from fivefold import __version__
from fivefold.machine import Machine

CORE = (
    "torch",
    "numpy",
    "pyarrow",
    "safetensors",
    "pydantic",
    "click",
    "rich",
    "jinja2",
    "scikit-learn",
    "fsspec",
)
OPTIONAL = {
    "tokenizers": 'byte pairs, models of others: pip install "fivefold[text]"',
    "llguidance": 'schemas, expressions and grammars in writing: pip install "fivefold[text]"',
    "rdkit": 'to check and draw molecules: pip install "fivefold[molecule]"',
    "selfies": 'molecules in SELFIES: pip install "fivefold[molecule]"',
    "fcd-torch": 'the Fréchet ChemNet distance: pip install "fivefold[fcd]"',
    "drain3": 'templates of log lines: pip install "fivefold[events]"',
    "mido": 'MIDI: pip install "fivefold[music]"',
    "pillow": 'pictures: pip install "fivefold[image]"',
    "soundfile": 'sound: pip install "fivefold[sound]"',
    "gguf": 'GGUF files: pip install "fivefold[exchange]"',
    "pandas": "to hand over pandas frames",
    "polars": "to hand over Polars frames",
    "aiohttp": 'to read https:// addresses: pip install "fivefold[remote]"',
    "s3fs": 'to read s3:// addresses: pip install "fivefold[remote]"',
    "gcsfs": 'to read gs:// addresses: pip install "fivefold[remote]"',
}


def examine() -> dict[str, Any]:
    """Everything that `fivefold doctor` says, in sections.

    Returns:
        `versions`, `packages`, `optional`, `device`, `machine`, and
        `problems`: sentences, none if all is well.
    """
    packages = {name: installed(name) for name in CORE}
    missing = [name for name, found in packages.items() if found is None]
    machine = about_machine()
    problems = [f"{name} is missing: pip install {name}" for name in missing]
    if not machine["folder_writable"]:
        problems.append(f"{Path.cwd()} is not writable: give --out a folder that is")
    if not machine["temporary_writable"]:
        problems.append(f"{tempfile.gettempdir()} is not writable: set TMPDIR")
    device: dict[str, Any] = {}
    if packages["torch"]:
        try:
            device = about_device()
        except (ImportError, OSError) as fault:
            problems.append(f"torch is installed but does not start: {fault}")
    return {
        "versions": {"fivefold": __version__, "python": platform.python_version()},
        "packages": {name: found or "missing" for name, found in packages.items()},
        "optional": {
            name: installed(name) or f"not installed ({why})" for name, why in OPTIONAL.items()
        },
        "device": device,
        "machine": machine,
        "problems": problems,
    }


def installed(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def about_device() -> dict[str, Any]:
    """What PyTorch can compute on: CUDA, Apple's GPU, and the processor's units for short floats."""
    torch = import_module("torch")
    cuda = torch.cuda.is_available()
    features = Machine.here().features
    return {
        "best": "cuda" if cuda else "mps" if torch.backends.mps.is_available() else "cpu",
        "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "processor": torch.backends.cpu.get_cpu_capability(),
        "avx512_bf16": "avx512_bf16" in features,
        "amx_bf16": "amx_bf16" in features,
    }


def about_machine() -> dict[str, Any]:
    """Cores, memory and disk that this process may use, in gigabytes."""
    machine = Machine.here()
    return {
        "system": machine.system,
        "cpu": machine.cpu,
        "cores": machine.cores,
        "memory_gb": gigabytes(machine.memory),
        "memory_available_gb": gigabytes(machine.memory_available),
        "disk_free_gb": gigabytes(shutil.disk_usage(Path.cwd()).free),
        "folder_writable": writable(Path.cwd()),
        "temporary_writable": writable(Path(tempfile.gettempdir())),
    }


def gigabytes(size: int) -> float:
    """Bytes in gigabytes, to a tenth.

    Example:
        >>> gigabytes(25_300_000_000)
        25.3
    """
    return round(size / 1e9, 1)


def writable(folder: Path) -> bool:
    """Whether a file can be made there: tried, because permissions alone do not tell."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
