import numpy as np
import pyarrow as pa

from fivefold.measures.fidelity import fidelity
from fivefold.measures.frame import frames


def test_real_against_real_lies_at_its_floor(adult_views):
    for figure in fidelity(adult_views["train"], adult_views["release"], adult_views["holdout"]):
        assert figure.low <= figure.value <= figure.high
        assert 0.5 < figure.value / figure.floor < 2
        assert "10,000 real against 8,000 holdout rows" in figure.note


def test_independent_columns_have_the_shapes_and_not_the_trends(adult_views):
    shape, trend = fidelity(adult_views["train"], adult_views["loose"])
    assert shape.value == 0
    assert trend.low > 5 * trend.floor
    assert "disjoint halves" in trend.note


def test_details_are_worst_first_and_complete(adult_views):
    shape, trend = fidelity(adult_views["train"], adult_views["loose"])
    errors = [part["error"] for part in shape.details["columns"]]
    assert errors == sorted(errors, reverse=True)
    counted = [part["error"] for part in trend.details["pairs"] if part["counts"]]
    assert counted == sorted(counted, reverse=True)
    assert trend.value == np.mean(counted)


def test_interval_covers_the_error_of_an_unbounded_sample():
    """The column's true error is 0.3: a share of 0.5 against one of 0.2."""
    hits = 0
    for seed in range(60):
        dice = np.random.default_rng(seed)
        columns = [{"c": np.where(dice.random(800) < share, "a", "b")} for share in (0.5, 0.2)]
        figure = fidelity(*frames([pa.table(one) for one in columns]), seed=seed)[0]
        hits += figure.low <= 0.3 <= figure.high
    assert hits >= 50


def test_without_an_associated_pair_there_is_no_trend():
    dice = np.random.default_rng(0)
    columns = {name: dice.normal(size=500) for name in "abc"}
    trend = fidelity(*frames([pa.table(columns), pa.table(columns)]))[1]
    assert trend.value is None
    assert "without an associated pair there is no figure" in trend.note
    assert trend.details["all_pairs"] < 1e-12


def test_a_pair_made_constant_is_named_not_hidden():
    x = np.random.default_rng(0).normal(size=500)
    real = pa.table({"a": x, "b": 2 * x})
    made = pa.table({"a": x, "b": np.ones(500)})
    trend = fidelity(*frames([real, made]))[1]
    assert trend.value is None
    assert "1 associated pairs are constant in the synthetic table" in trend.note
