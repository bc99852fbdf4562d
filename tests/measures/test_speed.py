import time

import pytest

from fivefold.measures.speed import generation_speed


def clock_of(ticks):
    times = iter(ticks)
    return lambda: next(times)


def test_speed_is_rows_over_seconds_without_the_first_run():
    asked = []
    ticks = [0, 9, 10, 11, 20, 21, 30, 31]
    figure = generation_speed(asked.append, 500, seconds=0, clock=clock_of(ticks))
    assert asked == [500] * 4
    assert (figure.low, figure.value, figure.high) == pytest.approx((500, 500, 500))
    assert figure.details["first_run_seconds"] == 9


def test_uneven_runs_widen_the_interval():
    ticks = [0, 1, 10, 11, 20, 22, 30, 34]
    figure = generation_speed(lambda rows: None, 700, seconds=0, clock=clock_of(ticks))
    assert figure.value == pytest.approx(300)
    assert figure.low < 175 < 700 < figure.high


def test_processor_seconds_do_not_count_sleep():
    figure = generation_speed(lambda rows: time.sleep(0.02), 100, seconds=0)
    assert figure.value > 100 / 0.02
