"""Windows of series as arrays of numbers, whoever made them: what the measures of series look at.

The columns, the clock and the length of a window are those of a codec; what the numbers are is read from the table.
A direction becomes its sine and cosine, a position the kilometres east and north of where its window begins, and that
place; where rows come at irregular times, the logarithm of the wait is a variable. Values that are missing are NaN.

    table -> line of places (`timelines.rows`) -> windows (n, T, V)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.angle import Angle
from fivefold.codecs.timelines.channels import channels_first, from_channels, spans
from fivefold.codecs.timelines.design import Design
from fivefold.codecs.timelines.path import Path
from fivefold.codecs.timelines.rows import Line
from fivefold.codecs.timelines.sphere import to_plane, unit
from fivefold.codecs.timelines.tables import line_of
from fivefold.codecs.timelines.windows import blocks_of, windows_of
from fivefold.codecs.track import TrackCodec
from fivefold.errors import InputError
from fivefold.spaces import Batch

MOST, ENOUGH = 4_000, 500
NUMBERS = 1 << 23
CODECS = {"series": SeriesCodec, "track": TrackCodec}
DAY = 86_400
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TimeWindows:
    """Windows of series.

    Arguments:
        values: NaN where missing, with shape (n, T, V).
        owners: what each is a stretch of, with shape (n,); windows of two share no value.
        names: of the variables.
        season: the steps after which the calendar begins again; 1 for none.

    Example:
        >>> table = pa.table({"t": list(range(400)), "x": [(k % 12) / 4 for k in range(400)]})
        >>> windows_in(table, codec_of(table, "series", length=24)).values.shape[1:]
        (24, 1)
    """

    values: FloatArray
    owners: NDArray[np.int64]
    names: list[str]
    season: int

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> TimeWindows:
        """Some of the windows."""
        return replace(self, values=self.values[rows], owners=self.owners[rows])

    def some(self, count: int, rng: np.random.Generator) -> TimeWindows:
        """At most so many of them, in random order."""
        return self.take(rng.permutation(len(self))[:count])

    def halves(self, rng: np.random.Generator) -> tuple[TimeWindows, TimeWindows]:
        """Two halves that share no value: whole owners at random, half of them each, in random order."""
        owners = rng.permutation(np.unique(self.owners))
        sizes = np.cumsum([np.sum(self.owners == owner) for owner in owners])
        first = np.isin(self.owners, owners[: 1 + int(np.searchsorted(sizes, len(self) // 2))])
        return tuple(self.take(rng.permutation(np.flatnonzero(rows))) for rows in (first, ~first))  # type: ignore[return-value]


def codec_of(
    real: pa.Table, kind: str, *, length: int | None = None, roles: str | None = None
) -> SeriesCodec:
    """The codec whose columns, clock and length windows are taken by.

    Arguments:
        real: the training data.
        kind: `series` or `track`.
        length: the steps of a window; None to choose.
        roles: which columns to take; None to find them.
    """
    return CODECS[kind](length=length, roles=roles).fit(real)


def windows_in(
    table: pa.Table, codec: SeriesCodec, owner: str = "real", *, dense: bool = False
) -> TimeWindows:
    """The windows of a table, of which long series give several.

    Arguments:
        table: a time of an entity a row; windows that were generated are numbered in a column.
        codec: fitted.
        owner: whose data they are, for errors.
        dense: whether windows begin at every place, or as many as memory allows.

    Returns:
        Windows beside one another, or overlapping where they would be fewer than 500; at most 4,000.
    """
    design = codec.design
    length, made = design.length, design.window in table.column_names
    line, _ = line_of(design, table, gap=length if made else None)
    if made:
        starts, owners = _generated(line, length)
    else:
        starts, owners = _beside(line, length, dense)
    if not len(starts):
        raise InputError(
            f"no stretch is as long as a window of {length:,} steps",
            where=owner,
            hint="give more rows",
            code="too-short",
        )
    most = max(MOST, NUMBERS // (length * len(line.values))) if dense else MOST
    kept = np.unique(np.linspace(0, len(starts) - 1, most).round().astype(np.int64))
    starts, owners = starts[kept], owners[kept]
    ends = line.bounds[np.searchsorted(line.bounds, starts, "right")]
    inside = starts[:, None] + np.arange(length)
    there = inside < ends[:, None]
    part = line.at(np.minimum(inside, ends[:, None] - 1))
    values, names = _values(design, part, there)
    return TimeWindows(values, owners, names, season_of(design))


def windows_from(batch: Batch, codec: SeriesCodec) -> TimeWindows:
    """The windows of a batch, in its order, without the way through a table.

    Arguments:
        batch: data of the codec's space.
        codec: fitted.
    """
    design = codec.design
    values, present, pause, rows = from_channels(design, channels_first(batch))
    rows[:, 0] = True
    count = np.arange(len(batch) + 1)
    lattice = np.zeros(pause.shape, np.int64)
    part = Line(lattice, pause, values, ~present, ~rows, count, count[:-1])
    found, names = _values(design, part, rows)
    return TimeWindows(found, count[:-1], names, season_of(design))


def _generated(line: Line, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Generated windows: a stretch each, which may lack rows at its end, and not most of them."""
    sizes = np.diff(line.bounds)
    whole = np.flatnonzero(2 * sizes >= length)
    return line.bounds[whole], whole


