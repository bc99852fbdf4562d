"""Whether a table is a series or a track, by what its columns hold: in case of doubt it is neither."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs.lattice import Ints
from fivefold.codecs.timelines.roles import LATITUDES, LONGITUDES, TRAVELLERS, dated, find_roles
from fivefold.codecs.timelines.rows import entities_of
from fivefold.codecs.timelines.variables import bare, is_number
from fivefold.errors import InputError

ROWS, EACH = 64, 16
"""The least rows of a table that is taken for a series unasked, in all and for most entities."""
LOOK = 500_000
REGULAR = 0.8
"""The share of differences that must be the step itself."""


def find_places(table: pa.Table) -> tuple[str, str] | None:
    """The columns of latitude and longitude in degrees, or None.

    Example:
        >>> find_places(pa.table({"lat": [50.0, 51.0], "lon": [8.0, 8.5]}))
        ('lat', 'lon')
    """
    numbers = {bare(f.name): f.name for f in reversed(table.schema) if is_number(f.type)}
    for latitude, longitude in product(LATITUDES, LONGITUDES):
        if latitude in numbers and longitude in numbers:
            pair = numbers[latitude], numbers[longitude]
            if _within(table[pair[0]], -90, 90) and _within(table[pair[1]], -180, 360):
                return pair
    return None


def _within(values: pa.ChunkedArray, low: float, high: float) -> bool:
    span = pc.min_max(values)
    least, most = span["min"].as_py(), span["max"].as_py()
    return least is not None and low <= least and most <= high and least < most


def kind_of_series(table: pa.Table, wanted: str | None = None) -> str | None:
    """`series` or `track` where a table is surely one, else None.

    A series has one column of times, numbers that make up half of its other columns, many rows for most of its
    entities, and nearly always the same time between them. A track has columns of latitude and longitude that change,
    and a column that names what moves.

    Arguments:
        table: its first half a million rows are looked at.
        wanted: as in `said`.

    Example:
        >>> import datetime as dt
        >>> days = [dt.date(2024, 1, 1) + dt.timedelta(n) for n in range(100)]
        >>> kind_of_series(pa.table({"day": days, "sales": [7, 9] * 50}))
        'series'
        >>> kind_of_series(pa.table({"age": [39, 50] * 50})) is None
        True
    """
    if table.num_rows < ROWS or not any(dated(column) for column in table.columns):
        return None
    table = table.slice(0, LOOK)
    try:
        roles = find_roles(table, wanted)
    except InputError:
        return None
    _, index, present = entities_of(table, [roles.entity] if roles.entity else [])
    counts = np.bincount(index[present])
    if np.median(counts[counts > 0]) < EACH:
        return None
    lattice, timed = roles.clock.read(table[roles.clock.column.name])
    ticks, index = roles.clock.ticks(lattice[timed & present]), index[timed & present]
    order = np.lexsort((ticks, index))
    steps = np.diff(ticks[order])[np.diff(index[order]) == 0]
    even = float(np.mean(np.abs(steps / roles.clock.step - 1) <= 0.1)) >= REGULAR
    spot, moves = find_places(table), even or bare(roles.entity or "") in TRAVELLERS
    if spot and roles.entity and moves and _moving(table, spot, index, timed & present):
        return "track"
    varied = [column for column in roles.values if column.kind != "constant"]
    wide = 2 * len(varied) >= len(roles.values) + len(roles.left)
    return "series" if even and wide and varied else None


def _moving(table: pa.Table, spot: tuple[str, str], index: Ints, good: Any) -> bool:
    """Whether positions differ within entities."""
    latitude = np.asarray(table[spot[0]].cast(pa.float64()).combine_chunks().fill_null(0))[good]
    order = np.argsort(index, kind="stable")
    same = np.diff(index[order]) == 0
    return bool(np.mean(np.diff(latitude[order])[same] != 0) > 0.2)
