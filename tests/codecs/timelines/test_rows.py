"""Rows are sorted, come once, and stand on a line of places with what lacks marked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.kinds import Column
from fivefold.codecs.places import LINED, SOURCE
from fivefold.codecs.timelines.clock import Clock
from fivefold.codecs.timelines.rows import Rows, in_order, interruptions, lay_out, strides_of
from fivefold.codecs.timelines.windows import blocks_of, fits, shorter, stride_of, windows_of
from fivefold.errors import InputError

CLOCK = Clock(column=Column(name="t", kind="integer", dtype="int64"), step=10)
MEMORY = {SOURCE: b"a.csv", LINED: b"1"}


def rows(times, values, entity=None):
    n = len(times)
    entity = np.zeros(n, np.int64) if entity is None else np.array(entity)
    names = [str(number) for number in range(int(entity.max()) + 1)]
    return Rows(names, entity, np.array(times), np.array([values], float), np.arange(n), MEMORY)


def laid(found, gap=3, clock=CLOCK, periods=(0.0,)):
    found, steps, pause, _ = strides_of(found, clock)
    return lay_out(found, steps, pause, interruptions(steps, pause, clock, gap), clock, periods)


def test_rows_are_sorted_and_the_first_that_came_too_early_is_named():
    found, notices = in_order(rows([30, 10, 20], [3, 1, 2]))
    assert found.values.tolist() == [[1, 2, 3]]
    assert "sorted" in notices[0]
    assert "a.csv:3" in notices[0]


def test_entities_one_after_another_need_no_sorting():
    found, notices = in_order(rows([10, 10, 20, 20], [1, 2, 3, 4], [1, 0, 1, 0]))
    assert not notices
    assert found.entity.tolist() == [0, 0, 1, 1]


def test_rows_that_come_twice_are_one():
    found, notices = in_order(rows([10, 10, 20], [1, 1, 2]))
    assert found.lattice.tolist() == [10, 20]
    assert "1 rows that came twice" in notices[0]


def test_of_few_that_differ_the_first_is_kept():
    found, notices = in_order(rows([*range(200), 7], [*range(200), 99]))
    assert found.values[0, 7] == 7
    assert len(found.lattice) == 200
    assert "first of each was kept" in notices[-1]
    assert "a.csv:202" in notices[-1]


def test_many_that_differ_are_an_error_that_names_two_rows():
    with pytest.raises(InputError, match=r"a.csv:2 and a.csv:3.*entity") as fault:
        in_order(rows([10, 10, 20, 20, 30, 30], range(6)))
    assert fault.value.code == "duplicate-times"


def test_rows_that_lack_are_filled_in_and_long_gaps_cut():
    line = laid(rows([0, 10, 40, 50, 200, 210], [0, 1, 4, 5, 20, 21]))
    assert line.values.tolist() == [[0, 1, 2, 3, 4, 5, 20, 21]]
    assert line.absent.tolist() == [False, False, True, True, False, False, False, False]
    assert line.bounds.tolist() == [0, 6, 8]
    assert line.lattice.tolist() == [0, 10, 20, 30, 40, 50, 200, 210]


def test_rows_beside_the_step_are_moved_and_those_too_soon_left_out():
    found, steps, _, notices = strides_of(rows([0, 11, 19, 22, 30], [0, 1, 2, 9, 3]), CLOCK)
    assert found.values[0].tolist() == [0, 1, 2, 3]
    assert steps.tolist() == [0, 1, 1, 1]
    assert len(notices) == 2


def test_lines_do_not_bridge_stretches():
    nan = np.nan
    line = laid(rows([0, 10, 20, 500, 510], [1, nan, nan, nan, 9]))
    assert line.values.tolist() == [[1, 1, 1, 9, 9]]
    assert line.missing[0].tolist() == [False, True, True, True, False]


def test_a_stretch_without_values_has_the_mean():
    line = laid(rows([0, 10, 500, 510], [1, 3, np.nan, np.nan]))
    assert line.values[0].tolist() == [1, 3, 2, 2]


def test_what_goes_round_is_bridged_the_short_way():
    line = laid(rows([0, 10, 20], [350, np.nan, 10]), periods=(360.0,))
    assert line.values[0].tolist() == [350, 360, 370]


def test_irregular_rows_are_a_step_each_and_long_pauses_cut():
    clock = CLOCK.model_copy(update={"regular": False})
    line = laid(rows([0, 3, 14, 20, 5_000, 5_010, 5_011], range(7)), clock=clock)
    assert line.bounds.tolist() == [0, 7] or line.bounds.tolist() == [0, 4, 7]
    times = np.r_[np.arange(100) * 7, 10**6 + np.arange(100) * 7]
    line = laid(rows(times, range(200)), clock=clock)
    assert line.bounds.tolist() == [0, 100, 200]
    assert line.pause[[1, 100]].tolist() == [7, clock.step]


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(8, 40), st.integers(1, 30)
)
def test_windows_lie_within_blocks_and_reach_both_ends(sizes, length, stride):
    bounds = np.cumsum([0, *sizes])
    blocks = blocks_of(bounds, length)
    assert set(bounds) <= set(blocks)
    starts, owners = windows_of(blocks, length, stride)
    inside = np.diff(blocks) >= length
    assert set(owners) == set(np.flatnonzero(inside))
    assert (starts >= blocks[owners]).all()
    assert (starts + length <= blocks[owners + 1]).all()
    covered = np.zeros(bounds[-1], bool)
    for start in starts:
        covered[start : start + length] = True
    if stride <= length:
        expected = np.repeat(inside, np.diff(blocks))
        assert (covered == expected).all()


def test_blocks_of_different_owners_share_no_value():
    starts, owners = windows_of(blocks_of(np.array([0, 5_000]), 50), 50, 1)
    last = {owner: int(starts[owners == owner].max()) + 50 for owner in set(owners)}
    first = {owner: int(starts[owners == owner].min()) for owner in set(owners)}
    assert len(last) >= 12
    assert all(last[o] <= first[o + 1] for o in list(last)[:-1] if o + 1 in first)


def test_lengths_shrink_to_the_data():
    sizes = np.full(40, 30)
    length = 168
    while not fits(sizes, length):
        length = shorter(length)
    assert length == 24
    assert shorter(8) == 8


def test_large_data_overlap_less_and_meet_every_hour():
    stride = stride_of(np.array([10**7]), 168)
    assert stride > 1
    assert len({start % 168 for start in range(0, 10**5, stride)}) == 168
