"""Forecasts that say how sure they are, judged by CRPS beside a seasonal-naive and a boosted forecast.

For an ensemble x_1 .. x_m of what a value y may become,

    CRPS = mean |x_i - y| - 1 / (2 m (m - 1)) * sum over i, j of |x_i - x_j|

which is what the forecast distribution costs, in units of y, without an advantage for few draws or many; of a single
number it is the absolute error. The forecasts beside it know the same past and learned from the same training windows:

    seasonal naive    the value one season before (the last value where there is no season), and around it the errors
                      that this makes at the same step of training windows
    boosting          histogram gradient boosting of the quantiles 0.1, 0.3 .. 0.9 from the values before, the value one
                      season before and the step

    skill             1 - CRPS / CRPS of the other: 1 is perfect, 0 is as good, below 0 is worse

References:
    Strictly Proper Scoring Rules, Prediction, and Estimation (Gneiting, Raftery, 2007)
    Fair scores for ensemble forecasts (Ferro, 2014), https://doi.org/10.1002/qj.2270
    Forecasting: Principles and Practice (Hyndman, Athanasopoulos, 2021), 5.2 and 5.9: the naive forecast and skill
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.boosting import fitted
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal
from fivefold.measures.lagged import Ruler, paired
from fivefold.measures.threads import one_thread

BEFORE, SEEN, TARGETS, LESSONS, TREES = 8, 8, 4, 6_000, 60
BINS = 64
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
NAIVE = 64
ENDS, ENOUGH = (0.05, 0.95), 20
RESAMPLES = 500
FloatArray = NDArray[np.float64]


def crps(truth: FloatArray, draws: FloatArray) -> FloatArray:
    """The continuous ranked probability score of an ensemble.

    Arguments:
        truth: what came, with shape (*).
        draws: what was thought possible, with shape (m, *).

    Returns:
        Float64 with shape (*); NaN where anything is.

    Example:
        >>> crps(np.array([1.0]), np.array([[0.0], [2.0], [3.0]])).round(3).tolist()
        [0.333]
    """
    members = len(draws)
    off: FloatArray = np.abs(draws - truth).mean(axis=0)
    if members < 2:
        return off
    ordered = np.sort(draws, axis=0)
    weights = 2 * np.arange(members) - members + 1
    spread = np.tensordot(weights, ordered, axes=1) / (members * (members - 1))
    found: FloatArray = off - spread
    return found


def quantile_score(truth: FloatArray, quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    """The same of evenly spread quantiles: twice the mean of their pinball losses.

    Arguments:
        truth: what came, with shape (*).
        quantiles: with shape (k, *).
        levels: of the quantiles, with shape (k,).

    Example:
        >>> quantile_score(np.array([1.0]), np.array([[3.0]]), np.array([0.5])).tolist()
        [2.0]
    """
    off = truth - quantiles
    level = levels.reshape(-1, *[1] * truth.ndim)
    found: FloatArray = 2 * np.maximum(level * off, (level - 1) * off).mean(axis=0)
    return found


def seasonal_naive(
    pasts: FloatArray, horizon: int, season: int, history: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draws of the seasonal-naive forecast.

    Arguments:
        pasts: what was before, with shape (n, P, V).
        horizon: H, the steps to come.
        season: after how many steps the calendar begins again; the last value goes on where P is shorter.
        history: training windows, with shape (N, P + H, V).
        rng: draws the errors.

    Returns:
        Float64 with shape (m, n, H, V).
    """
    past = pasts.shape[1]
    centre = _before(pasts, horizon, season)
    off = history[:, past : past + horizon] - _before(history[:, :past], horizon, season)
    chosen = rng.permutation(len(off))[:NAIVE]
    errors = np.where(np.isnan(off[chosen]), np.nanmedian(off, axis=0), off[chosen])
    return centre + np.nan_to_num(errors)[:, None]


def _before(pasts: FloatArray, horizon: int, season: int) -> FloatArray:
    """The known value one season before each step to come, or the last that is known, with shape (n, H, V)."""
    past = pasts.shape[1]
    season = season if season <= past else 1
    known = _last_known(pasts)
    places = past - season + np.arange(horizon) % season
    return known[:, places]


