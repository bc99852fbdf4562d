"""MIDI files as lines of events: exact to the tick, and hostile files are errors."""

from __future__ import annotations

import io
import random
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs import CODECS, read_data
from fivefold.codecs.places import NOTICES
from fivefold.errors import InputError

mido = pytest.importorskip("mido")

from fivefold.codecs.midi import LARGEST, mended, number, read_midi, write_midi  # noqa: E402

MESSAGES = {
    "note_on": ("note", "velocity"),
    "note_off": ("note", "velocity"),
    "polytouch": ("note", "value"),
    "control_change": ("control", "value"),
    "program_change": ("program",),
    "aftertouch": ("value",),
}
METAS = [
    ("set_tempo", {"tempo": 512_345}),
    ("set_tempo", {"tempo": 0xFFFFFF}),
    ("key_signature", {"key": "F#m"}),
    ("time_signature", {"numerator": 6, "denominator": 8, "clocks_per_click": 36}),
]


def message(draw):
    time = draw.choice([0, 1, 480, 123_456])
    if draw.random() < 0.2:
        kind, given_ = draw.choice(METAS)
        return mido.MetaMessage(kind, time=time, **given_)
    if draw.random() < 0.1:
        return mido.Message("pitchwheel", time=time, pitch=draw.randrange(-8192, 8192))
    kind = draw.choice(list(MESSAGES))
    values = {name: draw.choice([0, 60, 64, 127]) for name in MESSAGES[kind]}
    return mido.Message(kind, time=time, channel=draw.randrange(16), **values)


def content(file):
    sink = io.BytesIO()
    file.save(file=sink)
    return sink.getvalue()


def midi(seed, form=1, tracks=2, events=40):
    draw = random.Random(seed)
    file = mido.MidiFile(type=form, ticks_per_beat=draw.choice([96, 480, 1024]))
    for _ in range(tracks if form else 1):
        made = [message(draw) for _ in range(events)]
        end = mido.MetaMessage("end_of_track", time=draw.choice([0, 77]))
        file.tracks.append(mido.MidiTrack([*made, end]))
    return content(file)


def kept(data):
    file = mido.MidiFile(file=io.BytesIO(data))
    return file.type, file.ticks_per_beat, [list(track) for track in file.tracks]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), form=st.sampled_from([0, 1]))
def test_every_event_and_tick_comes_back(seed, form):
    data = midi(seed, form)
    text, notices = read_midi(data, "a.mid")
    assert kept(write_midi(text)) == kept(data)
    assert notices == []
    assert mended(text) == (write_midi(text), 0)


def test_a_tune_reads_as_lines():
    file = mido.MidiFile(ticks_per_beat=480)
    on = mido.Message("note_on", note=60, velocity=90)
    off = mido.Message("note_on", note=60, velocity=0, time=1020)
    name = mido.MetaMessage("track_name", name="secret", time=30)
    file.tracks.append(mido.MidiTrack([name, on, off]))
    text, notices = read_midi(content(file), "a.mid")
    assert text == ("type1\nn400 n80 division\ntrack\nv90\nt30 on60\nt1000 t20 cut60\nend\n")
    assert notices == ["a.mid: left out of the music: track name"]


def test_numbers_are_decimal_places():
    assert number("t", 1020) == "t1000 t20 "
    assert number("t", 0) == ""
    assert number("n", 0) == "n0 "


def test_what_means_nothing_is_named_or_mended():
    good = "type1\nn400 n80 division\ntrack\non60\n"
    for bad in (
        *("on128", "on", "nonsense", "t5", "=300 control7", "=1 =2 meter", "t-5 on3", "on60 on61"),
        *("n99999999 tempo", "t999999999 on1", "keyX", "type7", "n0 division", "v300", "²on1"),
        "t99999999999999999999 on1",
    ):
        with pytest.raises(InputError, match=r"line 5: .* is no event of MIDI"):
            write_midi(good + bad + "\n")
        assert mended(good + bad + "\n") == (write_midi(good), 1)
    assert mended("on60\n")[1] == 1


def chunk(name, body, size=None):
    return name + struct.pack(">I", len(body) if size is None else size) + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MThd",
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480)),
        chunk(b"MThd", struct.pack(">hhh", 2, 1, 480)) + chunk(b"MTrk", b"\0\xff\x2f\0"),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, -480)) + chunk(b"MTrk", b"\0\xff\x2f\0"),
        chunk(b"MThd", struct.pack(">hhh", 1, 32767, 480)) + chunk(b"MTrk", b"\0\xff\x2f\0"),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480)) + chunk(b"MTrk", b"\0\xff\x2f\0", 1 << 31),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480))
        + chunk(b"MTrk", b"\0\xff\x01\xff\xff\xff\x7f" + b"x" * 10),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480))
        + chunk(b"MTrk", b"\xff\xff\xff\x7f\x90\x3c\x40" * 20 + b"\0\xff\x2f\0"),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480)) + chunk(b"MTrk", b"\0\x90\xff\xff"),
        chunk(b"MThd", struct.pack(">hhh", 1, 1, 480)) + chunk(b"MTrk", b"\0\x3c\x40"),
    ],
)
def test_hostile_files_are_errors(data):
    with pytest.raises(InputError, match=r"a.mid: is no MIDI file of type 0 or 1"):
        read_midi(data, "a.mid")


def test_a_file_that_is_too_large_is_not_parsed():
    with pytest.raises(InputError, match="more than the 1,048,576 that a tune may have"):
        read_midi(bytes(LARGEST + 1), "a.mid")


def test_damaged_bytes_never_break_the_reader():
    draw = random.Random(0)
    data = bytearray(midi(3))
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(3):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        try:
            text, _ = read_midi(bytes(broken), "a.mid")
        except InputError:
            continue
        assert kept(write_midi(text))


def test_a_folder_of_tunes_is_music(tmp_path):
    for seed in range(5):
        (tmp_path / f"{seed}.mid").write_bytes(midi(seed))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    kind, table = read_data(tmp_path)
    assert (kind, table.num_rows) == ("music", 5)
    assert b"1 of 6 files were left out: 1 damaged (broken.mid)" in table.schema.metadata[NOTICES]
    codec = CODECS["music"]().fit(table)
    assert codec.alphabet.name == "notes"
    assert codec.documents(codec.encode(table))["tune"].equals(table["tune"])
    codec.write(table, tmp_path / "out.mid")
    again = [kept((tmp_path / f"out-{k}.mid").read_bytes()) for k in range(1, 6)]
    assert again == [kept(midi(seed)) for seed in range(5)]
    codec.write(table.slice(0, 1), tmp_path / "one.mid")
    assert kept((tmp_path / "one.mid").read_bytes()) == kept(midi(0))


def test_tunes_in_letters(tmp_path):
    codec = CODECS["music"]()
    table = pa.table({"tune": ["X:7\nT:Air\nK:G\nGABc\n", "K:D\ndefg"]})
    codec.fit(table).write(table, tmp_path / "a.abc")
    assert (tmp_path / "a.abc").read_text() == "X:7\nT:Air\nK:G\nGABc\n\nX:2\nK:D\ndefg\n"
    again = read_data(tmp_path / "a.abc")[1]["tune"].to_pylist()
    assert again == ["X:7\nT:Air\nK:G\nGABc\n", "X:2\nK:D\ndefg\n"]
    assert codec.alphabet.name == "characters"
