import numpy as np
import pyarrow as pa
import pytest

from fivefold.measures.detection import detection, tell_apart
from fivefold.measures.frame import frames

ROWS = 2_000


def test_an_independent_release_is_not_told_from_the_training_rows(adult_views):
    figure = detection(
        adult_views["train"], adult_views["release"], adult_views["holdout"], rows=ROWS
    )
    assert figure.low < 0.5 < figure.high
    assert figure.high - figure.low < 0.07
    assert abs(figure.floor - 0.5) < 0.03
    assert figure.details["rows"] == ROWS


def test_independent_columns_are_told_apart(adult_views):
    figure = detection(adult_views["train"], adult_views["loose"], rows=ROWS)
    assert figure.low > 0.95


def test_a_copy_is_neither_told_apart_nor_better_than_chance(adult_views):
    train = adult_views["train"].take(np.arange(2_000))
    told = tell_apart(train, train, 2_000, seed=0)
    assert told.value == pytest.approx(0.5, abs=0.03)


def test_missing_values_in_other_places_are_seen():
    x = np.random.default_rng(0).normal(size=1_000)
    real, made = pa.table({"a": x}), pa.table({"a": pa.array(x + 0, mask=x > 1)})
    told = tell_apart(*frames([real, made]), 1_000, seed=0)
    assert told.value > 0.55


def test_more_categories_than_the_trees_take_are_pooled():
    dice = np.random.default_rng(0)
    names = np.array([f"c{number}" for number in range(700)])
    tables = [pa.table({"c": names[dice.integers(0, 700, 2_000)]}) for _ in range(2)]
    assert tell_apart(*frames(tables), 2_000, seed=0).value == pytest.approx(0.5, abs=0.05)


def test_few_rows_give_a_wide_interval_and_fewer_none(make):
    small = detection(*frames([make(20, 0), make(20, 1)]))
    assert small.high - small.low > 0.3
    tiny = detection(*frames([make(20, 0), make(3, 1)]))
    assert tiny.value is None
    assert "fewer than four rows" in tiny.note


def test_interval_is_as_wide_as_the_spread_of_real_against_real(make):
    """Folds share training rows; DeLong's own interval would be a quarter too narrow."""
    table = frames([make(12_000, 0)])[0]
    told = []
    for seed in range(12):
        rows = np.random.default_rng(seed).permutation(12_000)
        sides = table.take(rows[:200]), table.take(rows[200:400])
        told.append(tell_apart(*sides, 200, seed))
    claimed = np.mean([one.high - one.low for one in told]) / 3.92
    spread = np.std([one.value for one in told], ddof=1)
    assert 0.5 < spread / claimed < 1.4
    assert sum(one.low <= 0.5 <= one.high for one in told) >= 10
