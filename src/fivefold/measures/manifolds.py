"""Precision, recall, density and coverage: how two samples of features overlap, by their nearest neighbours.

With B(x) the ball around x that reaches to its k-th neighbour in x's own sample, real ones x_i and made ones y_j,

    precision  the share of y_j that lie in some B(x_i)               are they like real ones?
    recall     the share of x_i that lie in some B(y_j)               is all that is real reached?
    density    1/(k n) times the pairs (i, j) with y_j in B(x_i)      as precision, outliers weigh less; 1 is real
    coverage   the share of B(x_i) with some y_j in it                as recall, by the balls of the real ones

One without the other misleads: what is blurred lies among the real ones more often than they do themselves, and reaches
fewer of them. All four depend on n and k, and compare at equal ones only.

References:
    Improved Precision and Recall Metric for Assessing Generative Models (Kynkaanniemi et al., 2019), arXiv:1904.06991
    Reliable Fidelity and Diversity Metrics for Generative Models (Naeem et al., 2020), arXiv:2002.09797
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.intervals import halved_error

K = 5
NAMES = ("precision", "recall", "density", "coverage")
Squares = NDArray[np.float32]


@dataclass(frozen=True)
class Overlap:
    """How two samples overlap.

    Arguments:
        values: precision, recall, density and coverage.
        errors: their standard errors.
        k: the neighbours that were counted.
    """

    values: tuple[float, ...]
    errors: tuple[float, ...]
    k: int


def overlap(
    real: NDArray[Any], made: NDArray[Any], *, k: int = K, rng: np.random.Generator | None = None
) -> Overlap:
    """Precision, recall, density and coverage of two samples.

    Arguments:
        real: features with shape (n, d); three or more.
        made: features with shape (m, d); three or more.
        k: which neighbour a ball reaches to; less where halves of the samples have no so many.
        rng: draws the halves that the standard errors come from; None for no errors.

    Example:
        >>> draw = np.random.default_rng(0).normal(size=(2, 300, 2))
        >>> precision, recall, density, coverage = overlap(draw[0], draw[1]).values
        >>> precision > 0.9, recall > 0.9, coverage > 0.9
        (True, True, True)
    """
    k = max(1, min(k, min(len(real), len(made)) // 2 - 1))
    own, other, between = squares(real, real), squares(made, made), squares(real, made)
    values = prdc(own, other, between, k)
    errors = (0.0,) * len(values)
    if rng is not None:
        spread = halved_error(
            lambda i, j: prdc(own[np.ix_(i, i)], other[np.ix_(j, j)], between[np.ix_(i, j)], k),
            (len(real), len(made)),
            rng,
        )
        errors = tuple(spread.tolist())
    return Overlap(values, errors, k)


def prdc(own: Squares, other: Squares, between: Squares, k: int) -> tuple[float, ...]:
    """The four of them.

    Arguments:
        own: squared distances among the real ones, with shape (n, n).
        other: those among the made ones, with shape (m, m).
        between: those of real to made ones, with shape (n, m).
        k: which neighbour a ball reaches to.
    """
    real_radius = np.partition(own, k, axis=1)[:, k]
    made_radius = np.partition(other, k, axis=1)[:, k]
    inside = between <= real_radius[:, None]
    reached = between <= made_radius
    return (
        float(inside.any(axis=0).mean()),
        float(reached.any(axis=1).mean()),
        float(inside.sum() / (k * between.shape[1])),
        float(inside.any(axis=1).mean()),
    )


def squares(one: NDArray[Any], two: NDArray[Any]) -> Squares:
    """Squared distances of all pairs, with shape (n, m); exactly 0 from a point to itself."""
    x, y = np.asarray(one, np.float64), np.asarray(two, np.float64)
    found = (x * x).sum(axis=1)[:, None] + (y * y).sum(axis=1) - 2 * (x @ y.T)
    if one is two:
        np.fill_diagonal(found, 0.0)
    return np.maximum(found, 0.0).astype(np.float32)
