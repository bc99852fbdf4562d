"""Tables of series on a line of places, and windows as the rows of a table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fivefold.codecs.frames import normalise
from fivefold.codecs.kinds import arrow_type
from fivefold.codecs.lattice import Flags, Floats, Ints
from fivefold.codecs.places import place
from fivefold.codecs.schema import nearest
from fivefold.codecs.timelines.channels import periods_of, spans
from fivefold.codecs.timelines.design import Design
from fivefold.codecs.timelines.rows import (
    Line,
    in_order,
    interruptions,
    lay_out,
    read_rows,
    strides_of,
)
from fivefold.codecs.timelines.windows import gap_of
from fivefold.errors import InputError


def line_of(design: Design, table: pa.Table, gap: int | None = None) -> tuple[Line, list[str]]:
    """A table on a line of places.

    Arguments:
        design: what was learned.
        table: with the columns that were learned; windows of generated data stay apart.
        gap: how many rows may lack within a stretch; None for as many as in training.

    Returns:
        The line and the names of the entities.
    """
    table = normalise(table)
    columns = list(design.columns)
    entity = [design.entity] if design.entity else []
    for name in [design.clock.column.name, *entity, *(column.name for column in columns)]:
        if name not in table.column_names:
            raise InputError(
                f"no column {name!r}",
                where=place(table.schema.metadata),
                hint=nearest(name, table.column_names),
                code="no-column",
            )
    entity += [design.window] if design.window in table.column_names else []
    rows, _ = read_rows(table, design.clock, entity, columns)
    rows, _ = in_order(rows)
    rows, steps, pause, _ = strides_of(rows, design.clock)
    begins = interruptions(
        steps, pause, design.clock, gap_of(design.length) if gap is None else gap
    )
    return lay_out(
        rows, steps, pause, begins, design.clock, periods_of(design.features)
    ), rows.names


def times_of(design: Design, begun: Ints, pause: Ints) -> Ints:
    """The times of windows, on the lattice with shape (B, T), from their first ones with shape (B,)."""
    clock = design.clock
    behind = np.cumsum(pause, 1) - pause[:, :1]
    return clock.lattice(clock.ticks(begun)[:, None] + behind)


def rows_of(
    design: Design,
    names: pa.Array,
    lattice: Ints,
    values: Floats,
    present: Flags,
    rows: Flags,
    numbers: Ints,
) -> pa.Table:
    """Windows as the rows of a table.

    Arguments:
        design: what was learned.
        names: the entity of each window, with shape (B,).
        lattice: times, with shape (B, T).
        values: on their lattices, with shape (V, B, T).
        present: which are there, likewise.
        rows: which rows there are, with shape (B, T).
        numbers: the number of each window, with shape (B,).
    """
    window = np.nonzero(rows)[0]
    columns: dict[str, pa.Array] = {design.clock.column.name: design.clock.write(lattice[rows])}
    if design.entity:
        columns[design.entity] = names.take(pa.array(window)).cast(arrow_type(design.words))
    for feature, span in zip(design.features, spans(design.features), strict=True):
        arrays = feature.write(values[span][:, rows], present[span][0][rows])
        columns |= {c.name: array for c, array in zip(feature.columns, arrays, strict=True)}
    for column, constant in design.constants:
        columns[column.name] = constant.make(len(window), column)
    ordered = {name: columns[name] for name in design.order}
    return pa.table({**ordered, design.window: pa.array(numbers[window])})
