"""How series swing: the mean periodogram and the autocorrelation of windows, drawn over those of real ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivefold.plots.overlays import Overlay, overlays

SHOWN = 3
Floats = NDArray[np.float64]


def rhythm(
    real: Floats, made: Floats | None, names: list[str], title: str, *, style: str = "k1"
) -> str:
    """For some variables the spectrum and the autocorrelation, as a drawing.

    Arguments:
        real: windows with shape (n, T, V), NaN where missing.
        made: likewise; None to draw the real ones alone.
        names: of the V variables.
        title: read aloud in the picture's place.
        style: the class of the colour of what was made.
    """
    found = []
    for place, name in enumerate(names[:SHOWN]):
        sides = [real[..., place]] + ([made[..., place]] if made is not None else [])
        spectra = [spectrum(side) for side in sides]
        lags = [autocorrelation(side) for side in sides]
        steps = real.shape[1]
        found += [
            Overlay(f"{name}: strength by period", [s.tolist() for s in spectra], log=True,
                    ends=(f"{steps} steps", "2 steps")),
            Overlay(f"{name}: autocorrelation by lag", [s.tolist() for s in lags],
                    ends=("0", f"{len(lags[0]) - 1} steps")),
        ]  # fmt: skip
    return overlays(found, title, style=style)


def spectrum(windows: Floats) -> Floats:
    """The mean periodogram of windows, in shares of its sum, from the longest period to the shortest.

    Arguments:
        windows: with shape (n, T), NaN where missing.

    Example:
        >>> wave = np.sin(2 * np.pi * np.arange(32) / 8)[None]
        >>> int(spectrum(wave).argmax()) + 1
        4
    """
    power = np.square(np.abs(np.fft.rfft(_centred(windows), axis=1)))[:, 1:].mean(0)
    shares: Floats = power / max(float(power.sum()), 1e-12)
    return shares


def autocorrelation(windows: Floats) -> Floats:
    """The autocorrelation within windows at lags up to half a window.

    Arguments:
        windows: with shape (n, T), NaN where missing.
    """
    x = _centred(windows)
    lags = windows.shape[1] // 2 + 1
    own = max(float(np.square(x).mean()), 1e-12)
    each = [(x[:, : x.shape[1] - lag] * x[:, lag:]).mean() / own for lag in range(lags)]
    return np.array(each)


def _centred(windows: Floats) -> Floats:
    """Windows less the mean of all, 0 where missing."""
    middle = np.nanmean(windows) if np.isfinite(windows).any() else 0.0
    return np.nan_to_num(windows - middle)
