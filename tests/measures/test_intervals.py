import numpy as np
import pytest
from scipy.stats import binomtest, mannwhitneyu

from fivefold.measures.intervals import (
    area,
    clopper_pearson,
    newcombe,
    newcombe_area,
    resampled_error,
    wilson,
)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 10), (285, 300), (12, 12)])
def test_intervals_of_a_share_agree_with_scipy(k, n):
    test = binomtest(k, n)
    exact, score = test.proportion_ci(method="exact"), test.proportion_ci(method="wilson")
    assert clopper_pearson(k, n) == pytest.approx((exact.low, exact.high))
    assert wilson(k, n) == pytest.approx((score.low, score.high))


def test_newcombe_difference_reproduces_the_published_example():
    # Newcombe 1998, table II, 56/70 - 48/80, method 10: 0.0524 to 0.3339
    first, second = (56 / 70, *wilson(56, 70)), (48 / 80, *wilson(48, 80))
    assert newcombe(first, second) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_area_is_the_mann_whitney_statistic_with_ties():
    dice = np.random.default_rng(0)
    one, two = dice.integers(0, 9, 200).astype(float), dice.integers(0, 8, 150).astype(float)
    assert area(one, two).value == pytest.approx(mannwhitneyu(one, two).statistic / (200 * 150))


def test_delong_interval_covers_the_true_area():
    dice = np.random.default_rng(1)
    truth = 0.7602  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    ends = [area(dice.normal(1, 1, 80), dice.normal(0, 1, 80)).interval for _ in range(400)]
    covered = np.mean([low <= truth <= high for low, high in ends])
    assert 0.91 <= covered <= 0.985


def test_area_of_parted_scores_keeps_a_wide_interval_where_rows_are_few():
    low, high = area(np.arange(10, 20.0), np.arange(10.0)).interval
    assert 0.6 < low < 0.9
    assert high == 1.0
    assert newcombe_area(0.0, 10, 10) == pytest.approx((0.0, 1 - low))


def test_resampled_error_of_a_mean_is_its_standard_error():
    dice = np.random.default_rng(2)
    one, two = dice.normal(0, 2, 20_000), dice.normal(0, 2, 5_000)
    found = resampled_error(
        lambda a, b: one[a].mean() - two[b].mean(), (20_000, 5_000), dice, replicates=400
    )
    assert found == pytest.approx(np.sqrt(4 / 20_000 + 4 / 5_000), rel=0.15)
