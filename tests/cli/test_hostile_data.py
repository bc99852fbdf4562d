"""Data that are damaged, lie or do not fit: file and row are named, the exit code is 2, nothing is traced back."""

import struct
import zlib

import numpy as np
import pytest
from click.testing import CliRunner

from fivefold.cli import main

Image = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

START = np.datetime64("2024-01-01T00:00:00")
HOURS = [str(START + np.timedelta64(n, "h")) for n in range(300)]
TEMPERATURES = [round(float(np.sin(n / 4)), 3) for n in range(300)]


def told(*words):
    """What a command says, and how it ends."""
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in found.output
    return found.exit_code, found.output


def refused(path, *said, options=()):
    for verb in (("inspect",), ("fit", "--dry-run", "--quiet")):
        code, output = told(*verb, path, *options)
        assert code == 2, output
        assert "[unexpected]" not in output
        for words in said:
            assert words in output


@pytest.fixture
def pictures(tmp_path):
    """A folder of whole pictures, and where another may be put."""
    rng = np.random.default_rng(0)
    for n in range(20):
        picture = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{n:02d}.png")
    return tmp_path


@pytest.fixture
def sounds(tmp_path):
    """A folder of whole sounds."""
    for n in range(8):
        wave = 0.3 * np.sin(np.arange(3_000) * (0.1 + 0.05 * n))
        soundfile.write(tmp_path / f"{n}.wav", wave, 8_000)
    return tmp_path


@pytest.fixture
def series(tmp_path):
    def write(times=HOURS, values=TEMPERATURES):
        path = tmp_path / "weather.csv"
        rows = (f"{time},{value}\n" for time, value in zip(times, values, strict=True))
        path.write_text("time,temp\n" + "".join(rows))
        return path

    return write


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge():
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


def lying(whole):
    head = whole[12:16] + struct.pack(">II", 64, 64) + whole[24:29]
    return whole[:12] + head + struct.pack(">I", zlib.crc32(head)) + whole[33:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda whole: whole[:120], "damaged or cut off"),
        (lying, "damaged or cut off"),
        (lambda _: huge(), "more than the limit of 67,108,864 pixels"),
        (lambda _: b"", "no picture that can be read"),
        (lambda _: b"I am no picture", "no picture that can be read"),
    ],
)
def test_a_picture_that_cannot_be_read_is_named_and_can_be_skipped(pictures, change, said):
    path = pictures / "07.png"
    path.write_bytes(change(path.read_bytes()))
    refused(pictures, "07.png", said)
    code, output = told("inspect", pictures, "--skip-bad")
    assert code == 0
    assert "1 damaged picture was left out" in output
    assert "07.png" in output
    assert "data: 19" in output


def test_pictures_that_differ_are_brought_to_one_form_and_it_is_said(pictures):
    Image.fromarray(np.zeros((40, 9, 3), np.uint8)).save(pictures / "odd.png")
    frames = [Image.fromarray(np.full((8, 8), 99 * n, np.uint8)) for n in range(3)]
    frames[0].save(pictures / "moves.gif", save_all=True, append_images=frames[1:])
    (pictures / "notes.pdf").write_bytes(b"%PDF-1.4")
    code, output = told("inspect", pictures)
    assert code == 0
    assert "1 of 22 pictures are brought from other sizes to 8 x 8" in output
    assert "1 picture moves: the first frame is taken" in output
    assert "1 file is no picture by name and left out (first: notes.pdf)" in output


@pytest.mark.parametrize("channels", [2, 5])
def test_arrays_of_wrong_channels_are_refused(tmp_path, channels):
    np.save(tmp_path / "a.npy", np.zeros((20, 8, 8, channels), np.uint8))
    refused(tmp_path / "a.npy", "a.npy", f"(20, 8, 8, {channels}) holds no pictures")


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("cut.wav", lambda p: p.write_bytes((p.parent / "1.wav").read_bytes()[:999]), "cut off"),
        ("none.wav", lambda p: soundfile.write(p, np.zeros(0), 8_000), "holds no samples"),
        ("text.wav", lambda p: p.write_text("hello"), "no sound that can be read"),
        (
            "nan.wav",
            lambda p: soundfile.write(p, np.full(99, np.nan), 8_000, subtype="FLOAT"),
            "99 of 99 samples are no numbers",
        ),
    ],
)
def test_a_sound_that_cannot_be_read_is_named_and_can_be_skipped(sounds, name, write, said):
    write(sounds / name)
    refused(sounds, name, said)
    code, output = told("inspect", sounds, "--skip-bad")
    assert code == 0
    assert "1 damaged sound was left out" in output
    assert name in output


def test_silence_alone_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(999), 8_000)
    refused(tmp_path / "a.wav", "a.wav", "all sounds are silent")


@pytest.mark.parametrize(
    ("place", "time", "value", "said"),
    [
        (99, "tomorrow", 1, "weather.csv:101 column time: 'tomorrow' is none of the datetimes"),
        (50, HOURS[50], "inf", "weather.csv:52 column temp: is infinite"),
        (
            60,
            HOURS[60] + "Z",
            1,
            "weather.csv:62 column time: '2024-01-03T12:00:00Z'",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_named(series, place, time, value, said):
    times, values = list(HOURS), list(TEMPERATURES)
    times[place], values[place] = time, value
    refused(series(times, values), said, options=("--kind", "series"))


def test_a_series_that_never_changes_is_refused(series):
    path = series(values=[5] * len(HOURS))
    refused(path, "weather.csv", "no column of numbers that change", options=("--kind", "series"))


def test_a_series_of_four_rows_is_refused(series):
    path = series(HOURS[:4], TEMPERATURES[:4])
    refused(path, "weather.csv", "fewer than a window", options=("--kind", "series"))


def test_rows_in_disorder_and_rows_that_lack_are_mended_and_said(series):
    order = np.random.default_rng(0).permutation(len(HOURS))
    kept = [n for n in order.tolist() if n not in (97, 98, 150)]
    kept.append(kept[0])
    path = series([HOURS[n] for n in kept], [TEMPERATURES[n] for n in kept])
    code, output = told("inspect", path, "--kind", "series")
    assert code == 0
    assert "rows were sorted by time" in output
    assert "1 rows that came twice were left out" in output
    assert "3 rows lack and are marked as missing" in output


def test_moments_in_several_zones_are_moments(series):
    times = [time + ("+02:00" if n < 150 else "+01:00") for n, time in enumerate(HOURS)]
    code, output = told("inspect", series(times), "--kind", "series")
    assert code == 0
    assert "several zones: kept as moments in UTC" in output


def test_a_latitude_that_is_none_is_named(tmp_path):
    rows = [
        f"{hour},{123 if n == 50 else 50 + n / 100},{8 + n / 50}" for n, hour in enumerate(HOURS)
    ]
    (tmp_path / "ship.csv").write_text("\n".join(["time,lat,lon", *rows]))
    refused(
        tmp_path / "ship.csv",
        "ship.csv:52 column lat: 123 is no latitude",
        options=("--kind", "track"),
    )
