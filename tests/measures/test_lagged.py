"""Errors of marginals, lags and spectra against what they are of known processes."""

import numpy as np
import pytest

from fivefold.measures.lagged import Ruler, Traits, bridged, errors, points_of


def process(windows: int, phi: float, seed: int, steps: int = 40) -> np.ndarray:
    """Stationary autoregressive windows of two variables that share a part of their noise."""
    draw = np.random.default_rng(seed).normal(size=(windows, steps, 2))
    draw[..., 1] = 0.6 * draw[..., 0] + 0.8 * draw[..., 1]
    found = draw.copy()
    for t in range(1, steps):
        found[:, t] = phi * found[:, t - 1] + np.sqrt(1 - phi**2) * draw[:, t]
    return found


def means(values, ruler):
    return Traits.of(values, ruler).mean()


def test_correlations_are_those_of_the_process():
    values = 5 + 3 * process(2_000, 0.7, 0)
    ruler = Ruler.of(values)
    _, auto, cross, spectrum = means(values, ruler)
    assert auto[0] == pytest.approx(0.7**ruler.lags, abs=0.04)
    assert cross[0, 0] == pytest.approx(0.6, abs=0.03)
    assert cross[0, 1:3] == pytest.approx(0.6 * 0.7 ** ruler.cross[0], abs=0.03)
    assert spectrum.sum(axis=1) == pytest.approx([1, 1])
    assert spectrum[0, 0] > 5 * spectrum[0, -1]


def test_an_error_is_that_of_the_closed_form():
    real, white = process(1_500, 0.7, 1), process(1_500, 0.0, 2)
    ruler = Ruler.of(real)
    found = errors(means(real, ruler), means(white, ruler))
    assert found["autocorrelation"] == pytest.approx([np.mean(0.7**ruler.lags) / 2] * 2, abs=0.02)
    assert found["marginal"].max() < 0.03
    assert found["spectrum"].min() > 0.3
    same = errors(means(real, ruler), means(process(1_500, 0.7, 3), ruler))
    assert max(float(part.max()) for part in same.values()) < 0.06


def test_marginals_are_told_by_the_largest_gap_and_by_what_is_missing():
    real = process(400, 0.0, 4)
    ruler = Ruler.of(real)
    shifted = errors(means(real, ruler), means(real + np.array([1.0, 0.0]), ruler))
    assert shifted["marginal"] == pytest.approx([0.383, 0.0], abs=0.02)
    holed = np.where(np.random.default_rng(5).random(real.shape) < 0.3, np.nan, real)
    found = errors(means(real, ruler), means(holed, ruler))
    assert found["marginal"] == pytest.approx([0.3, 0.3], abs=0.02)
    assert found["autocorrelation"].max() < 0.02


@pytest.mark.parametrize("variables", [1, 3, 14])
def test_windows_of_any_number_of_variables_and_of_nothing_have_traits(variables):
    values = np.random.default_rng(6).normal(size=(9, 8, variables))
    values[:, :, -1] = np.nan
    ruler = Ruler.of(values)
    _, auto, cross, _ = means(values, ruler)
    chosen = min(12, variables)
    assert auto.shape[0] == variables
    assert cross.shape[0] == chosen * (chosen - 1) // 2
    assert np.isfinite(auto).all()
    assert np.isfinite(points_of(values, ruler)).all()


def test_gaps_are_bridged_by_straight_lines():
    x = np.array([[1.0, np.nan, 3.0], [np.nan, 2.0, np.nan], [np.nan, np.nan, np.nan]])
    assert bridged(x).tolist() == [[1, 2, 3], [2, 2, 2], [0, 0, 0]]
