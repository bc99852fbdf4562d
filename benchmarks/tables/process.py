"""Run a command as a whole process and say what it cost."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


@dataclass(frozen=True)
class Run:
    """A process that has ended.

    Arguments:
        code: its exit code; below zero the signal that ended it.
        cpu_seconds: user and system time of it and its children.
        seconds: on the clock.
        memory: bytes that it held at most.
    """

    code: int
    cpu_seconds: float
    seconds: float
    memory: int


def run(command: Sequence[str | Path], *, log: Path, cwd: Path, limit: int | None = None) -> Run:
    """Run a command with one thread.

    Arguments:
        command: the program and its arguments.
        log: takes what it prints.
        cwd: where it runs.
        limit: processor seconds after which the system ends it.
    """
    surroundings = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONHASHSEED": "0"}
    began = time.monotonic()
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=cwd,
            env=surroundings,
        )
        if limit is not None:
            hard = resource.prlimit(child.pid, resource.RLIMIT_CPU)[1]
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (limit, hard))
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        code=child.returncode,
        cpu_seconds=round(used.ru_utime + used.ru_stime, 3),
        seconds=round(time.monotonic() - began, 3),
        memory=used.ru_maxrss * 1024,
    )


def why(ended: Run, log: Path, limit: int) -> str:
    """Why a process failed, in a line."""
    if ended.code == -24:
        return f"passed the limit of {limit} CPU seconds"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"exit code {ended.code}: {lines[-1] if lines else 'no message'}"[:300]
