"""The folds in which a detector is judged, and the interval of its mean area.

The interval is DeLong's in each fold. Folds share their training rows, so their mean varies more than independent
folds would: its variance is (1/K + 1/(K - 1)) times a fold's, Nadeau and Bengio's correction, not 1/K. (Between two
real samples of Adult, 300 to 3,000 rows a side, the spread over 20 to 40 draws was 1.3 to 1.4 times DeLong's; the
correction is 1.5.)

References:
    Comparing the areas under two or more correlated ROC curves (DeLong et al., 1988)
    Inference for the Generalization Error (Nadeau, Bengio, 2003), https://doi.org/10.1023/A:1024068626366
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.intervals import Area, newcombe_area, normal

FOLDS = 5


def even_folds(
    one: NDArray[np.uint64], two: NDArray[np.uint64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A fold for each row: equal rows share one, and each side is spread evenly."""
    keys, places = np.unique(np.concatenate([one, two]), return_inverse=True)
    sides = np.isin(keys, one) + 2 * np.isin(keys, two)
    fold = np.empty(len(keys), dtype=np.int64)
    start = 0
    for side in (1, 2, 3):
        mine = rng.permutation(np.flatnonzero(sides == side))
        fold[mine] = (np.arange(len(mine)) + start) % FOLDS
        start = 0 if side < 2 else start + len(mine)
    return fold[places]


def pooled(areas: list[Area]) -> tuple[float, float, float]:
    """The mean area over folds with its interval; Newcombe's where DeLong's has no width."""
    value = float(np.mean([fold.value for fold in areas]))
    folds = len(areas)
    shared = 1 + folds / max(1, folds - 1)
    error = float(np.sqrt(shared * sum(fold.variance for fold in areas))) / folds
    positives = sum(len(fold.positives) for fold in areas)
    negatives = sum(len(fold.negatives) for fold in areas)
    if min(positives, negatives) < 30 * FOLDS or error == 0:
        fewer = (max(1, round(count / shared)) for count in (positives, negatives))
        return value, *newcombe_area(value, *fewer)
    return value, *normal(value, error, 0.0, 1.0)
