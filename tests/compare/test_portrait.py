import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from fivefold.compare.portrait import RARE, RARE_LABEL, examples, portrait


def only(values, made=None, **how):
    columns, _ = portrait(pa.table({"x": values}), {"m": pa.table({"x": made or values})}, **how)
    (column,) = columns
    return column


def shares(column):
    return [column.real, *column.synthetic.values()]


def test_shares_are_of_known_values_and_sum_to_one():
    column = only(["a", "b", None, "a"] * 20, ["a", None, None, None] * 20)
    assert all(sum(values) == pytest.approx(1) for values in shares(column))
    assert (column.missing_real, column.missing["m"]) == (0.25, 0.75)
    assert dict(zip(column.labels, column.real, strict=True)) == pytest.approx(
        {"a": 2 / 3, "b": 1 / 3}
    )


def test_a_rare_category_is_never_named():
    column = only(["common"] * 50 + ["single person"] * (RARE - 1) + ["often"] * RARE)
    assert set(column.labels) == {"common", "often", RARE_LABEL}


def test_a_rare_number_is_never_named():
    column = only([1.5] * 50 + [777.25] * (RARE - 1) + [2.5] * RARE)
    assert column.labels == ["1.5", "2.5", RARE_LABEL]


def test_a_category_that_only_the_model_makes_is_pooled():
    column = only(["a", "b"] * 20, ["a", "c"] * 20)
    assert column.synthetic["m"][column.labels.index(RARE_LABEL)] == 0.5


def test_the_largest_value_is_no_edge():
    values = [*np.random.default_rng(0).normal(size=4000).tolist(), 12345.678]
    column = only(values)
    assert max(column.edges) < 10
    assert sum(column.real) == pytest.approx(1)


def test_whole_numbers_have_whole_edges():
    column = only(np.random.default_rng(0).integers(0, 500, 2000).tolist())
    assert all(edge == round(edge) for edge in column.edges)
    assert len(column.edges) == len(column.real) + 1 == len(column.labels)


def test_a_spike_has_a_bin_of_its_own():
    values = [0] * 900 + list(range(1000, 1100))
    column = only(values)
    assert column.edges[:2] == [0, 1]
    assert column.real[0] == pytest.approx(0.9)
    assert len(column.real) > 5


def test_dates_are_written_as_dates():
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=i * 7 % 900) for i in range(1000)]
    column = only(days)
    assert column.labels[0].startswith("2020-")
    assert len(column.labels[0]) == 10


def test_associations_of_every_kind():
    rng = np.random.default_rng(1)
    x = rng.normal(size=3000)
    group = np.where(x > 0, "high", "low")
    real = pa.table(
        {"x": x, "minus": -x, "group": group, "same": group, "noise": rng.normal(size=3000)}
    )
    _, pairs = portrait(real, {"m": real})
    at = {name: i for i, name in enumerate(pairs.columns)}
    matrix = np.array(pairs.real, dtype=float)
    assert matrix == pytest.approx(matrix.T)
    assert matrix[at["x"], at["minus"]] == pytest.approx(-1)
    assert matrix[at["group"], at["same"]] == pytest.approx(1)
    assert matrix[at["x"], at["group"]] == pytest.approx(np.sqrt(2 / np.pi), abs=0.02)
    assert abs(matrix[at["x"], at["noise"]]) < 0.06


def test_the_worst_pair_comes_first():
    rng = np.random.default_rng(1)
    x = rng.normal(size=2000)
    real = pa.table({"a": x, "b": x + 0.01 * rng.normal(size=2000), "c": rng.normal(size=2000)})
    made = pa.table({"a": x, "b": rng.permutation(x), "c": rng.normal(size=2000)})
    _, pairs = portrait(real, {"m": made})
    assert {pairs.worst[0].first, pairs.worst[0].second} == {"a", "b"}
    assert pairs.worst[0].error > 0.9


def test_an_all_missing_synthetic_column_has_no_error():
    real = pa.table({"x": [1.5, 2.5, 3.5] * 30, "y": ["a", "b", "c"] * 30})
    made = pa.table({"x": pa.nulls(90, pa.float64()), "y": ["a", "b", "c"] * 30})
    columns, _ = portrait(real, {"m": made})
    assert columns[0].errors == {"m": None}
    assert sum(columns[0].synthetic["m"]) == 0


def test_wide_tables_keep_the_pairs_of_their_worst_columns():
    rng = np.random.default_rng(0)
    real = pa.table({f"c{i}": rng.normal(size=60) for i in range(60)})
    made = real.set_column(59, "c59", pa.array(rng.normal(5, 1, 60)))
    columns, pairs = portrait(real, {"m": made})
    assert len(columns) == 60
    assert len(pairs.columns) == 40
    assert "c59" in pairs.columns


def test_ten_rows_are_written_as_text():
    table = pa.table({"a": [1, None] * 20, "b": ["x"] * 40})
    found = examples(table, "flow")
    assert (found.header, len(found.rows), found.rows[:2]) == (
        ["a", "b"],
        10,
        [["1", "x"], ["", "x"]],
    )
