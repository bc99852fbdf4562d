"""Numbers, directions and positions become channels and come back as they were."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fivefold.codecs.kinds import Column
from fivefold.codecs.timelines.angle import Angle
from fivefold.codecs.timelines.scales import Number, flagged, flags

WHOLE = Column(name="n", kind="integer", dtype="int64")
DECIMAL = Column(name="x", kind="decimal", dtype="double", digits=2)
HEADING = Column(name="heading", kind="decimal", dtype="double", digits=1)


def single(x):
    """As a batch holds it."""
    return x.astype(np.float32).astype(np.float64)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-100_000, 100_000), min_size=3, max_size=60, unique=True),
    st.sampled_from([None, 0.0, 1.0, 50.0]),
    st.integers(0, 5),
)
def test_whole_numbers_come_back_exactly(values, spread, seed):
    m = np.array(values, float)
    number = Number.fit(WHOLE, m, spread=spread)
    x = single(number.encode(m[None], np.random.default_rng(seed)))
    assert number.decode(x)[0].tolist() == values
    again = Number.model_validate_json(number.model_dump_json())
    assert again.decode(x).tolist() == [values]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=5, max_size=50, unique=True))
def test_real_numbers_come_back_to_single_precision(values):
    digits = 6
    column = Column(name="x", kind="decimal", dtype="double", digits=digits)
    m = np.rint(np.array(values) * 10.0**digits)
    number = Number.fit(column, m)
    back = number.decode(single(number.encode(m[None], np.random.default_rng(0))))[0]
    assert np.allclose(back, m, rtol=1e-5, atol=2e-6 * (np.abs(m).max() + 1))


@pytest.mark.parametrize("spread", [0.0, 30.0])
def test_the_log_slope_is_the_derivative(spread):
    column = Column(name="x", kind="decimal", dtype="double", digits=3)
    m = np.random.default_rng(0).normal(200, 900, 500)
    number = Number.fit(column, np.rint(m), spread=spread).model_copy(
        update={"noisy": False, "middle": 50.0}
    )
    at = m[np.abs(m - 50) > 1]
    draw, step = np.random.default_rng(0), 1e-3
    up, down = (number.encode((at + side)[None], draw)[0] for side in (step, -step))
    slope = np.log((up - down) / (2 * step)) + 3 * math.log(10)
    found = number.log_slope(number.encode(at[None], draw))
    assert np.allclose(found, slope, atol=1e-4)


def test_the_bound_is_the_probability_of_a_cell():
    """With the true density of the filled values the bound is the log of how often a value comes."""
    values = np.repeat([0.0, 1.0, 2.0, 3.0], [10, 20, 30, 40])
    number = Number.fit(WHOLE, values)
    x = number.encode(values[None], np.random.default_rng(0))
    density = number.sigma * np.repeat([0.1, 0.2, 0.3, 0.4], [10, 20, 30, 40])
    total = np.log(density) + number.log_slope(x)
    assert np.allclose(np.exp(total), np.repeat([0.1, 0.2, 0.3, 0.4], [10, 20, 30, 40]))


def test_heavy_tails_are_bent_and_light_ones_are_not():
    draw = np.random.default_rng(0)
    heavy = np.rint(np.exp(draw.normal(5, 2, 5_000)))
    light = np.rint(draw.normal(0, 100, 5_000))
    assert Number.fit(WHOLE, heavy).spread > 0
    assert Number.fit(WHOLE, light).spread == 0
    x = Number.fit(WHOLE, heavy).encode(heavy[None], draw)
    assert np.abs(x).max() < 8
    assert abs(x.mean()) < 0.01
    assert abs(x.std() - 1) < 0.01


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (
            np.r_[np.zeros(50), np.arange(1, 400)],
            0,
            800,
        ),  # many zeros; beyond the largest by as much again
        (np.r_[np.arange(7, 90), np.full(20, 90)], 0, 90),  # a largest value that many rows hold
        (np.arange(2, 99), 0, 100),  # close to 100
        (np.arange(-50, 200), -300, 500),
    ],
)
def test_bounds_are_those_of_many_rows_or_natural(values, low, high):
    number = Number.fit(WHOLE, values.astype(float))
    far = number.decode(np.array([[-1e6, 1e6]]))[0]
    assert far.tolist() == [low, high]


def test_numbers_of_a_coarse_lattice_stay_on_it():
    number = Number.fit(WHOLE, np.array([10.0, 20.0, 50.0, 90.0] * 9))
    made = number.decode(np.random.default_rng(0).normal(size=(1, 500)))
    assert set(made[0] % 10) == {0.0}


def test_small_types_never_overflow():
    small = Column(name="n", kind="integer", dtype="int8")
    number = Number.fit(small, np.arange(-120.0, 120.0))
    made = number.decode(np.array([[-99.0, 99.0]]))
    assert number.write(made, np.ones(2, bool))[0].to_pylist() == [-128, 127]


@given(st.lists(st.integers(0, 3_599), min_size=1, max_size=50), st.integers(0, 9))
def test_directions_come_back_exactly(values, seed):
    m = np.array([values], float)
    angle = Angle.fit(HEADING, m[0])
    back = angle.decode(single(angle.encode(m, np.random.default_rng(seed))))
    assert back.tolist() == m.tolist()


def test_a_direction_of_360_degrees_stays_one():
    m = np.array([[3_600.0, 10.0, 3_590.0]])
    angle = Angle.fit(HEADING, m[0])
    assert angle.decode(angle.encode(m, np.random.default_rng(0))).tolist() == m.tolist()
    assert Angle.suits(HEADING, m[0])
    assert not Angle.suits(HEADING, np.array([0.0, 3_600.0]))
    assert not Angle.suits(DECIMAL, m[0])


def test_the_area_element_of_a_direction():
    """A uniform direction has density 1 / 360 per degree: the bound is exact for the density of its channels."""
    angle = Angle(column=HEADING, turn=3_600)
    x = angle.encode(np.arange(3_600.0)[None], np.random.default_rng(0))
    r = np.hypot(*x) / math.sqrt(2)
    density = 1 / (2 * math.pi) / 0.5 / (2 * r)  # of a and r, over the area element
    assert np.allclose(np.log(density) + angle.log_slope(x), math.log(1 / 360))


def test_flags_come_back():
    marks = np.random.default_rng(0).random((3, 50)) < 0.3
    x = flags(marks, np.random.default_rng(1))
    assert (flagged(x) == marks).all()
    assert np.abs(x).min() >= 0.5


def test_a_damaged_description_is_refused():
    state = Number.fit(WHOLE, np.arange(9.0)).model_dump()
    for change in ({"sigma": 0.0}, {"mean": math.nan}, {"low": 1.0, "high": 0.0}, {"odd": 1}):
        with pytest.raises(ValidationError):
            Number.model_validate(state | change)
