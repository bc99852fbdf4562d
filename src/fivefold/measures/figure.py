"""A figure with its definition, its uncertainty and its direction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured number, and all that a reader needs to trust it.

    Arguments:
        name: the key, such as `column_shape_error`.
        title: the name for people, such as `Column-shape error`.
        value: the number; None where the measure does not apply (`note` then says why).
        low: lower end of the interval, or None.
        high: upper end of the interval, or None.
        better: which direction is better: `higher`, `lower`, or `target` (nearest to `best`).
        best: the value that a perfect generator would have, or None.
        floor: the same measure between two real samples where it was taken, or None.
        unit: `share`, `AUC`, `rows/s`, `s`, `J`, ... ; shares lie in [0, 1].
        definition: one sentence.
        source: the paper or library that defines it.
        note: what a reader must know of this one measurement.
        details: parts, such as the value of each column.
    """

    name: str
    title: str
    value: float | None
    low: float | None = None
    high: float | None = None
    better: Literal["higher", "lower", "target"] = "lower"
    best: float | None = None
    floor: float | None = None
    unit: str = "share"
    definition: str = ""
    source: str = ""
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON can hold it."""
        return asdict(self)
