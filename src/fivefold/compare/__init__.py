"""The headline: five families, one budget, one table, one report."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fivefold.compare.protocol import compare as compare

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    if name == "compare":
        return import_module("fivefold.compare.protocol").compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
