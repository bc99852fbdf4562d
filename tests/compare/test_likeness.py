"""Lengths, units and what follows what, counted by hand."""

import numpy as np
import pytest

from fivefold.compare.likeness import likeness
from fivefold.compare.report import measure_page


def test_units_and_successions_are_shares() -> None:
    columns, pairs = likeness(["aab"] * 20, {"flow": ["abb"] * 20}, "protein")
    length, units = columns
    assert length.errors["flow"] == 0
    assert units.labels == ["a", "b", "all rarer ones"]
    assert units.real == pytest.approx([2 / 3, 1 / 3, 0])
    assert units.synthetic["flow"] == pytest.approx([1 / 3, 2 / 3, 0])
    assert units.errors["flow"] == pytest.approx(1 / 3)
    assert pairs.columns == ["a", "b"]
    assert np.allclose(pairs.real, [[0.5, 0.5], [0, 0]])
    assert np.allclose(pairs.synthetic["flow"], [[0, 1], [0, 0.5]])
    assert pairs.worst[0].error == pytest.approx(0.5)


def test_longer_samples_have_an_error_of_length() -> None:
    columns, _ = likeness(["abc"] * 30, {"flow": ["abcabcabc"] * 30}, "protein")
    assert columns[0].errors["flow"] == 1


def test_a_unit_of_a_few_texts_is_not_named() -> None:
    real = ["ab" * 5] * 40 + ["z"]
    columns, pairs = likeness(real, {"flow": real}, "protein")
    assert "z" not in columns[1].labels + pairs.columns
    assert columns[1].real[-1] == pytest.approx(1 / 401)


def test_a_family_that_gives_nothing_has_no_error() -> None:
    columns, pairs = likeness(["ab"] * 30, {"flow": [""] * 3}, "protein")
    assert columns[1].errors["flow"] is None
    assert pairs.synthetic["flow"] == [[None, None], [None, None]]


def test_a_page_on_texts_shows_them(comparison) -> None:
    import pyarrow as pa

    table = pa.table({"text": ["to be or not to be", "that is the question"] * 20})
    page = measure_page([], table, table, kind="text")
    assert "Lengths and units" in page
    assert "the real corpus" in page
