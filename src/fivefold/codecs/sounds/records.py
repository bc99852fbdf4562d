"""Sounds into files: one WAV of all, a folder of WAV files, or an array of NumPy's."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fivefold.codecs.pictures.sheets import write_folder
from fivefold.codecs.sounds.files import Waves
from fivefold.errors import InputError
from fivefold.files import write_atomically

ENDINGS = (".wav", ".npz", "")
PAUSE = 0.25
"""Seconds of silence between the sounds of one file."""
LARGEST = 0xFFFF_0000
"""Bytes of a WAV file, which counts them in 32 bits."""


def wav(samples: Waves, rate: int) -> bytes:
    r"""Samples (T,) as a WAV file of 16 bits; what is louder than 1 is brought to it as a whole.

    Example:
        >>> wav(np.array([0.0, 0.5, -2.0], np.float32), 8_000)[44:]
        b'\x00\x00\x00 \x01\x80'
    """
    if 2 * len(samples) > LARGEST:
        raise InputError(
            f"a sound of {len(samples):,} samples is too long for a WAV file",
            hint="draw fewer, or name a folder or an .npz",
            code="too-large",
        )
    loudest = max(1.0, float(np.abs(samples).max(initial=0)))
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.rint(samples / loudest * 32_767).astype("<i2").tobytes())
    return kept.getvalue()


def write_sounds(
    waves: Sequence[Waves], rate: int, classes: Sequence[str | None] | None, path: Path
) -> None:
    """Write sounds as the ending of the name says.

    Arguments:
        waves: samples of each, with shape (T,), at least one.
        rate: samples a second.
        classes: that of each, None where there are none.
        path: `.wav` for all one after another, `.npz` for arrays `x` (N, T), `rate` and `y`, no ending for a folder of
            WAV files, in folders by class.

    Raises:
        InputError: where the ending is another, the folder holds something, or the disk is full.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS or (ending and path.is_dir()):
        raise InputError(
            "is a folder" if ending in ENDINGS else "the ending names no form of sounds",
            where=str(path),
            hint="end the name with .wav for one sound, .npz for arrays, or nothing for a folder",
            code="format",
        )
    if ending == ".wav":
        write_atomically(path, wav(_in_a_row(waves, rate), rate))
    elif ending == ".npz":
        _write_arrays(waves, rate, classes, path)
    else:
        write_folder([partial(wav, samples, rate) for samples in waves], classes, path, ".wav")


def _in_a_row(waves: Sequence[Waves], rate: int) -> Waves:
    pause = np.zeros(round(PAUSE * rate), np.float32)
    return np.concatenate([part for samples in waves for part in (samples, pause)][:-1])


def _write_arrays(
    waves: Sequence[Waves], rate: int, classes: Sequence[str | None] | None, path: Path
) -> None:
    x = np.zeros((len(waves), max(map(len, waves))), np.float32)
    for row, samples in zip(x, waves, strict=True):
        row[: len(samples)] = samples
    kept = io.BytesIO()
    arrays: dict[str, Any] = {"x": x, "rate": np.int64(rate)}
    if classes is not None:
        arrays["y"] = np.array([word or "" for word in classes], np.str_)
    np.savez_compressed(kept, **arrays)
    write_atomically(path, kept.getvalue())
