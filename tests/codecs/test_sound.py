"""Sounds become grids and grids sounds, alike by what was kept of them; bad ones are named."""

import json
import tracemalloc

import numpy as np
import pytest
import torch

from fivefold.codecs import CODECS, read_data
from fivefold.codecs.sound import SoundCodec
from fivefold.codecs.sounds.records import wav
from fivefold.codecs.sounds.sets import table_of
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch

pytest.importorskip("soundfile")


def tone(pitch=300, seconds=0.5, rate=8_000):
    t = np.arange(round(seconds * rate)) / rate
    return (0.4 * np.sin(2 * np.pi * pitch * t) * np.hanning(len(t))).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    def write(files):
        for name, content in files.items():
            path = tmp_path / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "set"

    return write


@pytest.fixture
def spoken(folder):
    pitches = {"low": 200, "high": 900}
    files = {
        f"{word}/{n}.wav": wav(tone(pitch + 10 * n), 8_000)
        for word, pitch in pitches.items()
        for n in range(6)
    }
    return read_data(folder(files))[1]


def test_sound_is_a_kind():
    assert CODECS["sound"] is SoundCodec


def test_a_set_with_classes_becomes_grids(spoken):
    codec = SoundCodec().fit(spoken)
    x = codec.encode(spoken)
    assert codec.space.shape == (1, 80, 28)
    assert codec.space.discrete == (2,)
    assert x.array.dtype == np.uint8
    assert len(x) == 12
    assert abs(float(x[:].continuous.mean())) < 0.1
    assert abs(float(x[:].continuous.std()) - 1) < 0.1


def test_what_is_decoded_sounds_like_what_was_encoded(spoken):
    codec = SoundCodec().fit(spoken)
    x = codec.encode(spoken)
    made = codec.decode(x[:], seed=0)
    assert made["class"].to_pylist() == spoken["class"].to_pylist()
    for row, word in enumerate(made["class"].to_pylist()):
        spectrum = np.abs(np.fft.rfft(np.array(made["sound"][row].as_py())))
        pitch = spectrum.argmax() / (codec.form.seconds)
        assert (pitch > 600) == (word == "high")
    again = codec.encode(made)[:].continuous
    assert float((again - x[:].continuous).square().mean()) < 0.2


def test_the_same_seed_gives_the_same_bits(spoken):
    codec = SoundCodec().fit(spoken)
    x = codec.encode(spoken)[:3]
    assert codec.decode(x, seed=1).equals(codec.decode(x, seed=1))
    assert not codec.decode(x, seed=1).equals(codec.decode(x, seed=2))


def test_a_codec_comes_back_from_json(spoken):
    codec = SoundCodec().fit(spoken)
    again = SoundCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    assert again.to_dict() == codec.to_dict()
    assert again.space == codec.space
    assert again.encode(spoken).digest() == codec.encode(spoken).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 10},
        {"frames": 0},
        {"frames": 10**9},
        {"loudness": {}},
        {"scale": {"mean": [1, 2], "deviation": 2}},
        {"classes": ["a", "a"]},
        {"classes": None},
        {"notices": 3},
    ],
)
def test_a_damaged_description_is_refused(spoken, change):
    state = SoundCodec().fit(spoken).to_dict()
    with pytest.raises(InputError):
        SoundCodec.from_dict({**state, **change})


def test_log_volume_makes_a_density_one_of_levels(spoken):
    codec = SoundCodec().fit(spoken)
    x = codec.encode(spoken)
    step = codec.space.quantum
    uniform = -codec.space.dimensions * torch.tensor(256 * step).log()
    found = (uniform + codec.log_volume(x)[0]) / codec.space.dimensions
    assert float(found) == pytest.approx(-np.log(256), abs=1e-4)


def test_a_class_is_a_condition(spoken):
    codec = SoundCodec().fit(spoken)
    c = codec.condition({"class": "low"}, 3)
    assert c.values.discrete.tolist() == [[1]] * 3
    assert not c.continuous.any()
    assert c.discrete.all()
    with pytest.raises(InputError, match="there are: high, low"):
        codec.condition({"class": "middle"}, 1)
    with pytest.raises(InputError, match="no column 'pitch'"):
        codec.condition({"pitch": "low"}, 1)


