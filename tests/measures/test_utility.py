import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.frame import frames
from fivefold.measures.utility import utility


def test_real_rows_are_as_useful_as_real_rows(adult_views):
    views = [adult_views[name] for name in ("train", "release", "holdout")]
    score, gap = utility(*views, target="income", rows=5_000)
    assert score.unit == "AUC"
    assert score.value == pytest.approx(score.floor, abs=0.01)
    assert gap.low < 0 < gap.high
    assert gap.value == pytest.approx(score.floor - score.value)
    assert score.details["columns"][0]["synthetic_log_loss"] < 0.4


def test_independent_columns_are_useless(adult_views):
    views = [adult_views[name] for name in ("train", "loose", "holdout")]
    score, gap = utility(*views, target="income", rows=5_000)
    assert 0.35 < score.value < 0.65
    assert gap.low > 0.2


def test_a_number_is_regressed(make):
    score, gap = utility(*frames([make(900, 0), make(900, 1), make(900, 2)]), target="amount")
    assert score.unit == "R2"
    assert 0.5 < score.value < 1
    assert gap.low < 0.05


def test_several_classes_are_each_asked_against_the_rest(make):
    tables = [make(900, seed) for seed in range(3)]
    loose = pa.table(
        {**{n: tables[1][n] for n in tables[1].column_names}, "grade": tables[2]["grade"]}
    )
    useful = utility(*frames(tables), target="grade")[0]
    useless = utility(*frames([tables[0], loose, tables[2]]), target="grade")[0]
    assert useful.value > 0.9
    assert useless.value == pytest.approx(0.5, abs=0.1)


def test_without_a_target_several_columns_are_asked(make):
    score, gap = utility(*frames([make(600, 0), make(600, 1)]))
    assert len(score.details["columns"]) == 5
    assert score.unit == "AUC"
    assert abs(gap.value) < 0.1
    assert "a third of the real table" in score.note


def test_one_class_in_the_synthetic_table_scores_chance(make):
    made = make(600, 1)
    place = made.column_names.index("owner")
    flat = made.set_column(place, "owner", pa.array([True] * 600))
    score = utility(*frames([make(600, 0), flat, make(600, 2)]), target="owner")[0]
    assert score.value == 0.5


def test_too_few_rows_give_no_figure_and_a_reason(make):
    score, gap = utility(*frames([make(8, 0), make(8, 1)]), target="owner")
    assert score.value is None
    assert gap.value is None
    assert "too few rows" in score.note


def test_an_unknown_target_names_the_near_one(adult_views):
    with pytest.raises(InputError, match="did you mean 'income'"):
        utility(adult_views["train"], adult_views["loose"], target="incom")


def test_pulls_give_the_error_of_the_area(make):
    """The interval of a score covers the scores of other test sets of the same size."""
    sizes = [
        utility(*frames([make(400, 0), make(400, 1), make(300, s)]), target="owner")[0]
        for s in range(12)
    ]
    values = np.array([figure.value for figure in sizes])
    widths = np.array([(figure.high - figure.low) / 3.92 for figure in sizes])
    assert 0.5 < values.std(ddof=1) / widths.mean() < 1.8
