import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.schema import Column, Schema
from fivefold.errors import InputError
from fivefold.measures.frame import frames


def test_real_column_decides_what_cells_of_any_type_mean():
    real = pa.table(
        {
            "n": pa.array([1, 2, None]),
            "c": ["1", "2", "x"],
            "b": pa.array([True, False, None]),
            "when": pa.array(
                np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[ms]")
            ),
        }
    )
    made = pa.table(
        {
            "when": ["2020-01-02", "", "2020-01-01 12:00:00"],
            "b": ["yes", "False", "0"],
            "c": pa.array([2.0, 1.0, None]),
            "n": [" 1.0", "NA", "inf"],
        }
    )
    schema = Schema(columns=(Column(name="c", kind="category"),))
    one, two = frames([real, made], schema)
    assert two.number_names == ("n", "when")
    assert np.isnan(two.numbers[:, 0]).tolist() == [False, True, True]
    assert two.numbers[[0, 2], 1].tolist() == [one.numbers[1, 1], one.numbers[0, 1] + 432e11]
    assert one.codes.T.tolist() == [[0, 1, 2], [0, 1, -1]]
    assert two.codes.T.tolist() == [[1, 0, -1], [0, 1, 1]]


def test_text_and_identifiers_are_not_judged():
    rows = range(100)
    table = pa.table(
        {
            "id": list(rows),
            "remark": [
                f"remark {row * 7919 % 1009} of {row}, in words of its own" for row in rows
            ],
            "age": [row % 60 for row in rows],
        }
    )
    assert list(frames([table, table.select(["age"])])[0].kinds) == ["age"]


def test_dates_in_text_follow_the_format_of_the_real_table():
    real = pa.table({"d": [f"{day:02d}/02/2024" for day in range(1, 29)]})
    made = pa.table({"d": ["03/02/2024", "14/02/2024", None]})
    one, two = frames([real, made])
    assert two.numbers[:2, 0].tolist() == one.numbers[[2, 13], 0].tolist()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"a": [1.0]}, "the synthetic table: no column b"),
        ({"a": ["one"], "b": [1]}, "the synthetic table column a: is no integer"),
        ({"a": pa.array([], pa.int64()), "b": [] * 0}, "the synthetic table: there are no rows"),
    ],
)
def test_a_table_that_cannot_be_judged_names_the_place(made, words):
    real = pa.table({"a": [1, 2, 5], "b": [2, 8, 9]})
    with pytest.raises(InputError) as fault:
        frames([real, pa.table(made)])
    assert str(fault.value).startswith(words)


def test_a_table_without_a_judged_column_is_refused():
    table = pa.table({"remark": [f"words number {row} and more of them" for row in range(50)]})
    with pytest.raises(InputError, match="no column that can be judged"):
        frames([table, table])


def test_halves_share_no_row_and_lose_none():
    frame = frames([pa.table({"a": [1.5 * row for row in range(11)]})])[0]
    one, two = frame.halves(np.random.default_rng(0))
    rows = np.concatenate([one.numbers, two.numbers]).ravel()
    assert sorted(rows.tolist()) == [1.5 * row for row in range(11)]
