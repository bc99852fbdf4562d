"""How families are tried on series and tracks: whole stretches are held out, and judged are windows.

The table is cut into stretches of several windows of one entity; which of them are held out is drawn. Scales, clock and
labels are those of all the data: what a held-out stretch adds to them is its range.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from fivefold.codecs.series import SeriesCodec
from fivefold.compare.bootstrap import SeasonalBootstrap
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.grids import HOLDOUT, GridTrial, Rows
from fivefold.compare.parts import Parts
from fivefold.compare.profile import ColumnResult, Pairs
from fivefold.compare.rhythm import rhythm
from fivefold.drawing.conditional import completed
from fivefold.drawing.stretches import stretches
from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.intake import Codec, deal, held_out_rows
from fivefold.measures.figure import Figure
from fivefold.measures.series import SeriesJudge
from fivefold.measures.timewindows import TimeWindows, windows_from, windows_in
from fivefold.model import Model
from fivefold.plots.canvas import colour
from fivefold.plots.fans import Fan, fan_chart, stacked
from fivefold.plots.stretches import small_multiples
from fivefold.spaces import Batch, Condition

STRETCH, STRETCHES = 4, 40
"""A stretch has at least so many windows, and there are about so many of them."""
FEWEST = 5
ASKED, FEWEST_ASKED, DRAWS, AHEAD = 24, 8, 24, 4
"""Futures that are forecast, draws of each, and the part of a window that is to come."""
SHOWN, CELL, FANS, QUANTILES = 3, 88.0, 4, (0.05, 0.25, 0.5, 0.75, 0.95)
SKETCHED = 8_000


class SeriesTrial(GridTrial):
    """The families on series.

    Arguments:
        parts: the rows of the parts.
        effort: the share of the usual number of windows that is drawn and judged.
    """

    codec: SeriesCodec

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Stretches of rows at random."""
        own: Any = codec
        assert isinstance(own, SeriesCodec)
        own.fit(table)
        owners = stretches_of(own, table)
        sizes = np.bincount(owners)
        if len(sizes) < FEWEST:
            length = own.design.length
            raise InputError(
                f"{len(table):,} rows are {len(sizes)} stretches of {STRETCH} windows of {length} steps: a comparison "
                "needs some to train on and some to hold out",
                hint="give more rows, or a smaller --length",
                code="too-short",
            )
        held = deal(sizes, HOLDOUT * len(table), seed)
        left = np.setdiff1d(np.arange(len(sizes)), held)
        chosen = left[deal(sizes[left], held_out_rows(len(table)), seed + 1)]
        train = np.setdiff1d(left, chosen)
        rows = (np.flatnonzero(np.isin(owners, part)) for part in (train, chosen, held))
        parts = [table.take(pa.array(part)) for part in rows]
        for part in parts:
            own.encode(part, seed=seed)
        return Parts(parts[0], parts[1], parts[2], codec, list(own.notices))

    def ready(self, folder: Path) -> None:
        """Nothing: what windows are judged by is quickly found."""

    @cached_property
    def judge(self) -> SeriesJudge:
        """What knows the real series."""
        return self._judge(self.parts.holdout)

    def _judge(self, holdout: pa.Table) -> SeriesJudge:
        return SeriesJudge(self.parts.train, holdout, kind=self.kind, codec=self.codec)

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic windows."""
        return self.judge.figures(made)

    def glance(self, made: pa.Table) -> list[Figure]:
        """Marginals and lags of some hundred windows."""
        return self.judge.glance(made)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the held-out stretches judged as if it were synthetic, beside the other half."""
        owners = np.unique(stretches_of(self.codec, self.parts.holdout), return_inverse=True)[1]
        first = owners < (owners.max() + 1) // 2
        if first.all() or not first.any():
            first = np.arange(len(owners)) < len(owners) // 2
        table = self.parts.holdout
        release, rest = (table.filter(pa.array(rows)) for rows in (first, ~first))
        return self._judge(rest).figures(release)

    def likelihood(self, model: Model, seed: int) -> list[Figure]:
        """How probable held-out windows are, and how good a forecast the model gives of their ends."""
        found = super().likelihood(model, seed)
        if model.family.name not in FAMILIES:
            return found
        truth, draws = self.futures(model, seed)
        return [*found, *self.judge.forecasts(truth, draws, self.past)]

    @property
    def past(self) -> int:
        """The steps of a window that are known when its end is forecast."""
        length = self.codec.design.length
        return length - max(1, length // AHEAD)

    @cached_property
    def asked(self) -> Batch:
        """Held-out windows whose ends are forecast."""
        known = self.others
        count = max(FEWEST_ASKED, round(self.effort * ASKED))
        rows = np.unique(np.linspace(0, len(known) - 1, count).round().astype(np.int64))
        return known[torch.from_numpy(rows)]

    def futures(self, model: Model, seed: int) -> tuple[TimeWindows, list[TimeWindows]]:
        """Held-out windows, and draws of their ends given their beginnings and that nothing is missing that was not."""
        x = self.asked
        seen = torch.zeros(x.continuous.shape[1:], dtype=torch.bool)
        seen[..., : self.past] = True
        seen[flags_of(self.codec)] = True
        told = torch.ones(x.discrete.shape[1], dtype=torch.bool)
        many = x[torch.arange(len(x)).repeat(DRAWS)]
        made = completed(model, Condition(many, seen, told), "forecast", seed)
        parts = made.parts(len(x))
        return windows_from(x, self.codec), [windows_from(part, self.codec) for part in parts]

    def baseline(self) -> tuple[SeasonalBootstrap, str]:
        """Blocks of the training data put together anew."""
        return SeasonalBootstrap(self.codec.space), "Seasonal block bootstrap"

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """The values of every variable."""
        tables = {name: self._sketch(table) for name, table in made.items()}
        return self.sketched(self._sketch(self.parts.train), tables)

    def _sketch(self, table: pa.Table) -> pa.Table:
        rows = np.linspace(0, len(table) - 1, min(SKETCHED, len(table))).astype(np.int64)
        names = [column.name for column in self.codec.design.columns]
        return table.select(names).take(pa.array(np.unique(rows))).replace_schema_metadata()

    def real(self) -> list[Exhibit]:
        """Held-out windows and their rhythm."""
        rows = np.linspace(0, len(self.others) - 1, SHOWN).round().astype(np.int64)
        table = self.codec.decode(self.others[torch.from_numpy(rows)], seed=0)
        found = windows_in(self.parts.holdout, self.codec)
        drawn = rhythm(found.values, None, found.names, "Rhythm of real windows")
        return [self._windows(table, "real"), Exhibit("spectrum", "chart", drawn)]

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """Windows, their rhythm beside that of real ones, forecasts of held-out ones."""
        name = model.family.name
        real = windows_in(self.parts.holdout, self.codec)
        other = windows_in(made, self.codec, "synthetic")
        style = colour(name)
        swing = rhythm(real.values, other.values, real.names, f"Rhythm, {name}", style=style)
        return [
            self._windows(made, name),
            Exhibit("spectrum", "chart", swing),
            Exhibit("forecast", "chart", self._fans(model, seed, style)),
        ]

    def _middle(self, truth: TimeWindows, row: int, v: int) -> float:
        """The mean of what is known of a variable in a window, 0 where nothing is."""
        known = truth.values[row, : self.past, v]
        return float(known[np.isfinite(known)].mean()) if np.isfinite(known).any() else 0.0

    def _cells(self, name: str) -> float:
        """How many cells of its lattice a unit of a variable has."""
        digits = {column.name: column.digits or 0 for column in self.codec.design.columns}
        return float(10.0 ** digits.get(name, 0))

    def _windows(self, table: pa.Table, family: str) -> Exhibit:
        window = np.asarray(table[self.codec.design.window])
        some = table.filter(pa.array(window < window[0] + SHOWN))
        style = "k6" if family == "real" else colour(family)
        title = f"Windows, {family}"
        drawn = small_multiples(stretches(self.codec, some), title, style=style, cell=CELL)
        return Exhibit("samples", "chart", drawn)

    def _fans(self, model: Model, seed: int, style: str) -> str:
        truth, draws = self.futures(model, seed)
        shown = np.stack([draw.values for draw in draws])
        charts = []
        for place in range(min(FANS, len(truth) * len(truth.names))):
            row, v = place % len(truth), place % len(truth.names)
            known = np.nan_to_num(shown[:, row, self.past :, v], nan=self._middle(truth, row, v))
            ends = np.quantile(known, QUANTILES, axis=0)
            cells = self._cells(truth.names[v])
            ends, whole = ends / cells, truth.values[row, :, v] / cells
            fan = Fan(
                title=truth.names[v],
                past=whole[: self.past].tolist(),
                quantiles=ends.T.tolist(),
                levels=list(QUANTILES),
                truth=whole[self.past :].tolist(),
            )
            charts.append(fan_chart(fan, style=style))
        return stacked(charts, f"Forecasts, {model.family.name}")


def flags_of(codec: SeriesCodec) -> list[int]:
    """The channels that say what is missing.

    Arguments:
        codec: fitted.
    """
    design, found, place = codec.design, list[int](), 0
    for feature in design.features:
        place += len(feature.channels)
        found += [place] if feature.flagged else []
        place += feature.flagged
    place += design.interval is not None
    return [*found, place] if design.lacking else found


def stretches_of(codec: SeriesCodec, table: pa.Table) -> Rows:
    """The number of the stretch that each row belongs to, with shape (n,).

    Arguments:
        codec: fitted.
        table: rows of one entity or several, in any order.

    Example:
        >>> table = pa.table({"t": list(range(400)), "x": [n % 5 for n in range(400)]})
        >>> np.bincount(stretches_of(SeriesCodec(length=10).fit(table), table)).tolist()
        [40, 40, 40, 40, 40, 40, 40, 40, 40, 40]
    """
    design = codec.design
    ticks = design.clock.ticks(design.clock.read(table[design.clock.column.name])[0])
    entity = np.zeros(len(table), np.int64)
    if design.entity:
        words = pc.dictionary_encode(pc.cast(table[design.entity], pa.string()).combine_chunks())
        entity = np.asarray(pc.fill_null(words.indices, -1)).astype(np.int64)
    order = np.lexsort((ticks, entity))
    size = max(STRETCH * design.length, -(-len(table) // STRETCHES))
    found = np.empty(len(table), np.int64)
    firsts = np.flatnonzero(np.diff(entity[order], prepend=entity[order][:1] - 1))
    number = 0
    for begin, end in zip(firsts, [*firsts[1:], len(table)], strict=True):
        count = max(1, round((end - begin) / size))
        found[order[begin:end]] = number + np.arange(end - begin) * count // (end - begin)
        number += count
    return found