def _beside(line: Line, length: int, dense: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Windows of long series: beside one another, or so far apart that there are enough."""
    blocks = blocks_of(line.bounds, length)
    room = int(np.maximum(np.diff(blocks) - length, 0).sum())
    stride = 1 if dense else min(length, max(1, length // 8, room // ENOUGH))
    return windows_of(blocks, length, stride)


def _values(design: Design, part: Line, there: NDArray[np.bool_]) -> tuple[FloatArray, list[str]]:
    """The variables of windows with shape (n, T, V), and their names."""
    columns, names = [], []
    for name, values, missing in _variables(design, part):
        columns.append(np.where(missing | ~there, np.nan, values))
        names.append(name)
    return np.stack(columns, axis=-1), names


def _variables(design: Design, part: Line) -> Iterator[tuple[str, FloatArray, NDArray[np.bool_]]]:
    for feature, span in zip(design.features, spans(design.features), strict=True):
        values, missing = part.values[span], part.missing[span]
        if isinstance(feature, Path):
            p = _unit(feature, values)
            away = to_plane(p, p[:, :, 0]) / 1_000
            lost: NDArray[np.bool_] = missing[0] | missing[1]
            yield "km east", away[0], lost
            yield "km north", away[1], lost
            yield from _start(feature, values, lost)
        elif isinstance(feature, Angle):
            turn = 2 * np.pi * values[0] / feature.turn
            yield f"{feature.column.name} sine", np.sin(turn), missing[0]
            yield f"{feature.column.name} cosine", np.cos(turn), missing[0]
        else:
            yield feature.columns[0].name, values[0].astype(np.float64), missing[0]
    if design.interval is not None:
        waits = np.log(np.maximum(part.pause, 1).astype(np.float64))
        first = np.zeros(waits.shape, np.bool_)
        first[:, 0] = True
        yield "log wait", waits, first


def _start(
    path: Path, values: FloatArray, lost: NDArray[np.bool_]
) -> Iterator[tuple[str, FloatArray, NDArray[np.bool_]]]:
    """Where windows begin, the same at every step."""
    cells = (10.0 ** (column.digits or 0) for column in path.columns)
    names = ("start latitude", "start longitude")
    for name, value, cell in zip(names, values, cells, strict=True):
        first = np.broadcast_to(value[:, :1] / cell, value.shape)
        yield name, (first + 180) % 360 - 180, lost & False


def _unit(path: Path, values: FloatArray) -> FloatArray:
    cells = (10.0 ** (column.digits or 0) for column in path.columns)
    return unit(*(value / cell for value, cell in zip(values, cells, strict=True)))


def season_of(design: Design) -> int:
    """The steps of the shortest of day, week and year that a window holds twice; 1 for none.

    Arguments:
        design: of a series.
    """
    clock = design.clock
    if not clock.regular or not clock.days:
        return 1
    if clock.ruler == "months":
        periods = [12 / clock.step]
    elif clock.ruler == "workdays":
        periods = [5 / clock.step]
    else:
        periods = [DAY / clock.seconds, 7 * DAY / clock.seconds]
    for period in periods:
        if period >= 2 and period == round(period) and 2 * period <= design.length:
            return round(period)
    return 1


def as_table(data: Any) -> pa.Table:
    """Data as an Arrow table; an InputError where they are none."""
    if isinstance(data, pa.Table):
        return data
    raise InputError(
        f"series are judged as Arrow tables, not as {type(data).__name__}",
        hint="read them by read_data",
        code="no-table",
    )
