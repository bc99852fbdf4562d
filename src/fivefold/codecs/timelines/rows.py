"""The rows of a series, sorted and laid out on a line of places, step by step.

    rows of a table -> sorted by entity and time -> places: one a step, those that lack filled in, cut at interruptions

Entities stand one after another on the line. A *stretch* is a part of it without an interruption: windows lie within
stretches. Values that are missing are flagged, and a straight line stands where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Flags, Floats, Ints, to_lattice, whole
from fivefold.codecs.places import place
from fivefold.codecs.timelines.clock import Clock
from fivefold.errors import InputError

FORGIVEN = 0.01
"""The share of rows that may come twice or too soon; the first is kept."""
APART = 20.0
"""An irregular series is interrupted by a pause so many times the usual one, and longer than nearly all."""
MOST_PLACES = 1 << 31


@dataclass(frozen=True)
class Rows:
    """Rows of a table.

    Arguments:
        names: the entities, in the order in which they first come.
        entity: the number of each row's entity, with shape (n,).
        lattice: the time of each row, with shape (n,).
        values: the values on their lattices, NaN where missing, with shape (V, n).
        row: where each row stands in the table, with shape (n,).
        memory: the metadata of the table.
    """

    names: list[str]
    entity: Ints
    lattice: Ints
    values: Floats
    row: Ints
    memory: dict[Any, Any] | None

    def __getitem__(self, index: NDArray[Any]) -> Rows:
        return replace(
            self,
            entity=self.entity[index],
            lattice=self.lattice[index],
            values=self.values[:, index],
            row=self.row[index],
        )


@dataclass(frozen=True)
class Line:
    """Places in a row, stretch after stretch.

    Arguments:
        lattice: the time of each place, with shape (M,).
        pause: the ticks since the place before, with shape (M,).
        values: as they are or interpolated, on their lattices, with shape (V, M).
        missing: which are interpolated, with shape (V, M).
        absent: which places have no row, with shape (M,).
        bounds: where the stretches begin and the last ends, with shape (S + 1,).
        entity: the number of each stretch's entity, with shape (S,).
    """

    lattice: Ints
    pause: Ints
    values: Floats
    missing: Flags
    absent: Flags
    bounds: Ints
    entity: Ints

    def at(self, index: Ints | slice) -> Line:
        """Some places or windows of places; the stretches stay those of the whole."""
        return replace(
            self,
            lattice=self.lattice[index],
            pause=self.pause[index],
            values=self.values[:, index],
            missing=self.missing[:, index],
            absent=self.absent[index],
        )


def entities_of(table: pa.Table, columns: list[str]) -> tuple[list[str], Ints, Flags]:
    """The entities of a table.

    Arguments:
        table: rows.
        columns: those that tell entities apart, the name first; none where there is one entity.

    Returns:
        Names in the order in which they first come, the number of each row's with shape (n,), and which rows have one.
    """
    if not columns:
        return [""], np.zeros(table.num_rows, np.int64), np.ones(table.num_rows, np.bool_)
    words = [whole(table[name]).cast(pa.string()) for name in columns]
    present = np.asarray(pc.is_valid(words[0]))
    joined = pc.binary_join_element_wise(*(pc.fill_null(word, "") for word in words), "\x1f")
    coded = joined.dictionary_encode()
    index = np.asarray(coded.indices).astype(np.int64)
    names = [str(name).split("\x1f")[0] for name in coded.dictionary.to_pylist()]
    return names, index, present


def read_rows(
    table: pa.Table, clock: Clock, entity: list[str], columns: list[Column]
) -> tuple[Rows, list[str]]:
    """The rows of a table that have a time and an entity.

    Arguments:
        table: the data.
        clock: how times are read.
        entity: the columns that tell entities apart.
        columns: the variables.

    Returns:
        The rows, and what was left out, in sentences.
    """
    memory = table.schema.metadata
    lattice, timed = clock.read(table[clock.column.name], memory)
    names, index, named = entities_of(table, entity)
    values = np.empty((len(columns), table.num_rows))
    for row, column in enumerate(columns):
        m, present = to_lattice(table[column.name], column, memory)
        values[row] = np.where(present, m, np.nan)
    rows = Rows(names, index, lattice, values, np.arange(table.num_rows), memory)
    good = timed & named
    lost = int((~good).sum())
    if lost == len(good):
        raise InputError("no row has a time", where=place(memory), code="no-series")
    notices = [f"{lost:,} rows without a time or an entity were left out"] if lost else []
    return rows[np.flatnonzero(good)], notices


def in_order(rows: Rows) -> tuple[Rows, list[str]]:
    """The rows by entity and time, each time once.

    Rows that come twice in all their values are one. Of others of one time the first is kept where they are few.

    Raises:
        InputError: naming two rows, where many times come twice.
    """
    notices: list[str] = []
    order = np.lexsort((rows.row, rows.lattice, rows.entity))
    grouped = np.argsort(rows.entity, kind="stable")
    backward = (np.diff(rows.lattice[grouped]) < 0) & (np.diff(rows.entity[grouped]) == 0)
    if backward.any():
        first = place(rows.memory, int(rows.row[grouped[int(np.argmax(backward)) + 1]]))
        notices.append(
            f"rows were sorted by time ({int(backward.sum()):,} came too early, {first} first)"
        )
    rows = rows[order]
    twice = (np.diff(rows.lattice) == 0) & (np.diff(rows.entity) == 0)
    if not twice.any():
        return rows, notices
    a, b = rows.values[:, :-1], rows.values[:, 1:]
    same = ((a == b) | (np.isnan(a) & np.isnan(b))).all(0)
    differ = twice & ~same
    if differ.sum() > max(1, FORGIVEN * len(twice)):
        at = int(np.argmax(differ))
        raise InputError(
            f"{int(differ.sum()):,} times come more than once with different values, first in "
            f"{place(rows.memory, int(rows.row[at]))} and {place(rows.memory, int(rows.row[at + 1]))}",
            hint="say what tells the rows apart: --column entity=..; or average them first",
            code="duplicate-times",
        )
    if differ.any():
        other = place(rows.memory, int(rows.row[1:][differ].min()))
        many = f"{int(differ.sum()):,} times came more than once with different values"
        notices.append(f"{many}: the first of each was kept ({other} was not, to name one)")
    if equal := int((twice & same).sum()):
        notices.append(f"{equal:,} rows that came twice were left out")
    return rows[np.flatnonzero(np.concatenate([[True], ~twice]))], notices


def strides_of(rows: Rows, clock: Clock) -> tuple[Rows, Ints, Ints, list[str]]:
    """How many steps each row is behind the one before.

    Arguments:
        rows: in order.
        clock: that of the series.

    Returns:
        The rows, without those that come too soon; the steps, 0 where an entity begins, with shape (n,); the ticks,
        likewise; and what was left out, in sentences.
    """
    notices: list[str] = []
    ticks = clock.ticks(rows.lattice)
    same = np.concatenate([[False], np.diff(rows.entity) == 0])
    pause = np.where(same, np.diff(ticks, prepend=0), 0)
    if not clock.regular:
        return rows, same.astype(np.int64), pause, notices
    steps = np.where(same, np.rint(pause / clock.step), 0).astype(np.int64)
    soon = same & (steps == 0)
    if soon.any():
        notices.append(
            f"{int(soon.sum()):,} rows less than half a step behind another were left out"
        )
        rows, late, _, more = strides_of(rows[np.flatnonzero(~soon)], clock)
        return rows, late, late * clock.step, notices + more
    shifted = int(np.sum(same & (pause != steps * clock.step)))
    if shifted:
        notices.append(f"{shifted:,} rows lie beside the regular step and were moved to it")
    return rows, steps, pause, notices


def interruptions(steps: Ints, pause: Ints, clock: Clock, gap: int) -> Flags:
    """Before which rows a stretch begins, with shape (n,).

    Arguments:
        steps: as `strides_of` gives them.
        pause: likewise.
        clock: that of the series.
        gap: the rows of a regular series that may lack within a stretch.
    """
    begins = steps == 0
    if clock.regular:
        return begins | (steps > gap + 1)
    within = pause[~begins]
    longest = APART * max(clock.step, float(np.quantile(within, 0.95))) if len(within) else 0.0
    return begins | (pause > longest)


def lay_out(
    rows: Rows,
    steps: Ints,
    pause: Ints,
    begins: Flags,
    clock: Clock,
    periods: Sequence[float],
) -> Line:
    """The rows on a line of places.

    Arguments:
        rows: in order.
        steps: as `strides_of` gives them.
        pause: likewise.
        begins: as `interruptions` gives it.
        clock: that of the series.
        periods: after how much each variable begins again, as longitude does after 360 degrees; 0 for never.
    """
    places = np.cumsum(np.where(begins, 1, steps)) - 1
    size = int(places[-1]) + 1
    if size * max(1, len(rows.values)) > MOST_PLACES:
        raise InputError(
            f"has {size:,} steps of {len(rows.values)} variables, which is more than is taken into memory",
            where=place(rows.memory),
            hint="give a part of the data, or fewer variables (--column values=a|b)",
            code="too-large",
        )
    values = np.full((len(rows.values), size), np.nan)
    values[:, places] = rows.values
    absent = np.ones(size, np.bool_)
    absent[places] = False
    firsts = np.flatnonzero(begins)
    bounds = np.append(places[firsts], size)
    sizes = np.diff(bounds)
    missing = np.isnan(values)
    for row, flags, period in zip(values, missing, periods, strict=True):
        if period:
            row[~flags] = np.unwrap(row[~flags], period=period)
        _bridge(row, flags, bounds)
    if clock.regular:
        origins = clock.ticks(rows.lattice[firsts])
        within = np.arange(size) - np.repeat(bounds[:-1], sizes)
        lattice = clock.lattice(np.repeat(origins, sizes) + within * clock.step)
        waits = np.full(size, clock.step)
    else:
        lattice, waits = rows.lattice, np.where(begins, clock.step, pause)
    return Line(lattice, waits, values, missing, absent, bounds, rows.entity[firsts])


def _bridge(values: Floats, missing: Flags, bounds: Ints) -> None:
    """Put straight lines where values of a variable are missing, the nearest value at the ends of a stretch.

    A stretch without any value has the mean of all.
    """
    if not missing.any():
        return
    known = np.flatnonzero(~missing)
    if not len(known):
        values[:] = 0.0
        return
    holes = np.flatnonzero(missing)
    stretch = np.searchsorted(bounds, holes, "right") - 1
    after = np.searchsorted(known, holes)
    left = known[np.maximum(after - 1, 0)]
    right = known[np.minimum(after, len(known) - 1)]
    has_left = (after > 0) & (left >= bounds[stretch])
    has_right = (after < len(known)) & (right < bounds[stretch + 1])
    left, right = np.where(has_left, left, right), np.where(has_right, right, left)
    share = np.where(right > left, (holes - left) / np.maximum(right - left, 1), 0.0)
    found = values[left] * (1 - share) + values[right] * share
    mean = float(values[known].mean())
    values[holes] = np.where(has_left | has_right, found, mean)
