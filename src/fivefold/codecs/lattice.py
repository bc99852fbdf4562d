"""Numbers, dates and times as integers on a lattice, and back.

A value v of a numeric column is m * step for an integer m: the step is 1 for integers, 10^-digits for decimals, one
day for dates, one `unit` for datetimes and times. The lattice makes every kind of number alike for what follows, and
keeps integers integers and decimals their digits.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from fivefold.codecs.dates import parse, render
from fivefold.codecs.kinds import Column, Unit, arrow_type
from fivefold.codecs.numerals import MISSING, NUMBER, matches
from fivefold.codecs.places import place
from fivefold.errors import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LARGEST = 1 << 62
NANOSECONDS = {
    "D": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}


def unit_of(number: Ints, nanoseconds: int) -> Unit:
    """The coarsest unit that all times fall on.

    Arguments:
        number: times, with shape (n,).
        nanoseconds: the length of one.

    Returns:
        The unit.

    Example:
        >>> unit_of(np.array([0, 3_600, 7_200]), 1_000_000_000)
        'h'
    """
    units: tuple[Unit, ...] = ("D", "h", "m", "s", "ms", "us", "ns")
    for unit in units:
        step = NANOSECONDS[unit] // nanoseconds
        if step <= 1 or not np.any(number % step):
            return unit
    return "ns"


class Grid(BaseModel):
    """A coarser lattice inside the lattice: amounts in hundreds, dates that are all Mondays.

    Arguments:
        origin: a value that lies on it.
        step: the distance of its values.

    Example:
        >>> Grid.fit(np.array([500, 700, 1100]))
        Grid(origin=500, step=200)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: int = Field(default=0, gt=-LARGEST, lt=LARGEST)
    step: int = Field(default=1, ge=1, lt=LARGEST)

    @classmethod
    def fit(cls, lattice: Ints) -> Self:
        """The coarsest grid that all values lie on; the lattice itself where that is finer than two steps."""
        distinct = np.unique(lattice)
        step = int(np.gcd.reduce(np.diff(distinct))) if len(distinct) > 2 else 1
        return cls(origin=int(distinct[0]), step=step) if step > 1 else cls()

    def coarse(self, lattice: Ints) -> Ints:
        """Values of the lattice as places on the grid, the nearer where they lie between two."""
        if self.step == 1:
            return lattice
        return (lattice - self.origin + self.step // 2) // self.step

    def fine(self, place: Ints) -> Ints:
        """Places on the grid as values of the lattice."""
        return place if self.step == 1 else self.origin + place * self.step


def whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one piece, its dictionary taken away."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.chunks else pa.array([], values.type)
    if pt.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pt.is_large_string(array.type) or str(array.type) == "string_view":
        array = array.cast(pa.string())
    return array


def scale(column: Column) -> tuple[float, bool]:
    """What to multiply a decimal with to reach the lattice, and whether to divide instead."""
    digits = column.digits or 0
    return 10.0 ** abs(digits), digits < 0


def to_lattice(
    values: pa.ChunkedArray | pa.Array, column: Column, memory: dict[Any, Any] | None = None
) -> tuple[Ints, Flags]:
    """Place the values of a numeric column on its lattice.

    Arguments:
        values: the column, with shape (n,); text is read as the column's kind says.
        column: its description.
        memory: the metadata of the table, for error messages.

    Returns:
        The integers m, 0 where missing, and which values are present, both with shape (n,).

    Example:
        >>> to_lattice(pa.array([1.25, None]), Column(name="x", kind="decimal", digits=2))
        (array([125,   0]), array([ True, False]))
    """
    array = absent(whole(values), column)
    if column.kind in ("date", "datetime", "time"):
        lattice, good = _moments(array, column)
        present = np.asarray(pc.is_valid(array))
    else:
        lattice, good, present = _numbers(array, column)
    bad = present & ~good
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{array[row].as_py()!r} is no {column.kind} that fits",
            where=place(memory, row, column.name),
            hint="correct it, leave the cell empty, or give the column another kind in the schema",
            code="misfit",
        )
    return np.where(present, lattice, 0), present


def absent(array: pa.Array, column: Column) -> pa.Array:
    """The array with the column's own words for a missing value made null."""
    if not column.missing or pt.is_nested(array.type):
        return array
    gone = pc.is_in(array.cast(pa.string()), pa.array(column.missing, pa.string()))
    return pc.if_else(gone, pa.scalar(None, array.type), array)