def _last_known(pasts: FloatArray) -> FloatArray:
    """Values, and where one is missing the last before it; the mean of the window where there is none."""
    known = np.where(np.isnan(pasts), 0, np.arange(pasts.shape[1])[:, None])
    held = np.take_along_axis(pasts, np.maximum.accumulate(known, axis=1), axis=1)
    count = np.maximum((~np.isnan(pasts)).sum(axis=1, keepdims=True), 1)
    mean = np.nansum(pasts, axis=1, keepdims=True) / count
    found: FloatArray = np.where(np.isnan(held), mean, held)
    return found


def boosted(
    pasts: FloatArray,
    horizon: int,
    season: int,
    history: FloatArray,
    target: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Quantiles of a boosted forecast of one variable.

    Arguments:
        pasts: what was before, with shape (n, P, V).
        horizon: H, the steps to come.
        season: as in `seasonal_naive`.
        history: training windows, with shape (N, P + H, V).
        target: the variable.
        rng: draws lessons.

    Returns:
        Float64 with shape (5, n, H).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    past = pasts.shape[1]
    seen = _traits(history[:, :past], horizon, season, target)
    answers = history[:, past : past + horizon, target].reshape(-1)
    known = np.flatnonzero(~np.isnan(answers))
    chosen = rng.permutation(known)[:LESSONS]
    asked = _traits(pasts, horizon, season, target)
    found = []
    for level in LEVELS:
        model = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_iter=TREES,
            max_bins=BINS,
            early_stopping=False,
            random_state=0,
        )
        fitted(model, seen[chosen], answers[chosen])
        found.append(model.predict(asked).reshape(len(pasts), horizon))
    return np.sort(np.stack(found), axis=0)


def _traits(pasts: FloatArray, horizon: int, season: int, target: int) -> FloatArray:
    """What boosting knows of each step to come, with shape (n H, d)."""
    variables = np.unique([target, *range(min(SEEN, pasts.shape[2]))])
    last = pasts[:, -min(BEFORE, pasts.shape[1]) :, variables].reshape(len(pasts), -1)
    seasonal = _before(pasts, horizon, season)[:, :, target]
    steps = np.tile(np.arange(horizon), len(pasts))
    return np.column_stack([np.repeat(last, horizon, axis=0), seasonal.reshape(-1), steps])


@one_thread
def forecast_figures(
    pasts: FloatArray,
    futures: FloatArray,
    draws: FloatArray,
    *,
    history: FloatArray,
    season: int = 1,
    names: list[str] | None = None,
    seed: int = 0,
) -> list[Figure]:
    """A forecast by draws beside a seasonal-naive and a boosted one.

    Arguments:
        pasts: what was known, NaN where missing, with shape (n, P, V).
        futures: what came, with shape (n, H, V).
        draws: what was thought possible, with shape (m, n, H, V).
        history: training windows, with shape (N, P + H, V).
        season: after how many steps the calendar begins again.
        names: of the variables.
        seed: draws errors, lessons and resamples.

    Returns:
        `forecast_crps`, `forecast_skill_naive`, `forecast_skill_boosting` and `forecast_interval`; of more than four
        variables that change within windows four are judged, spread evenly.
    """
    rng = np.random.default_rng(seed)
    ruler = Ruler.of(history)
    changing = ruler.moving[np.nan_to_num(np.diff(history[..., ruler.moving], axis=1)).any((0, 1))]
    if not len(changing):
        changing = ruler.moving
    chosen = changing[paired(len(changing), TARGETS)]
    past, future, shown, known = (ruler.scaled(x) for x in (pasts, futures, draws, history))
    horizon = future.shape[1]
    truth, shown = future[..., chosen], shown[..., chosen]
    naive = seasonal_naive(past, horizon, season, known, rng)[..., chosen]
    levels = np.array(LEVELS)
    scores = {
        "model": crps(truth, shown),
        "seasonal naive": crps(truth, naive),
        "boosting": np.stack(
            [
                quantile_score(
                    truth[..., place],
                    boosted(past, horizon, season, known, int(target), rng),
                    levels,
                )
                for place, target in enumerate(chosen)
            ],
            axis=-1,
        ),
    }
    asked = ~np.isnan(truth) & ~np.isnan(scores["model"])
    sums = {name: np.where(asked, score, 0).sum((1, 2)) for name, score in scores.items()}
    counts = asked.sum((1, 2)).astype(np.float64)
    listed = names or [str(place) for place in range(futures.shape[2])]
    note = (
        f"{len(futures):,} futures of {horizon} steps after {pasts.shape[1]}, {len(draws):,} draws each; "
        f"season: {season} steps; of {', '.join(listed[place] for place in chosen)}"
    )
    by_step = np.where(asked, scores["model"], 0).sum((0, 2)) / np.maximum(asked.sum((0, 2)), 1)
    return [
        _crps_figure(sums, counts, note, by_step),
        *(
            _skill(name, title, sums["model"], sums[other], note, rng)
            for name, title, other in (
                ("forecast_skill_naive", "Skill over a seasonal-naive forecast", "seasonal naive"),
                ("forecast_skill_boosting", "Skill over a boosted forecast", "boosting"),
            )
        ),
        _interval(truth, shown, note),
    ]


