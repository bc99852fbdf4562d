import numpy as np
import pyarrow as pa
import pytest

from fivefold.measures.frame import Frame, frames
from fivefold.measures.privacy import copies, privacy, sample_attack


def joined(one: Frame, two: Frame) -> Frame:
    return Frame(
        np.concatenate([one.numbers, two.numbers]),
        np.concatenate([one.codes, two.codes]),
        one.number_names,
        one.code_names,
        one.labels,
        one.kinds,
    )


def test_an_independent_release_leaks_nothing(adult_views):
    views = [adult_views[name] for name in ("train", "release", "holdout")]
    figures = {figure.name: figure for figure in privacy(*views, seed=1)}
    assert figures["excess_copies"].low <= 0 <= figures["excess_copies"].high
    for name in ("membership_tpr_at_1", "membership_tpr_at_01", "membership_auc"):
        figure = figures[name]
        assert figure.low <= figure.best
        assert figure.details["null"]["covers_chance"]
        assert figure.details["positive"]["value"] > 0.9


def test_a_copied_release_is_found(adult_views):
    train, holdout = adult_views["train"], adult_views["holdout"]
    copied, excess, strict, stricter, middle = privacy(train, train, holdout, seed=1)
    assert copied.value == 1
    assert excess.low > 0.99
    assert strict.low > 0.9
    assert stricter.low > 0.001
    assert middle.value > 0.99


def test_a_release_that_copies_one_row_in_five_is_found(adult_views):
    train = adult_views["train"]
    part = joined(adult_views["release"], train.take(np.arange(2_500)))
    _, excess, strict, *_ = privacy(train, part, adult_views["holdout"])
    assert excess.value == pytest.approx(0.2, abs=0.01)
    assert strict.low > 0.1


def test_repeated_rows_of_a_coarse_table_are_no_leak():
    """With two coarse columns every row is a copy, and the base rate says so."""
    dice = np.random.default_rng(0)
    tables = [
        pa.table({"a": dice.integers(0, 5, 3_000), "b": dice.integers(0, 4, 3_000)})
        for _ in range(3)
    ]
    copied, excess, strict, *_ = privacy(*frames(tables))
    assert copied.value == 1
    assert copied.best == 1
    assert excess.low <= 0 <= excess.high
    assert strict.low <= 0.01
    assert "the attack is weak on this table" in strict.note


def test_base_rate_without_a_holdout_comes_from_halves(make):
    copied, excess = copies(*frames([make(200, 0), make(200, 0)]))
    assert copied.value == 1
    assert excess.low > 0.9
    assert "one half of the real table in the other" in copied.note


def test_membership_needs_a_holdout(make):
    figures = sample_attack(*frames([make(200, 0), make(200, 1)]))
    assert all(figure.value is None and "needs a holdout" in figure.note for figure in figures)


def test_small_tables_are_attacked_with_wide_intervals(make):
    tables = [make(300, seed) for seed in range(3)]
    strict, stricter, middle = sample_attack(*frames(tables))
    assert middle.high - middle.low > 0.1
    assert strict.high > 0.03
    assert stricter.value is None
