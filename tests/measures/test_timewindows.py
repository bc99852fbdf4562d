"""Windows of series, wherever they come from."""

import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.timewindows import codec_of, windows_from, windows_in

DRAW = np.random.default_rng(0)
HOURS = np.datetime64("2024-01-01T00") + np.arange(1_500).astype("timedelta64[h]")


def weather() -> pa.Table:
    temp = np.round(
        10 + 5 * np.sin(2 * np.pi * np.arange(1_500) / 24) + DRAW.normal(size=1_500), 1
    )
    return pa.table(
        {
            "time": pa.array(HOURS.astype("datetime64[s]")),
            "temp": pa.array(temp, mask=DRAW.random(1_500) < 0.1),
            "rain": DRAW.integers(0, 5, 1_500),
        }
    )


def test_real_windows_hold_what_the_table_holds():
    table = weather()
    codec = codec_of(table, "series", length=48)
    found = windows_in(table, codec)
    assert found.values.shape[1:] == (48, 2)
    assert found.names == ["temp", "rain"]
    assert found.season == 24
    assert 0.05 < np.isnan(found.values[..., 0]).mean() < 0.15
    assert found.values[0, :, 1].tolist() == table["rain"].to_pylist()[:48]
    assert len(windows_in(table, codec, dense=True)) > 3 * len(found)


def test_what_a_batch_says_and_what_its_table_says_are_one():
    table = weather()
    codec = codec_of(table, "series", length=48)
    batch = codec.encode(table, seed=0)[:20]
    straight, around = windows_from(batch, codec), windows_in(codec.decode(batch, seed=1), codec)
    assert straight.values == pytest.approx(around.values, nan_ok=True)
    assert straight.names == around.names
    assert len(np.unique(around.owners)) == 20


def test_halves_share_no_owner():
    found = windows_in(weather(), codec_of(weather(), "series", length=48))
    one, two = found.halves(np.random.default_rng(0))
    assert not set(one.owners) & set(two.owners)
    assert len(one) + len(two) == len(found)
    assert min(len(one), len(two)) > 0.25 * len(found)


def test_waits_of_irregular_series_are_a_variable():
    t = np.cumsum(DRAW.exponential(10, 900)).astype(np.int64) + np.arange(900)
    table = pa.table({"t": t, "x": DRAW.normal(size=900)})
    codec = codec_of(table, "series", length=16)
    found = windows_in(table, codec)
    assert found.names == ["x", "log wait"]
    assert found.season == 1
    assert np.isnan(found.values[:, 0, 1]).all()
    assert found.values[0, 1:, 1] == pytest.approx(np.log(np.diff(t[:16])))


def test_tracks_are_kilometres_from_their_start():
    n = np.arange(400)
    table = pa.table(
        {
            "t": n,
            "ship": ["a"] * 400,
            "lat": np.round(n / 400, 5),
            "lon": np.round((179.0 + n / 100 + 180) % 360 - 180, 5),
        }
    )
    found = windows_in(table, codec_of(table, "track", length=32))
    assert found.names == ["km east", "km north", "start latitude", "start longitude"]
    assert found.values[0, :, 3] == pytest.approx(179.0)
    assert found.values[-1, :, 3].max() < -170
    assert found.values[:, 0, :2] == pytest.approx(0)
    assert found.values[:, -1, 0] == pytest.approx(31 * 1.112, rel=0.01)
    assert found.values[:, -1, 1] == pytest.approx(31 / 400 * 111.2, rel=0.01)


def test_what_is_too_short_is_told():
    table = weather()
    codec = codec_of(table, "series", length=48)
    with pytest.raises(InputError, match="48 steps"):
        windows_in(table.slice(0, 30), codec, "synthetic")
