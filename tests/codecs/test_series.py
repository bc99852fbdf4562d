"""Series go into windows of a grid and come back; what they are labelled with can be asked for."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import json
import math

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivefold.codecs import read_table
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.channels import channels_first
from fivefold.errors import InputError, NotFittedError
from fivefold.intake import pieces_of
from fivefold.spaces import Batch

START = dt.datetime.fromisoformat("2023-01-01")
HOURS = 24 * 70
NOISE = np.random.default_rng(7)


def stations(names=("JFK", "LGA", "EWR"), hours=HOURS, **extra) -> pa.Table:
    """Hourly weather of some stations, with values and rows that lack."""
    draw = np.random.default_rng(0)
    columns: dict[str, list] = {
        name: [] for name in ("site", "when", "warm", "gust", "rain", "fog")
    }
    for number, name in enumerate(names):
        hour = np.arange(hours)
        warm = np.round(10 + number + 8 * np.sin(hour * math.pi / 12) + draw.normal(size=hours), 1)
        gust = [None if draw.random() < 0.3 else round(x, 2) for x in draw.gamma(2, 9, hours)]
        rain = draw.poisson(0.2, hours)
        for i in hour:
            if draw.random() < 0.01 and i:
                continue
            columns["site"].append(name)
            columns["when"].append(START + dt.timedelta(hours=int(i)))
            columns["warm"].append(float(warm[i]))
            columns["gust"].append(gust[i])
            columns["rain"].append(int(rain[i]))
            columns["fog"].append(bool(i % 24 < 5))
    size = len(columns["site"])
    return pa.table(columns | {name: [value] * size for name, value in extra.items()})


TABLE = stations(height=3, source="made up")
CODEC = SeriesCodec(length=48).fit(TABLE)
DATA = CODEC.encode(TABLE, seed=0)


def test_the_space_and_what_people_are_told():
    assert CODEC.channels == [
        *("warm", "gust", "gust missing", "rain", "fog", "row missing"),
    ]
    assert CODEC.labels == {"site": 3, "hour": 24, "weekday": 7, "month": 12}
    assert CODEC.space.shape == (6, 48)
    assert CODEC.space.discrete == (3, 24, 7, 12)
    assert DATA[:3].continuous.shape == (3, 6, 48)
    assert DATA[:3].continuous.dtype == torch.float32
    told = CODEC.describe()
    assert (told["step"], told["entity"], told["time"]) == ("1 h", "site", "when")
    assert any("constant, repeated: height, source" in notice for notice in CODEC.notices)
    json.dumps(told)


def test_channels_have_about_zero_mean_and_unit_variance():
    x = DATA[:].continuous
    assert not x.isnan().any()
    numbers = [CODEC.channels.index(name) for name in ("warm", "rain", "fog")]
    assert x.mean((0, 2))[numbers].abs().max() < 0.05
    assert (x.std((0, 2))[numbers] - 1).abs().max() < 0.05
    assert x.abs().max() < 12


def test_windows_come_back_as_they_were():
    made = CODEC.decode(DATA[:1], seed=0).drop_columns(["when", "window"])
    real = TABLE.slice(0, 60).to_pylist()
    window = CODEC.design.length
    hours = [(row["when"] - START).total_seconds() // 3600 for row in real]
    rows = [row for row, hour in zip(real, hours, strict=True) if hour < window]
    for row in rows:
        del row["when"]
    assert made.to_pylist() == rows
    assert made.schema == TABLE.drop_columns(["when"]).schema


def test_every_window_is_dated_as_its_labels_say():
    batch = DATA[torch.arange(0, len(DATA), 97)]
    made = CODEC.decode(batch, seed=1, start=5)
    assert made["window"].to_pylist()[0] == 5
    firsts = {row["window"]: row for row in reversed(made.to_pylist())}
    assert sorted(firsts) == list(range(5, 5 + len(batch)))
    for row, labels in zip(
        (firsts[number] for number in sorted(firsts)), batch.discrete.tolist(), strict=True
    ):
        when = row["when"]
        names = ("JFK", "LGA", "EWR")
        assert [names.index(row["site"]), when.hour, when.weekday(), when.month - 1] == labels


def test_the_same_seed_gives_the_same_bits():
    assert CODEC.encode(TABLE, seed=3).digest() == CODEC.encode(TABLE, seed=3).digest()
    assert CODEC.encode(TABLE, seed=3).digest() != CODEC.encode(TABLE, seed=4).digest()
    assert CODEC.decode(DATA[:9], seed=3).equals(CODEC.decode(DATA[:9], seed=3))


def test_windows_of_different_owners_share_no_hour():
    """So a split by owners holds out whole stretches, without a cut by the split itself."""
    owners = DATA.owners.numpy()
    assert (np.diff(owners) >= 0).all()
    pieces, cut = pieces_of(np.unique(owners, return_inverse=True)[1])
    assert cut == 0
    assert len(np.unique(pieces)) >= 12
    clean = DATA[:].continuous[:, CODEC.channels.index("warm")]
    seen: dict[float, int] = {}
    for owner, row in zip(owners.tolist(), clean.tolist(), strict=True):
        assert {seen.setdefault(value, owner) for value in row} == {owner}


def test_a_codec_comes_back_from_json():
    state = json.loads(json.dumps(CODEC.to_dict()))
    again = SeriesCodec.from_dict(state)
    assert again.space == CODEC.space
    assert again.notices == CODEC.notices
    assert again.encode(TABLE, seed=0).digest() == DATA.digest()
    assert again.decode(DATA[:5], seed=0).equals(CODEC.decode(DATA[:5], seed=0))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("length",), 10**9),
        (("features",), []),
        (("clock", "step"), 0),
        (("calendar",), ["century"]),
        (("order",), ["a"]),
        (("span",), [5, 1]),
        (("kind",), "track"),
        (("features", 0, "sigma"), -1),
        (("features", 0, "column", "dtype"), "no such type"),
        (("words",), "list<int8>"),
        (("clock", "nanoseconds"), -1),
    ],
)
def test_a_damaged_description_is_refused(path, value):
    state = copy.deepcopy(CODEC.to_dict())
    inner = state
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(InputError) as fault:
        SeriesCodec.from_dict(state)
    assert fault.value.code in ("codec", "length")


def paths(state, path=()):
    """All places in a description."""
    for key, inner in state.items() if isinstance(state, dict) else enumerate(state):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, key))


@pytest.mark.parametrize("value", [None, -1, 10**30, 1e300, math.inf, "x", [], {}, [5, 1]])
def test_whatever_a_description_says_it_is_refused_or_works(value):
    for path in paths(CODEC.to_dict()):
        state = copy.deepcopy(CODEC.to_dict())
        inner = state
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        with contextlib.suppress(InputError):
            SeriesCodec.from_dict(state)


def test_nothing_before_fit():
    with pytest.raises(NotFittedError):
        _ = SeriesCodec().space
    with pytest.raises(InputError, match="window must have"):
        SeriesCodec(length=3)


def test_the_log_volume_is_the_change_of_variables():
    """The log volume is the log of the numeric derivative of all channels, summed."""
    draw = np.random.default_rng(0)
    size = 400
    table = pa.table(
        {
            "t": np.arange(size),
            "real": np.round(draw.normal(size=size), 12) * 1.0,
            "heavy": np.exp(draw.normal(0, 3, size)),
        }
    )
    codec = SeriesCodec(length=16).fit(table)
    heavy = codec.design.features[1]
    assert heavy.spread > 0
    batch = codec.encode(table, seed=0)[:4]
    x = channels_first(batch)
    total = 0.0
    for feature, row in zip(codec.design.features, x, strict=True):
        step = 1e-5
        y = row * feature.sigma + feature.mean
        up, down = (feature._unbend(y + side * feature.sigma) for side in (step, -step))
        slope = (up - down) / (2 * step) / 10.0**feature.column.digits  # dv / dx
        total = total - np.log(slope).sum(-1)
    assert np.allclose(codec.log_volume(batch).numpy(), total, rtol=1e-3)
    assert torch.allclose(
        codec.log_volume(codec.encode(table, seed=0))[:4], codec.log_volume(batch)
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_table_comes_back(data):
    """Whole numbers and decimals exactly, missing values missing, times on their step."""
    size = data.draw(st.integers(40, 90))
    seed = data.draw(st.integers(0, 2**31))
    draw = np.random.default_rng(seed)
    step = data.draw(st.sampled_from([60, 3_600, 86_400, 7]))
    whole = draw.integers(*data.draw(st.sampled_from([(0, 3), (-50, 50), (0, 10**6)])), size)
    digits = data.draw(st.integers(0, 4))
    decimal = np.round(draw.normal(0, 10.0 ** (4 - digits), size), digits)
    hidden = draw.random(size) < data.draw(st.sampled_from([0.0, 0.3]))
    hidden[:2] = False
    times = pa.array(np.arange(size) * step + 1_000_000_000, pa.timestamp("s"))
    table = pa.table(
        {"time": times, "n": whole + np.arange(size) % 2, "x": pa.array(decimal, mask=hidden)}
    )
    codec = SeriesCodec(length=16).fit(table)
    batch = codec.encode(table, seed=seed)[:1]
    made = codec.impose(codec.decode(batch, seed=seed), {"time": table["time"][0].as_py()})
    assert made.drop_columns(["window"]).equals(table.slice(0, 16))


def test_generated_tables_are_encoded_window_by_window():
    made = CODEC.decode(DATA[torch.arange(0, 400, 40)], seed=0)
    again = CODEC.encode(made, seed=0)
    assert len(again) == 10
    assert torch.allclose(again[:].discrete, DATA[torch.arange(0, 400, 40)].discrete)


def test_what_a_model_makes_is_plausible_whatever_it_makes():
    wild = Batch(50 * torch.randn(20, *CODEC.space.shape), DATA[:20].discrete)
    made = CODEC.decode(wild, seed=0)
    assert made["rain"].to_numpy().min() >= 0
    assert set(made["fog"].to_pylist()) <= {True, False}
    assert made["height"].to_pylist() == [3] * len(made)
    assert made["gust"].null_count > 0
    unknown = Batch(torch.full((2, *CODEC.space.shape), math.nan), DATA[:2].discrete)
    assert len(CODEC.decode(unknown, seed=0)) > 0


def test_irregular_times_are_data():
    draw = np.random.default_rng(0)
    pauses = draw.integers(5, 900, 600)
    times = np.cumsum(pauses) + 1_600_000_000
    table = pa.table(
        {"at": pa.array(times, pa.timestamp("s")), "x": draw.normal(size=600).round(3)}
    )
    codec = SeriesCodec(length=32).fit(table)
    assert codec.channels == ["x", "interval"]
    made = codec.decode(codec.encode(table, seed=0)[:1], seed=0)
    seconds = made["at"].cast(pa.int64()).to_numpy()
    assert np.diff(seconds).tolist() == pauses[1:32].tolist()
    assert made["x"].to_pylist() == table["x"].to_pylist()[:32]
    assert codec.describe()["step"].startswith("irregular") or "irregular" in codec.notices[0]


def test_workdays_have_no_weekend():
    days = [dt.date(2020, 1, 1) + dt.timedelta(n) for n in range(900)]
    days = [day for day in days if day.weekday() < 5]
    draw = np.random.default_rng(0)
    price = np.round(100 * np.exp(np.cumsum(draw.normal(0, 0.01, len(days)))), 2)
    codec = SeriesCodec().fit(pa.table({"Date": days, "Close": price}))
    assert codec.design.length == 40 or codec.design.length == 80
    assert codec.channels == ["Close"]
    data = codec.encode(pa.table({"Date": days, "Close": price}), seed=0)
    made = codec.decode(data[:50], seed=0)
    assert all(day.weekday() < 5 for day in made["Date"].to_pylist())


def test_many_short_series_are_names_not_labels():
    names = [f"p{n}" for n in range(300)]
    rows = [(name, t) for name in names for t in range(20)]
    table = pa.table(
        {
            "patient": [name for name, _ in rows],
            "minute_of_stay": [t for _, t in rows],
            "pulse": NOISE.integers(50, 120, len(rows)),
        }
    )
    codec = SeriesCodec(roles="time=minute_of_stay,entity=patient").fit(table)
    assert codec.labels == {}
    assert codec.design.length == 16
    made = codec.decode(codec.encode(table, seed=0)[:2], seed=0, start=4)
    assert set(made["patient"].to_pylist()) == {"synthetic_4", "synthetic_5"}
    assert made["minute_of_stay"].to_pylist()[:3] == list(
        range(made["minute_of_stay"][0].as_py(), made["minute_of_stay"][0].as_py() + 3)
    )


@pytest.mark.parametrize(
    ("where", "labels"),
    [
        ({"site": "LGA", "hour": "6"}, [1, 6, None, None]),
        ({"entity": "EWR"}, [2, None, None, None]),
        ({"month": "Feb", "weekday": "sunday"}, [None, None, 6, 1]),
        ({"time": "2023-02-05T07:00"}, [None, 7, 6, 1]),
        ({}, [None] * 4),
    ],
)
def test_conditions(where, labels):
    found = CODEC.condition(where, 3)
    assert len(found) == 3
    assert not found.continuous.any()
    assert found.discrete.tolist() == [label is not None for label in labels]
    for row in found.values.discrete.tolist():
        assert [a for a, b in zip(row, labels, strict=True) if b is not None] == [
            b for b in labels if b is not None
        ]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"site": "JFC"}, "did you mean 'JFK'"),
        ({"hour": "noon"}, "is no hour"),
        ({"rain": 3}, "cannot be asked for"),
        ({"time": "soon"}, "is no time"),
        ({"month": 13}, "is no month"),
    ],
)
def test_conditions_that_cannot_be(where, message):
    with pytest.raises(InputError, match=message):
        CODEC.condition(where, 1)


def test_the_time_that_was_asked_for_is_imposed():
    made = CODEC.decode(DATA[:3], seed=0)
    moved = CODEC.impose(made, {"time": "2030-06-01T05:00:00"})
    firsts = {row["window"]: row["when"] for row in reversed(moved.to_pylist())}
    assert set(firsts.values()) == {dt.datetime.fromisoformat("2030-06-01T05:00")}
    assert moved.drop_columns(["when"]).equals(made.drop_columns(["when"]))
    assert CODEC.impose(made, {"hour": 3}).equals(made)


def test_rows_are_written_as_any_table(tmp_path):
    made = CODEC.decode(DATA[:3], seed=0)
    for name in ("a.csv", "a.parquet"):
        CODEC.write(made, tmp_path / name)
        assert len(read_table(tmp_path / name)) == len(made)


def test_a_table_without_a_column_or_with_another_entity_is_refused():
    with pytest.raises(InputError, match="no column 'warm'"):
        CODEC.encode(TABLE.drop_columns(["warm"]), seed=0)
    with pytest.raises(InputError, match="'BOS' is no site"):
        CODEC.encode(stations(names=("BOS",)), seed=0)
    with pytest.raises(InputError, match="fewer than a window"):
        CODEC.encode(TABLE.slice(0, 20), seed=0)


def test_large_data_are_views_not_copies():
    size = 200_000
    table = pa.table({"t": np.arange(size), "x": NOISE.normal(size=size).round(2)})
    codec = SeriesCodec(length=64).fit(table)
    data = codec.encode(table, seed=0)
    assert len(data) > 30_000
    assert data.array.base is not None
    assert data.array.strides[0] == data.array.strides[2] == 4
