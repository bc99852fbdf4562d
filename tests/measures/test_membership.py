import numpy as np
import pytest
from scipy.stats import norm

from fivefold.measures.membership import attack, membership


@pytest.mark.parametrize(("members", "others"), [(150, 100), (100, 400), (1_000, 1_000)])
def test_without_leakage_no_more_than_the_stated_share_is_alarmed(members, others):
    dice = np.random.default_rng(members)
    found = [attack(dice.random(members), dice.random(others)) for _ in range(300)]
    for place in range(len(found[0].rates)):
        assert np.mean([not one.rates[place].covers for one in found]) <= 0.05
    assert np.mean([not one.area.covers for one in found]) <= 0.06


def test_rates_are_counted_above_the_allowed_false_positives():
    others, members = np.arange(2_000.0), np.arange(1_000, 3_000.0)
    found = attack(members, others)
    assert [rate.value for rate in found.rates] == [
        np.mean(members > 1_979),
        np.mean(members > 1_997),
    ]
    assert found.leaks


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_interval_covers_the_true_rate_of_a_leak(shift):
    dice = np.random.default_rng(int(shift))
    truth = norm.sf(norm.isf(0.01) - shift)
    found = [attack(dice.normal(shift, 1, 1_000), dice.normal(0, 1, 1_000)) for _ in range(100)]
    assert np.mean([one.rates[0].low <= truth <= one.rates[0].high for one in found]) >= 0.93
    assert all(one.leaks for one in found)


def test_a_copied_release_is_shown_at_any_number_of_nonmembers():
    for size in (100, 150, 1_000, 1_500):
        found = attack(np.full(size, 9.0) + np.arange(size), np.linspace(0, 1, size))
        assert all(rate.value == 1 and not rate.covers for rate in found.rates)


def test_likelihood_attack_has_its_null_beside_it():
    dice = np.random.default_rng(0)
    figures = membership(dice.normal(1, 1, 3_000), dice.normal(0, 1, 3_000), name="likelihood")
    assert [figure.name for figure in figures] == [
        "likelihood_tpr_at_1",
        "likelihood_tpr_at_01",
        "likelihood_auc",
    ]
    for figure in figures:
        assert figure.low > figure.best
        assert figure.details["null"]["covers_chance"]
        assert figure.note.startswith("leaks")


def test_the_strictest_rate_needs_a_thousand_nonmembers():
    dice = np.random.default_rng(0)
    figures = membership(dice.random(500), dice.random(500))
    assert [figure.value is None for figure in figures] == [False, True, False]
    assert "needs 1,000 non-members" in figures[1].note


def test_without_scores_there_is_no_figure():
    assert [figure.value for figure in membership(None, None, note="why")] == [None] * 3
