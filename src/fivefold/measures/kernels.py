"""The kernel distance between two samples of features: unbiased at any number of them.

With the polynomial kernel k(x, y) = (x.y / d + 1)^3 on d features and z_i = (x_i, y_i),

    h(z_i, z_j) = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i)
    MMD^2       = mean of h(z_i, z_j) over i != j

is a U-statistic: its mean is the squared distance itself, 0 between samples of one distribution, and below 0 as often
as chance will. Its variance is estimated without resampling,

    var = (4 (n - 2) zeta_1 + 2 zeta_2) / (n (n - 1)),   zeta_1 = cov(h(z_1, z_2), h(z_1, z_3)),  zeta_2 = var h

where zeta_1 is nought between equal distributions and the second term is what is left.

References:
    A Kernel Two-Sample Test (Gretton et al., 2012)
    Demystifying MMD GANs (Binkowski et al., 2018), arXiv:1801.01401: the kernel, on features
    A Class of Statistics with Asymptotically Normal Distribution (Hoeffding, 1948): the variance
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DEGREE = 3


def kernel_distance(one: NDArray[Any], two: NDArray[Any]) -> tuple[float, float]:
    """MMD^2 of two samples of the same size, and its standard error.

    Arguments:
        one: features with shape (n, d); four or more.
        two: features with shape (n, d), independent of `one`.

    Returns:
        The distance and its standard error.

    Example:
        >>> draw = np.random.default_rng(0).normal(size=(3, 200, 4))
        >>> near, error = kernel_distance(draw[0], draw[1])
        >>> far, _ = kernel_distance(draw[0], draw[2] + 1)
        >>> abs(near) < 4 * error < far
        True
    """
    n, d = one.shape
    x, y = (np.asarray(side, np.float64) for side in (one, two))
    cross = _kernel(x, y, d)
    h = _kernel(x, x, d) + _kernel(y, y, d) - cross - cross.T
    np.fill_diagonal(h, 0.0)
    sums, squares = h.sum(axis=1), np.square(h).sum(axis=1)
    total, square = float(sums.sum()), float(squares.sum())
    pairs = n * (n - 1)
    mean = total / pairs
    shared = float((sums**2 - squares).sum())
    apart = (total**2 - 4 * shared - 2 * square) / (pairs * (n - 2) * (n - 3))
    zeta_1 = max(0.0, shared / (pairs * (n - 2)) - apart)
    zeta_2 = max(0.0, square / pairs - apart)
    return mean, float(np.sqrt((4 * (n - 2) * zeta_1 + 2 * zeta_2) / pairs))


def _kernel(x: NDArray[np.float64], y: NDArray[np.float64], d: int) -> NDArray[np.float64]:
    return (x @ y.T / d + 1) ** DEGREE
