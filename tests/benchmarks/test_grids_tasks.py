"""What the tasks of grids read from people's folders, hold out, and judge."""

import argparse
import gzip
import json
import struct

import numpy as np
import pytest
from PIL import Image
from pyarrow import feather

from fivefold.compare.parts import Parts

HOURS, STATIONS = 1_000, ("EWR", "JFK")


def idx(path, array):
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(head + array.tobytes())


def test_digits_keep_their_split_and_their_classes(grids, tmp_path) -> None:
    levels = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    for part, rows in (("train", slice(4)), ("t10k", slice(4, 6))):
        idx(tmp_path / f"{part}-images-idx3-ubyte", levels[rows])
        idx(tmp_path / f"{part}-labels-idx1-ubyte", np.arange(6, dtype=np.uint8)[rows])
    grids.pictures.mnist(tmp_path, tmp_path)
    found = np.load(tmp_path / grids.pictures.PICTURES)
    assert np.array_equal(found["train"][..., 0], levels[:4])
    assert np.array_equal(found["test"], levels[4:, ..., None])
    assert found["test_labels"].tolist() == [4, 5]


def test_emoji_stand_on_white_and_a_fifth_is_held_out(grids, tmp_path) -> None:
    folder = tmp_path / "64"
    folder.mkdir()
    for n in range(20):
        levels = np.zeros((64, 64, 4), np.uint8)
        levels[:32] = (10 * n, 0, 0, 255)
        Image.fromarray(levels).save(folder / f"{n:02}.png")
    grids.pictures.emoji(folder, tmp_path)
    found = np.load(tmp_path / grids.pictures.PICTURES)
    assert found["train"].shape == (16, 64, 64, 3)
    both = np.concatenate([found["train"], found["test"]])
    assert (both[:, 32:] == 255).all()
    assert sorted(both[:, 0, 0, 0].tolist()) == [10 * n for n in range(20)]


@pytest.fixture
def weather(grids, tmp_path):
    draw = np.random.default_rng(0)
    lines = ["origin,temp,pressure,time_hour"]
    for station in STATIONS:
        noise = draw.normal(0, 2, HOURS)
        for hour in range(HOURS):
            temp = 50 + 10 * np.sin(hour * np.pi / 12) + noise[hour]
            time = np.datetime64("2013-01-01T00") + hour
            lines.append(f"{station},{temp:.6f},{1000 + hour % 7},{time}:00:00Z")
    (tmp_path / "weather.csv").write_text("\n".join(lines) + "\n")
    data = tmp_path / "data"
    data.mkdir()
    grids.timelines.weather(tmp_path, data)
    return data


def test_peers_learn_from_no_hour_that_is_held_out(grids, weather) -> None:
    parts, rows = Parts.read(weather), feather.read_table(weather / grids.timelines.ROWS)
    known = grids.timelines.learned(parts)
    assert len(known) + len(parts.holdout) == HOURS * len(STATIONS)
    there = set(zip(known["origin"].to_pylist(), known["temp"].to_pylist(), strict=True))
    given = list(zip(rows["origin"].to_pylist(), rows["temp"].to_pylist(), strict=True))
    assert set(given) <= there
    assert len(set(given)) > 0.75 * len(known)
    with np.load(weather / grids.timelines.ARRAYS) as file:
        assert file["values"][..., 0].ravel().tolist() == rows["temp"].to_pylist()
        assert file["past"].shape[1] + file["steps"] == file["values"].shape[1]


def test_windows_and_forecasts_of_a_peer_are_judged(grids, weather, tmp_path) -> None:
    lines, judge = grids.timelines, grids.timelines.TimeJudge(weather)
    with np.load(weather / lines.ARRAYS) as file:
        values, past, steps = file["values"], file["past"], int(file["steps"])
    rows = np.arange(len(values))[::-1]
    np.savez(tmp_path / lines.ARRAYS, values=values[rows], rows=rows)
    held = np.zeros((4, len(past), steps, past.shape[2]))
    np.savez(tmp_path / lines.FORECASTS, past=past, draws=held)
    found = judge(tmp_path, 0)
    assert found["column_shape_error"]["value"] < 0.1
    assert found["memorised_share"]["value"] > 0.5
    assert found["forecast_skill_naive"]["value"] < -1
    np.savez(tmp_path / lines.FORECASTS, past=past + 1, draws=held)
    with pytest.raises(AssertionError, match="other windows were forecast"):
        judge(tmp_path, 0)


def test_tracks_are_read_as_traffic_packs_them(grids, tmp_path) -> None:
    points = [
        {
            "icao24": f"40{plane:04d}",
            "timestamp": 1633608773000 + 1000 * second,
            "latitude": 48 + plane + 0.001 * second,
            "longitude": 4 + 0.002 * second,
            "altitude": 10_000.0 + plane * second,
        }
        for plane in range(8)
        for second in range(700)
    ]
    (tmp_path / "quickstart.json.gz").write_bytes(gzip.compress(json.dumps(points).encode()))
    grids.timelines.tracks(tmp_path, tmp_path)
    parts = Parts.read(tmp_path)
    assert parts.codec.kind == "track"
    with np.load(tmp_path / grids.timelines.ARRAYS) as file:
        assert np.allclose(np.diff(file["values"][:, :, 0], axis=1), 0.001)


def test_without_data_a_task_says_where_they_come_from(grids, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(grids.run, "WORK", tmp_path)
    asked = argparse.Namespace(peers=None, count=None, data=None)
    with pytest.raises(SystemExit, match="npm pack emoji-datasource-google"):
        grids.run.Bench(grids.tasks.TASKS["emoji"], asked)


def test_who_is_unknown_to_a_task_is_named(grids) -> None:
    task = grids.tasks.TASKS["weather"]
    with pytest.raises(SystemExit, match="unknown: glow"):
        grids.contenders.chosen(task.contenders, "glow,par")
    names = [c.name for c in grids.contenders.chosen(task.contenders, "peers")]
    assert names == ["par", "deepar"]
