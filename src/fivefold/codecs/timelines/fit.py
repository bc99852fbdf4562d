"""How a series is learned: its columns, its clock, the length of its windows, its channels and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from fivefold.codecs.columns import Constant
from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Floats, Ints
from fivefold.codecs.places import place
from fivefold.codecs.timelines.channels import periods_of, spans
from fivefold.codecs.timelines.clock import Clock
from fivefold.codecs.timelines.design import Design, Feature
from fivefold.codecs.timelines.labels import calendar_labels
from fivefold.codecs.timelines.roles import Roles, find_roles
from fivefold.codecs.timelines.rows import (
    Line,
    Rows,
    in_order,
    interruptions,
    lay_out,
    read_rows,
    strides_of,
)
from fivefold.codecs.timelines.scales import Number
from fivefold.codecs.timelines.windows import (
    LEAST,
    blocks_of,
    calendar_length,
    fits,
    gap_of,
    shorter,
    windows_of,
)
from fivefold.errors import InputError

MOST_NAMES = 1_024
"""So many entities may be labels, each with `SHARE` windows beside one another in the mean."""
SHARE = 2.0
RARELY = 0.001
"""Up to this share of missing values a variable has no channel of flags: straight lines stand in for them."""
SOME = 4_096
"""So many windows are looked at for scales that windows have."""

Choose = Callable[[Sequence[Column], Floats, Any], list[Feature]]


def learn(
    table: pa.Table,
    kind: Literal["series", "track"],
    wanted: str | None,
    length: int | None,
    choose: Choose,
    *,
    named: bool,
) -> tuple[Design, list[str]]:
    """What is to be known of a series.

    Arguments:
        table: the training data, normalised.
        kind: series or track.
        wanted: the columns that were named, as in `roles.said`.
        length: the steps of a window; None to choose.
        choose: makes features of the variables, given their values on their lattices, with shape (V, n).
        named: whether entities may be labels.

    Returns:
        The design; and what people should know of it, in sentences.
    """
    roles = find_roles(table, wanted)
    clock = roles.clock
    columns, constants = _constants(roles.values, table)
    rows, notices = read_rows(table, clock, [roles.entity] if roles.entity else [], columns)
    _refuse_singles(rows)
    _refuse_empty(columns, rows)
    rows, more = in_order(rows)
    features = choose(columns, rows.values, rows.memory)
    placed = {column.name: row for row, column in enumerate(columns)}
    order = [placed[column.name] for feature in features for column in feature.columns]
    rows, steps, pause, shifts = strides_of(replace(rows, values=rows.values[order]), clock)
    length = fitting(length, steps, pause, clock, rows)
    begins = interruptions(steps, pause, clock, gap_of(length))
    line = lay_out(rows, steps, pause, begins, clock, periods_of(features))
    starts, _ = windows_of(blocks_of(line.bounds, length), length, 1)
    begun = line.lattice[starts]
    ticks = clock.ticks(begun)
    design = Design(
        kind=kind,
        order=_order(table, roles),
        clock=clock,
        entity=roles.entity,
        words=str(table.schema.field(roles.entity).type) if roles.entity else "string",
        names=names_of(rows, line, length) if named and roles.entity else (),
        calendar=calendar_labels(clock, begun),
        features=_settled(features, line, starts, length),
        constants=constants,
        interval=None if clock.regular else _interval(line),
        lacking=bool(line.absent.mean() > RARELY),
        span=(int(ticks.min()), int(ticks.max())),
        length=length,
        window=next(name for name in _numbering() if name not in table.column_names),
    )
    told = _told(line, length, roles, design)
    return design, [*told, *roles.notices, *notices, *more, *shifts]


def _settled(
    features: Sequence[Feature], line: Line, starts: Ints, length: int
) -> tuple[Feature, ...]:
    """The features, fitted to some of the windows."""
    some = starts[:: max(1, len(starts) // SOME)]
    inside = some[:, None] + np.arange(length)
    listed = zip(features, spans(features), strict=True)
    return tuple(feature.settled(line.values[span][:, inside]) for feature, span in listed)


def fitting(asked: int | None, steps: Ints, pause: Ints, clock: Clock, rows: Rows) -> int:
    """The length that was asked for, or the longest that suits; an InputError where stretches are too short."""
    length = asked or calendar_length(clock)
    while True:
        begins = interruptions(steps, pause, clock, gap_of(length))
        number = np.cumsum(begins) - 1
        sizes = np.bincount(number, np.where(begins, 1, steps)).astype(np.int64)
        if asked or length == LEAST or fits(sizes, length):
            break
        length = shorter(length)
    if sizes.max() < length:
        raise InputError(
            f"the longest stretch without an interruption has {int(sizes.max()):,} steps, "
            f"fewer than a window of {length:,}",
            where=place(rows.memory),
            hint="give more rows or a smaller --length"
            if length > LEAST
            else "say what the columns are: --column time=..,entity=..,values=a|b",
            code="too-short",
        )
    return length


def names_of(rows: Rows, line: Line, length: int) -> tuple[str, ...]:
    """The entities that are labels: all, where there are not many, with windows enough; or none."""
    sizes = np.bincount(line.entity, np.diff(line.bounds) // length, len(rows.names))
    alive = np.flatnonzero(sizes)
    if not 2 <= len(alive) <= MOST_NAMES or sizes.sum() < SHARE * len(alive):
        return ()
    return tuple(rows.names[number] for number in alive)


def often_missing(m: Floats) -> bool:
    """Whether so many of some values are missing that a channel says which."""
    return bool(np.isnan(m).mean() > RARELY)


def _constants(
    values: Sequence[Column], table: pa.Table
) -> tuple[list[Column], tuple[tuple[Column, Constant], ...]]:
    """The columns that change, and those that do not with what they hold."""
    changing = [column for column in values if column.kind != "constant"]
    if not changing:
        raise InputError(
            "no column of numbers that change",
            where=place(table.schema.metadata),
            hint="say which columns to take: --column values=a|b",
            code="no-columns",
        )
    same: list[tuple[Column, Constant]] = []
    for column in values:
        if column.kind == "constant":
            present = table[column.name].drop_null()
            word = present[0].cast(pa.string()).as_py() if len(present) else None
            same.append((column, Constant(word=word)))
    return changing, tuple(same)


def _refuse_empty(columns: Sequence[Column], rows: Rows) -> None:
    """Stop where no row that has a time and an entity has a value of some variable."""
    for column, m in zip(columns, rows.values, strict=True):
        if np.isnan(m).all():
            raise InputError(
                "has no value in any row that has a time and an entity",
                where=place(rows.memory, column=column.name),
                hint="leave it out: --column values=a|b",
                code="no-columns",
            )


def _refuse_singles(rows: Rows) -> None:
    """Stop where entities have about one row each."""
    if len(rows.entity) < SHARE * len(rows.names):
        raise InputError(
            f"{len(rows.entity):,} rows of {len(rows.names):,} entities: about one row each",
            where=place(rows.memory),
            hint="say what tells series apart (--column entity=..), or take it for a table (--kind table)",
            code="no-series",
        )


def _interval(line: Line) -> Number:
    """The channel of the ticks between rows."""
    column = Column(name="interval", kind="integer", dtype="int64")
    inner = np.setdiff1d(np.arange(len(line.pause)), line.bounds[:-1])
    return Number.fit(column, line.pause[inner].astype(np.float64), spread=1.0)


def _order(table: pa.Table, roles: Roles) -> tuple[str, ...]:
    kept = {roles.clock.column.name, roles.entity, *(column.name for column in roles.values)}
    return tuple(name for name in table.column_names if name in kept)


def _numbering() -> Iterator[str]:
    yield "window"
    yield from (f"window_{number}" for number in range(2, 1_000_000))


def spoken(clock: Clock) -> str:
    """The step in words.

    Example:
        >>> spoken(Clock(column=Column(name="t", kind="datetime", unit="h"), nanoseconds=3_600_000_000_000))
        '1 h'
    """
    if clock.ruler != "time":
        return f"{clock.step} {clock.ruler}"
    if not clock.days:
        return f"{clock.step * 10.0 ** -(clock.column.digits or 0):g}"
    for seconds, unit in ((604_800, "weeks"), (86_400, "d"), (3_600, "h"), (60, "min")):
        if clock.seconds >= seconds and clock.seconds % seconds == 0:
            return f"{clock.seconds / seconds:g} {unit}"
    return f"{clock.seconds:g} s"


def _told(line: Line, length: int, roles: Roles, design: Design) -> list[str]:
    """What people should know of how the series was taken."""
    clock, sizes = roles.clock, np.diff(line.bounds)
    every = f"every {spoken(clock)}" if clock.regular else "at irregular times"
    of = f" of {len(np.unique(line.entity)):,} x {roles.entity!r}" if roles.entity else ""
    found = [
        f"a {design.kind} with time {clock.column.name!r}{of}, {every}, in windows of {length} steps"
    ]
    if short := int(sizes[sizes < length].sum()):
        found.append(
            f"{short:,} of {int(sizes.sum()):,} steps lie in stretches shorter than a window"
        )
    if absent := int(line.absent.sum()):
        how = "are marked as missing" if design.lacking else "are filled by straight lines"
        found.append(f"{absent:,} rows lack and {how}")
    for feature, span in zip(design.features, spans(design.features), strict=True):
        few = int((line.missing[span].any(0) & ~line.absent).sum())
        if few and not feature.flagged:
            found.append(
                f"{feature.columns[0].name}: {few:,} missing values, filled by straight lines"
            )
    same = [column.name for column, _ in design.constants]
    found += [f"constant, repeated: {', '.join(same[:8])}"] if same else []
    return found + [f"{name}: {why}" for name, why in list(roles.left.items())[:20]]
