"""Figures: what a synthetic table is worth, what it risks, and what it cost.

    fidelity     do columns and pairs of columns look real?
    detection    can boosting tell the rows from real ones?
    utility      do models trained on it work on real rows?
    diversity    does it fill the space that real rows fill?
    privacy      does it give away who was in the training data?
    speed, energy    what does making it cost?

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fivefold.measures.energy import Grid, Meter
    from fivefold.measures.figure import Figure
    from fivefold.measures.frame import Frame, frames
    from fivefold.measures.membership import membership
    from fivefold.measures.speed import generation_speed
    from fivefold.measures.table import measure, measure_frames

_PLACES = {
    "Figure": "figure",
    "Frame": "frame",
    "Grid": "energy",
    "Meter": "energy",
    "frames": "frame",
    "generation_speed": "speed",
    "measure": "table",
    "measure_frames": "table",
    "membership": "membership",
}

__all__ = [
    "Figure",
    "Frame",
    "Grid",
    "Meter",
    "frames",
    "generation_speed",
    "measure",
    "measure_frames",
    "membership",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"fivefold.measures.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'fivefold.measures' has no attribute {name!r}")
