"""Tracks: series with longitude and latitude, handled on the sphere.

Positions become a start and steps in the plane that touches the Earth there (see `timelines.path`), so that neither the
poles nor the line where longitude jumps break them; altitude, speed and heading are variables as in any series. What
moves is but a name: no model learns whose track it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Floats, Ints
from fivefold.codecs.places import place
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.channels import to_channels
from fivefold.codecs.timelines.design import Feature
from fivefold.codecs.timelines.fit import often_missing
from fivefold.codecs.timelines.path import Path
from fivefold.codecs.timelines.roles import LATITUDES, LONGITUDES
from fivefold.codecs.timelines.rows import Line
from fivefold.codecs.timelines.variables import bare, is_number
from fivefold.errors import InputError
from fivefold.spaces.grids import Grids

MOST = 1 << 25
"""Numbers in all windows, which are not views of one array here: beyond, windows overlap less."""
LIMITS = {LATITUDES: ("latitude", -90, 90), LONGITUDES: ("longitude", -180, 360)}


class TrackCodec(SeriesCodec):
    """Turn tracks into windows of a grid and back.

    Arguments:
        length: the steps of a window; None to choose by the data.
        roles: as in `SeriesCodec`.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"t": list(range(40)), "ship": ["a"] * 40, "lat": [60 + n / 100 for n in range(40)],
        ...                   "lon": [179.9 + n / 100 - 360 * (n > 10) for n in range(40)]})
        >>> codec = TrackCodec(length=16).fit(table)
        >>> codec.channels
        ['start x', 'start y', 'start z', 'east', 'north']
        >>> codec.decode(codec.encode(table, seed=0)[:1], seed=0)["lon"].to_pylist()[9:12]
        [179.99, -180.0, -179.99]
    """

    kind = "track"
    named = False

    def fit(self, table: pa.Table) -> Self:
        """Learn the columns, the clock and the scales; an InputError where a position is none on the Earth."""
        for name in table.column_names:
            _check(table, name)
        return super().fit(table)

    def choose(self, columns: Sequence[Column], values: Floats, memory: Any) -> list[Feature]:
        """The path first, then the other variables."""
        row = {bare(column.name): number for number, column in reversed(list(enumerate(columns)))}
        pair = [
            next((row[name] for name in names if name in row), None)
            for names in (LATITUDES, LONGITUDES)
        ]
        for number, (what, _, _) in zip(pair, LIMITS.values(), strict=True):
            if number is None:
                raise InputError(
                    f"no column of {what} that changes",
                    where=place(memory),
                    hint=f"call it {what}, in degrees, or say another --kind",
                    code="no-column",
                )
        a, b = (number for number in pair if number is not None)
        east = np.nanmin(values[b]) >= 0 and np.nanmax(values[b]) > 180 * 10.0 ** (
            columns[b].digits or 0
        )
        gaps = often_missing(values[a] + values[b])
        path = Path(
            latitude=columns[a], longitude=columns[b], west=0 if east else -180, flagged=gaps
        )
        rest = [number for number in range(len(columns)) if number not in pair]
        return [path, *super().choose([columns[n] for n in rest], values[rest], memory)]

    def gather(self, line: Line, starts: Ints, labels: Ints, owners: Ints, draw: Any) -> Grids:
        """Windows as data, each in the plane of its own first point."""
        channels, length = len(self.channels), self.design.length
        every = max(1, -(-len(starts) * channels * length // MOST))
        starts, labels, owners = starts[::every], labels[::every], owners[::every]
        found = to_channels(self.design, line.at(starts[:, None] + np.arange(length)), draw)
        one = torch.ones(channels)
        return Grids(
            np.ascontiguousarray(np.moveaxis(found, 0, 1)),
            torch.from_numpy(np.ascontiguousarray(labels)),
            one,
            one - 1,
            torch.from_numpy(np.ascontiguousarray(owners)),
        )


def _check(table: pa.Table, name: str) -> None:
    """Refuse what is no angle on the Earth."""
    limits = next((limits for names, limits in LIMITS.items() if bare(name) in names), None)
    if limits is None or not is_number(table.schema.field(name).type):
        return
    what, least, most = limits
    values = table[name].cast(pa.float64())
    beyond = pc.or_(pc.less(values, least), pc.greater(values, most))
    row = pc.index(beyond, True).as_py()
    if row >= 0:
        raise InputError(
            f"{values[row].as_py():g} is no {what}",
            where=place(table.schema.metadata, row, name),
            hint=f"degrees go from {least} to {most}; leave the cell empty where it is not known",
            code="misfit",
        )
