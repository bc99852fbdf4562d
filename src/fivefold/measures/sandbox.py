"""A sandbox for programs that nobody has read: what a language model wrote is run here and harms nothing.

A program is Python without packages (`python -I -S`). What is guaranteed depends on where it runs:

    confinement="namespaces"   Linux 5.12 or newer where namespaces may be made: as root, or where users may make user
                               namespaces (the usual case; not in a container with its default rules)
        files       it sees the interpreter and the system's libraries, read-only, and one empty folder in memory of
                    bounded size; no home, no temporary folder, no data, no /proc
        network     it has none, not even the loopback device; sockets cannot be made
        processes   it sees its own only, so many at most, and they all end with it
        memory      so much for each process; the kernel ends them first when the machine runs out
        person      an unused user id when started by root; no capability, and no way to gain one
        kernel      calls for tracing, mounting, keys, BPF, io_uring, shared memory and the like are refused
    confinement="limits"       any Linux or macOS, when it is asked for by name
        limits      processor time, memory, size of files, number of processes (not when run by root) and output
        Linux       sockets, signals and new sessions are refused (x86-64, ARM64), and with Landlock (5.13 or newer)
                    files can be changed in one temporary folder only; it can still read what the user can read
        elsewhere   nothing more: a program can change files and connect. Do not run what you have not read.

In both a program ends at its time limit or when its output grows too long, with all its processes. Not prevented are
using a processor until then, faults of the kernel itself, and a program that looks into its own process for what it
should not know. Without namespaces the first mode refuses to run anything, and says why.

References:
    Evaluating Large Language Models Trained on Code (Chen et al., 2021), arXiv:2107.03374, section 2.3
    namespaces(7), seccomp(2), landlock(7), pivot_root(2), Linux manual pages
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fivefold.errors import FivefoldError, InputError

CAGE = Path(__file__).with_name("cage.py")
PROGRAM = 1 << 20
STARTING, ENDING = 10.0, 2.0
Confinement = Literal["namespaces", "limits"]


@dataclass(frozen=True)
class Limits:
    """What a program may use.

    Arguments:
        seconds: wall time; processor time of a process is limited to the same, rounded up.
        memory: bytes of address space of each process.
        files: bytes of a file, and with namespaces of all files together.
        processes: how many processes and threads there may be.
        output: bytes of its output, and as many of its errors.
    """

    seconds: float = 10.0
    memory: int = 512 << 20
    files: int = 16 << 20
    processes: int = 8
    output: int = 64 << 10


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Arguments:
        ended: `finished` by itself, or stopped for `time` or `output`.
        code: its exit status; 128 and the signal's number where a signal ended it.
        output: what it wrote, with shape (at most `Limits.output`) bytes.
        errors: what it wrote to its standard error.
        seconds: wall time, its start included.
        confined: which of `namespaces`, `landlock`, `seccomp` held it.
    """

    ended: Literal["finished", "time", "output"]
    code: int
    output: str
    errors: str
    seconds: float
    confined: dict[str, bool]


@dataclass
class _Reading:
    """The pipes of a running program and what came out of them."""

    process: subprocess.Popen[bytes]
    status: int
    limits: Limits
    parts: dict[str, bytearray] = field(
        default_factory=lambda: {name: bytearray() for name in ("output", "errors", "status")}
    )

    def until_end(self) -> Literal["finished", "time", "output"]:
        """Read until all pipes are closed, time is up or the output is too long."""
        ended: Literal["finished", "time", "output"] = "finished"
        deadline = time.monotonic() + STARTING
        started = False
        with selectors.DefaultSelector() as chosen:
            for stream, name in (
                (self.process.stdout, "output"),
                (self.process.stderr, "errors"),
                (self.status, "status"),
            ):
                assert stream is not None
                chosen.register(stream, selectors.EVENT_READ, name)
            while chosen.get_map():
                for key, _ in chosen.select(max(0.0, deadline - time.monotonic())):
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        chosen.unregister(key.fileobj)
                    self.parts[key.data] += data
                if not started and self.parts["status"]:
                    started, deadline = True, time.monotonic() + self.limits.seconds
                if max(len(self.parts["output"]), len(self.parts["errors"])) > self.limits.output:
                    return "output"
                if time.monotonic() >= deadline:
                    return "time"
        return ended


def run_program(
    program: str, *, limits: Limits | None = None, confinement: Confinement = "namespaces"
) -> Outcome:
    """Run a Python program that may be hostile.

    Arguments:
        program: its text.
        limits: what it may use.
        confinement: `namespaces`, which refuses to run where they cannot be made, or `limits`.

    Returns:
        How it ended.

    Raises:
        InputError: the program is longer than a megabyte.
        FivefoldError: the sandbox could not be made; nothing was run.
    """
    limits = limits or Limits()
    if len(program) > PROGRAM:
        raise InputError(f"a program of {len(program):,} characters", code="long-program")
    begun = time.monotonic()
    python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    with (
        tempfile.TemporaryDirectory(prefix="fivefold-") as folder,
        tempfile.TemporaryFile() as given,
    ):
        spec = {
            "program": program,
            "python": python,
            "prefix": sys.base_prefix,
            "folder": os.path.realpath(folder),
            "namespaces": confinement == "namespaces",
            "cpu": int(limits.seconds) + 1,
            "memory": limits.memory,
            "files": limits.files,
            "processes": limits.processes,
        }
        given.write(json.dumps(spec).encode())
        given.seek(0)
        reading, ended = _started(python, given, folder, limits)
    return _outcome(reading, ended, time.monotonic() - begun)


def _started(
    python: str, given: Any, folder: str, limits: Limits
) -> tuple[_Reading, Literal["finished", "time", "output"]]:
    """Start the cage, read until it ends, and end whatever is left of it."""
    status, theirs = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 (the program goes in as data)
            [python, "-I", "-S", "-B", str(CAGE), str(theirs)],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(theirs,),
            cwd=folder,
            env={},
            start_new_session=True,
        )
    finally:
        os.close(theirs)
    with process:
        reading = _Reading(process, status, limits)
        try:
            ended = reading.until_end()
            if ended == "finished":
                _wait_briefly(process)
        finally:
            os.close(status)
            _end(process)
    return reading, ended


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill all that is left, and wait until it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + ENDING
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.002)


def _wait_briefly(process: subprocess.Popen[bytes]) -> None:
    """A program that has closed its pipes is about to end: let its exit status be its own."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.2)


def _outcome(
    reading: _Reading, ended: Literal["finished", "time", "output"], seconds: float
) -> Outcome:
    limits, status = reading.limits, bytes(reading.parts["status"])
    texts = [
        bytes(reading.parts[name][: limits.output]).decode("utf-8", "replace")
        for name in ("output", "errors")
    ]
    confined = _confined(status, texts[1])
    code = reading.process.returncode
    return Outcome(ended, code if code >= 0 else 128 - code, texts[0], texts[1], seconds, confined)


def _confined(status: bytes, errors: str) -> dict[str, bool]:
    """What holds the program, as the cage reports before it begins."""
    try:
        report = json.loads(status)
    except ValueError:  # the cage ended before it could say anything
        report = {"refused": errors.strip()[-300:] or "no answer"}
    if "refused" in report:
        raise FivefoldError(
            f"the sandbox could not be made ({report['refused']}), nothing was run",
            hint='allow user namespaces, or accept weaker protection with confinement="limits"',
            code="no-sandbox",
        )
    return {name: bool(held) for name, held in report.items()}
