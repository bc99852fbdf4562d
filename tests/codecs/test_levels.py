"""Few numbers as levels: exact where they are frequent, blurred where they are rare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.levels import Levels


def fitted(rows: dict[int, int], rare: int = 10) -> tuple[Levels | None, np.ndarray]:
    lattice = np.repeat(np.array(list(rows), np.int64), list(rows.values()))
    return Levels.fit(lattice, np.ones(len(lattice), bool), rare), lattice


def source() -> np.random.Generator:
    return np.random.default_rng(0)


def test_frequent_values_are_levels_of_their_own():
    levels, lattice = fitted({3: 50, 7: 40, 8: 30})
    assert levels is not None
    assert (levels.low, levels.high) == ((3, 7, 8), (3, 7, 8))
    level = levels.encode(lattice, np.ones(len(lattice), bool))
    assert level.tolist() == [0] * 50 + [1] * 40 + [2] * 30
    back, present = levels.decode(level, source())
    assert back.tolist() == lattice.tolist()
    assert present is None
    assert levels.log_volume(level).tolist() == [0.0] * 120


def test_rare_values_are_gathered_and_drawn_uniformly():
    levels, _lattice = fitted({0: 500, 100: 3, 107: 4, 150: 4, 200: 500})
    assert levels is not None
    assert (levels.low, levels.high) == ((0, 100, 200), (0, 150, 200))
    drawn, _ = levels.decode(np.ones(60_000, np.int64), source())
    counts = np.bincount(drawn, minlength=151)[100:151]
    assert (counts > 0).all()
    assert counts.max() < 2 * 60_000 / 51
    assert levels.log_volume(np.array([1]))[0] == pytest.approx(-np.log(51))


def test_a_frequent_value_that_shares_a_level_keeps_its_share():
    levels, _ = fitted({0: 500, 594: 34, 114: 6, 401: 2, 900: 500})
    assert levels is not None
    assert levels.low == (0, 114, 900)
    drawn, _ = levels.decode(np.ones(40_000, np.int64), source())
    assert np.mean(drawn == 594) == pytest.approx(34 / 42, abs=0.02)
    assert np.mean(drawn == 114) < 0.01


def test_missing_is_the_last_level():
    lattice = np.array([1] * 30 + [2] * 30 + [0] * 5)
    present = np.arange(65) < 60
    levels = Levels.fit(lattice, present, 10)
    assert levels is not None
    assert levels.discrete == (3,)
    level = levels.encode(lattice, present)
    assert level.tolist() == [0] * 30 + [1] * 30 + [2] * 5
    back, shown = levels.decode(level, source())
    assert shown is not None
    assert shown.tolist() == present.tolist()
    assert back[:60].tolist() == lattice[:60].tolist()


def test_an_unseen_value_goes_to_the_nearest_level():
    levels, _ = fitted({0: 50, 10: 50, 17: 50})
    assert levels is not None
    values = np.array([-5, 4, 6, 13, 14, 15, 99])
    assert levels.encode(values, np.ones(7, bool)).tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert levels.encode(values[:1], np.zeros(1, bool)).tolist() == [0]


@pytest.mark.parametrize(
    "rows",
    [
        dict.fromkeys(range(300), 20),
        dict.fromkeys(range(200), 20),
        dict.fromkeys(range(50), 2),
    ],
    ids=["many distinct", "many levels", "all rare"],
)
def test_what_has_many_values_is_no_column_of_levels(rows: dict[int, int]):
    assert fitted(rows)[0] is None


def test_amounts_in_steps_stay_in_steps():
    levels, _lattice = fitted({0: 100, 500: 60, 1500: 3, 2000: 5, 3500: 4, 5000: 80})
    assert levels is not None
    assert levels.grid.step == 500
    drawn, _ = levels.decode(np.repeat(np.arange(levels.discrete[0]), 500), source())
    assert (drawn % 500 == 0).all()
    assert (levels.span[0], levels.span[1]) == (0, 5000)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.integers(-500, 500), st.integers(1, 80), min_size=1, max_size=60))
def test_every_level_holds_k_rows_and_its_draws_stay_inside(rows: dict[int, int]):
    levels, lattice = fitted(rows)
    if levels is None:
        return
    everywhere = np.ones(len(lattice), bool)
    level = levels.encode(lattice, everywhere)
    held = np.bincount(level, minlength=len(levels.low))
    assert held.min() >= 10 or len(levels.low) == 1
    back, _ = levels.decode(level, source())
    assert levels.encode(back, everywhere).tolist() == level.tolist()
    assert Levels.model_validate(levels.model_dump(mode="json")) == levels


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.integers(-50, 50), st.integers(1, 80), min_size=2, max_size=30))
def test_the_log_volume_is_minus_the_entropy_of_the_draw(rows: dict[int, int]):
    levels, _ = fitted(rows)
    if levels is None:
        return
    for level in range(len(levels.low)):
        pieces = [
            (start, width, weight)
            for at, start, width, weight in zip(
                levels.level, levels.start, levels.width, levels.weight, strict=True
            )
            if at == level
        ]
        total = sum(weight for *_, weight in pieces)
        mass = np.zeros(levels.high[level] - levels.low[level] + 1)
        for start, width, weight in pieces:
            first = start - levels.low[level]
            mass[first : first + width] += weight / total / width
        assert mass.sum() == pytest.approx(1)
        entropy = -float(np.sum(mass[mass > 0] * np.log(mass[mass > 0])))
        assert levels.log_volume(np.array([level]))[0] == pytest.approx(-entropy, abs=1e-9)
