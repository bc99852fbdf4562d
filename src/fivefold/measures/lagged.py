"""How two sets of windows differ on the average: in their values, across lags, and in their spectra.

Everything here is a mean over windows of something that a window has, so that samples of windows are compared by their
means alone. Values are in real standard deviations about the real mean. With x_i the variable i of a window:

    marginals      F_i: the share of values below each of the real quantiles, and the share that is missing
    correlations   r_ij(l) = (E x_i(t) x_j(t + l) - E x_i E x_j) / (s_i s_j), over all pairs i, j and some lags l
    spectra        S_i(f): the mean periodogram of a window about its own mean, in shares of its sum

and the errors of one set against another are

    marginal error           mean over i of the larger of max |dF_i| (Kolmogorov-Smirnov) and |d missing|
    autocorrelation error    mean over i and lags l > 0 of |d r_ii(l)| / 2
    cross-correlation error  mean over i < j and lags of both signs of |d r_ij(l)| / 2
    spectrum error           mean over i of the sum over f of |d S_i(f)| / 2 (total variation)

each in [0, 1]. Missing values are left out of the first two, and lie on a straight line for the third.

References:
    Quant GANs: Deep Generation of Financial Time Series (Wiese et al., 2020), arXiv:1907.06673: errors of lags
    The Use of Fast Fourier Transform for the Estimation of Power Spectra (Welch, 1967): means of periodograms
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS, LAGS, CROSS, PAIRED, POINTS = 64, 32, 8, 12, 32
TINY = 1e-12
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Ruler:
    """What windows are measured by, taken from real ones.

    Arguments:
        mean: of each variable, with shape (V,).
        spread: its standard deviation, 1 where it has none, with shape (V,).
        edges: its real quantiles in these units, with shape (V, B).
        lags: the lags of the autocorrelations.
        cross: the lags of the cross-correlations.
        pairs: the variables whose cross-correlations are looked at.
        moving: the variables that change within windows.
    """

    mean: FloatArray
    spread: FloatArray
    edges: FloatArray
    lags: NDArray[np.int64]
    cross: NDArray[np.int64]
    pairs: NDArray[np.int64]
    moving: NDArray[np.int64]

    @classmethod
    def of(cls, values: FloatArray) -> Ruler:
        """The ruler of real windows with shape (n, T, V)."""
        flat = values.reshape(-1, values.shape[2])
        known = [column[~np.isnan(column)] for column in flat.T]
        mean = np.array([column.mean() if len(column) else 0.0 for column in known])
        spread = np.array([column.std() if len(column) else 1.0 for column in known])
        spread[spread < TINY * (1 + np.abs(mean))] = 1.0
        shares = (np.arange(BINS) + 0.5) / BINS
        edges = [
            (np.quantile(column, shares) - m) / s if len(column) else np.zeros(BINS)
            for column, m, s in zip(known, mean, spread, strict=True)
        ]
        longest = max(1, values.shape[1] // 2)
        lags = np.unique(np.geomspace(1, longest, min(LAGS, longest)).round().astype(np.int64))
        cross = lags[paired(len(lags), CROSS)]
        steps = np.nan_to_num(np.abs(np.diff(values, axis=1))).sum((0, 1))
        moving = np.flatnonzero(steps > 0)
        return cls(mean, spread, np.stack(edges), lags, cross, paired(len(mean)), moving)

    def scaled(self, values: FloatArray) -> FloatArray:
        """Values in real standard deviations about the real mean."""
        return (values - self.mean) / self.spread


@dataclass(frozen=True)
class Traits:
    """What each of n windows has; means over windows are what sets are compared by.

    Arguments:
        below: values below each edge, with shape (n, V, B).
        known: values that are there and all, with shape (n, 2, V).
        sums: values and their squares, with shape (n, 2, V).
        lagged: products of a variable with itself at each lag and their numbers, with shape (n, 2, V, L).
        crossed: those of pairs, at lags of both signs and 0, with shape (n, 2, P, M).
        power: periodograms, with shape (n, V, F).
    """

    below: FloatArray
    known: FloatArray
    sums: FloatArray
    lagged: FloatArray
    crossed: FloatArray
    power: FloatArray

    def __len__(self) -> int:
        return len(self.power)

    @classmethod
    def of(cls, values: FloatArray, ruler: Ruler) -> Traits:
        """The traits of windows with shape (n, T, V)."""
        x = ruler.scaled(values)
        there = ~np.isnan(x)
        filled = np.where(there, x, 0.0)
        flags = there.astype(np.float64)
        below = np.stack([_below(x[:, :, i], edges) for i, edges in enumerate(ruler.edges)], 1)
        known = np.stack([flags.sum(1), np.full(flags[:, 0].shape, flags.shape[1])], 1)
        sums = np.stack([filled.sum(1), np.square(filled).sum(1)], 1)
        lagged = [
            np.stack([(y[:, :-lag] * y[:, lag:]).sum(1) for lag in ruler.lags], -1)
            for y in (filled, flags)
        ]
        crossed = [_crossed(y[:, :, ruler.pairs], ruler.cross) for y in (filled, flags)]
        return cls(below, known, sums, np.stack(lagged, 1), np.stack(crossed, 1), _power(x))

    def mean(self, rows: NDArray[np.intp] | slice = slice(None)) -> tuple[FloatArray, ...]:
        """Marginals (V, B + 1), autocorrelations (V, L), cross-correlations (P, M) and spectra (V, F) of some rows."""
        count, whole = np.maximum(self.known[rows].sum(0), TINY)
        level, square = self.sums[rows].sum(0) / count
        spread = np.sqrt(np.maximum(square - level**2, TINY))
        marginal = self.below[rows].sum(0) / count[:, None]
        missing = 1 - count / whole
        lagged, pairs = self.lagged[rows].sum(0)
        auto = _correlation(lagged, pairs, level[:, None] ** 2, spread[:, None] ** 2)
        chosen = paired(len(level))
        level, spread = level[chosen], spread[chosen]
        one, two = np.triu_indices(len(level), 1)
        lagged, pairs = self.crossed[rows].sum(0)
        cross = _correlation(
            lagged, pairs, (level[one] * level[two])[:, None], (spread[one] * spread[two])[:, None]
        )
        power = self.power[rows].sum(0)
        spectrum = power / np.maximum(power.sum(1, keepdims=True), TINY)
        return np.column_stack([marginal, missing]), auto, cross, spectrum


def paired(variables: int, most: int = PAIRED) -> NDArray[np.int64]:
    """Which variables are looked at in pairs: all, or so many spread evenly."""
    places: NDArray[np.int64] = (
        np.linspace(0, variables - 1, min(most, variables)).round().astype(int)
    )
    return places


def errors(one: tuple[FloatArray, ...], two: tuple[FloatArray, ...]) -> dict[str, FloatArray]:
    """The errors of each variable, or pair of variables, between two means of traits.

    Arguments:
        one: as `Traits.mean` gives it.
        two: likewise.
    """
    marginal, auto, cross, spectrum = (np.abs(a - b) for a, b in zip(one, two, strict=True))
    moving = (one[3].sum(axis=1) > 0) | (two[3].sum(axis=1) > 0)
    return {
        "marginal": marginal.max(axis=1),
        "autocorrelation": auto.mean(axis=1) / 2,
        "cross_correlation": cross.mean(axis=1) / 2,
        "spectrum": spectrum[moving].sum(axis=1) / 2,
    }


def _below(x: FloatArray, edges: FloatArray) -> FloatArray:
    """How many values of each window lie at or below each edge, with shape (n, B)."""
    place = np.searchsorted(edges, x, side="left")
    place[np.isnan(x)] = len(edges)
    counts = np.zeros((len(x), len(edges) + 1))
    np.add.at(counts, (np.arange(len(x))[:, None], place), 1.0)
    found: FloatArray = counts[:, :-1].cumsum(axis=1)
    return found


def _crossed(y: FloatArray, lags: NDArray[np.int64]) -> FloatArray:
    """Sums of products of pairs at lag 0 and lags of both signs, with shape (n, P, 2 M + 1)."""
    one, two = np.triu_indices(y.shape[2], 1)
    turned = np.ascontiguousarray(np.moveaxis(y, 1, 2))
    found = [(turned @ y)[:, one, two]]
    for lag in lags:
        products = turned[:, :, :-lag] @ y[:, lag:]
        found += [products[:, one, two], products[:, two, one]]
    return np.stack(found, axis=-1)


def _correlation(
    products: FloatArray, counts: FloatArray, level: FloatArray, spread: FloatArray
) -> FloatArray:
    """Correlations from sums of products; 0 where nothing is known."""
    mean = products / np.maximum(counts, TINY)
    found: FloatArray = np.where(counts > 0, np.clip((mean - level) / spread, -1.0, 1.0), 0.0)
    return found


def _power(x: FloatArray) -> FloatArray:
    """Periodograms about the mean of each window, gaps bridged, with shape (n, V, F)."""
    flat = bridged(np.moveaxis(x, 1, 2))
    flat = flat - flat.mean(axis=-1, keepdims=True)
    found: FloatArray = np.square(np.abs(np.fft.rfft(flat, axis=-1)))[..., 1:]
    return found


def bridged(x: FloatArray) -> FloatArray:
    """Straight lines where values are missing, the nearest value at the ends, 0 where there is none.

    Arguments:
        x: with shape (*, T).

    Example:
        >>> bridged(np.array([[np.nan, 1.0, np.nan, 3.0]]))
        array([[1., 1., 2., 3.]])
    """
    holes = np.isnan(x)
    if not holes.any():
        return x
    found = x.reshape(-1, x.shape[-1]).copy()
    places = np.arange(x.shape[-1])
    for row in np.flatnonzero(holes.reshape(found.shape).any(axis=1)):
        known = ~np.isnan(found[row])
        found[row] = np.interp(places, places[known], found[row][known]) if known.any() else 0.0
    return found.reshape(x.shape)


def points_of(values: FloatArray, ruler: Ruler) -> FloatArray:
    """Windows as points: standardised, gaps bridged, at most 32 means a variable.

    Arguments:
        values: with shape (n, T, V).
        ruler: what they are measured by.

    Returns:
        Float64 with shape (n, d).
    """
    x = bridged(np.moveaxis(ruler.scaled(values), 1, 2))
    pieces = np.array_split(np.arange(x.shape[2]), min(POINTS, x.shape[2]))
    return np.concatenate([x[..., piece].mean(axis=2) for piece in pieces], axis=1)
