"""What the judges of all tasks have in common: what they are asked, and what of a figure is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from fivefold.measures.figure import Figure

Figures = dict[str, dict[str, Any]]


class Judge(Protocol):
    """Judges what a contender left in its folder."""

    name: str
    """What it looks at, in words."""

    def __call__(self, out: Path, seed: int) -> Figures:
        """Figures by name."""


def kept(figures: Iterable[Figure]) -> Figures:
    """Figures by name, each with value, floor and interval."""
    return {
        f.name: {"value": f.value, "floor": f.floor, "low": f.low, "high": f.high} for f in figures
    }
