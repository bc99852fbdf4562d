"""The clock of a series: its time column as whole ticks, its step, and its calendar.

Times stand on the lattice of their column (see `lattice`): integers in days, seconds, microseconds, or plain numbers. A
clock counts them in *ticks* by one of three rulers:

| ruler | a tick | when |
|---|---|---|
| time | one unit of the lattice | always, unless one of the others fits |
| workdays | a day from Monday to Friday | daily data without any weekend |
| months | a month | all times on one day of the month, or on the last |

A series is *regular* where nearly all differences are whole multiples of the step, the median difference. Its data are
then counted in steps. Else every row is a step, and the difference is data.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from pydantic import BaseModel, ConfigDict, Field

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import (
    LARGEST,
    NANOSECONDS,
    Flags,
    Ints,
    from_lattice,
    to_lattice,
    whole,
)
from fivefold.codecs.places import place
from fivefold.codecs.recognise import recognise
from fivefold.errors import InputError

NEAR = 0.25
"""A difference counts as a multiple of the step up to this share of the step."""
MOSTLY = 0.95
"""The share of differences that must be multiples."""
FILLED = 0.25
"""The largest share of rows that a regular series may lack."""
FEW = 8
"""Rows that may lack in one place before it counts as an interruption."""
ZONED = r":\d\d(\.\d+)? ?(Z|[A-Z]{3,4}|[+-]\d\d:?\d\d)$"
"""How a time ends that has a zone."""
DAYLIKE = 0.8
EPOCHS = ((1e8, 4e9, 1_000_000_000), (1e11, 4e12, 1_000_000), (1e14, 4e15, 1_000))
"""Whole numbers that count seconds, milliseconds or microseconds since 1970: from, to, nanoseconds."""
FIRST, LAST = -719_162, 2_932_896
"""The days of the years 1 to 9999."""


class Clock(BaseModel):
    """How the times of a series are counted.

    Arguments:
        column: the time column.
        nanoseconds: the length of one unit of its lattice; 0 where times are plain numbers.
        local: whether times of a zone are counted as its clocks show them, as days and longer steps are.
        ruler: see above.
        phase: of workdays and months the time of the day, in units of the lattice.
        day: of months the day; 31 for the last.
        step: the ticks between neighbouring rows.
        regular: whether nearly all differences are multiples of the step.

    Example:
        >>> days = pa.chunked_array([["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]])
        >>> clock = Clock.fit(time_column("day", days), days, np.zeros(4, np.int64))
        >>> clock.ruler, clock.step, clock.regular, clock.ticks(clock.read(days)[0]).tolist()
        ('months', 1, True, [648, 649, 650, 651])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: Column
    nanoseconds: int = Field(default=0, ge=0, le=NANOSECONDS["D"])
    local: bool = False
    ruler: Literal["time", "workdays", "months"] = "time"
    phase: int = 0
    day: int = Field(default=1, ge=1, le=31)
    step: int = Field(default=1, ge=1, lt=LARGEST)
    regular: bool = True

    @classmethod
    def fit(cls, column: Column, values: pa.ChunkedArray, entity: Ints) -> Clock:
        """The clock of a time column.

        Arguments:
            column: its description, see `time_column`.
            values: its values, with shape (n,).
            entity: the number of each row's entity, with shape (n,).

        Returns:
            The clock; an InputError where no entity has two times.
        """
        clock: Clock = cls(column=column, nanoseconds=_nanoseconds(column, values))
        lattice, present = clock.read(values)
        lattice, entity = lattice[present], entity[present]
        steps = differences(lattice, entity)
        if not len(steps):
            raise InputError(
                "no entity has two different times",
                where=f"column {column.name}",
                hint="say which columns to take: --column time=..,entity=..",
                code="no-series",
            )
        day = NANOSECONDS["D"] // max(1, clock.nanoseconds)
        if column.zone and np.median(steps) >= DAYLIKE * day:
            clock = clock.model_copy(update={"local": True})
            lattice = clock.read(values)[0][present]
        if clock.nanoseconds:
            clock = _ruled(clock, lattice, float(np.median(differences(lattice, entity))))
        return clock._stepped(differences(clock.ticks(lattice), entity))

    def _stepped(self, steps: Ints) -> Clock:
        """The clock with its step, found in the differences of neighbouring ticks."""
        step = max(1, int(np.median(steps)))
        counts = np.rint(steps / step)
        near = (counts >= 1) & (np.abs(steps / step - counts) <= NEAR)
        lacking = counts[(counts > 1) & (counts <= FEW)] - 1
        regular = near.mean() >= MOSTLY and lacking.sum() <= FILLED * len(steps)
        return self.model_copy(update={"step": step, "regular": bool(regular)})

    @property
    def days(self) -> bool:
        """Whether times have a calendar."""
        return self.nanoseconds > 0

    @property
    def seconds(self) -> float:
        """The usual length of a step in seconds; 0 where times are plain numbers."""
        length = {"time": self.nanoseconds, "workdays": NANOSECONDS["D"]}
        return self.step * length.get(self.ruler, 30 * NANOSECONDS["D"]) / 1e9

    def read(
        self, values: pa.ChunkedArray, memory: dict[Any, Any] | None = None
    ) -> tuple[Ints, Flags]:
        """Times on their lattice, and which are there, both with shape (n,).

        Raises:
            InputError: naming the row that holds no time.
        """
        array = whole(values)
        if self.local and pt.is_timestamp(array.type) and array.type.tz:
            array = pc.local_timestamp(array)
        return to_lattice(array, self.column, memory)

    def write(self, lattice: Ints) -> pa.Array:
        """Times of the lattice as the column has them, with shape (n,); never beyond the years 1 to 9999."""
        if self.column.kind in ("date", "datetime"):
            day = NANOSECONDS["D"] // self.nanoseconds
            lattice = np.clip(lattice, FIRST * day, (LAST + 1) * day - 1)
        if not self.local:
            return from_lattice(lattice, None, self.column)
        unit = self.column.dtype.split("[")[1].split(",")[0]
        naive = self.column.model_copy(update={"dtype": f"timestamp[{unit}]", "zone": None})
        return pc.assume_timezone(
            from_lattice(lattice, None, naive),
            self.column.zone,
            ambiguous="earliest",
            nonexistent="earliest",
        )

    def ticks(self, lattice: Ints) -> Ints:
        """Times of the lattice in ticks, with shape (n,)."""
        if self.ruler == "time":
            return lattice
        days = self._days(lattice)
        if self.ruler == "workdays":
            counted: Ints = np.busday_count(np.datetime64(0, "D"), days).astype(np.int64)
            return counted
        months: Ints = days.astype("datetime64[M]").astype(np.int64)
        return months

    def lattice(self, ticks: Ints) -> Ints:
        """Ticks as times of the lattice, with shape (n,)."""
        if self.ruler == "time":
            return ticks
        if self.ruler == "workdays":
            days = np.busday_offset(np.datetime64(0, "D"), ticks, roll="forward")
        else:
            months = ticks.astype("datetime64[M]")
            last = (months + 1).astype("datetime64[D]") - 1
            days = np.minimum(months.astype("datetime64[D]") + (self.day - 1), last)
        found: Ints = days.astype(np.int64) * (NANOSECONDS["D"] // self.nanoseconds) + self.phase
        return found

    def _days(self, lattice: Ints) -> Any:
        return (lattice // (NANOSECONDS["D"] // self.nanoseconds)).astype("datetime64[D]")

    def wall(self, lattice: Ints) -> Ints:
        """What clocks show, in microseconds from 1970-01-01 00:00, with shape (n,)."""
        long = self.nanoseconds >= 1000
        micro = (
            lattice * (self.nanoseconds // 1000) if long else lattice // (1000 // self.nanoseconds)
        )
        if self.local or not self.column.zone:
            return micro
        moments = pa.array(micro, pa.timestamp("us", self.column.zone))
        shown: Ints = np.asarray(pc.local_timestamp(moments).cast(pa.int64()))
        return shown


def time_column(
    name: str, values: pa.ChunkedArray, memory: dict[Any, Any] | None = None
) -> Column:
    """The description of a column of times: dates, moments, or numbers that count.

    Raises:
        InputError: where it holds neither.

    Example:
        >>> time_column("t", pa.chunked_array([[0.0, 0.5, 1.0]])).kind
        'decimal'
    """
    found = recognise(name, values, memory)
    if found.kind in ("date", "datetime", "integer", "decimal"):
        return found
    if pt.is_integer(values.type):
        return Column(name=name, kind="integer", dtype=str(values.type))
    _refuse_half_zoned(name, values, memory)
    raise InputError(
        f"is no column of times but {found.kind}",
        where=place(memory, column=name),
        hint="say which column holds the times: --column time=..; write them as 2012-04-01T10:00:00",
        code="time",
    )


def _refuse_half_zoned(name: str, values: pa.ChunkedArray, memory: dict[Any, Any] | None) -> None:
    """Say so where some times have a zone and others none: which moments they are cannot be known."""
    if not (pt.is_string(values.type) or pt.is_large_string(values.type)):
        return
    timed = pc.match_substring_regex(values, r"\d\d:\d\d")
    zoned = pc.if_else(timed, pc.match_substring_regex(values, ZONED), None)
    shares = pc.value_counts(zoned.drop_null())
    if len(shares) == 2 and zoned.null_count < len(values) / 10:
        first = zoned.drop_null()[0].as_py()
        row = pc.index(zoned, not first).as_py()
        here, there = ("without", "with") if first else ("with", "without")
        raise InputError(
            f"{values[row].as_py()!r} is written {here} a zone, and those before {there}",
            where=place(memory, row, name),
            hint="write all times with a zone, or all without",
            code="zones",
        )


def differences(lattice: Ints, entity: Ints) -> Ints:
    """What lies between neighbouring times of each entity, where anything does.

    Example:
        >>> differences(np.array([3, 1, 7, 7]), np.array([0, 0, 1, 1]))
        array([2])
    """
    order = np.lexsort((lattice, entity))
    steps = np.diff(lattice[order])
    same = np.diff(entity[order]) == 0
    found: Ints = steps[same & (steps > 0)]
    return found


def _nanoseconds(column: Column, values: pa.ChunkedArray) -> int:
    if column.kind in ("date", "datetime"):
        return NANOSECONDS[column.unit or "D"]
    span = pc.min_max(values)
    low, high = span["min"].as_py(), span["max"].as_py()
    digits = column.digits or 0
    for start, end, length in EPOCHS:
        if low is not None and start <= low <= high <= end and digits >= 0:
            return int(length // 10**digits)
    return 0


def _ruled(clock: Clock, lattice: Ints, step: float) -> Clock:
    """The clock with the ruler that suits its times."""
    day = NANOSECONDS["D"] // clock.nanoseconds
    phases = np.unique(lattice % day)
    if len(phases) != 1 or step < DAYLIKE * day:
        return clock
    phase = int(phases[0])
    days = clock._days(lattice)
    if step >= 27 * day:
        months = days.astype("datetime64[M]")
        number = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
        last = number == (months + 1 - months.astype("datetime64[D]")).astype(np.int64)
        largest = int(number.max())
        if np.all((number == largest) | last):
            every = 31 if last.all() else largest
            return clock.model_copy(update={"ruler": "months", "phase": phase, "day": every})
    distinct = np.unique(days)
    if len(distinct) >= 10 and step < 2 * day and np.is_busday(distinct).all():
        return clock.model_copy(update={"ruler": "workdays", "phase": phase})
    return clock
