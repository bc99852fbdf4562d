"""Identifiers are made anew, each one once."""

from __future__ import annotations

import re
import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.identifiers import COUNTED, Identifiers, _permuted
from fivefold.codecs.kinds import Column


def source(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def made(values: pa.Array, rows: int, start: int = 0, pattern: Any = None) -> list[Any]:
    column = Column(name="key", kind="identifier", dtype=str(values.type), pattern=pattern)
    found = Identifiers.fit(values, column)
    assert Identifiers.model_validate(found.model_dump(mode="json")) == found
    array = found.make(rows, start, column, source())
    assert array.type == values.type
    words: list[Any] = array.to_pylist()
    assert len(set(words)) == rows
    return words


def test_a_running_number_goes_on_after_the_last():
    assert made(pa.array([5, 7, 6]), 3) == [8, 9, 10]
    assert made(pa.array([5, 7, 6]), 2, start=100) == [108, 109]
    assert made(pa.array(["C-0008", "C-0009"]), 2) == ["C-0010", "C-0011"]
    assert made(pa.array(["9/x", "10/x"]), 2) == ["11/x", "12/x"]
    assert made(pa.array(["A98", "A99"]), 2) == ["A100", "A101"]


def test_small_integers_grow_when_they_are_full():
    column = Column(name="key", kind="identifier", dtype="int8", pattern="sequence")
    found = Identifiers.fit(pa.array([1, 2, 3], pa.int8()), column)
    assert found.make(200, 0, column, source()).to_pylist() == list(range(4, 204))


def test_scattered_numbers_stay_in_their_range():
    values = source().permutation(900_000)[:50] + 100_000
    words = made(pa.array(values), 5000, pattern="spread")
    assert min(words) >= 100_000
    assert max(words) < 1_000_000
    assert np.std(words) > 200_000


def test_uuids_are_random_ones_of_version_four():
    real = [str(uuid.UUID(int=i << 70)) for i in range(5)]
    words = made(pa.array(real), 1000)
    assert all(str(uuid.UUID(word)) == word and uuid.UUID(word).version == 4 for word in words)
    bare = made(pa.array([f"{i:032X}" for i in range(10**30, 10**30 + 3)]), 10)
    assert all(re.fullmatch("[0-9A-F]{32}", word) for word in bare)


def test_a_shape_is_kept():
    real = pa.array(["7590-VHVEG", "5575-GNVDE", "3668-QPYBK", "1111-ABCDE"])
    words = made(real, 2000)
    assert all(re.fullmatch(r"\d{4}-[A-Z]{5}", word) for word in words)


def test_a_shape_with_few_places_grows_when_it_is_used_up():
    column = Column(name="key", kind="identifier", dtype="string")
    found = Identifiers(pattern="shape", alphabet=("X", "01", "ab"))
    words = found.make(10, 0, column, source()).to_pylist()
    assert sorted(words[:4]) == ["X0a", "X0b", "X1a", "X1b"]
    assert len(set(words)) == 10
    assert all(word.startswith("X") for word in words)


def test_words_without_a_pattern_are_numbered():
    assert made(pa.array(["Ann Lee", "Bo", "Cy Twombly"]), 2) == ["key-1", "key-2"]


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 500), st.integers(1, 500))
def test_parts_of_a_sample_never_repeat_an_identifier(start: int, first: int, second: int):
    column = Column(name="key", kind="identifier", dtype="string")
    for found in (
        Identifiers(pattern="shape", alphabet=("0123456789",) * 6 + ("AB",)),
        Identifiers(pattern="spread", low=100, high=5000),
        Identifiers(pattern="sequence", low=1, width=4),
    ):
        one = found.make(first, start, column, source(1)).to_pylist()
        two = found.make(second, start + first, column, source(2)).to_pylist()
        assert len({*one, *two}) == first + second


@given(st.integers(1, 2000))
def test_the_scattering_is_one_to_one(count: int):
    assert sorted(_permuted(np.arange(count), count).tolist()) == list(range(count))


@pytest.mark.parametrize("count", [COUNTED, 26 * COUNTED, 36**6])
def test_the_scattering_of_many_does_not_overflow(count: int):
    index = np.concatenate([np.arange(1000), np.arange(count - 1000, count)])
    place = _permuted(index, count)
    assert place.min() >= 0
    assert place.max() < count
    assert len(set(place.tolist())) == 2000
