"""Tracks come back to the metre wherever on Earth they are."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.kinds import Column
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.path import Path
from fivefold.codecs.timelines.sphere import RADIUS, degrees, distance, from_plane, to_plane, unit
from fivefold.codecs.track import TrackCodec
from fivefold.errors import InputError
from fivefold.spaces import Batch

LATITUDES = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.99999, 0.0, 89.99999, 90.0]))
LONGITUDES = st.one_of(
    st.floats(-180, 180), st.sampled_from([-180.0, -179.99999, 0.0, 179.99999, 180.0])
)
FINE = {"kind": "decimal", "dtype": "double", "digits": 9}
LATITUDE, LONGITUDE = Column(name="lat", **FINE), Column(name="lon", **FINE)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_the_plane_and_the_sphere_are_inverse(a, b, c, d):
    start, p = unit(np.array([a]), np.array([b])), unit(np.array([[c]]), np.array([[d]]))
    metres = to_plane(p, start)
    assert np.isfinite(metres).all()
    assert np.hypot(*metres)[0, 0] <= np.pi * RADIUS * (1 + 1e-12)
    if distance(p[..., 0], start)[0] < np.pi * RADIUS - 100:
        assert distance(from_plane(metres, start)[..., 0], p[..., 0])[0] < 1e-3
        assert np.isclose(np.hypot(*metres)[0, 0], distance(p[..., 0], start)[0], atol=1e-6)


@given(LATITUDES, LONGITUDES)
def test_degrees_come_back(a, b):
    latitude, longitude = degrees(unit(np.array(a), np.array(b)))
    assert abs(latitude - a) < 1e-7
    assert -90 <= latitude <= 90
    assert -180 <= longitude <= 180
    here = unit(latitude, longitude)
    assert distance(here, unit(np.array(a), np.array(b))) < 0.01


def walk(latitude, longitude, heading, size, seed, metres=300.0):
    """A track of so many points along great circles that set out anywhere."""
    draw = np.random.default_rng(seed)
    p = unit(np.array([latitude]), np.array([longitude]))
    found = [p[:, 0]]
    for _ in range(size - 1):
        heading += draw.normal(0, 0.1)
        there = metres * np.array([[[np.sin(heading)]], [[np.cos(heading)]]])
        p = from_plane(there, p)[..., 0]
        found.append(p[:, 0])
    return degrees(np.stack(found, -1))


@settings(max_examples=25, deadline=None)
@given(
    LATITUDES, LONGITUDES, st.floats(0, 6.28), st.sampled_from([0.5, 300.0, 50_000.0, 300_000.0])
)
def test_a_path_comes_back_to_the_metre_anywhere(latitude, longitude, heading, metres):
    """At the poles, across them, over the line where longitude jumps, in steps of any length."""
    tracks = [walk(latitude, longitude, heading + n, 33, n, metres) for n in range(2)]
    m = np.rint(np.stack([np.stack([t[i] for t in tracks]) for i in (0, 1)]) * 1e9)
    path = Path(latitude=LATITUDE, longitude=LONGITUDE).settled(m)
    x = path.encode(m, np.random.default_rng(0)).astype(np.float32).astype(np.float64)
    assert np.isfinite(x).all()
    back = path.decode(x)
    assert (np.abs(back[0]) <= 90e9).all()
    assert (np.abs(back[1]) <= 180e9).all()
    off = distance(unit(*(back / 1e9)), unit(*(m / 1e9)))
    assert off.max() < 1


def test_steps_are_smooth_over_the_line_and_over_the_pole():
    """Nothing jumps: the steps of a track on a great circle are equal."""
    for latitude, longitude, heading in ((10.0, 179.9, np.pi / 2), (89.9, 20.0, 0.0)):
        draw = np.linspace(0, 60_000, 40)
        metres = np.stack([draw * np.sin(heading), draw * np.cos(heading)])[:, None]
        p = from_plane(metres, unit(np.array([latitude]), np.array([longitude])))
        m = np.rint(np.stack(degrees(p)) * 1e9)
        path = Path(latitude=LATITUDE, longitude=LONGITUDE)
        steps = path.encode(m, np.random.default_rng(0))[3:, 0]
        assert np.ptp(steps, axis=-1).max() < 1


def test_a_hundred_steps_do_not_add_up_errors():
    tracks = [walk(48.0, 11.0, 1.0, 256, 3, metres=9_000.0)]
    m = np.rint(np.stack([np.stack([t[i] for t in tracks]) for i in (0, 1)]) * 1e9)
    path = Path(latitude=LATITUDE, longitude=LONGITUDE).settled(m)
    x = path.encode(m, np.random.default_rng(0)).astype(np.float32).astype(np.float64)
    assert distance(unit(*(path.decode(x) / 1e9)), unit(*(m / 1e9))).max() < 0.05


def flights(digits=5, **extra):
    """Some flights, one over the pole and one over the line where longitude jumps."""
    columns: dict[str, list] = {
        name: [] for name in ("flight", "time", "lat", "lon", "alt", "heading")
    }
    for number, (latitude, longitude, heading) in enumerate(
        [(48.0, 11.0, 1.0), (88.5, 100.0, 0.0), (10.0, 179.0, 1.5), (-89.0, -70.0, 3.0)]
    ):
        draw = np.random.default_rng(number)
        lat, lon = walk(latitude, longitude, heading, 120, number, metres=2_000.0)
        columns["flight"] += [f"F{number}"] * 120
        columns["time"] += list(np.arange(120) * 10 + 1_700_000_000 + 7 * number)
        columns["lat"] += list(np.round(lat, digits))
        columns["lon"] += list(np.round(lon, digits))
        columns["alt"] += [
            None if draw.random() < 0.2 else int(x) for x in draw.integers(300, 420, 120)
        ]
        columns["heading"] += list((np.degrees(heading) + draw.normal(0, 9, 120)).round(1) % 360)
    table = pa.table(columns | extra)
    return table.set_column(1, "time", table["time"].cast(pa.timestamp("s")))


TABLE = flights()
CODEC = TrackCodec(length=24).fit(TABLE)


def test_the_channels_and_the_labels():
    assert CODEC.channels == [
        *("start x", "start y", "start z", "east", "north"),
        *("alt", "alt missing", "heading sine", "heading cosine"),
    ]
    assert "flight" not in CODEC.labels
    data = CODEC.encode(TABLE, seed=0)
    assert data[:2].continuous.shape == (2, 9, 24)
    assert (data[:].continuous.std((0, 2))[3:5] - 1).abs().max() < 0.1


def test_tracks_come_back_as_they_were():
    data = CODEC.encode(TABLE, seed=0)
    batch = data[torch.tensor([0, len(data) - 1])]
    made = CODEC.decode(batch, seed=0)
    assert made.column_names == [*TABLE.column_names, "window"]
    for window, rows in ((0, TABLE.slice(0, 24)), (1, TABLE.slice(456, 24))):
        part = made.filter(pa.array(made["window"].to_numpy() == window))
        for name in ("alt", "heading"):
            assert part[name].to_pylist() == rows[name].to_pylist()
        here, there = (unit(t["lat"].to_numpy(), t["lon"].to_numpy()) for t in (part, rows))
        assert distance(here, there).max() < 1.2
        assert np.diff(part["time"].cast(pa.int64())).tolist() == [10] * 23
    assert made["flight"].to_pylist()[0] == "synthetic_0"


def test_whatever_a_model_makes_lies_on_the_earth():
    wild = Batch(
        30 * torch.randn(20, *CODEC.space.shape), torch.zeros(20, CODEC.space.positions).long()
    )
    made = CODEC.decode(wild, seed=0)
    assert np.abs(made["lat"].to_numpy()).max() <= 90
    assert np.abs(made["lon"].to_numpy()).max() <= 180
    assert made["heading"].to_numpy().min() >= 0
    assert made["heading"].to_numpy().max() < 360


def test_longitudes_that_are_written_from_0_to_360_stay_so():
    east = pa.array(TABLE["lon"].to_numpy() % 360)
    table = TABLE.set_column(3, "lon", east)
    codec = TrackCodec(length=24).fit(table)
    made = codec.decode(codec.encode(table, seed=0)[:], seed=0)["lon"].to_numpy()
    assert made.min() >= 0
    assert made.max() > 300


def test_missing_positions_are_flagged_and_bridged_the_short_way():
    hidden = np.zeros(480, bool)
    hidden[::9] = True
    hidden[0] = False
    lat, lon = (pa.array(TABLE[name].to_numpy(), mask=hidden) for name in ("lat", "lon"))
    table = TABLE.set_column(2, "lat", lat).set_column(3, "lon", lon)
    codec = TrackCodec(length=24).fit(table)
    assert "lat missing" in codec.channels
    data = codec.encode(table, seed=0)
    assert data[:].continuous[:, 3:5].abs().max() < 15
    made = codec.decode(data[:1], seed=0)
    assert made["lat"].to_pylist()[9] is None
    assert made["lon"].to_pylist()[9] is None
    assert made["lat"].null_count == made["lon"].null_count == 2


def test_a_codec_comes_back_from_json():
    again = TrackCodec.from_dict(json.loads(json.dumps(CODEC.to_dict())))
    assert again.encode(TABLE, seed=0).digest() == CODEC.encode(TABLE, seed=0).digest()
    with pytest.raises(InputError, match="is of kind track"):
        SeriesCodec.from_dict(CODEC.to_dict())
    assert torch.isfinite(CODEC.log_volume(CODEC.encode(TABLE, seed=0))).all()


def test_the_log_volume_of_a_path_is_that_of_its_scales():
    path = CODEC.design.features[0]
    x = np.random.default_rng(0).normal(size=(5, 2, 24))
    assert np.allclose(path.log_slope(x), -np.log(path.sigma).sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["lon"]), "no column of longitude"),
        (lambda t: t.set_column(2, "lat", pa.array([123.0, 1.0] * 240)), "123 is no latitude"),
        (lambda t: t.set_column(3, "lon", pa.array([-720.0, 1.0] * 240)), "-720 is no longitude"),
        (lambda t: t.set_column(2, "lat", pa.array([5.0] * 480)), "no column of latitude"),
    ],
)
def test_tables_that_are_no_tracks(change, message):
    with pytest.raises(InputError, match=message):
        TrackCodec(length=24).fit(change(TABLE))