def _numbers(array: pa.Array, column: Column) -> tuple[Ints, Flags, Flags]:
    if pt.is_string(array.type):
        array = pc.if_else(pc.is_in(array, pa.array(MISSING)), pa.scalar(None, "string"), array)
        present = np.asarray(pc.is_valid(array))
        number = matches(array, NUMBER)
        array = pc.cast(pc.if_else(number, array, pa.scalar(None, "string")), pa.float64())
    elif pt.is_integer(array.type) or pt.is_duration(array.type):
        present = np.asarray(pc.is_valid(array))
        if column.kind == "integer" and array.type != pa.uint64():
            exact = np.asarray(pc.fill_null(pc.cast(array, pa.int64()), 0))
            return exact, np.abs(exact) < LARGEST, present
    else:
        present = np.asarray(pc.is_valid(array))
    try:
        number = pc.cast(array, pa.float64(), safe=False)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return np.zeros(len(array), np.int64), np.zeros(len(array), np.bool_), present
    real = np.asarray(pc.fill_null(number, np.nan))
    present = present & ~(np.isnan(real) & np.asarray(pc.is_valid(array)))
    factor, inverse = scale(column)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint(real / factor if inverse else real * factor)
        good = np.abs(steps) < LARGEST
    if column.kind == "integer":
        good &= steps == real
    return np.where(good, steps, 0).astype(np.int64), good, present


def _moments(array: pa.Array, column: Column) -> tuple[Ints, Flags]:
    kind, step = array.type, NANOSECONDS[column.unit or "D"]
    none = np.zeros(len(array), np.int64), np.zeros(len(array), np.bool_)
    if column.format is not None and (pt.is_string(kind) or pt.is_integer(kind)):
        micro, good = parse(array.cast(pa.string()), column.format)
        return micro // max(step // 1000, 1), good
    if column.kind == "time":
        if not pt.is_time(kind):
            return none
        unit = kind.unit
    elif pt.is_date(kind):
        array, unit = array.cast(pa.date32()).cast(pa.int32()), "D"
    elif pt.is_timestamp(kind):
        unit = kind.unit
    else:
        return none
    width = pa.int32() if pt.is_time32(kind) else pa.int64()
    number = np.asarray(pc.fill_null(pc.cast(array.cast(width), pa.int64()), 0))
    good = np.ones(len(array), np.bool_)
    mine = NANOSECONDS[unit]
    return (number // (step // mine) if step >= mine else number * (mine // step)), good


def from_lattice(lattice: Ints, present: Flags | None, column: Column) -> pa.Array:
    """Write integers of the lattice as values.

    Arguments:
        lattice: integers m, with shape (n,).
        present: which values are present, with shape (n,); None for all.
        column: the description, with its `dtype`.

    Returns:
        An array of the column's Arrow type, with shape (n,).

    Example:
        >>> column = Column(name="x", kind="decimal", digits=2, dtype="double")
        >>> from_lattice(np.array([125]), None, column).to_pylist()
        [1.25]
    """
    kind = arrow_type(column.dtype)
    mask = None if present is None or present.all() else ~present
    if column.kind == "decimal":
        factor, inverse = scale(column)
        largest = np.finfo(np.float32 if pt.is_float32(kind) else np.float64).max
        with np.errstate(over="ignore"):
            real = lattice * factor if inverse else lattice / factor
        array = pa.array(np.clip(real, -largest, largest), mask=mask)
        return array if kind == pa.float64() else array.cast(kind, safe=False)
    if column.kind == "integer":
        if pt.is_floating(kind) or pt.is_decimal(kind):
            return pa.array(lattice.astype(np.float64), mask=mask).cast(kind, safe=False)
        array = pa.array(lattice, mask=mask)
        return array if kind == pa.int64() else array.cast(kind, safe=False)
    return _written(lattice, mask, column, kind)


def _written(lattice: Ints, mask: Flags | None, column: Column, kind: pa.DataType) -> pa.Array:
    step = NANOSECONDS[column.unit or "D"]
    if column.format is not None and not pt.is_temporal(kind):
        distinct, index = np.unique(lattice, return_inverse=True)
        words = render(distinct * (step // 1000), column.format).take(pa.array(index))
        words = words if mask is None else pc.if_else(mask, pa.scalar(None, pa.string()), words)
        return words.cast(kind)
    if pt.is_date32(kind):
        return pa.array(lattice.astype(np.int32), mask=mask).cast(kind)
    mine = NANOSECONDS["ms" if pt.is_date64(kind) else kind.unit]
    number = lattice * (step // mine) if step >= mine else lattice // (mine // step)
    width = np.int32 if pt.is_time32(kind) else np.int64
    return pa.array(number.astype(width), mask=mask).cast(kind)
