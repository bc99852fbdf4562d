"""Forecasts and gaps are windows seen in part, and come back at their times."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
import torch

from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.sphere import distance, unit
from fivefold.codecs.track import TrackCodec
from fivefold.errors import InputError
from fivefold.spaces import Batch, Condition

DRAW = np.random.default_rng(0)
START = dt.datetime.fromisoformat("2023-01-01")
HOURS = [START + dt.timedelta(hours=n) for n in range(600)]


def two_sites(gaps=False):
    size = 1_200
    hidden = DRAW.random(size) < 0.1 * gaps
    return pa.table(
        {
            "site": ["a"] * 600 + ["b"] * 600,
            "time": HOURS * 2,
            "x": pa.array((np.arange(size) % 24) / 2, mask=hidden),
            "n": np.arange(size) % 7,
        }
    )


TABLE = two_sites(gaps=True)
CODEC = SeriesCodec(length=32).fit(TABLE)


def impose(condition: Condition, made: Batch) -> Batch:
    """What a family does at the end."""
    continuous = torch.where(condition.continuous, condition.values.continuous, made.continuous)
    discrete = torch.where(condition.discrete, condition.values.discrete, made.discrete)
    return Batch(continuous, discrete)


def noise(condition: Condition) -> Batch:
    shape = condition.values.continuous.shape
    return impose(condition, Batch(torch.randn(shape), condition.values.discrete))


def test_a_forecast_sees_the_past_and_nothing_else():
    asked = CODEC.forecast(TABLE, horizon=8, n=3)
    condition = asked.condition
    assert len(asked) == len(condition) == 6
    assert asked.names == ["a"] * 3 + ["b"] * 3
    x, missing, n = (
        condition.continuous[:, CODEC.channels.index(c)] for c in ("x", "x missing", "n")
    )
    assert n[:, :24].all()
    assert not n[:, 24:].any()
    assert x[:, :24].all()
    assert not x[:, 24:].any()
    assert missing.all()
    assert (condition.values.continuous[:, CODEC.channels.index("x missing"), 24:] < 0).all()
    assert condition.discrete.all()
    assert condition.values.discrete[:, 0].tolist() == [0] * 3 + [1] * 3


def test_a_forecast_comes_back_at_the_times_after_the_last():
    asked = CODEC.forecast(TABLE, horizon=8, n=3)
    made = CODEC.restore(noise(asked.condition), asked)
    assert len(made) == 6 * 8
    assert made["x"].null_count == 0
    first = made.filter(pa.array(made["window"].to_numpy() == 0))
    assert first["time"].to_pylist() == [HOURS[-1] + dt.timedelta(hours=n) for n in range(1, 9)]
    assert set(first["site"].to_pylist()) == {"a"}


def test_a_forecast_of_an_entity_that_training_did_not_have():
    asked = CODEC.forecast(TABLE.set_column(0, "site", pa.array(["c"] * 600 + ["b"] * 600)), 4)
    assert asked.condition.discrete[:, 0].tolist() == [False, True]
    assert set(CODEC.restore(noise(asked.condition), asked)["site"].to_pylist()) == {"c", "b"}


def test_a_short_past_leaves_the_rest_to_the_model():
    asked = CODEC.forecast(TABLE.slice(600, 5), horizon=6)
    n = asked.condition.continuous[0, CODEC.channels.index("n")]
    assert n.tolist() == [True] * 5 + [False] * 27
    assert np.flatnonzero(asked.wanted[0]).tolist() == list(range(5, 11))
    made = CODEC.restore(noise(asked.condition), asked)
    assert made["time"].to_pylist() == HOURS[5:11]


@pytest.mark.parametrize("horizon", [0, 32, 1_000])
def test_a_horizon_that_does_not_fit(horizon):
    with pytest.raises(InputError, match="does not fit into a window of 32"):
        CODEC.forecast(TABLE, horizon)
    with pytest.raises(InputError, match="at least one"):
        CODEC.forecast(TABLE, 4, 0)


def test_gaps_are_seen_around_and_filled():
    asked = CODEC.gaps(TABLE)
    made = CODEC.restore(noise(asked.condition), asked)
    missing = [row for row in TABLE.to_pylist() if row["x"] is None]
    found = {(row["site"], row["time"]): row for row in made.to_pylist()}
    assert set(found) == {(row["site"], row["time"]) for row in missing}
    assert len(made) == len(found)
    assert made["x"].null_count == 0
    for row in missing:
        assert found[row["site"], row["time"]]["n"] == row["n"]
    x = asked.condition.continuous[:, CODEC.channels.index("x")]
    assert 0.8 < x.float().mean() < 0.97


def test_rows_that_lack_are_gaps_too_and_long_ones_are_not():
    keep = np.r_[0:100, 110:300, 400:600]
    table = TABLE.slice(600, 600).take(pa.array(keep)).drop_columns(["x"])
    codec = SeriesCodec(length=32).fit(table)
    asked = codec.gaps(table)
    made = codec.restore(noise(asked.condition), asked)
    assert made["time"].to_pylist() == HOURS[100:110]
    seen = asked.condition.continuous[0, 0]
    assert seen.sum() == 22
    assert seen[0]
    assert seen[-1]


def test_a_long_gap_has_several_windows_and_every_row_once():
    hidden = np.zeros(600, bool)
    hidden[200:290] = hidden[598:] = hidden[:2] = True
    x = pa.array((np.arange(600) % 24) / 2, mask=hidden)
    table = pa.table({"site": ["a"] * 600, "time": HOURS, "x": x, "n": np.arange(600) % 7})
    asked = CODEC.gaps(table, n=2)
    made = CODEC.restore(noise(asked.condition), asked)
    times = [HOURS[n] for n in np.flatnonzero(hidden)]
    assert sorted(made["time"].to_pylist()) == sorted(times * 2)


def test_no_gap_is_said():
    table = (
        TABLE.slice(0, 600).drop_columns(["x"]).append_column("x", pa.array(np.arange(600) / 2))
    )
    with pytest.raises(InputError, match="nothing is missing"):
        CODEC.gaps(table)


def test_irregular_times_are_forecast_with_the_values():
    pauses = DRAW.integers(5, 900, 400)
    times = pa.array(np.cumsum(pauses) + 1_600_000_000, pa.timestamp("s"))
    table = pa.table({"at": times, "x": DRAW.normal(size=400).round(2)})
    codec = SeriesCodec(length=32).fit(table)
    asked = codec.forecast(table, horizon=5)
    interval = asked.condition.continuous[0, codec.channels.index("interval")]
    assert interval.tolist() == [True] * 27 + [False] * 5
    made = codec.restore(noise(asked.condition), asked)["at"].to_pylist()
    assert len(made) == 5
    assert made[0] > times[-1].as_py()
    assert sorted(made) == made


N = np.arange(300)
SHIP = pa.table(
    {
        "ship": ["s"] * 300,
        "t": N,
        "lat": np.round(60 + N / 50 + np.sin(N / 20), 5),
        "lon": np.round((179 + N / 100 + 180) % 360 - 180, 5),
    }
)
TRACKS = TrackCodec(length=32).fit(SHIP)


def test_a_track_goes_on_from_its_last_point():
    asked = TRACKS.forecast(SHIP, horizon=6, n=4)
    steps = asked.condition.continuous[:, TRACKS.channels.index("east")]
    assert steps[:, :26].all()
    assert not steps[:, 26:].any()
    assert asked.condition.continuous[:, :3].all()
    still = impose(
        asked.condition, Batch(0 * asked.condition.values.continuous, torch.zeros(4, 0))
    )
    made = TRACKS.restore(still, asked)
    first = unit(*(made[name].to_numpy()[:1] for name in ("lat", "lon")))
    last = unit(*(SHIP[name].to_numpy()[-1:] for name in ("lat", "lon")))
    assert distance(first, last)[0] < 5_000
    assert made["t"].to_pylist()[:6] == list(range(300, 306))


def test_a_gap_in_a_track_ends_where_the_track_goes_on():
    hidden = np.zeros(300, bool)
    hidden[150:158] = True
    lat, lon = (pa.array(SHIP[name].to_numpy(), mask=hidden) for name in ("lat", "lon"))
    table = pa.table({"ship": SHIP["ship"], "t": N, "lat": lat, "lon": lon})
    asked = TRACKS.gaps(table)
    made = TRACKS.restore(asked.condition.values, asked)
    assert made["t"].to_pylist() == list(range(150, 158))
    wild = TRACKS.restore(noise(asked.condition), asked)
    for at, side in ((0, 149), (-1, 158)):
        there = unit(*(wild[name].to_numpy()[[at]] for name in ("lat", "lon")))
        known = unit(*(SHIP[name].to_numpy()[[side]] for name in ("lat", "lon")))
        assert distance(there, known)[0] < 40_000
