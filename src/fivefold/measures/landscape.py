"""The space in which rows are near or far: every column weighs equally, whatever its unit.

    number      its rank among the real values as a normal score, scaled to unit variance; missing is a column of its
                own, with the number at the median
    category    one coordinate a category, scaled by 1 / sqrt(G) with G = 1 - sum_a p_a^2, missing a category

so that two random real rows differ in every column by the same expected squared distance, 2. G is taken as 0.1 where
it is less: a column that is nearly constant would otherwise outweigh all others where it does differ. The space is
made from the real table alone; categories beyond the 200 most frequent share one coordinate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from fivefold.measures.cells import CodeArray, FloatArray
from fivefold.measures.frame import Frame

Points = NDArray[np.float32]
CATEGORIES = 200
LEAST_SPREAD = 0.1
BLOCK = 2_048
TILE = 256


@dataclass(frozen=True)
class Landscape:
    """The mapping from rows to points, made from a real table.

    Arguments:
        sorted: of each number, its real values in order.
        scores: of each number, the mean and the deviation of its real normal scores.
        gaps: of each number, the scale of its missing coordinate; 0 where nothing is missing.
        places: of each code, the coordinate of each category.
        scales: of each code, the scale of its coordinates.
    """

    sorted: list[FloatArray]
    scores: list[tuple[float, float]]
    gaps: list[float]
    places: list[CodeArray]
    scales: list[float]

    def points(self, frame: Frame) -> Points:
        """The rows as points.

        Arguments:
            frame: n rows of the same view.

        Returns:
            float32 with shape (n, d).
        """
        parts: list[NDArray[np.float64]] = []
        for j, column in enumerate(frame.numbers.T):
            parts.extend(self._number(j, column))
        for j, column in enumerate(frame.codes.T):
            parts.append(self._category(j, column))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def _number(self, j: int, column: FloatArray) -> Iterator[NDArray[np.float64]]:
        missing = np.isnan(column)
        middle, spread = self.scores[j]
        scores = (_normal_scores(self.sorted[j], column) - middle) / spread
        yield np.where(missing, 0.0, scores)[:, None]
        if self.gaps[j] > 0:
            yield (missing * self.gaps[j])[:, None]

    def _category(self, j: int, column: CodeArray) -> NDArray[np.float64]:
        place = self.places[j][column]
        coordinates = np.zeros((len(column), int(self.places[j].max()) + 1))
        coordinates[np.arange(len(column)), place] = self.scales[j]
        return coordinates


def landscape(real: Frame) -> Landscape:
    """The space of a real table.

    Arguments:
        real: the rows that decide ranks, spreads and scales.
    """
    ordered, scores, gaps = [], [], []
    for column in real.numbers.T:
        missing = np.isnan(column)
        present = np.sort(column[~missing])
        ordered.append(present)
        normal = _normal_scores(present, present)
        spread = float(normal.std()) if len(present) else 0.0
        scores.append((float(normal.mean()) if len(present) else 0.0, spread or 1.0))
        share = float(missing.mean())
        gaps.append(_scale(2 * share * (1 - share)) * np.sqrt(2) if share > 0 else 0.0)
    places, scales = [], []
    for j, column in enumerate(real.codes.T):
        counts = np.bincount(column + 1, minlength=len(real.labels[j]) + 1)
        place = np.minimum(np.argsort(np.argsort(-counts, kind="stable")), CATEGORIES)
        places.append(np.roll(place, -1).astype(np.int64))
        scales.append(_scale(1 - float(((counts / counts.sum()) ** 2).sum())))
    return Landscape(ordered, scores, gaps, places, scales)


def _scale(spread: float) -> float:
    return float(1 / np.sqrt(max(spread, LEAST_SPREAD)))


def _normal_scores(ordered: FloatArray, column: FloatArray) -> FloatArray:
    """Phi^-1 of the middle rank of each value among the ordered ones; beyond their ends it stops."""
    size = len(ordered)
    if size == 0:
        return np.zeros(len(column))
    below = np.searchsorted(ordered, column, side="left")
    upto = np.searchsorted(ordered, column, side="right")
    share = np.clip((below + upto) / (2 * size), 0.5 / size, 1 - 0.5 / size)
    scores: FloatArray = ndtri(share)
    return scores


def distance_blocks(one: Points, two: Points) -> Iterator[tuple[slice, Points]]:
    """The squared distances from blocks of `one` to all of `two`, each with shape (block, n)."""
    lengths = np.einsum("ij,ij->i", two, two)
    for start in range(0, len(one), BLOCK):
        rows = slice(start, start + BLOCK)
        block = one[rows]
        squares = block @ (-2 * two.T)
        squares += lengths
        squares += np.einsum("ij,ij->i", block, block)[:, None]
        np.maximum(squares, 0, out=squares)
        yield rows, squares


def nearest(one: Points, two: Points) -> tuple[NDArray[np.intp], FloatArray]:
    """Of each point of `one`, the nearest of `two` and its distance, exact where points are equal.

    The nearest minimises |b|^2 - 2 a.b, one product of (a, 1) and (-2 b, |b|^2), in tiles that stay in the cache.
    """
    lengths = np.einsum("ij,ij->i", two, two)[:, None]
    right = np.concatenate([-2 * two, lengths], axis=1).T
    left = np.concatenate([one, np.ones((len(one), 1), dtype=np.float32)], axis=1)
    places = np.zeros(len(one), dtype=np.intp)
    best = np.full(len(one), np.inf, dtype=np.float32)
    for start in range(0, len(two), BLOCK):
        tile = np.ascontiguousarray(right[:, start : start + BLOCK])
        for row in range(0, len(one), TILE):
            rows = slice(row, row + TILE)
            products = left[rows] @ tile
            found = products.argmin(axis=1)
            least = products[np.arange(len(found)), found]
            better = least < best[rows]
            best[rows] = np.where(better, least, best[rows])
            places[rows] = np.where(better, found + start, places[rows])
    apart = one.astype(np.float64) - two[places]
    return places, np.sqrt(np.einsum("ij,ij->i", apart, apart))
