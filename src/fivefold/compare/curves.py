"""The points of every curve in a report: loss over steps, quality over time and size, cost over width.

Plain values only; a curve is a list of these in the order of its first field.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One point of a training curve; `held_out` is None between two validations."""

    step: int
    cpu_seconds: float
    loss: float | None
    held_out: float | None = None


@dataclass(frozen=True)
class CurvePoint:
    """Quality after some processor seconds, its range over seeds, and what it is made of."""

    cpu_seconds: float
    quality: float
    low: float | None = None
    high: float | None = None
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SizePoint:
    """Quality of the family at one number of parameters."""

    parameters: int
    quality: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ScalePoint:
    """What a step costs when a datum has this many columns, or symbols."""

    columns: int
    seconds: float
    memory: int | None = None
