"""How sure a figure is: intervals for shares, areas under curves, means and resampled statistics.

With z the normal quantile of the level (1.96 at 95%):

    Clopper-Pearson  the shares p for which k of n is not surprising, from the quantiles of Beta(k, n-k+1)
    Wilson           (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    Newcombe         of a difference p1 - p2 from the limits (l, u) of each:
                     p1 - p2 - sqrt((p1-l1)^2 + (u2-p2)^2),  p1 - p2 + sqrt((u1-p1)^2 + (p2-l2)^2)
    DeLong           var AUC = var_i V10(i) / m + var_j V01(j) / n, the placements of positives and negatives
    m out of n       the spread of a statistic over resamples of m < n rows, times sqrt(m / n)
    half samples     the spread over halves drawn without replacement: no row occurs twice, which neighbours would feel

References:
    The use of confidence or fiducial limits illustrated in the case of the binomial (Clopper, Pearson, 1934)
    Interval estimation for the difference between independent proportions (Newcombe, 1998), method 10
    Comparing the areas under two or more correlated ROC curves (DeLong, DeLong, Clarke-Pearson, 1988)
    Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2 (Newcombe, 2006)
    Resampling fewer than n observations (Bickel, Goetze, van Zwet, 1997)
    A General Theory for Jackknife Variance Estimation (Shao, Wu, 1989): half samples
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import beta, rankdata

FloatArray = NDArray[np.float64]
LEVEL = 0.95


def z_value(level: float = LEVEL) -> float:
    """The normal quantile of a two-sided level.

    Example:
        >>> round(z_value(0.95), 2)
        1.96
    """
    return float(ndtri(0.5 + level / 2))


def clopper_pearson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share of which k of n were seen.

    Example:
        >>> [round(end, 3) for end in clopper_pearson(0, 100)]
        [0.0, 0.036]
    """
    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, k, n - k + 1)) if k > 0 else 0.0
    high = float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0
    return low, high


def wilson(k: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The score interval of a share of which k of n were seen."""
    if n == 0:
        return 0.0, 1.0
    z, p = z_value(level), k / n
    centre, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    scale = 1 + z * z / n
    return max(0.0, float((centre - spread) / scale)), min(1.0, float((centre + spread) / scale))


def newcombe(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """The interval of a difference of two independent figures.

    Arguments:
        first: the value p1 and its limits (p1, l1, u1).
        second: the value p2 and its limits (p2, l2, u2).
    """
    (p1, l1, u1), (p2, l2, u2) = first, second
    low = p1 - p2 - np.hypot(p1 - l1, u2 - p2)
    high = p1 - p2 + np.hypot(u1 - p1, p2 - l2)
    return float(low), float(high)


def normal(
    value: float, error: float, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """The interval of a value with a standard error, kept within the ends of its scale."""
    reach = z_value() * error
    return float(max(low, value - reach)), float(min(high, value + reach))


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve and the pull of each datum on it.

    Arguments:
        value: the share of pairs (positive, negative) in the right order; ties count one half.
        positives: V10(i) - AUC of each positive, with shape (m,).
        negatives: V01(j) - AUC of each negative, with shape (n,).
    """

    value: float
    positives: FloatArray
    negatives: FloatArray

    @property
    def variance(self) -> float:
        """DeLong's variance of the area."""
        m, n = len(self.positives), len(self.negatives)
        if m < 2 or n < 2:
            return 0.25
        return float(self.positives.var(ddof=1) / m + self.negatives.var(ddof=1) / n)

    @property
    def interval(self) -> tuple[float, float]:
        """DeLong's interval; Newcombe's where data are few or perfectly parted."""
        m, n = len(self.positives), len(self.negatives)
        if min(m, n) < 30 or self.variance <= 0:
            return newcombe_area(self.value, m, n)
        return normal(self.value, float(np.sqrt(self.variance)), 0.0, 1.0)


def area(positives: FloatArray, negatives: FloatArray) -> Area:
    """The area under the ROC curve of scores, and each datum's placement.

    Example:
        >>> area(np.array([2.0, 3.0]), np.array([1.0, 2.0])).value
        0.875
    """
    m, n = len(positives), len(negatives)
    ranks = rankdata(np.concatenate([positives, negatives]))
    above = (ranks[:m] - rankdata(positives)) / n
    below = 1 - (ranks[m:] - rankdata(negatives)) / m
    value = float(above.mean())
    return Area(value, above - value, below - value)


def newcombe_area(value: float, m: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Newcombe's method 5 of an area: never empty, even where the area is 0 or 1.

    Example:
        >>> low, high = newcombe_area(1.0, 10, 10)
        >>> bool(low < 0.95), high
        (True, 1.0)
    """
    z, half = z_value(level), (m + n) / 2 - 1

    def gap(t: float) -> float:
        spread = t * (1 - t) * (1 + half * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
        return abs(value - t) - z * float(np.sqrt(spread))

    inner = min(max(value, 1e-9), 1 - 1e-9)
    low = brentq(gap, 0.0, inner) if gap(inner) < 0 < gap(0.0) else 0.0
    high = brentq(gap, inner, 1.0) if gap(inner) < 0 < gap(1.0) else 1.0
    return float(low), float(high)


def resampled_error(
    statistic: Callable[[NDArray[np.intp], NDArray[np.intp]], Any],
    sizes: tuple[int, int],
    rng: np.random.Generator,
    *,
    replicates: int = 30,
    rows: int = 4_000,
) -> Any:
    """The standard error of a statistic of two samples, by the m-out-of-n bootstrap.

    Arguments:
        statistic: takes the rows drawn of each sample; gives a number or an array.
        sizes: the rows of each sample.
        rng: where chance comes from.
        replicates: how many resamples.
        rows: m, the largest number of rows drawn of each sample.

    Returns:
        The standard deviation over resamples, scaled from m rows to n as if a row of either sample varied alike.
    """
    draws = [min(rows, size) for size in sizes]
    values = [
        statistic(*(rng.integers(0, size, draw) for size, draw in zip(sizes, draws, strict=True)))
        for _ in range(replicates)
    ]
    drawn, held = (1 / sum(1 / max(1, n) for n in counts) for counts in (draws, sizes))
    return np.asarray(values).std(axis=0, ddof=1) * np.sqrt(drawn / held)


def halved_error(
    statistic: Callable[[NDArray[np.intp], NDArray[np.intp]], Any],
    sizes: tuple[int, int],
    rng: np.random.Generator,
    *,
    replicates: int = 30,
) -> Any:
    """The standard error of a statistic of two samples, by half samples.

    Arguments:
        statistic: takes the rows drawn of each sample; gives a number or an array.
        sizes: the rows of each sample, two or more.
        rng: where chance comes from.
        replicates: how many pairs of halves.

    Returns:
        The standard deviation over halves: half of the rows vary sqrt(2) times as much as all, and half as many of
        a finite set sqrt(1/2) times as much as of an endless one.

    Example:
        >>> x = np.random.default_rng(0).normal(size=400)
        >>> error = halved_error(lambda i, j: x[i].mean(), (400, 2), np.random.default_rng(1), replicates=400)
        >>> bool(abs(error - 0.05) < 0.01)
        True
    """
    values = [
        statistic(*(rng.permutation(size)[: max(1, size // 2)] for size in sizes))
        for _ in range(replicates)
    ]
    return np.asarray(values).std(axis=0, ddof=1)
