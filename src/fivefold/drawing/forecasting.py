"""How a series goes on: continuations drawn from a model, and what they say together.

A forecast is a distribution: many continuations of the same past, each a whole that could happen. Quantiles of them,
step by step, are what is written and drawn; the share of continuations in which something happens is its probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.reading import read_data
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.tables import line_of
from fivefold.drawing.conditional import completed
from fivefold.drawing.sampling import check
from fivefold.drawing.stretches import numbers, series_codec
from fivefold.errors import InputError
from fivefold.measures.figure import Figure
from fivefold.measures.forecasts import forecast_figures
from fivefold.measures.timewindows import season_of
from fivefold.model import Model, load
from fivefold.plots.fans import Fan

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LESSONS = 4
"""Windows of the past that a forecast to compare with needs."""
PAST = 2
"""The past that is drawn, as a multiple of the horizon."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """Continuations of the series of E entities.

    Arguments:
        codec: of the model that made them.
        past: the recent rows.
        rows: the steps to come of every draw, entity by entity, draw by draw.
        horizon: the steps to come, H.
        draws: continuations of each entity, N.
    """

    codec: SeriesCodec
    past: pa.Table
    rows: pa.Table
    horizon: int
    draws: int

    @property
    def names(self) -> list[str]:
        """The variables, V."""
        return [column.name for column in self.codec.design.columns]

    @property
    def paths(self) -> Floats:
        """Every draw, with shape (E, N, H, V)."""
        found = np.stack([numbers(self.rows[name]) for name in self.names], -1)
        return found.reshape(-1, self.draws, self.horizon, len(self.names))

    @property
    def quantiles(self) -> Floats:
        """Those of `QUANTILES` of each variable at each step, with shape (E, H, V, Q)."""
        return np.moveaxis(np.nanquantile(self.paths, QUANTILES, axis=1), 0, -1)

    def steps(self) -> pa.Table:
        """The time and the entity of each step to come, with shape (E * H)."""
        numbers_ = (
            np.arange(len(self.rows)).reshape(-1, self.draws, self.horizon)[:, 0].reshape(-1)
        )
        design = self.codec.design
        kept = [name for name in (design.clock.column.name, design.entity) if name]
        return self.rows.select(kept).take(pa.array(numbers_))

    def table(self) -> pa.Table:
        """The quantiles as rows, such as `temp_q05`: what is written to a file."""
        table, found = self.steps(), self.quantiles
        for v, name in enumerate(self.names):
            for q, level in enumerate(QUANTILES):
                column = pa.array([float(f"{x:.6g}") for x in found[:, :, v, q].reshape(-1)])
                table = table.append_column(f"{name}_q{round(100 * level):02d}", column)
        return table

    def every(self) -> pa.Table:
        """Every draw as rows, with its number."""
        draw = np.tile(np.repeat(np.arange(self.draws), self.horizon), len(self.paths))
        plain = self.rows.drop_columns([self.codec.design.window])
        return plain.append_column("draw", pa.array(draw))

    def fans(self, truth: pa.Table | None = None) -> list[Fan]:
        """For each entity and variable what was, what may be, and what came where it is known."""
        found, fans = self.quantiles, []
        steps = self.steps()
        for e, name in enumerate(self.entities(steps)):
            before = self._of(self.past, name)
            times = words(steps[self.codec.design.clock.column.name])[e * self.horizon :]
            for v, variable in enumerate(self.names):
                past = numbers(before[variable])[-PAST * self.horizon :]
                came = None if truth is None else self._came(truth, name, variable, steps, e)
                fans.append(
                    Fan(
                        title=f"{name}: {variable}" if name else variable,
                        past=past.tolist(),
                        quantiles=found[e, :, v].tolist(),
                        levels=list(QUANTILES),
                        truth=came,
                        ends=(times[0], times[self.horizon - 1]),
                    )
                )
        return fans

    def futures(self, truth: pa.Table) -> Floats:
        """What came, at the times of the forecast, with shape (E, H, V); NaN where it is not known."""
        steps = self.steps()
        return np.stack(
            [
                np.stack(
                    [self._came(truth, name, variable, steps, e) for variable in self.names], -1
                )
                for e, name in enumerate(self.entities(steps))
            ]
        )

    def entities(self, steps: pa.Table) -> list[str]:
        """The names of the E entities; empty text where there is but one series."""
        entity = self.codec.design.entity
        return words(steps[entity])[:: self.horizon] if entity else [""]

    def variables(self, name: str) -> Floats:
        """The past of an entity, a row a step, with shape (P, V)."""
        before = self._of(self.past, name)
        return np.stack([numbers(before[variable]) for variable in self.names], -1)

    def _of(self, table: pa.Table, name: str) -> pa.Table:
        """The rows of an entity in the order of time."""
        design = self.codec.design
        if design.entity:
            table = table.filter(pc.equal(pc.cast(table[design.entity], pa.string()), name))
        lattice, present = design.clock.read(table[design.clock.column.name])
        order = np.flatnonzero(present)
        return table.take(pa.array(order[np.argsort(lattice[order], kind="stable")]))

    def _came(
        self, truth: pa.Table, name: str, variable: str, steps: pa.Table, e: int
    ) -> list[float]:
        clock = self.codec.design.clock
        own = self._of(truth, name)
        column = clock.column.name
        at = clock.read(own[column])[0].tolist()
        known = dict(zip(at, numbers(own[variable]).tolist(), strict=True))
        span = slice(e * self.horizon, (e + 1) * self.horizon)
        return [
            known.get(time, float("nan")) for time in clock.read(steps[column])[0][span].tolist()
        ]


def judged(found: Forecast, truth: pa.Table, *, seed: int = 0) -> list[Figure]:
    """What came tells of a forecast: its CRPS, beside a forecast that repeats the season and a boosted one.

    Arguments:
        found: the forecast; the two others learn from its past.
        truth: what came, with the columns of the past.
        seed: draws the errors of the other two.

    Raises:
        InputError: where nothing came, or the past is too short to learn from.
    """
    futures = found.futures(truth)
    length, horizon = found.codec.design.length, found.horizon
    if np.isnan(futures).all():
        raise InputError(
            "nothing of it lies in the time of the forecast",
            where="the truth",
            hint="give the rows that follow the past",
            code="no-truth",
        )
    pasts = [found.variables(name) for name in found.entities(found.steps())]
    whole = [
        past[start : start + length]
        for past in pasts
        for start in range(0, len(past) - length + 1, max(1, length // 8))
    ]
    if len(whole) < LESSONS:
        raise InputError(
            f"the past has {len(whole)} windows of {length:,} steps, too few for a forecast to compare with",
            hint="give more of the past, or leave --truth out",
            code="too-short",
        )
    known = length - horizon
    return forecast_figures(
        np.stack([past[-known:] for past in pasts]),
        futures,
        np.moveaxis(found.paths, 1, 0),
        history=np.stack(whole),
        season=season_of(found.codec.design),
        names=found.names,
        seed=seed,
    )


def forecast(
    model: Model | Path | str,
    recent: Any,
    horizon: int,
    *,
    draws: int = 100,
    seed: int = 0,
    **how: Any,
) -> Forecast:
    """How series go on.

    Arguments:
        model: a model of series or tracks, or its folder.
        recent: a path or a table with the columns that the model was trained on; each entity is gone on from its last
            row. What fits into the model's window beside the horizon is what the model sees of it.
        horizon: how many steps, fewer than the model's window has.
        draws: how many continuations of each entity.
        seed: the same seed gives the same continuations.
        how: options of the family's sampler, such as `steps`.

    Raises:
        InputError: where the model is of another kind, the horizon too long, or a column lacks.
    """
    model = model if isinstance(model, Model) else load(model)
    codec = series_codec(model, "forecasts nothing")
    how = {name: value for name, value in how.items() if value is not None}
    check(model, None, None, None, how)
    past = read_data(recent, kind=codec.kind)[1]
    asked = codec.forecast(past, horizon, draws, seed=seed)
    rows = codec.restore(completed(model, asked.condition, "forecast", seed, **how), asked)
    return Forecast(codec, past, rows, horizon, draws)


def what_came(model: Model, data: Any) -> pa.Table:
    """The rows by which a forecast is judged, read as the model's series are.

    Arguments:
        model: of series or tracks.
        data: a path or a table with the columns that the model was trained on.

    Raises:
        InputError: where a column lacks, or holds what is no value of it.
    """
    codec = series_codec(model, "forecasts nothing")
    table = read_data(data, kind=codec.kind)[1]
    line_of(codec.design, table)
    return table


def words(column: pa.ChunkedArray) -> list[str]:
    """A column as people write it."""
    return [str(value) for value in pc.cast(column, pa.string()).to_pylist()]
