"""Numbers, dates and times stand on a lattice of integers and come back as they were."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Grid, from_lattice, to_lattice
from fivefold.codecs.recognise import recognise
from fivefold.errors import InputError

UTC = dt.UTC
COLUMNS: dict[str, pa.Array] = {
    "int8": pa.array([-128, 127, None], pa.int8()),
    "uint64": pa.array([0, 2**61, None], pa.uint64()),
    "int64": pa.array([-(2**61), 2**61 + 1, None]),
    "whole floats": pa.array([-3.0, 2.0**52, None]),
    "decimals": pa.array([0.1, -2.37, 1e6, None]),
    "single": pa.array([0.1, -2.37, 1e4, None], pa.float32()),
    "large": pa.array([1.5e300, -2e299, None]),
    "decimal128": pa.array([Decimal("1.10"), Decimal("-2.37"), None], pa.decimal128(9, 2)),
    "date32": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None], pa.date32()),
    "date64": pa.array([dt.date(1969, 12, 31), dt.date(2024, 2, 29), None], pa.date64()),
    "seconds": pa.array([dt.datetime(1960, 1, 1, 1), None], pa.timestamp("s")),  # noqa: DTZ001
    "zoned": pa.array(
        [dt.datetime(2024, 3, 31, 1, tzinfo=UTC), None], pa.timestamp("ns", "Asia/Tokyo")
    ),
    "micro": pa.array(
        [dt.datetime(2024, 3, 31, 1, 2, 3, 4, UTC), None], pa.timestamp("us", "UTC")
    ),
    "time32": pa.array([dt.time(23, 59, 59), None], pa.time32("ms")),
    "time64": pa.array([dt.time(23, 59, 59, 999999), None], pa.time64("ns")),
    "duration": pa.array(
        [dt.timedelta(days=2), dt.timedelta(seconds=-5), None], pa.duration("ms")
    ),
    "iso words": pa.array(["2024-02-29", "1999-12-31", None]),
    "words of days": pa.array(["5 March 2020", "25 May 1977", None]),
    "words of time": pa.array(["1:05 PM", "12:00 AM", None]),
    "words with a zone": pa.array(
        ["2024-02-29T10:00:00+02:00", "2024-02-29T10:00:01+02:00", None]
    ),
    "compact days": pa.array([20240229, 19991231, None]),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_values_come_back_from_the_lattice(case: str):
    values = COLUMNS[case]
    column = recognise("x", pa.chunked_array([values]))
    lattice, present = to_lattice(values, column)
    assert present.tolist() == [value is not None for value in values.to_pylist()]
    back = from_lattice(lattice, present, column)
    assert back.type == values.type
    if pa.types.is_floating(values.type):
        np.testing.assert_allclose(
            np.asarray(back.drop_null()), np.asarray(values.drop_null()), rtol=1e-6
        )
    else:
        assert back.equals(values)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.integers(0, 6))
def test_decimals_keep_their_digits(units: list[int], digits: int):
    written = [float(f"{Decimal(unit).scaleb(-digits)}") for unit in units]
    column = Column(name="x", kind="decimal", digits=digits, dtype="double")
    lattice, present = to_lattice(pa.array(written), column)
    assert lattice.tolist() == units
    assert from_lattice(lattice, present, column).to_pylist() == written


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ({"kind": "integer"}, [1, 2.5], "row 2 column x: 2.5 is no integer that fits"),
        ({"kind": "integer"}, ["1", None, "abc"], "row 3 column x: 'abc' is no integer that fits"),
        ({"kind": "integer"}, [2**62], f"row 1 column x: {2**62} is no integer that fits"),
        ({"kind": "decimal", "digits": 2}, [1e300], "row 1 column x: 1e\\+300 is no decimal that"),
        ({"kind": "integer"}, [[1]], r"row 1 column x: \[1\] is no integer that fits"),
        (
            {"kind": "date", "format": "%Y-%m-%d"},
            ["2023-02-30"],
            "row 1 column x: '2023-02-30' is no",
        ),
        ({"kind": "date"}, [True], "row 1 column x: True is no date that fits"),
        ({"kind": "time", "unit": "s"}, ["x"], "row 1 column x: 'x' is no time that fits"),
    ],
)
def test_a_value_that_does_not_fit_is_named(column: dict[str, Any], values: list[Any], words: str):
    with pytest.raises(InputError, match=rf"^{words}.*; correct it, .*\[misfit\]"):
        to_lattice(pa.array(values), Column(name="x", **column))


def test_the_own_words_of_a_column_for_missing_are_missing():
    column = Column(name="x", kind="integer", missing=("unknown", "-999"))
    assert to_lattice(pa.array(["1", "unknown"]), column)[1].tolist() == [True, False]
    assert to_lattice(pa.array([1, -999]), column)[1].tolist() == [True, False]
    assert to_lattice(pa.array([1.0, -999.0]), column)[1].tolist() == [True, False]


@given(
    st.integers(-(10**6), 10**6),
    st.integers(2, 1000),
    st.lists(st.integers(-1000, 1000), min_size=3, unique=True),
)
def test_a_grid_is_found_and_inverts(origin: int, step: int, places: list[int]):
    values = np.array([origin + step * place for place in places])
    grid = Grid.fit(values)
    assert grid.step % step == 0
    assert grid.fine(grid.coarse(values)).tolist() == values.tolist()
    assert np.gcd.reduce(np.diff(np.unique(grid.coarse(values)))) == 1
