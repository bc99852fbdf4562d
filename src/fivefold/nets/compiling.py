"""Functions that are compiled while a training asks for it, and run as they are elsewhere.

Compiling costs up to half a minute of processor time when it is done for the first time on a machine, and seconds
after that: what was made is kept in the user's cache folder. Where there is no compiler, or it fails, the function
runs as it is. Nothing is attached to a module, so that copies and checkpoints know nothing of it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from shutil import which
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")

_wanted: ContextVar[bool] = ContextVar("wanted", default=False)
_failed: set[str] = set()


def compiler() -> bool:
    """Whether there is a compiler for the processor's code."""
    return any(which(name) for name in (os.environ.get("CXX", "g++"), "clang++"))


def failures() -> set[str]:
    """The functions that could not be compiled and run as they are."""
    return set(_failed)


@contextmanager
def compilation(wanted: bool) -> Iterator[None]:
    """Within it, functions marked with `compiled` are compiled, if this is wanted and a compiler is there."""
    token = _wanted.set(wanted and compiler())
    try:
        yield
    finally:
        _wanted.reset(token)


def compiling() -> bool:
    """Whether what is marked with `compiled` is compiled here."""
    return _wanted.get() and torch.is_grad_enabled()


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """A function that is compiled within `compilation` where gradients are taken."""
    fast: list[Callable[P, T]] = []
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        if not compiling() or name in _failed:
            return function(*arguments, **options)
        try:
            if not fast:
                _prepare()
                fast.append(torch.compile(function, options={"cpp_wrapper": True}))
            return fast[0](*arguments, **options)
        except torch._dynamo.exc.TorchDynamoException:
            _failed.add(name)
            return function(*arguments, **options)

    return run


def _prepare() -> None:
    """Keep what is compiled in a folder of this program, and compile in this process."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(home / "fivefold" / "compiled"))
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