def test_one_long_sound_is_cut_into_windows_of_one_owner(folder):
    table = read_data(folder({"long.wav": wav(tone(300, 20), 8_000)}) / "long.wav")[1]
    codec = SoundCodec(seconds=1).fit(table)
    x = codec.encode(table)
    assert codec.form.seconds == 1.04
    assert len(x) == 19
    assert set(x.owners.tolist()) == {0}
    assert codec.notices == ["1 of 1 sounds are longer than 1.04 s: cut into windows"]


def test_other_rates_and_channels_are_said(folder):
    pytest.importorskip("soundfile").write(
        folder({"a.wav": wav(tone(), 8_000), "b.wav": wav(tone(), 8_000)}) / "c.wav",
        np.stack([tone(rate=44_100)] * 2, 1),
        44_100,
    )
    table = read_data(folder({}))[1]
    codec = SoundCodec().fit(table)
    assert codec.form.rate == 8_000
    assert codec.notices == [
        "1 of 3 sounds are brought from other rates to 8,000 Hz",
        "1 of 3 sounds have several channels: their mean is taken",
    ]
    codec.encode(table)


@pytest.mark.parametrize(
    "options", [{"rate": 7_999}, {"rate": 24_001}, {"seconds": 0}, {"seconds": 61}]
)
def test_what_cannot_be_asked_for_is_refused(options):
    with pytest.raises(InputError, match="not worked with"):
        SoundCodec(**options)


def test_a_codec_that_was_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        _ = SoundCodec().space


def test_damaged_sounds_are_named_or_left_out(folder):
    wrong = tone().copy()
    good = {f"{n}.wav": wav(tone(200 + n), 8_000) for n in range(8)}
    where = folder({**good, "cut.wav": good["0.wav"][:2_000], "none.wav": b""})
    soundfile = pytest.importorskip("soundfile")
    wrong[100] = np.nan
    soundfile.write(where / "nan.wav", wrong, 8_000, subtype="FLOAT")
    table = read_data(where)[1]
    with pytest.raises(InputError, match=r"cut\.wav"):
        SoundCodec().fit(table)
    codec = SoundCodec(skip_bad=True).fit(table)
    x = codec.encode(table)
    assert len(x) == 8
    notice = codec.notices[-1]
    assert notice.startswith("3 damaged sounds were left out: ")
    for name in ("cut.wav", "none.wav", "nan.wav"):
        assert name in notice


def test_a_sound_of_silence_is_a_sound_and_silence_alone_none(folder):
    still = wav(np.zeros(4_000, np.float32), 8_000)
    table = read_data(folder({"a.wav": wav(tone(), 8_000), "b.wav": still}))[1]
    assert len(SoundCodec().fit(table).encode(table)) == 2
    with pytest.raises(InputError, match="all sounds are silent"):
        SoundCodec().fit(table.slice(1))


@pytest.mark.parametrize("ending", [".wav", ".npz", ""])
def test_what_is_written_is_read(spoken, tmp_path, ending):
    codec = SoundCodec().fit(spoken)
    made = codec.decode(codec.encode(spoken)[:4], seed=0)
    codec.write(made, tmp_path / f"out{ending}")
    kind, table = read_data(tmp_path / f"out{ending}")
    assert kind == "sound"
    assert len(table) == (1 if ending == ".wav" else 4)
    if ending == ".npz":
        assert table["class"].to_pylist() == made["class"].to_pylist()
        assert table["sound"].equals(made["sound"])


def test_a_folder_that_holds_something_is_left_as_it_is(spoken, tmp_path):
    codec = SoundCodec().fit(spoken)
    made = codec.decode(codec.encode(spoken)[:1], seed=0)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not empty"):
        codec.write(made, tmp_path / "out")
    with pytest.raises(InputError, match="no form of sounds"):
        codec.write(made, tmp_path / "out.xyz")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_numbers_far_from_any_sound_decode(spoken):
    codec = SoundCodec().fit(spoken)
    x = torch.full((2, *codec.space.shape), float("nan"))
    x[1] = 1e30
    made = codec.decode(Batch(x, torch.zeros(2, 1, dtype=torch.int64)), seed=0)
    assert np.isfinite(np.array(made["sound"].to_pylist())).all()


def test_memory_does_not_grow_with_the_length_of_what_is_encoded():
    waves = np.tile(tone(), (400, 1))
    table = table_of(waves, "tones", 1 << 30, None, np.array(8_000))
    codec = SoundCodec().fit(table.slice(0, 8))
    peaks = []
    for rows in (50, 400):
        tracemalloc.start()
        codec.encode(table.slice(0, rows), memory=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + (1 << 20)
