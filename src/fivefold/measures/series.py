"""Judge synthetic series and tracks by everything that real ones can be asked, whoever made them.

    column_shape_error, pair_trend_error,       do values, lags and spectra look real?             `lagged`
    autocorrelation_error, spectrum_error,
    cross_correlation_error
    detection_auc, discriminative_score,        can they be told from real ones, and do they       `series_scores`
    predictive_score                            teach what real ones teach?
    precision, recall, density, coverage        are they like real ones, all of them?              `manifolds`
    memorised_share                             are they windows of the training data?             `copying`

What is compared are windows (see `timewindows`), at equal numbers. `column_shape_error` is the error of the marginals
and `pair_trend_error` the mean of the errors across lags, so that one number of quality is made of the same parts for
all kinds of data. The floors are the same of real windows against held-out ones, or of two halves of the real series.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.codecs.series import SeriesCodec
from fivefold.measures.copying import memorised, neighbours
from fivefold.measures.featured import Featured
from fivefold.measures.figure import Figure
from fivefold.measures.forecasts import forecast_figures
from fivefold.measures.intervals import halved_error, normal
from fivefold.measures.lagged import Ruler, Traits, errors, points_of
from fivefold.measures.series_scores import (
    Told,
    detection_figures,
    predictive_figure,
    taught_by,
    told_apart,
)
from fivefold.measures.threads import one_thread
from fivefold.measures.timewindows import TimeWindows, as_table, codec_of, windows_in

COMPONENTS = 32
CLOSE, GLANCE = 2_000, 500
FloatArray = NDArray[np.float64]

ERRORS = {
    "column_shape_error": (
        "Marginal error",
        ("marginal",),
        "Mean over variables of the largest difference between the distributions of values, or of the shares missing",
        "Kolmogorov-Smirnov, between quantiles",
    ),
    "pair_trend_error": (
        "Lagged-correlation error",
        ("autocorrelation", "cross_correlation"),
        "Mean of half the difference of correlations, of variables with themselves and with each other at several lags",
        "Wiese et al. 2020 (errors of lags)",
    ),
    "autocorrelation_error": (
        "Autocorrelation error",
        ("autocorrelation",),
        "Mean over variables and lags of half the difference of the autocorrelations",
        "Wiese et al. 2020 (errors of lags)",
    ),
    "cross_correlation_error": (
        "Cross-correlation error",
        ("cross_correlation",),
        "Mean over pairs of variables and lags of half the difference of the correlations",
        "Wiese et al. 2020 (errors of lags)",
    ),
    "spectrum_error": (
        "Spectrum error",
        ("spectrum",),
        "Mean over variables of the total variation between mean periodograms, each in shares of its sum",
        "Welch 1967 (means of periodograms)",
    ),
}
CHEAP = ("column_shape_error", "pair_trend_error")


class SeriesJudge:
    """Everything that is known of the real series, for any number of synthetic sets.

    Arguments:
        real: the series that the generators learn from: an Arrow table, a time of an entity a row.
        holdout: real series that they do not learn from.
        kind: `series` or `track`.
        codec: fitted on `real`; None to fit one.
        seed: draws windows, halves and folds; the same seed gives the same figures.

    Example:
        >>> import pyarrow as pa
        >>> draw = np.random.default_rng(0)
        >>> table = pa.table({"t": list(range(900)), "x": draw.normal(size=900)})
        >>> [figure.name for figure in SeriesJudge(table).glance(table)]
        ['column_shape_error', 'pair_trend_error']
    """

    def __init__(
        self,
        real: Any,
        holdout: Any = None,
        *,
        kind: str = "series",
        codec: SeriesCodec | None = None,
        seed: int = 0,
    ) -> None:
        table = as_table(real)
        self.table, self.codec = table, codec or codec_of(table, kind)
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.real = windows_in(table, self.codec).some(len(table), rng)
        self.held = None if holdout is None else windows_in(as_table(holdout), self.codec)
        self.ruler = Ruler.of(self.real.values)
        if self.held is not None:
            self.one, self.two = self.real, self.held.some(len(self.held), rng)
            self.others = "real and held-out windows"
        else:
            self.one, self.two = self.real.halves(rng)
            self.others = "halves of the real series"

    @cached_property
    def traits(self) -> Traits:
        """Those of real windows."""
        return Traits.of(self.real.values[:CLOSE], self.ruler)

    @cached_property
    def sides(self) -> tuple[Traits, Traits]:
        """Those of two real sets that share no value."""
        one = (
            self.traits
            if self.one is self.real
            else Traits.of(self.one.values[:CLOSE], self.ruler)
        )
        return one, Traits.of(self.two.values[:CLOSE], self.ruler)

    @one_thread
    def figures(self, synthetic: Any) -> list[Figure]:
        """Every figure of synthetic series.

        Arguments:
            synthetic: an Arrow table; its windows are numbered in a column, or it is one long series or several.
        """
        made = self.windows(synthetic)
        return [
            *self._errors(made),
            *self._scores(made),
            *self._overlaps(made),
            self._memorised(made),
        ]

    @one_thread
    def glance(self, synthetic: Any) -> list[Figure]:
        """The two cheapest, without floor and interval, for every point of a training curve.

        Arguments:
            synthetic: as in `figures`.
        """
        made = self.windows(synthetic).some(GLANCE, np.random.default_rng(self.seed))
        found = errors(self.traits.mean(), Traits.of(made.values, self.ruler).mean())
        note = f"{len(made):,} windows"
        return [
            Figure(name, ERRORS[name][0], _mean(found, ERRORS[name][1]), best=0.0, note=note)
            for name in CHEAP
        ]

    def forecasts(
        self, truth: TimeWindows, draws: Sequence[TimeWindows], past: int
    ) -> list[Figure]:
        """Forecasts of the end of windows, beside a seasonal-naive and a boosted one.

        Arguments:
            truth: real windows that were not trained on.
            draws: the same windows in the same order, whose values after the first `past` steps were drawn.
            past: the steps that were known.

        Returns:
            The figures of `forecasts.forecast_figures`.
        """
        shown = np.stack([draw.values[:, past:] for draw in draws])
        return forecast_figures(
            truth.values[:, :past],
            truth.values[:, past:],
            shown,
            history=self.real.values,
            season=truth.season,
            names=truth.names,
            seed=self.seed,
        )

    def windows(self, synthetic: Any) -> TimeWindows:
        """Synthetic windows in random order.

        Arguments:
            synthetic: as in `figures`.
        """
        table = as_table(synthetic)
        found = windows_in(table, self.codec, "synthetic")
        return found.some(len(found), np.random.default_rng(self.seed + 1))

    def _errors(self, made: TimeWindows) -> list[Figure]:
        rng = np.random.default_rng(self.seed + 2)
        size = min(len(made), len(self.traits))
        one, two = self.traits, Traits.of(made.values[:size], self.ruler)
        rows = slice(0, size)
        found = errors(one.mean(rows), two.mean())
        base = min(size, *map(len, self.sides))
        left, right = (side.mean(slice(0, base)) for side in self.sides)
        floor = errors(left, right) if base >= 2 else None
        spread = halved_error(
            lambda i, j: [
                _mean(errors(one.mean(i), two.mean(j)), parts) or 0.0
                for _, parts, _, _ in ERRORS.values()
            ],
            (size, size),
            rng,
        )
        note = f"{size:,} windows of {made.values.shape[1]} steps a side"
        if floor:
            note += f"; floor: {self.others}, {base:,} a side"
        each = dict(zip(made.names, found["marginal"].tolist(), strict=True))
        return [
            self._error(name, found, floor, float(error), note, each if "shape" in name else {})
            for name, error in zip(ERRORS, spread, strict=True)
        ]

    def _error(
        self,
        name: str,
        found: dict[str, FloatArray],
        floor: dict[str, FloatArray] | None,
        error: float,
        note: str,
        details: dict[str, float],
    ) -> Figure:
        title, parts, definition, source = ERRORS[name]
        value = _mean(found, parts)
        low, high = (None, None) if value is None else normal(value, error, 0.0, 1.0)
        return Figure(
            name=name,
            title=title,
            value=value,
            low=low,
            high=high,
            better="lower",
            best=0.0,
            floor=_mean(floor, parts) if floor else None,
            definition=f"{definition}.",
            source=source,
            note=note if value is not None else "there is one variable",
            details=details,
        )

    def _scores(self, made: TimeWindows) -> list[Figure]:
        told = told_apart(self.real, made, self.ruler, self.seed)
        size = min(len(made), len(self.one))
        found = taught_by(made, self.two, self.ruler, size, self.seed)
        told_floor, taught_floor = self._floors
        judged = "held out" if self.held is not None else "half of the real ones"
        note = f"judged on {len(self.two):,} windows ({judged}); floor: what {len(self.one):,} real windows teach"
        return [
            *detection_figures(told, told_floor, self.others),
            predictive_figure(found, taught_floor, note),
        ]

    @cached_property
    def _floors(self) -> tuple[Told | None, tuple[float, float] | None]:
        """How well real windows are told from real ones, and what they teach about each other."""
        told = told_apart(self.one, self.two, self.ruler, self.seed)
        return told, taught_by(self.one, self.two, self.ruler, len(self.one), self.seed)

    @cached_property
    def axes(self) -> FloatArray:
        """Directions in which real windows differ most, with shape (d, k)."""
        seen = points_of(self.real.values, self.ruler)
        return np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)[2][:COMPONENTS].T

    def _overlaps(self, made: TimeWindows) -> list[Figure]:
        see = [
            (points_of(side.values[:CLOSE], self.ruler) @ self.axes).astype(np.float32)
            for side in (self.one, self.two, made)
        ]
        name = f"the first {self.axes.shape[1]} principal components of real windows"
        real = Featured(see[0], see[1], name, "", things="windows")
        return real.overlaps(see[2], np.random.default_rng(self.seed + 3))

    @cached_property
    def known(self) -> FloatArray:
        """Training windows at as many places as memory allows, as points."""
        if self.held is None:
            return points_of(self.one.values, self.ruler)
        dense = windows_in(self.table, self.codec, dense=True)
        return points_of(dense.values, self.ruler)

    def _memorised(self, made: TimeWindows) -> Figure:
        held, new = (points_of(side.values[:CLOSE], self.ruler) for side in (self.two, made))
        return memorised(
            neighbours(self.known, new),
            neighbours(self.known, held),
            things="windows",
            known=len(self.known),
            measured="standardised windows, of at most 32 points a variable",
            rng=np.random.default_rng(self.seed + 4),
        )


def _mean(found: dict[str, FloatArray], parts: tuple[str, ...]) -> float | None:
    """The mean of the parts that there are, each of which is a mean."""
    known = [float(found[part].mean()) for part in parts if len(found[part])]
    return float(np.mean(known)) if known else None


def measure_series(
    real: Any,
    synthetic: Any,
    *,
    kind: str = "series",
    holdout: Any = None,
    codec: SeriesCodec | None = None,
    seed: int = 0,
) -> list[Figure]:
    """Every figure of synthetic series or tracks, in a stable order.

    Arguments:
        real: the series that the generator learned from: an Arrow table, a time of an entity a row.
        synthetic: the series to be judged; generated windows are numbered in a column.
        kind: `series` or `track`.
        holdout: real series that it did not learn from.
        codec: fitted on `real`; None to fit one.
        seed: draws windows, halves and folds; the same seed gives the same figures.
    """
    return SeriesJudge(real, holdout, kind=kind, codec=codec, seed=seed).figures(synthetic)
