"""The knots of F: ascending, protected, exact for heavy values."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.quantiles import KNOTS, quantiles

counted = st.dictionaries(
    st.integers(-(10**6), 10**6), st.integers(1, 60), min_size=1, max_size=120
)


def share(knots: np.ndarray, heights: np.ndarray, low: int, high: int) -> float:
    """What F gives to the cells low..high."""
    ends = np.interp([low, high + 1], knots, heights)
    return float(ends[1] - ends[0])


@settings(deadline=None, max_examples=120)
@given(counted, st.integers(2, 15))
def test_knots_and_heights_ascend_and_lie_within_the_records(rows: dict[int, int], least: int):
    values = np.array(sorted(rows))
    counts = np.array([rows[value] for value in sorted(rows)])
    if counts.sum() < least:
        return
    knots, heights = quantiles(values, counts, least)
    assert (np.diff(knots) > 0).all()
    assert (np.diff(heights) > 0).all()
    assert (heights[0], heights[-1]) == (0, 1)
    assert knots[0] >= values[0]
    assert knots[-1] <= values[-1] + 1


@settings(deadline=None, max_examples=120)
@given(counted, st.integers(2, 15))
def test_a_rare_value_is_never_alone_in_an_interval(rows: dict[int, int], least: int):
    values = np.array(sorted(rows))
    counts = np.array([rows[value] for value in sorted(rows)])
    if counts.sum() < least or len(values) < 2:
        return
    knots, heights = quantiles(values, counts, least)
    total = counts.sum()
    for value, count in rows.items():
        if count < least and share(knots, heights, value, value) > count / total + 1e-6:
            inside = (knots[:-1] <= value) & (value < knots[1:])
            left, right = knots[:-1][inside][0], knots[1:][inside][0]
            held = counts[(values >= left) & (values < right)].sum()
            assert held >= least or value in (values[0], values[-1]) or right - left > 1


def test_a_heavy_value_has_its_own_cell_and_nothing_lies_beside_it():
    values = np.arange(0, 2000, 100)
    knots, heights = quantiles(values, np.full(20, 50), 10)
    for value in values:
        assert abs(share(knots, heights, value, value) - 0.05) < 1e-6
        if value < 1900:
            assert share(knots, heights, value + 1, value + 99) < 1e-8


def test_heavy_tails_are_kept_in_finer_steps():
    rng = np.random.default_rng(0)
    drawn = np.sort(np.exp(rng.normal(8, 2, 200_000)).astype(np.int64))
    values, counts = np.unique(drawn, return_counts=True)
    knots, heights = quantiles(values, counts, 10)
    assert len(knots) < 2.2 * KNOTS
    for quantile in (0.5, 0.99, 0.999, 0.9999):
        modelled = np.interp(quantile, heights, knots)
        assert abs(np.log(modelled) - np.log(np.quantile(drawn, quantile))) < 0.02


def test_the_largest_and_smallest_record_are_not_kept_but_the_mean_of_the_last_is():
    rng = np.random.default_rng(1)
    drawn = np.sort(rng.integers(0, 10**6, 1000))
    drawn[-1], drawn[0] = 10**9, -(10**9)
    values, counts = np.unique(drawn, return_counts=True)
    knots, _ = quantiles(values, counts, 10)
    assert knots[0] > -(10**9)
    assert knots[-1] < 10**9
    last = drawn[drawn >= knots[-2]]
    assert len(last) >= 10
    assert abs((knots[-2] + knots[-1]) / 2 - last.mean() - 0.5) <= 1


def test_few_records_are_one_interval_with_their_mean():
    knots, heights = quantiles(np.array([10, 20, 90]), np.array([1, 1, 1]), 3)
    assert heights.tolist() == [0, 1]
    assert 10 <= knots[0] < knots[1] <= 91
