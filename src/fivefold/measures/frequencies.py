"""Do units, lengths and neighbouring units come as often as in real sequences?

With P and Q the shares of real and synthetic units (or pairs of neighbours),

    total variation      1/2 sum_c |P(c) - Q(c)|
    column-shape error   mean over the levels' units (total variation) and the length (Kolmogorov-Smirnov)
    pair-trend error     mean over the levels of the total variation between pairs of neighbouring units

A large vocabulary makes two real samples differ: with c cells and N units a side, total variation is about
sqrt(c / (pi N)) by chance. The rarest units therefore share one cell, so many that a cell has twenty units on average,
and the *floor* beside each figure is the same measure between two real samples of the same number of texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal, resampled_error
from fivefold.measures.ngrams import count_matrix
from fivefold.measures.units import EDGES, Codes, Units, levels_of, numbered

UNITS, PAIRED = 1_000, 200
FILLING = 20
SOURCE = (
    "SDMetrics 0.32.0, QualityReport (TVComplement, KSComplement), applied to units and neighbours"
)
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """What each text of one side holds.

    Arguments:
        units: counts of units for each level, with shape (texts, cells).
        pairs: counts of neighbouring pairs for each level, with shape (texts, cells).
        lengths: the length of each text in units of the first level, with shape (texts,).
    """

    units: list[sparse.csr_matrix]
    pairs: list[sparse.csr_matrix]
    lengths: Codes


def tallies(sides: Sequence[Sequence[str]], kind: str) -> list[Tally]:
    """The counts of several sides in one vocabulary; the first side is the real one, which orders it."""
    found = [Tally([], [], np.zeros(0, np.int64)) for _ in sides]
    for place, level in enumerate(levels_of(kind)):
        views = numbered(sides, level)
        order = _ranks(views[0])
        for k, view in enumerate(views):
            found[k].units.append(_units(view, order, views[0]))
            found[k].pairs.append(_pairs(view, order, views[0]))
            if place == 0:
                found[k] = Tally(found[k].units, found[k].pairs, view.lengths)
    return found


def _ranks(real: Units) -> Codes:
    """The place of each unit in order of frequency; the edges come first."""
    counts = np.bincount(real.codes, minlength=len(real.words))
    counts[:EDGES] = counts.max(initial=0) + 1
    ranks = np.empty(len(counts), np.int64)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return ranks


def _units(view: Units, ranks: Codes, real: Units) -> sparse.csr_matrix:
    most = int(min(UNITS, max(1, len(real.codes) // FILLING)))
    codes, owners = view.inner
    return count_matrix(np.minimum(ranks[codes] - EDGES, most), owners, (view.texts, most + 1))


def _pairs(view: Units, ranks: Codes, real: Units) -> sparse.csr_matrix:
    most = int(min(PAIRED, max(2, (len(real.codes) / FILLING) ** 0.5)))
    cells = np.minimum(ranks[view.codes], most)
    within = view.owners[:-1] == view.owners[1:]
    joint = (cells[:-1] * (most + 1) + cells[1:])[within]
    return count_matrix(joint, view.owners[:-1][within], (view.texts, (most + 1) ** 2))


@dataclass(frozen=True)
class Gaps:
    """How far two sides lie apart: one number for each level's units, the length, each level's pairs."""

    units: FloatArray
    length: float
    pairs: FloatArray

    @property
    def shape(self) -> float:
        """The column-shape error."""
        return float(np.mean([*self.units, self.length]))

    @property
    def trend(self) -> float:
        """The pair-trend error."""
        return float(self.pairs.mean())


def gaps(
    one: Tally, two: Tally, first: FloatArray | None = None, second: FloatArray | None = None
) -> Gaps:
    """The gaps between two sides, with weights for their texts."""
    first = np.ones(len(one.lengths)) if first is None else first
    second = np.ones(len(two.lengths)) if second is None else second
    matched = zip(one.units, two.units, strict=True), zip(one.pairs, two.pairs, strict=True)
    units, pairs = (
        np.array([_variation(a.T @ first, b.T @ second) for a, b in level]) for level in matched
    )
    return Gaps(units, _steps_apart(one.lengths, two.lengths, first, second), pairs)


def _variation(one: FloatArray, two: FloatArray) -> float:
    if one.sum() == 0 or two.sum() == 0:
        return float(one.sum() != two.sum())
    return float(np.abs(one / one.sum() - two / two.sum()).sum() / 2)


def _steps_apart(one: Codes, two: Codes, first: FloatArray, second: FloatArray) -> float:
    """The largest gap between the cumulative shares of two samples with weights."""
    ranks = np.unique(np.concatenate([one, two]), return_inverse=True)[1]
    top = int(ranks.max(initial=0)) + 1
    sides = (ranks[: len(one)], first), (ranks[len(one) :], second)
    steps = [np.cumsum(np.bincount(r, w, top)) / max(1e-12, w.sum()) for r, w in sides]
    return float(np.abs(steps[0] - steps[1]).max(initial=0.0))


def frequencies(
    real: Sequence[str],
    synthetic: Sequence[str],
    one: Sequence[str],
    two: Sequence[str],
    *,
    kind: str,
    seed: int = 0,
    note: str = "",
) -> list[Figure]:
    """The column-shape error and the pair-trend error of synthetic sequences.

    Arguments:
        real: real sequences.
        synthetic: the sequences to be judged.
        one: a real sample, for the floor.
        two: another real sample that shares no text with it.
        kind: the kind of sequence.
        seed: draws the resamples.
        note: what a reader must know of the samples.

    Returns:
        `column_shape_error` and `pair_trend_error`, None where a side is empty.
    """
    if not real or not synthetic:
        return [_figure(*names, None, None, "no sequences on one side", {}) for names in _NAMES]
    sides = tallies([real, synthetic, one, two], kind)
    found, floor = gaps(sides[0], sides[1]), gaps(sides[2], sides[3]) if one and two else None
    rng = np.random.default_rng(seed)
    errors = resampled_error(
        lambda a, b: _resampled(sides[0], sides[1], a, b), (len(real), len(synthetic)), rng
    )
    levels = levels_of(kind)
    columns = [
        {"column": level, "measure": "total variation", "error": float(found.units[k])}
        | {"floor": float(floor.units[k]) if floor else None}
        for k, level in enumerate(levels)
    ]
    columns.append(
        {"column": "length", "measure": "Kolmogorov-Smirnov", "error": found.length}
        | {"floor": floor.length if floor else None}
    )
    trends = {level: float(found.pairs[k]) for k, level in enumerate(levels)}
    return [
        _figure(
            *_NAMES[0],
            (found.shape, *normal(found.shape, float(errors[0]), 0.0, 1.0)),
            floor.shape if floor else None,
            note,
            {"columns": columns},
        ),
        _figure(
            *_NAMES[1],
            (found.trend, *normal(found.trend, float(errors[1]), 0.0, 1.0)),
            floor.trend if floor else None,
            note,
            {"levels": trends},
        ),
    ]


def _resampled(one: Tally, two: Tally, a: NDArray[np.intp], b: NDArray[np.intp]) -> FloatArray:
    weights = (
        np.bincount(rows, minlength=len(side.lengths)).astype(np.float64)
        for rows, side in ((a, one), (b, two))
    )
    drawn = gaps(one, two, *weights)
    return np.array([drawn.shape, drawn.trend])


_NAMES = (
    (
        "column_shape_error",
        "Unit and length error",
        "Mean of half the summed gap between shares of units and the largest gap between cumulative shares of lengths.",
    ),
    (
        "pair_trend_error",
        "Neighbour error",
        "Half the summed gap between shares of pairs of neighbouring units, the ends of a sequence included.",
    ),
)


def _figure(
    name: str,
    title: str,
    definition: str,
    values: tuple[float, float, float] | None,
    floor: float | None,
    note: str,
    details: dict[str, Any],
) -> Figure:
    value, low, high = values or (None, None, None)
    return Figure(
        name=name,
        title=title,
        value=value,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        floor=floor,
        definition=definition,
        source=SOURCE,
        note=note,
        details=details,
    )
