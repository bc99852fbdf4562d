"""Portraits of real and synthetic data: the shares of each column, the association of pairs, ten rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.schema import Schema
from fivefold.compare.profile import ColumnResult, Examples, PairResult, Pairs
from fivefold.measures.frame import Frame, frames
from fivefold.measures.trends import (
    Sides,
    Trend,
    choose_pairs,
    column_errors,
    column_names,
    pair_trends,
    sides,
)

BINS = 24
LABELS = 24
MATRIX = 24
PAIRS = 2_000
WORST = 12
EXAMPLES = 10
REST = "(all others)"

Floats = NDArray[np.float64]


def portraits(
    real: pa.Table, made: Mapping[str, pa.Table], schema: Schema
) -> tuple[list[ColumnResult], Pairs]:
    """What pictures are drawn from.

    Arguments:
        real: the training data.
        made: the synthetic table of each family.
        schema: the kinds of the columns.

    Returns:
        The columns and the pairs.
    """
    first, *others = frames([real, *made.values()], schema)
    views = dict(zip(made, others, strict=True))
    both = {name: sides(first, view) for name, view in views.items()}
    errors = {name: column_errors(side) for name, side in both.items()}
    columns = [
        _column(first, views, errors, index) for index in range(len(column_names(first)))
    ]
    order = {name: place for place, name in enumerate(schema.names)}
    columns.sort(key=lambda column: order.get(column.name, len(order)))
    return columns, _pairs(first, both)


def examples(table: pa.Table, family: str) -> Examples:
    """Ten synthetic rows as people read them."""
    rows = table.slice(0, EXAMPLES).to_pylist()
    return Examples(
        family=family,
        header=table.column_names,
        rows=[["" if v is None else str(v) for v in row.values()] for row in rows],
    )


def _column(
    real: Frame, views: Mapping[str, Frame], errors: Mapping[str, Floats], index: int
) -> ColumnResult:
    name = column_names(real)[index]
    p = len(real.number_names)
    if index < p:
        edges = _edges(real.numbers[:, index])
        count = {k: np.histogram(_inside(v, index, edges), edges)[0] for k, v in views.items()}
        own = np.histogram(_inside(real, index, edges), edges)[0]
        gone = {k: float(np.isnan(v.numbers[:, index]).mean()) for k, v in views.items()}
        absent, labels = float(np.isnan(real.numbers[:, index]).mean()), []
    else:
        codes, words = real.codes[:, index - p], real.labels[index - p]
        chosen = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(words)), kind="stable")
        chosen = chosen[:LABELS]
        count = {k: _shown(v.codes[:, index - p], chosen, len(words)) for k, v in views.items()}
        own = _shown(codes, chosen, len(words))
        gone = {k: float((v.codes[:, index - p] < 0).mean()) for k, v in views.items()}
        absent, edges = float((codes < 0).mean()), np.empty(0)
        labels = [words[i] for i in chosen] + ([REST] if len(words) > LABELS else [])
    return ColumnResult(
        name=name,
        kind=real.kinds[name],
        labels=labels,
        edges=edges.tolist(),
        real=_shares(own),
        synthetic={k: _shares(c) for k, c in count.items()},
        errors={k: _defined(float(e[index])) for k, e in errors.items()},
        missing_real=absent,
        missing=gone,
    )


def _edges(values: Floats) -> Floats:
    """Edges of equal width over the middle 99%, so that one far value does not flatten the picture."""
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return np.array([0.0, 1.0])
    low, high = np.quantile(present, [0.005, 0.995])
    if low == high:
        low, high = present.min(), present.max()
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    distinct = np.unique(present[(present >= low) & (present <= high)])
    if len(distinct) <= BINS:
        middle = (distinct[1:] + distinct[:-1]) / 2
        first, last = 2 * distinct[0] - middle[0], 2 * distinct[-1] - middle[-1]
        return np.concatenate([[first], middle, [last]])
    return np.linspace(low, high, BINS + 1)


def _inside(frame: Frame, index: int, edges: Floats) -> Floats:
    values = frame.numbers[:, index]
    clipped: Floats = np.clip(values[~np.isnan(values)], edges[0], edges[-1])
    return clipped


def _shown(codes: NDArray[np.int64], chosen: NDArray[np.intp], size: int) -> NDArray[np.int64]:
    counts = np.bincount(codes[codes >= 0], minlength=size)
    rest = counts.sum() - counts[chosen].sum()
    shown: NDArray[np.int64] = (
        np.append(counts[chosen], rest) if size > len(chosen) else counts[chosen]
    )
    return shown


def _shares(counts: NDArray[np.int64]) -> list[float]:
    shares: list[float] = (counts / max(1, counts.sum())).round(6).tolist()
    return shares


def _pairs(real: Frame, both: Mapping[str, Sides]) -> Pairs:
    names = column_names(real)
    chosen = choose_pairs(len(names), PAIRS, seed=0)
    itself = pair_trends(sides(real, real), chosen)
    found = {name: pair_trends(side, chosen) for name, side in both.items()}
    strength = np.zeros(len(names))
    for (i, j), trend in zip(chosen, itself, strict=True):
        if not np.isnan(trend.strength):
            strength[[i, j]] += trend.strength
    shown = sorted(np.argsort(-strength, kind="stable")[:MATRIX].tolist())
    turned = {name: _turned(side) for name, side in both.items()}
    other = {name: pair_trends(side, chosen) for name, side in turned.items()}
    worst = [
        PairResult(
            names[i], names[j], family, _defined(a.strength), _defined(b.strength), t.error
        )
        for family in both
        for (i, j), a, b, t in zip(chosen, itself, other[family], found[family], strict=True)
        if t.counts
    ]
    return Pairs(
        columns=[names[i] for i in shown],
        real=_matrix(chosen, itself, shown),
        synthetic={name: _matrix(chosen, trends, shown) for name, trends in other.items()},
        worst=sorted(worst, key=lambda pair: -pair.error)[:WORST],
        definition="The absolute Pearson correlation of two numbers; Cramer's V of other pairs, numbers cut in ten.",
    )


def _turned(side: Sides) -> Sides:
    """The two tables in each other's place, since a trend's strength is that of the first."""
    return Sides(
        [(b, a) for a, b in side.ranks],
        [(b, a) for a, b in side.cells],
        [(b, a) for a, b in side.values],
        [(b, a) for a, b in side.codes],
        [(b, a) for a, b in side.constant],
    )


def _matrix(
    chosen: list[tuple[int, int]], trends: list[Trend], shown: list[int]
) -> list[list[float | None]]:
    known = {pair: trend.strength for pair, trend in zip(chosen, trends, strict=True)}
    return [
        [
            1.0 if i == j else _defined(known.get((min(i, j), max(i, j)), float("nan")))
            for j in shown
        ]
        for i in shown
    ]


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)
