"""How two tables differ, column by column and pair by pair, exactly as SDMetrics' QualityReport counts it.

Columns (error = 1 - score):

    number    sup_x |F_r(x) - F_s(x)|, the two-sample Kolmogorov-Smirnov statistic (KSComplement)
    code      1/2 sum_a |p_r(a) - p_s(a)|, the total variation distance (TVComplement)
    missing values are left out; a column without a value on one side has no error

Pairs (error = 1 - score):

    number, number    1/2 |rho_r - rho_s|, Pearson's correlations (CorrelationSimilarity)
    otherwise         1/2 sum_ab |p_r(a, b) - p_s(a, b)| (ContingencySimilarity); a number is cut into ten equal bins
                      *of its own table* (the largest value and missing fall into an eleventh), missing is a category

A pair counts when the real table shows an association: |rho_r| > 0.5, or Cramer's V > 0.3. A pair that is undefined
(a constant on either side) counts for nothing, as in the library.

References:
    SDMetrics 0.32.0, reports.QualityReport (DataCebo), https://docs.sdv.dev/sdmetrics
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.cells import CodeArray, FloatArray
from fivefold.measures.frame import Frame

CORRELATION_THRESHOLD = 0.5
ASSOCIATION_THRESHOLD = 0.3
BINS = 10
DECIMALS = 14
DENSE = 1 << 16

Pair = tuple[int, int]


@dataclass(frozen=True)
class Sides:
    """Two tables made ready to be counted; column j < p is a number, the others are codes.

    Arguments:
        ranks: of each number, the rank of each value among both tables, -1 where missing; real, then other.
        cells: of each column, the category of each row with missing as a category; real, then other.
        values: of each number, its values centred and scaled; real, then other.
        codes: of each code, its codes; real, then other.
        constant: of each number, whether it has one value at most; real, then other.
    """

    ranks: list[tuple[CodeArray, CodeArray]]
    cells: list[tuple[CodeArray, CodeArray]]
    values: list[tuple[FloatArray, FloatArray]]
    codes: list[tuple[CodeArray, CodeArray]]
    constant: list[tuple[bool, bool]]

    def take(self, real: NDArray[np.intp], other: NDArray[np.intp]) -> Sides:
        """These rows of each table."""
        return Sides(
            [(a[real], b[other]) for a, b in self.ranks],
            [(a[real], b[other]) for a, b in self.cells],
            [(a[real], b[other]) for a, b in self.values],
            [(a[real], b[other]) for a, b in self.codes],
            self.constant,
        )


def sides(real: Frame, other: Frame) -> Sides:
    """Rank, cut and scale the columns of two tables, once for all counts."""
    ranks, cells, values, constant = [], [], [], []
    for a, b in zip(real.numbers.T, other.numbers.T, strict=True):
        ranks.append(_ranks(a, b))
        cells.append((_bins(a), _bins(b)))
        values.append(_scaled(a, b))
        constant.append((_is_constant(a), _is_constant(b)))
    codes = [(real.codes[:, j], other.codes[:, j]) for j in range(real.codes.shape[1])]
    cells += [(a + 1, b + 1) for a, b in codes]
    return Sides(ranks, cells, values, codes, constant)


def column_names(frame: Frame) -> tuple[str, ...]:
    """The columns in the order in which they are counted: numbers, then codes."""
    return frame.number_names + frame.code_names


def column_errors(both: Sides) -> FloatArray:
    """The error of each column, NaN where it has none."""
    errors = [_steps_apart(*pair) for pair in both.ranks]
    errors += [_shares_apart(*pair) for pair in both.codes]
    return np.array(errors, dtype=np.float64)


@dataclass(frozen=True)
class Trend:
    """What one pair of columns shows.

    Arguments:
        error: 1 - score, NaN where undefined.
        strength: |rho| or Cramer's V in the real table, NaN where undefined.
        kind: which of the two measures applies.
    """

    error: float
    strength: float
    kind: Literal["correlation", "contingency"]

    @property
    def associated(self) -> bool:
        """Whether the real table shows an association."""
        bar = CORRELATION_THRESHOLD if self.kind == "correlation" else ASSOCIATION_THRESHOLD
        return bool(self.strength > bar)

    @property
    def counts(self) -> bool:
        """Whether the pair enters the average."""
        return self.associated and not np.isnan(self.error)


def choose_pairs(columns: int, most: int, seed: int) -> list[Pair]:
    """All pairs of columns, or `most` of them drawn by a stated seed."""
    total = columns * (columns - 1) // 2
    if total <= most:
        return list(combinations(range(columns), 2))
    rng = np.random.default_rng(seed)
    chosen: set[Pair] = set()
    while len(chosen) < most:
        drawn = np.sort(rng.integers(0, columns, (most, 2)), axis=1)
        chosen.update((int(i), int(j)) for i, j in drawn[: most - len(chosen)] if i < j)
    return sorted(chosen)


def pair_trends(both: Sides, pairs: Sequence[Pair]) -> list[Trend]:
    """The trend of each pair of columns."""
    numbers = len(both.values)
    return [
        _correlation(both, i, j) if max(i, j) < numbers else _contingency(both, i, j)
        for i, j in pairs
    ]


def _ranks(a: FloatArray, b: FloatArray) -> tuple[CodeArray, CodeArray]:
    joined = np.round(np.concatenate([a, b]), DECIMALS)
    present = ~np.isnan(joined)
    ranks = np.full(len(joined), -1, dtype=np.int64)
    ranks[present] = np.unique(joined[present], return_inverse=True)[1]
    return ranks[: len(a)], ranks[len(a) :]


def _bins(a: FloatArray) -> CodeArray:
    present = a[~np.isnan(a)]
    if len(present) == 0 or np.ptp(present) <= BINS * np.spacing(np.abs(present).max()):
        return np.where(np.isnan(a), BINS + 1, BINS // 2 + 1)
    return np.digitize(a, np.histogram_bin_edges(present, BINS)).astype(np.int64)


def _scaled(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaled = []
    for column in (a, b):
        present = column[~np.isnan(column)]
        spread = float(present.std()) if len(present) else 0.0
        middle = float(present.mean()) if len(present) else 0.0
        scaled.append((column - middle) / (spread if spread > 0 else 1.0))
    return scaled[0], scaled[1]


def _is_constant(a: FloatArray) -> bool:
    present = a[~np.isnan(a)]
    return len(present) == 0 or bool((present == present[0]).all())


def _steps_apart(a: CodeArray, b: CodeArray) -> float:
    a, b = a[a >= 0], b[b >= 0]
    if len(a) == 0 or len(b) == 0:
        return float("nan")
    top = max(a.max(), b.max()) + 1
    steps = [np.cumsum(np.bincount(side, minlength=top)) / len(side) for side in (a, b)]
    return float(np.abs(steps[0] - steps[1]).max())


def _shares_apart(a: CodeArray, b: CodeArray) -> float:
    a, b = a[a >= 0], b[b >= 0]
    if len(a) == 0 or len(b) == 0:
        return float("nan")
    top = max(a.max(), b.max()) + 1
    shares = [np.bincount(side, minlength=top) / len(side) for side in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _correlation(both: Sides, i: int, j: int) -> Trend:
    undefined = any(both.constant[i]) or any(both.constant[j])
    rho = [_pearson(x, y) for x, y in zip(both.values[i], both.values[j], strict=True)]
    error = float("nan") if undefined else abs(rho[0] - rho[1]) / 2
    return Trend(error, abs(rho[0]), "correlation")


def _pearson(x: FloatArray, y: FloatArray) -> float:
    both = x * y
    missing = np.isnan(both)
    if missing.any():
        x, y = x[~missing], y[~missing]
    if len(x) < 2:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt(x @ x) * np.sqrt(y @ y))
    return float(np.clip((x @ y) / scale, -1, 1)) if scale > 1e-12 * len(x) else float("nan")


def _contingency(both: Sides, i: int, j: int) -> Trend:
    first, second = both.cells[i], both.cells[j]
    width = int(max(second[0].max(), second[1].max())) + 1
    height = int(max(first[0].max(), first[1].max())) + 1
    joint = [x * width + y for x, y in zip(first, second, strict=True)]
    size = width * height
    if size > DENSE:
        seen, places = np.unique(np.concatenate(joint), return_inverse=True)
        joint, size = [places[: len(joint[0])], places[len(joint[0]) :]], len(seen)
    else:
        seen = np.arange(size)
    counts = [np.bincount(side, minlength=size) for side in joint]
    error = np.abs(counts[0] / len(joint[0]) - counts[1] / len(joint[1])).sum() / 2
    strength = _cramer(counts[0], seen // width, seen % width)
    return Trend(float(error) if not np.isnan(strength) else float("nan"), strength, "contingency")


def _cramer(counts: CodeArray, rows: CodeArray, columns: CodeArray) -> float:
    """Cramer's V of a table of counts, without correction; NaN where a side has one category."""
    held = counts > 0
    counts, rows, columns = counts[held].astype(np.float64), rows[held], columns[held]
    down, across = np.bincount(rows, counts), np.bincount(columns, counts)
    least = min(int((down > 0).sum()), int((across > 0).sum())) - 1
    if least < 1:
        return float("nan")
    phi = (counts**2 / (down[rows] * across[columns])).sum() - 1
    return float(np.sqrt(max(phi, 0.0) / least))
