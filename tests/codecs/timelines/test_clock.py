"""Times are counted in steps, whatever the calendar, the zone and the form they are written in."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.places import LINED, SOURCE
from fivefold.codecs.timelines.clock import Clock, differences, time_column
from fivefold.errors import InputError

DAY = dt.date(2024, 1, 1)


def clock_of(values):
    values = pa.chunked_array([values])
    return Clock.fit(time_column("t", values), values, np.zeros(len(values), np.int64)), values


def back(clock, values):
    """Times read, counted and written again."""
    lattice, _ = clock.read(values)
    return clock.write(clock.lattice(clock.ticks(lattice)))


WORKDAYS = [DAY + dt.timedelta(n) for n in range(60) if (DAY + dt.timedelta(n)).weekday() < 5]
MONTHS = [dt.date(2020 + n // 12, n % 12 + 1, 15) for n in range(40)]
QUARTERS = [dt.date(1965 + n // 4, n % 4 * 3 + 1, 1) for n in range(80)]
LASTS = [
    (dt.date(2019 + n // 12, n % 12 + 1, 28) + dt.timedelta(4)).replace(day=1) for n in range(40)
]
LASTS = [day - dt.timedelta(1) for day in LASTS]
HOURS = pa.array(np.arange(100) * 3_600, pa.timestamp("s"))
HALVES = pa.array(np.arange(900) * 1_800 + 1_711_800_000, pa.timestamp("s", "Europe/Berlin"))
MIDNIGHTS = pa.array(
    [dt.datetime.fromisoformat("2024-01-01") + dt.timedelta(n) for n in range(200)],
    pa.timestamp("us"),
)


@pytest.mark.parametrize(
    ("values", "ruler", "step"),
    [
        (pa.array(WORKDAYS), "workdays", 1),
        (pa.array(MONTHS), "months", 1),
        (pa.array(QUARTERS), "months", 3),
        (pa.array(LASTS), "months", 1),
        (HOURS, "time", 1),
        (HALVES, "time", 30),
        (pa.array([DAY + dt.timedelta(7 * n) for n in range(30)]), "time", 7),
        (pa.array([f"{n // 60:02d}:{n % 60:02d}:00" for n in range(9)]), None, None),
        (pa.array([f"2024-01-01 {n:02d}:00" for n in range(24)]), "time", 1),
        (pa.array(np.arange(50) * 0.25), "time", 25),
        (pa.array(np.arange(50) + 1_700_000_000), "time", 1),
    ],
)
def test_the_ruler_and_the_step(values, ruler, step):
    if ruler is None:
        with pytest.raises(InputError, match="no column of times"):
            clock_of(values)
        return
    clock, column = clock_of(values)
    assert (clock.ruler, clock.step, clock.regular) == (ruler, step, True)
    assert back(clock, column).equals(values)
    ticks = clock.ticks(clock.read(column)[0])
    assert set(np.diff(ticks)) == {step}


def test_days_of_a_zone_are_those_of_its_clocks():
    """Across the change to summer time midnights lie 23 hours apart, and are a day apart."""
    import pyarrow.compute as pc

    zoned = pc.assume_timezone(MIDNIGHTS, "Europe/Berlin")
    clock, column = clock_of(zoned)
    assert clock.local
    assert clock.regular
    assert clock.seconds == 86_400
    assert set(np.diff(clock.ticks(clock.read(column)[0]))) == {clock.step}
    assert back(clock, column).equals(zoned)


def test_the_hour_of_a_zone_is_that_of_its_clocks():
    clock, column = clock_of(HALVES)
    lattice, _ = clock.read(column)
    hours = clock.wall(lattice) // 3_600_000_000 % 24
    moments = HALVES.to_pylist()
    assert hours.tolist() == [moment.hour for moment in moments]


def test_offsets_that_differ_are_moments():
    words = ["2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00", "2024-03-31T04:00:00+02:00"]
    clock, column = clock_of(pa.array(words))
    assert (clock.regular, clock.seconds) == (True, 3_600)
    assert back(clock, column).to_pylist()[1] == "2024-03-31T01:00:00+00:00"


def test_seconds_since_1970_have_a_calendar_and_small_numbers_none():
    assert clock_of(pa.array(np.arange(9) + 1_700_000_000))[0].days
    assert clock_of(pa.array(np.arange(9) * 1_000 + 1_700_000_000_000))[0].seconds == 1
    assert not clock_of(pa.array(np.arange(9)))[0].days


def test_jitter_is_regular_and_random_times_are_not():
    draw = np.random.default_rng(0)
    steps = 600 * np.arange(300) + draw.integers(-40, 40, 300)
    assert clock_of(pa.array(steps, pa.timestamp("s")))[0].regular
    wild = np.cumsum(draw.exponential(600, 300) + 1).astype(int)
    assert not clock_of(pa.array(wild, pa.timestamp("s")))[0].regular


def test_times_beyond_the_calendar_are_written_at_its_end():
    clock, _ = clock_of(HOURS)
    far = clock.write(np.array([2**50, -(2**50)])).to_pylist()
    assert [moment.year for moment in far] == [9999, 1]


def test_one_time_is_no_series():
    with pytest.raises(InputError, match="two different times"):
        clock_of(pa.array([DAY] * 5 + [None]))


def test_differences_are_those_within_entities():
    found = differences(np.array([5, 1, 4, 4, 9]), np.array([0, 0, 0, 1, 1]))
    assert sorted(found.tolist()) == [1, 3, 5]


@pytest.mark.parametrize(("first", "said"), [("Z", "without"), ("", "with")])
def test_times_of_which_half_have_a_zone_are_refused_with_the_first_that_differs(first, said):
    second = "" if first else "+01:00"
    hours = [f"2024-01-{1 + n // 24:02d}T{n % 24:02d}:00:00" for n in range(200)]
    words = [hour + (first if n < 100 else second) for n, hour in enumerate(hours)]
    memory = {SOURCE: b"a.csv", LINED: b"1"}
    with pytest.raises(InputError, match=rf"a\.csv:102 column t: .* written {said} a zone"):
        time_column("t", pa.chunked_array([words]), memory)
