"""One file of sound: every format, every fault of one with its words."""

import io
import struct
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.sounds.files import MOST, Bytes, brought, is_sound, look, samples
from fivefold.codecs.sounds.records import wav
from fivefold.errors import InputError, MissingExtraError

soundfile = pytest.importorskip("soundfile")

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "FLOAT"),
    ("FLAC", None),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", None),
    ("AIFF", None),
]


def tone(seconds=0.5, rate=8_000, pitch=440):
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


def encoded(x, rate=8_000, form="WAV", sub=None):
    kept = io.BytesIO()
    soundfile.write(kept, x, rate, format=form, subtype=sub)
    return kept.getvalue()


def changed(content, mark, skip, *numbers):
    """The bytes with numbers written so far behind a mark."""
    start = content.index(mark) + skip
    new = b"".join(numbers)
    return content[:start] + new + content[start + len(new) :]


@pytest.mark.parametrize(("form", "sub"), FORMATS)
def test_every_format_is_known_by_its_first_bytes_and_read(form, sub):
    x = tone()
    content = encoded(x, form=form, sub=sub)
    seen = look(content, "a")
    found = samples(content, "a", 8_000)
    assert is_sound(content[:32])
    assert (seen.rate, seen.channels, seen.seconds) == (8_000, 1, 0.5)
    assert found.dtype == np.float32
    assert np.corrcoef(found, x)[0, 1] > 0.99


@pytest.mark.parametrize(("form", "sub"), FORMATS)
def test_a_file_that_is_cut_off_is_damaged(form, sub):
    content = encoded(tone(2), form=form, sub=sub)
    for kept in (0, 10, 60, len(content) // 2):
        with pytest.raises(InputError, match=r"a\.wav: is no sound that can be read, or cut off"):
            samples(content[:kept], "a.wav", 8_000)


def test_the_channels_are_taken_together():
    both = np.stack([tone(), -tone()], 1)
    assert look(encoded(both), "a").channels == 2
    assert np.abs(samples(encoded(both), "a", 8_000)).max() < 1e-3


@pytest.mark.parametrize("rate", [4_000, 11_025, 16_000, 44_100, 48_000])
def test_every_rate_is_brought_to_one(rate):
    found = samples(encoded(tone(1, rate, 300), rate), "a", 8_000)
    assert abs(len(found) - 8_000) <= 1
    inner = slice(400, 7_600)
    assert np.abs(found[inner] - tone(1, 8_000, 300)[inner]).max() < 0.02


def test_what_a_lower_rate_cannot_hold_is_filtered_out():
    found = samples(encoded(tone(1, 44_100, 6_000), 44_100), "a", 8_000)
    assert np.abs(found[400:-400]).max() < 0.02


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_said_with_its_time(wrong):
    x = tone()
    x[4_000 // 2] = wrong
    with pytest.raises(
        InputError, match=r"1 of 4,000 samples are no numbers, the first after 0.250 s"
    ):
        samples(encoded(x, sub="FLOAT"), "a.wav", 8_000)


def test_samples_of_another_unit_are_refused():
    with pytest.raises(InputError, match=r"1.638e\+04, and they are to be from -1 to 1"):
        samples(encoded(tone() * 32_767, sub="FLOAT"), "a.wav", 8_000)


def test_a_sound_of_nothing_is_refused():
    with pytest.raises(InputError, match="holds no samples"):
        samples(encoded(np.zeros(0)), "a.wav", 8_000)


def test_a_head_that_promises_more_than_there_is():
    content = changed(encoded(tone()), b"data", 4, struct.pack("<I", 2**31 - 2))
    with pytest.raises(InputError, match="2,147,483,646 bytes are promised and 8,000 there"):
        look(content, "a.wav")


def test_a_length_that_was_never_filled_in_is_that_of_the_file():
    content = changed(encoded(tone()), b"data", 4, struct.pack("<I", 2**32 - 1))
    assert look(content, "a.wav").samples == 4_000


@pytest.mark.parametrize(
    ("skip", "number", "said"),
    [
        (12, struct.pack("<I", 0), "cut off|channels"),
        (12, struct.pack("<I", 2**31 - 1), "1 channels of 2,147,483,647 samples a second"),
        (10, struct.pack("<H", 1_000), "1,000 channels"),
    ],
)
def test_heads_that_cannot_be(skip, number, said):
    with pytest.raises(InputError, match=said):
        look(changed(encoded(tone()), b"fmt ", skip, number), "a.wav")


def test_a_bomb_is_refused_by_its_head():
    content = bytearray(encoded(tone(), form="FLAC"))
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    with pytest.raises(InputError, match=f"more than the limit of {MOST:,} samples"):
        samples(bytes(content), "a.flac", 8_000)


def test_a_bomb_is_refused_that_would_grow_by_its_new_rate():
    long = np.broadcast_to(np.float32(0), MOST // 20)
    with pytest.raises(InputError, match="more than the limit"):
        brought(long, 1_000, 24_000, "a")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_bytes_of_any_sort_are_a_sound_or_an_input_error(data):
    whole = bytearray(encoded(tone(0.1), form=data.draw(st.sampled_from(["WAV", "FLAC", "AIFF"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        found = samples(cut, "a", 8_000)
    except InputError:
        return
    assert np.isfinite(found).all()


def test_a_place_before_the_first_byte_is_the_first():
    stream = Bytes(b"RIFF")
    assert stream.seek(-1) == 0
    assert stream.seek(-9, 2) == 0
    assert stream.seek(-1, 2) == 3


def test_what_was_written_is_read():
    x = tone().astype(np.float32)
    np.testing.assert_allclose(samples(wav(x, 8_000), "a", 8_000), x, atol=1e-4)


def test_without_soundfile_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingExtraError, match=r"fivefold\[sound\]"):
        look(wav(np.zeros(8, np.float32), 8_000), "a.wav")
