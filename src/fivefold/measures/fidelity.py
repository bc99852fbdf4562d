"""Fidelity: do single columns and pairs of columns look like the real ones?

Two figures, the averages of what `trends` counts:

    column-shape error    mean over columns of the Kolmogorov-Smirnov or total variation distance
    pair-trend error      mean over the associated pairs of the difference in correlation or in joint shares

Both are raised by the noise of finite samples: two real samples do not score zero. The *floor* beside each figure is
that noise, and it must be read first. Neither sees beyond pairs: independent columns with the right shapes have no
shape error at all.

References:
    SDMetrics 0.32.0, reports.QualityReport (DataCebo), https://docs.sdv.dev/sdmetrics
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fivefold.measures.cells import FloatArray
from fivefold.measures.figure import Figure
from fivefold.measures.frame import Frame
from fivefold.measures.intervals import normal, resampled_error
from fivefold.measures.trends import (
    Pair,
    Sides,
    Trend,
    choose_pairs,
    column_errors,
    column_names,
    pair_trends,
    sides,
)

PAIRS = 4_950
SAMPLED_PAIRS = 2_000
SOURCE = "SDMetrics 0.32.0, QualityReport"


def fidelity(
    real: Frame, synthetic: Frame, holdout: Frame | None = None, *, seed: int = 0
) -> list[Figure]:
    """The column-shape error and the pair-trend error of a synthetic table.

    Arguments:
        real: the table that the generator learned from.
        synthetic: the table to be judged.
        holdout: real rows that it did not learn from, for the floor; halves of the real table without it.
        seed: draws the resamples, and the pairs of a table with more than 100 columns.

    Returns:
        `column_shape_error` and `pair_trend_error`.
    """
    rng = np.random.default_rng(seed)
    base, said = _floor_sides(real, holdout, rng)
    both = sides(real, synthetic)
    shapes = _shape_figure(real, both, base, said, rng)
    columns = len(column_names(real))
    pairs = choose_pairs(columns, PAIRS if columns <= 100 else SAMPLED_PAIRS, seed)
    return [shapes, _trend_figure(real, both, base, said, pairs, seed, rng)]


def _floor_sides(
    real: Frame, holdout: Frame | None, rng: np.random.Generator
) -> tuple[Sides | None, str]:
    """Two real samples, and which; none where the real table has one row."""
    if holdout is not None:
        said = f"floor: {len(real):,} real against {len(holdout):,} holdout rows"
        return sides(real, holdout), said
    one, two = real.halves(rng)
    if len(one) == 0:
        return None, "no floor: one real row"
    return sides(one, two), f"floor: disjoint halves of the real table, {len(one):,} rows each"


def _shape_figure(
    real: Frame, both: Sides, base: Sides | None, said: str, rng: np.random.Generator
) -> Figure:
    errors = column_errors(both)
    floors = column_errors(base) if base else np.full(len(errors), np.nan)
    value, low, high = _average(
        errors, lambda one, two: column_errors(both.take(one, two)), both, rng
    )
    numbers = len(real.number_names)
    parts = [
        {
            "column": name,
            "measure": "Kolmogorov-Smirnov" if place < numbers else "total variation",
            "error": float(errors[place]),
            "floor": None if np.isnan(floors[place]) else float(floors[place]),
        }
        for place, name in enumerate(column_names(real))
        if not np.isnan(errors[place])
    ]
    parts.sort(key=lambda part: -float(part["error"]))  # type: ignore[arg-type]
    absent = len(errors) - len(parts)
    return Figure(
        name="column_shape_error",
        title="Column-shape error",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        floor=_mean(floors),
        definition="Mean over columns of the largest gap between cumulative shares (numbers) or half the summed gap "
        "between shares (categories).",
        source=SOURCE + " (KSComplement, TVComplement)",
        note=_join(
            said, f"{absent} columns without a value on one side left out" if absent else ""
        ),
        details={"columns": parts},
    )


def _trend_figure(
    real: Frame,
    both: Sides,
    base: Sides | None,
    said: str,
    pairs: list[Pair],
    seed: int,
    rng: np.random.Generator,
) -> Figure:
    trends, floors = pair_trends(both, pairs), pair_trends(base, pairs) if base else []
    counted = [pair for pair, trend in zip(pairs, trends, strict=True) if trend.counts]
    errors = np.array([trend.error for trend in trends if trend.counts])
    value, low, high = _average(
        errors,
        lambda one, two: np.array([t.error for t in pair_trends(both.take(one, two), counted)]),
        both,
        rng,
    )
    every = [trend.error for trend in trends]
    columns = len(column_names(real))
    total = columns * (columns - 1) // 2
    lost = sum(trend.associated and not trend.counts for trend in trends)
    return Figure(
        name="pair_trend_error",
        title="Pair-trend error",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        floor=_mean(np.array([trend.error for trend in floors if trend.counts])),
        definition="Mean over associated pairs of half the gap between correlations (two numbers) or half the summed "
        "gap between joint shares (otherwise).",
        source=SOURCE + " (CorrelationSimilarity, ContingencySimilarity; thresholds 0.5 and 0.3)",
        note=_join(
            f"{len(counted)} of {len(pairs)} pairs are associated in the real table",
            f"{len(pairs):,} of {total:,} pairs drawn with seed {seed}"
            if len(pairs) < total
            else "",
            f"{lost} associated pairs are constant in the synthetic table and not counted"
            if lost
            else "",
            "" if counted else "without an associated pair there is no figure",
            said,
        ),
        details={
            "all_pairs": _mean(np.array(every)),
            "all_pairs_floor": _mean(np.array([trend.error for trend in floors])),
            "pairs": _pair_parts(real, pairs, trends),
        },
    )


def _pair_parts(real: Frame, pairs: list[Pair], trends: list[Trend]) -> list[dict[str, Any]]:
    names = column_names(real)
    parts = [
        {
            "columns": [names[i], names[j]],
            "measure": trend.kind,
            "error": trend.error,
            "strength": trend.strength,
            "counts": trend.counts,
        }
        for (i, j), trend in zip(pairs, trends, strict=True)
        if not np.isnan(trend.error)
    ]
    return sorted(parts, key=lambda part: (not part["counts"], -part["error"]))


def _average(
    errors: FloatArray, again: Any, both: Sides, rng: np.random.Generator
) -> tuple[float | None, float | None, float | None]:
    """The mean error with its interval; the spread comes from resampled rows of both tables."""
    value = _mean(errors)
    if value is None:
        return None, None, None
    sizes = (len(both.cells[0][0]), len(both.cells[0][1]))
    error = resampled_error(lambda one, two: _mean(again(one, two)) or 0.0, sizes, rng)
    return value, *normal(value, float(error), 0.0, 1.0)


def _mean(errors: FloatArray) -> float | None:
    present = errors[~np.isnan(errors)]
    return float(present.mean()) if len(present) else None


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
