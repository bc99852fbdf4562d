"""One sound out of the bytes of a file, which may lie, be cut off or be a bomb.

WAV, FLAC, MP3, Ogg (Vorbis, Opus) and AIFF are read by libsndfile. Channels are taken together as their mean, and the
samples brought to one rate by a polyphase filter. What has more than `MOST` samples, all channels counted, is refused
by its head before any is unpacked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import InputError, MissingExtraError

MOST = 1 << 28
"""The largest number of samples that a sound may have, those of all channels together."""
MOST_CHANNELS, RATES = 64, (1_000, 768_000)
LOUDEST = 16.0
"""Samples are from -1 to 1; a little beyond is loud, far beyond is another unit."""
ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff")
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "MP3", "OGG", "AIFF")
MAGICS = (b"fLaC", b"OggS", b"ID3", *(bytes((0xFF, 0xE2 | b)) for b in (0, 1, 16, 17, 24, 25)))
"""The last are frames of MPEG's layer III."""
CUT = re.compile(r"^\s*(?:data|SSND)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
"""What libsndfile notes where a file promises more samples than it holds."""
ENDLESS = 0xFFFFFFFF
"""What is written for a length that was not known yet."""
PIECE = 1 << 20
FINEST = 1_000
"""The largest denominator of a ratio of two rates."""

Waves = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """What the head of a sound says of it.

    Arguments:
        samples: of each channel.
        rate: samples a second.
        channels: how many.
    """

    samples: int
    rate: int
    channels: int = 1

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / self.rate


class Bytes(io.BytesIO):
    """Bytes of a file whose damaged head may ask for what stands before the first.

    libsndfile seeks by a callback from C, which no exception leaves.
    """

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, at the least to the first."""
        try:
            return super().seek(offset, whence)
        except ValueError:
            return super().seek(0)


def is_sound(head: bytes) -> bool:
    r"""Whether the first bytes of a file are those of a sound.

    Example:
        >>> is_sound(b"RIFF\0\0\0\0WAVEfmt "), is_sound(b"RIFF\0\0\0\0WEBPVP8 "), is_sound(b"fLaC")
        (True, False, True)
    """
    chunks = (head[:4], head[8:12])
    wave = chunks in (
        (b"RIFF", b"WAVE"),
        (b"RF64", b"WAVE"),
        (b"FORM", b"AIFF"),
        (b"FORM", b"AIFC"),
    )
    return wave or head.startswith(MAGICS)


def look(source: bytes | str | Path, where: str) -> Look:
    """What the head of a sound says, without unpacking it.

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.

    Raises:
        InputError: where it is no sound, is cut off, empty, or too long.
    """
    with _opened(source, where) as file:
        return Look(file.frames, file.samplerate, file.channels)


def samples(source: bytes | str | Path, where: str, rate: int) -> Waves:
    """The samples of a sound at a rate, with shape (n,).

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.
        rate: samples a second.

    Raises:
        InputError: where it is no sound, is damaged, holds what is no number, or is too long.
    """
    with _opened(source, where, rate) as file:
        parts = list(_mono(file))
        found = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        if len(found) < file.frames:
            raise _damaged(where, f"{file.frames:,} samples are promised and {len(found):,} there")
        return brought(found, file.samplerate, rate, where)


def brought(found: Waves, old: int, rate: int, where: str) -> Waves:
    """Samples with shape (n,) that were taken at one rate, at another.

    Raises:
        InputError: where one is no number, far too loud, or there are none.

    Example:
        >>> brought(np.zeros(441, np.float32), 44_100, 8_000, "").shape
        (80,)
    """
    check(Look(len(found), old), where, rate)
    wrong = ~np.isfinite(found)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum()):,} of {len(found):,} samples are no numbers, the first after "
            f"{int(np.argmax(wrong)) / old:.3f} s",
            where=where,
            hint="mend it, or leave it out with --skip-bad",
            code="not-a-number",
        )
    if (loudest := float(np.abs(found).max())) > LOUDEST:
        raise InputError(
            f"has samples of {loudest:,.4g}, and they are to be from -1 to 1",
            where=where,
            hint="divide them, or write whole numbers",
            code="loud",
        )
    ratio = Fraction(rate, old).limit_denominator(FINEST)
    if ratio == 1:
        return found
    from scipy.signal import resample_poly

    return resample_poly(found, ratio.numerator, ratio.denominator).astype(np.float32)


def check(seen: Look, where: str, rate: int = 0) -> None:
    """Refuse what is no sound that can be unpacked, and brought to a rate.

    Raises:
        InputError: where there are no samples, too many, or of no rate.
    """
    if not seen.samples:
        raise InputError(
            "holds no samples",
            where=where,
            hint="give it again, or leave it out with --skip-bad",
            code="damaged",
        )
    least, most = RATES
    if not (least <= seen.rate <= most and 1 <= seen.channels <= MOST_CHANNELS):
        raise InputError(
            f"says that it has {seen.channels:,} channels of {seen.rate:,} samples a second",
            where=where,
            hint=f"at most {MOST_CHANNELS} channels and {least:,} to {most:,} samples are read",
            code="damaged",
        )
    if max(seen.samples * seen.channels, seen.seconds * rate) > MOST:
        raise InputError(
            f"says that it has {seen.seconds:,.0f} s at {seen.rate:,} Hz in {seen.channels} "
            f"channels, more than the limit of {MOST:,} samples",
            where=where,
            hint="cut it into several files, or leave it out with --skip-bad",
            code="too-large",
        )


@contextmanager
def _opened(source: bytes | str | Path, where: str, rate: int = 0) -> Iterator[Any]:
    """A file whose head was read; what goes wrong with it is an InputError."""
    library = _soundfile()
    stream = Bytes(source) if isinstance(source, bytes) else str(source)
    try:
        with library.SoundFile(stream) as file:
            if file.format not in FORMATS:
                raise ValueError(f"the format {file.format} is not read")
            cut = CUT.search(file.extra_info)
            if cut and int(cut[1]) not in (0, ENDLESS) and int(cut[1]) > int(cut[2]):
                raise _damaged(
                    where, f"{int(cut[1]):,} bytes are promised and {int(cut[2]):,} there"
                )
            check(Look(file.frames, file.samplerate, file.channels), where, rate)
            yield file
    except InputError:
        raise
    except Exception as fault:  # a decoder of hostile bytes fails in ways of its own
        known = isinstance(fault, library.LibsndfileError)
        why = str(getattr(fault, "error_string", fault)).strip().removesuffix(".")
        raise _damaged(where, why if known else str(fault)) from fault


def _damaged(where: str, why: str) -> InputError:
    return InputError(
        f"is no sound that can be read, or cut off ({why})",
        where=where,
        hint="give it again, or leave it out with --skip-bad",
        code="damaged",
    )


def _mono(file: Any) -> Iterator[Waves]:
    """The mean of all channels, part by part."""
    while len(part := file.read(PIECE // file.channels, dtype="float32", always_2d=True)):
        yield part[:, 0] if part.shape[1] == 1 else part.mean(1, dtype=np.float32)


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as fault:
        raise MissingExtraError("soundfile", "sound", "reading sound") from fault
    return soundfile
