"""CRPS against its closed form, and forecasts beside the usual ones."""

import numpy as np
import pytest
from scipy.stats import norm

from fivefold.measures.forecasts import (
    boosted,
    crps,
    forecast_figures,
    quantile_score,
    seasonal_naive,
)


def of_normal(y: float, mean: float, deviation: float) -> float:
    z = (y - mean) / deviation
    return deviation * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("y", [-1.0, 0.5, 4.0])
def test_crps_of_many_draws_is_the_closed_form_of_a_normal(y):
    draws = np.random.default_rng(0).normal(0.5, 2.0, size=(40_000, 1))
    assert crps(np.array([y]), draws)[0] == pytest.approx(of_normal(y, 0.5, 2.0), abs=0.02)


@pytest.mark.parametrize("members", [2, 5])
def test_crps_of_few_draws_is_unbiased(members):
    draws = np.random.default_rng(1).normal(size=(members, 60_000))
    assert crps(np.full(60_000, 0.7), draws).mean() == pytest.approx(
        of_normal(0.7, 0, 1), abs=0.01
    )


def test_crps_of_one_draw_is_the_absolute_error():
    assert crps(np.array([1.0, np.nan]), np.array([[3.0, 0.0]])).tolist()[0] == 2


def test_the_score_of_quantiles_is_that_of_their_distribution():
    levels = (np.arange(400) + 0.5) / 400
    found = quantile_score(np.array([0.4]), norm.ppf(levels)[:, None], levels)
    assert found[0] == pytest.approx(of_normal(0.4, 0, 1), abs=0.005)


def seasonal(windows: int, seed: int, noise: float = 0.3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    phase = draw.integers(0, 6, (windows, 1, 1))
    t = np.arange(30)[None, :, None] + phase
    return np.sin(2 * np.pi * t / 6) + noise * draw.normal(size=(windows, 30, 1))


def test_the_seasonal_naive_forecast_is_the_season_before_with_its_errors():
    history, now = seasonal(400, 0), seasonal(50, 1)
    draws = seasonal_naive(now[:, :18], 12, 6, history, np.random.default_rng(0))
    assert draws.shape == (64, 50, 12, 1)
    assert draws.mean(axis=0)[:, :6] == pytest.approx(now[:, 12:18], abs=0.3)
    assert draws.std(axis=0).mean() == pytest.approx(0.3 * np.sqrt(2), rel=0.15)
    holed = now.copy()
    holed[0, :18], holed[1, 15:18] = np.nan, np.nan
    assert np.isfinite(seasonal_naive(holed[:, :18], 12, 6, history, np.random.default_rng(0)))[
        1:
    ].all()


def test_boosting_learns_the_season():
    history, now = seasonal(300, 2), seasonal(60, 3, noise=0.0)
    found = boosted(now[:, :18], 12, 6, history, 0, np.random.default_rng(0))
    assert (np.diff(found, axis=0) >= 0).all()
    assert np.abs(found[2] - now[:, 18:, 0]).mean() < 0.25


def test_a_forecast_from_the_truth_is_calibrated_and_beats_the_naive_one():
    history, now = seasonal(300, 4), seasonal(120, 5)
    draw = np.random.default_rng(6)
    clean = seasonal(120, 5, noise=0.0)
    draws = clean[:, 18:] + 0.3 * draw.normal(size=(50, 120, 12, 1))
    found = {
        f.name: f
        for f in forecast_figures(now[:, :18], now[:, 18:], draws, history=history, season=6)
    }
    deviation = history.std()
    assert found["forecast_crps"].value == pytest.approx(0.3 / np.sqrt(np.pi) / deviation, rel=0.1)
    assert found["forecast_skill_naive"].low > 0.1
    assert found["forecast_skill_boosting"].value > -0.1
    assert found["forecast_interval"].low < 0.9 < found["forecast_interval"].high
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high


def test_missing_truth_is_left_out_and_few_draws_have_no_interval():
    history, now = seasonal(80, 7), seasonal(30, 8)
    now[:10] = np.nan
    draws = np.repeat(np.nan_to_num(now[None, :, 18:]), 3, 0)
    found = forecast_figures(now[:, :18], now[:, 18:], draws, history=history, season=6)
    assert found[0].value == pytest.approx(0)
    assert found[3].value is None
    now[:] = np.nan
    assert forecast_figures(now[:, :18], now[:, 18:], draws, history=history)[0].value is None


def test_what_never_changes_within_a_window_is_not_forecast():
    history, now = seasonal(80, 7), seasonal(30, 8)
    draws = np.repeat(now[None, :, 18:], 8, 0)
    alone = forecast_figures(now[:, :18], now[:, 18:], draws, history=history, season=6)
    place = np.random.default_rng(0).normal(size=(110, 1, 1)).repeat(30, 1)
    both, there = np.concatenate([history, place[:80]], 2), np.concatenate([now, place[80:]], 2)
    beside = forecast_figures(
        there[:, :18],
        there[:, 18:],
        np.repeat(there[None, :, 18:], 8, 0),
        history=both,
        season=6,
        names=["load", "place"],
    )
    assert "place" not in beside[0].note
    assert beside[0].value == pytest.approx(alone[0].value)
