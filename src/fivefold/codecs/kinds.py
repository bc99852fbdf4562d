"""What a column is: its kind, and what is needed to write its values as they came.

| kind | examples | what becomes of it |
|---|---|---|
| category | `Private`, `State-gov` | learned |
| ordered | `low < medium < high` | learned, in the order given |
| boolean | `true`/`false`, `yes`/`no`, `0`/`1` | learned, in its own spelling |
| integer | `39` | learned, stays an integer |
| decimal | `12.50` | learned, keeps its `digits` |
| date, datetime, time | `2024-02-29`, `2024-02-29T10:00Z`, `10:00` | learned, on a lattice of `unit`, in its `format` |
| identifier | `C-000124`, a UUID | never learned, made anew |
| text | a remark, a name | never learned, kept out |
| constant | one value only | repeated |
"""

from __future__ import annotations

import re
from typing import Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.errors import InputError

Kind = Literal[
    "category",
    "ordered",
    "boolean",
    "integer",
    "decimal",
    "date",
    "datetime",
    "time",
    "identifier",
    "text",
    "constant",
]
Unit = Literal["D", "h", "m", "s", "ms", "us", "ns"]

CATEGORICAL: frozenset[Kind] = frozenset({"category", "ordered", "boolean"})
NUMERIC: frozenset[Kind] = frozenset({"integer", "decimal", "date", "datetime", "time"})

ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.+)\]")
DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)")


class Column(BaseModel):
    """One column of a table.

    Arguments:
        name: the name in the header.
        kind: what the values are; every kind is in the table above.
        dtype: the Arrow type of the values, such as `int64`; empty to take it from the data.
        order: the values of an ordered column, lowest first.
        digits: the digits after the point of a decimal; negative where even units are rounded.
        format: how dates in text are written, such as `%d/%m/%Y`; None for Arrow dates.
        unit: the step between neighbouring dates or times.
        zone: the time zone of an Arrow datetime.
        pattern: how an identifier is made: `sequence`, `spread`, `uuid` or `shape`.
        missing: words that mean that a value is missing, beside the usual ones.
        note: what a reader should know of how the kind was chosen.

    Example:
        >>> Column(name="age", kind="integer").numeric
        True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    dtype: str = ""
    order: tuple[str, ...] | None = None
    digits: int | None = Field(default=None, ge=-300, le=300)
    format: str | None = None
    unit: Unit | None = None
    zone: str | None = None
    pattern: Literal["sequence", "spread", "uuid", "shape"] | None = None
    missing: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.order is not None and len(set(self.order)) != len(self.order):
            raise ValueError(f"the order of {self.name!r} names a value twice")
        if self.dtype and self.kind != "text":
            arrow_type(self.dtype)
        return self

    @property
    def categorical(self) -> bool:
        """Whether the values are names rather than numbers."""
        return self.kind in CATEGORICAL

    @property
    def numeric(self) -> bool:
        """Whether the values lie on a line: numbers, dates and times."""
        return self.kind in NUMERIC

    @property
    def learned(self) -> bool:
        """Whether a model sees the column."""
        return self.categorical or self.numeric


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of that name, as `str(type)` writes it.

    Arguments:
        name: such as `int64`, `timestamp[us, tz=Europe/Berlin]` or `decimal128(10, 2)`.

    Returns:
        The type.

    Example:
        >>> arrow_type("timestamp[us, tz=UTC]")
        TimestampType(timestamp[us, tz=UTC])
    """
    if zoned := ZONED.fullmatch(name):
        return pa.timestamp(zoned[1], tz=zoned[2])
    try:
        if decimal := DECIMAL.fullmatch(name):
            width, precision, scale = (int(part) for part in decimal.groups())
            return getattr(pa, f"decimal{width}")(precision, scale)
        return pa.type_for_alias(name)
    except (ValueError, AttributeError) as fault:
        raise InputError(
            f"{name!r} is no Arrow type",
            hint="write it as Arrow does: int64, string",
            code="dtype",
        ) from fault