def _crps_figure(
    sums: dict[str, FloatArray], counts: FloatArray, note: str, by_step: FloatArray
) -> Figure:
    total = counts.sum()
    known = total > 0
    value = float(sums["model"].sum() / total) if known else None
    low = high = None
    if value is not None and len(counts) > 1:
        spread = (sums["model"] - value * counts).var(ddof=1)
        low, high = normal(value, float(np.sqrt(len(counts) * spread) / total), 0.0)
    others = {name: float(sums[name].sum() / total) for name in sums} if known else {}
    return Figure(
        name="forecast_crps",
        title="Forecast error (CRPS)",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        unit="deviations",
        definition="Mean continuous ranked probability score of forecasts by draws, in real standard deviations.",
        source="Gneiting and Raftery 2007; for ensembles Ferro 2014",
        note=note if known else "nothing is known of what came",
        details={**others, "by_step": by_step.tolist()},
    )


def _skill(
    name: str,
    title: str,
    model: FloatArray,
    other: FloatArray,
    note: str,
    rng: np.random.Generator,
) -> Figure:
    whole = float(other.sum())
    value = 1 - float(model.sum()) / whole if whole > 0 else None
    low = high = None
    if value is not None and len(model) > 1:
        rows = rng.integers(0, len(model), (RESAMPLES, len(model)))
        found = 1 - model[rows].sum(1) / np.maximum(other[rows].sum(1), 1e-12)
        low, high = (float(end) for end in np.quantile(found, [0.025, 0.975]))
    return Figure(
        name=name,
        title=title,
        value=value,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        floor=0.0,
        unit="skill",
        definition="1 - CRPS / CRPS of the other forecast: 0 is as good, 1 is perfect.",
        source="Hyndman and Athanasopoulos 2021, 5.9",
        note=note,
    )


def _interval(truth: FloatArray, draws: FloatArray, note: str) -> Figure:
    value = low = high = None
    if len(draws) >= ENOUGH:
        ends = np.quantile(draws, ENDS, axis=0, method="weibull")
        asked = ~np.isnan(truth) & ~np.isnan(ends).any(axis=0)
        inside = ((truth >= ends[0]) & (truth <= ends[1]) & asked).sum((1, 2)).astype(np.float64)
        counts = asked.sum((1, 2)).astype(np.float64)
        if counts.sum() and len(counts) > 1:
            value = float(inside.sum() / counts.sum())
            spread = (inside - value * counts).var(ddof=1)
            error = float(np.sqrt(len(counts) * spread) / counts.sum())
            low, high = normal(value, error, 0.0, 1.0)
    return Figure(
        name="forecast_interval",
        title="Truth within the middle 90% of draws",
        value=value,
        low=low,
        high=high,
        better="target",
        best=ENDS[1] - ENDS[0],
        definition="Share of values that came between the quantiles 0.05 and 0.95 of the draws; 0.9 is calibrated.",
        source="counted",
        note=note if value is not None else f"fewer than {ENOUGH} draws, or nothing is known",
    )
