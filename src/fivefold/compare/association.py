"""How strongly two columns go together, whatever their kinds.

    number, number        Pearson's correlation, in [-1, 1]
    number, category      the correlation ratio, in [0, 1]
    category, category    Cramer's V, in [0, 1]

Rows where either is missing are left out; where a column is constant the association is undefined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.frame import Frame

CATEGORIES = 40
DEFINITION = (
    "Pearson's correlation of two numbers, the correlation ratio of a number and a category, "
    "Cramér's V of two categories."
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def associations(frame: Frame, names: Sequence[str]) -> list[list[float | None]]:
    """A symmetric matrix with 1 on its diagonal."""
    columns: list[tuple[bool, Floats | Codes]] = []
    for name in names:
        if name in frame.number_names:
            columns.append((True, frame.numbers[:, frame.number_names.index(name)]))
        else:
            columns.append((False, _commonest(frame.codes[:, frame.code_names.index(name)])))
    matrix: list[list[float | None]] = [[1.0] * len(names) for _ in names]
    for i, (one_number, one) in enumerate(columns):
        for j, (other_number, other) in enumerate(columns[:i]):
            if one_number and other_number:
                value = correlation(one, other)
            elif one_number:
                value = correlation_ratio(one, other.astype(np.int64))
            elif other_number:
                value = correlation_ratio(other, one.astype(np.int64))
            else:
                value = cramers_v(one.astype(np.int64), other.astype(np.int64))
            matrix[i][j] = matrix[j][i] = None if value is None else round(value, 4)
    return matrix


def correlation(
    x: NDArray[np.float64 | np.int64], y: NDArray[np.float64 | np.int64]
) -> float | None:
    """Pearson's correlation where both are known, None where one is constant."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if x.size < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = (x - x.mean()) / np.ptp(x), (y - y.mean()) / np.ptp(y)
    length = float(np.sqrt((x @ x) * (y @ y)))
    return float(np.clip(x @ y / length, -1, 1)) if length > 0 else None


def correlation_ratio(x: NDArray[np.float64 | np.int64], codes: Codes) -> float | None:
    """The share of a number's deviation that its categories explain, as a root, in [0, 1]."""
    both = ~np.isnan(x) & (codes >= 0)
    x, codes = x[both], codes[both]
    if x.size < 2 or np.ptp(x) == 0 or np.ptp(codes) == 0:
        return None
    x = (x - x.mean()) / np.ptp(x)
    counts, sums = np.bincount(codes), np.bincount(codes, weights=x)
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    return float(np.sqrt(min(1.0, between / float(x @ x))))


def cramers_v(x: Codes, y: Codes) -> float | None:
    """Cramer's V of two categories, in [0, 1], None where one is constant."""
    both = (x >= 0) & (y >= 0)
    x, y = x[both], y[both]
    if x.size < 2:
        return None
    rows, columns = int(x.max()) + 1, int(y.max()) + 1
    joint = np.bincount(x * columns + y, minlength=rows * columns).reshape(rows, columns)
    joint = joint[joint.sum(1) > 0][:, joint.sum(0) > 0].astype(np.float64)
    if min(joint.shape) < 2:
        return None
    expected = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True) / joint.sum()
    chi = float(((joint - expected) ** 2 / expected).sum())
    return float(np.sqrt(min(1.0, chi / (joint.sum() * (min(joint.shape) - 1)))))


def _commonest(codes: Codes) -> Codes:
    """The codes with all but the commonest as one, so that a table of two stays small."""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    if len(counts) <= CATEGORIES:
        return codes
    order = np.argsort(-counts, kind="stable")
    new = np.full(len(counts), CATEGORIES - 1)
    new[order[: CATEGORIES - 1]] = np.arange(CATEGORIES - 1)
    return np.where(codes >= 0, new[codes], -1)
