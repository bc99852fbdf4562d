"""Words are numbers only when every one of them is, and nothing is lost."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.numerals import as_numbers


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1", "2.5", "1e3", ".5", "5."], [1.0, 2.5, 1000.0, 0.5, 5.0]),
        (["1,234", "12", "1,234,567.5"], [1234.0, 12.0, 1234567.5]),
        (["9223372036854775807"], [2**63 - 1]),
        (["1", "-Infinity", "inf", "+inf"], [1.0, -math.inf, math.inf, math.inf]),
    ],
)
def test_numbers_are_read(words: list[str], numbers: list[float]):
    found = as_numbers(pa.array(words))
    assert found is not None
    assert found.to_pylist() == numbers


@pytest.mark.parametrize(
    "words",
    [
        *(
            [],
            ["a"],
            ["1", "a"],
            ["007"],
            ["1", "-01"],
            ["0x1F"],
            ["1_000"],
            ["12345678901234567890"],
        ),
        *(["inf"], ["1,23", "4"], ["1,5"], ["1.2.3"], ["--1"], ["1e"], ["٣"], ["."]),
    ],
)
def test_other_words_stay_words(words: list[str]):
    assert as_numbers(pa.array(words, pa.string())) is None


def test_a_comma_is_the_decimal_sign_where_it_cuts_no_cells():
    found = as_numbers(pa.array(["1.000,5", "2,25", "3"]), comma=True)
    assert found is not None
    assert found.to_pylist() == [1000.5, 2.25, 3]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_as_python_writes_them_are_read_exactly(values: list[float]):
    found = as_numbers(pa.array([repr(value) for value in values]))
    assert found is not None
    assert found.to_pylist() == values
