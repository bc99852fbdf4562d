import numpy as np
import pytest

from fivefold.measures.traces import Log, measure_traces


def by_name(figures):
    return {figure.name: figure for figure in figures}


def cases(count, seed, late=0.0, hours=8):
    """register, some checks, decide; now and then an appeal; `late` skips the checks."""
    dice = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        path = ["register", *["check"] * int(dice.integers(1, 4)), "decide"]
        if dice.random() < late:
            path = ["register", "decide"]
        if dice.random() < 0.3:
            path.append("appeal")
        waits = [f"+{dice.integers(0, hours)}h{dice.integers(1, 60)}m" for _ in path]
        waits[0] = "2020-01-01T08:00:00"
        lines.append(" | ".join(f"{w} {a}" for w, a in zip(waits, path, strict=True)))
    return lines


def test_a_log_is_read_into_steps_durations_and_waits():
    log = Log.of(["2020-01-01T08:00:00 a | +1h b | ? c | +30m a", ""])
    assert log.steps[0] == [("", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("a", "")]
    assert log.durations.tolist() == [5_400]
    assert log.waits.tolist() == [3_600, 1_800]
    assert log.lengths.tolist() == [4, 0]


def test_an_independent_log_lies_at_the_floor():
    for figure in measure_traces(cases(400, 0), cases(400, 1), holdout=cases(400, 2)):
        assert figure.value == pytest.approx(figure.floor, abs=0.08)
        assert figure.low <= figure.value <= figure.high


def test_a_step_that_no_real_case_takes_costs_fitness():
    found = by_name(measure_traces(cases(400, 0), cases(400, 1, late=0.5)))
    assert found["directly_follows_fitness"].high < found["directly_follows_fitness"].floor
    assert found["fitting_cases"].value == pytest.approx(0.5, abs=0.1)
    assert found["directly_follows_reached"].value == 1
    assert found["activity_error"].low > found["activity_error"].floor
    assert found["case_length_error"].low > found["case_length_error"].floor


def test_the_converse_sees_steps_that_are_never_made():
    plain = ["? register | ? check | ? decide"] * 50
    found = by_name(measure_traces(cases(400, 0), plain))
    assert found["directly_follows_fitness"].value == 1
    assert found["directly_follows_reached"].high < 1
    assert found["duration_error"].value is None
    assert found["duration_error"].note


def test_slower_cases_are_seen_in_durations_and_waits_alone():
    found = by_name(measure_traces(cases(400, 0), cases(400, 1, hours=20)))
    for name in ("duration_error", "waiting_error"):
        assert found[name].low > found[name].floor
    assert found["case_length_error"].value < 0.1
