"""The Frechet distance between two samples of features.

With the mean m and the covariance C of each,

    d = |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))

where tr (C_1 C_2)^(1/2) is the sum of the square roots of the eigenvalues of C_1^(1/2) C_2 C_1^(1/2), which are real.
Between normal distributions it is the squared Wasserstein-2 distance. Of samples it is too large, by about 1/n, so that
distances compare at equal numbers only.

References:
    The Frechet distance between multivariate normal distributions (Dowson, Landau, 1982)
    GANs Trained by a Two Time-Scale Update Rule (Heusel et al., 2017), arXiv:1706.08500
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Cloud:
    """The first two moments of a sample of features.

    Arguments:
        mean: with shape (d,).
        covariance: with shape (d, d).
        size: how many there were.

    Example:
        >>> Cloud.of(np.array([[0.0, 1.0], [2.0, 1.0]])).mean
        array([1., 1.])
    """

    mean: FloatArray
    covariance: FloatArray
    size: int

    @classmethod
    def of(cls, features: NDArray[Any]) -> Cloud:
        """The cloud of features with shape (n, d); two or more of them."""
        seen = np.asarray(features, np.float64)
        return cls(seen.mean(axis=0), np.atleast_2d(np.cov(seen.T)), len(seen))


def frechet(one: Cloud, two: Cloud) -> float:
    """The distance between two clouds.

    Arguments:
        one: a cloud.
        two: another, of as many features.

    Example:
        >>> narrow, wide = (Cloud(np.zeros(1), np.array([[s**2]]), 9) for s in (1.0, 3.0))
        >>> frechet(narrow, wide)
        4.0
    """
    values, axes = np.linalg.eigh(one.covariance)
    root = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two.covariance @ root), 0)).sum()
    apart = float(((one.mean - two.mean) ** 2).sum())
    spread = float(np.trace(one.covariance) + np.trace(two.covariance))
    return max(0.0, apart + spread - 2 * float(shared))
