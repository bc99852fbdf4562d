"""Sounds as grids of levels, and back.

A stretch of sound is a picture of one channel: bands of frequency by frames of time, a level for the energy in each
(`sounds.spectra`). The phases are not kept: what is generated is a spectrum, and a sound that has it is looked for. A
level is `quantum` wide in the space, as one of a pixel is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from fivefold.codecs.listed import ListedCodec
from fivefold.codecs.pictures.classes import learned, number_of, words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.files import Pixels
from fivefold.codecs.pictures.listings import CLASS
from fivefold.codecs.pictures.scales import Scale
from fivefold.codecs.places import place
from fivefold.codecs.sounds.files import Waves
from fivefold.codecs.sounds.listings import SOUND, column_of, looks, windows
from fivefold.codecs.sounds.records import write_sounds
from fivefold.codecs.sounds.sets import rated
from fivefold.codecs.sounds.spectra import TOGETHER, Form, Loudness, energies, waves
from fivefold.codecs.sounds.surveys import Survey, check
from fivefold.codecs.spools import Spool, refuse_full
from fivefold.errors import InputError, NotFittedError
from fivefold.seeds import seed_of
from fivefold.spaces import Batch, Space
from fivefold.spaces.grids import Grids

MEMORY = 1 << 28
"""Levels beyond so many bytes wait in a file."""
SAMPLE, EACH = 512, 4
"""The most sounds that loudness and scale are found by, and the most windows of each."""


class SoundCodec(ListedCodec):
    """Turn sounds into grids and back.

    Arguments:
        rate: samples a second, from 8,000 to 24,000; None to choose by the sounds.
        seconds: how long a sound is, rounded up to 0.08 s; None to choose by the sounds. Longer ones are cut into
            windows, shorter ones followed by silence.
        skip_bad: whether damaged sounds are left out and counted; if not, the first is an InputError.

    Example:
        >>> from fivefold.codecs.sounds.sets import table_of
        >>> tones = [np.sin(np.arange(4_000) * pitch) for pitch in (0.1, 0.2, 0.1, 0.2)]
        >>> table = table_of(np.stack(tones), "tones", 1 << 20, np.array(list("abab")), np.array(8_000))
        >>> codec = SoundCodec().fit(table)
        >>> codec.space.shape, codec.space.discrete, codec.classes
        ((1, 80, 28), (2,), ['a', 'b'])
        >>> made = codec.decode(codec.encode(table)[:4], seed=0)
        >>> made.column_names, made["sound"].type
        (['sound', 'class'], FixedSizeListType(fixed_size_list<item: float>[4480]))
    """

    kind: ClassVar[str] = "sound"
    thing = "sound"

    def __init__(
        self,
        rate: int | None = None,
        seconds: float | None = None,
        skip_bad: bool = False,
    ) -> None:
        super().__init__(skip_bad)
        check(rate, seconds)
        self.rate, self.seconds = rate, seconds
        self._learned: tuple[Form, Loudness, Scale] | None = None

    def fit(self, table: pa.Table) -> Self:
        """Choose the form by the heads of all sounds, and find loudness, scale and classes.

        Arguments:
            table: a listing: see `sounds.listings`.

        Returns:
            The codec; an InputError where a sound is damaged, or there is none that can be heard.
        """
        self._begin(table)
        survey = Survey.of(look for _, look in self._whole(looks(table, self.rate)))
        if not len(survey):
            raise self._empty(table)
        form = survey.form(self.rate, self.seconds)
        some = self._some(table, form)
        loudness = Loudness.of(some, place(table.schema.metadata))
        self._learned = form, loudness, Scale.of(loudness.levels(some)[:, None])
        self.classes, said = learned(list(words_of(table)), "sound")
        self.notices += [*survey.notices(form), *said]
        return self

    def _some(self, table: pa.Table, form: Form) -> Tensor:
        """The energies of sounds of all parts of the table, with shape (N, bands, M)."""
        rows = np.unique(np.linspace(0, len(table) - 1, SAMPLE).round().astype(np.int64)).tolist()
        found = [
            energies(_spread(sound), form) for _, sound in self._whole(windows(table, form, rows))
        ]
        if not found:
            raise self._empty(table)
        return torch.cat(found)

    @property
    def form(self) -> Form:
        """What sounds are brought to."""
        return self._fitted()[0]

    @property
    def loudness(self) -> Loudness:
        """What levels mean."""
        return self._fitted()[1]

    @property
    def scale(self) -> Scale:
        """How levels become numbers."""
        return self._fitted()[2]

    def _fitted(self) -> tuple[Form, Loudness, Scale]:
        if self._learned is None:
            raise NotFittedError(
                "the codec has heard no sound", hint="call fit", code="not-fitted"
            )
        return self._learned

    @property
    def space(self) -> Space:
        """The space of one sound."""
        labels = (len(self.classes),) if self.classes else ()
        extent = (self.form.bands, self.form.frames)
        return Space.grid(1, extent, labels, self.scale.quantum)

    def encode(self, table: pa.Table, *, seed: int = 0, memory: int = MEMORY) -> Grids:
        """Sounds as grids of levels, kept as bytes.

        Arguments:
            table: a listing.
            seed: not needed: nothing is drawn.
            memory: levels beyond so many bytes are put into a temporary file that is mapped.

        Returns:
            The grids of all windows, without those of damaged sounds where these are left out; `owners` number the
            sounds.
        """
        size = math.prod(self.space.shape)
        refuse_full(len(table) * size, memory, "sounds", "ask for shorter ones")
        words = list(words_of(table))
        known = {word: number for number, word in enumerate(self.classes)}
        spool = Spool(np.uint8, memory)
        numbers: list[int] = []
        owners: list[int] = []
        for row, sound in self._whole(windows(table, self.form)):
            if known and words[row] not in known:
                where = place(table.schema.metadata, row)
                known[words[row]] = number_of(words[row], self.classes, where)
            numbers += [known.get(words[row], 0)] * len(sound)
            owners += [row] * len(sound)
            for start in range(0, len(sound), TOGETHER):
                spool.add(self._levels(sound[start : start + TOGETHER]).reshape(-1))
        if not numbers:
            raise self._empty(table)
        return Grids(
            spool.whole().reshape(-1, *self.space.shape),
            torch.tensor(numbers).view(-1, 1)[:, : self.space.positions],
            self.scale.factors,
            self.scale.shift,
            torch.tensor(owners),
        )

    def _levels(self, sound: Waves) -> Pixels:
        return self.loudness.levels(energies(sound, self.form))

    def decode(self, batch: Batch, *, seed: int, start: int = 0) -> pa.Table:
        """Grids as sounds: a column `sound` of samples, and `class` where there are classes.

        Arguments:
            batch: data of the space.
            seed: of the phases from which those that fit are looked for.
            start: the number of the first sound in a sample made in parts.

        Returns:
            A listing that remembers its rate.
        """
        found = self.loudness.energies(self.scale.levels(batch.continuous)[:, 0])
        generator = torch.Generator().manual_seed(seed_of("sound", seed, start))
        columns: dict[str, Any] = {SOUND: column_of(waves(found, self.form, generator))}
        if self.classes:
            names = [self.classes[number] for number in batch.discrete[:, 0].tolist()]
            columns[CLASS] = pa.array(names, pa.string())
        return rated(pa.table(columns), self.form.rate, SOUND)

    def describe(self) -> dict[str, Any]:
        """What `fivefold inspect` prints."""
        return {
            "kind": self.kind,
            "rate": self.form.rate,
            "seconds": self.form.seconds,
            "bands": self.form.bands,
            "frames": self.form.frames,
            "classes": len(self.classes),
        }

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it: of the sounds, nothing but form, loudness, scale and classes."""
        return {
            "kind": self.kind,
            "rate": self.form.rate,
            "frames": self.form.frames,
            "skip_bad": self.faults.skip,
            "loudness": self.loudness.to_dict(),
            "scale": self.scale.to_dict(),
            "classes": list(self.classes),
            "notices": list(self.notices),
        }

    @classmethod
    def _described(cls, state: Mapping[str, Any]) -> Self:
        form = Form(int(state["rate"]), int(state["frames"]))
        if form.frames < 1:
            raise ValueError("a sound of no frames")
        codec = cls(form.rate, form.seconds, bool(state["skip_bad"]))
        loudness = Loudness.from_dict(state["loudness"])
        codec._learned = form, loudness, Scale.from_dict(state["scale"], 1)
        return codec

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write sounds: `.wav` for all in one file, `.npz` for arrays, no ending for a folder of WAV files.

        Arguments:
            table: a listing.
            path: where to.
        """
        found = Faults(skip=False, thing="sound").without(windows(table, self.form))
        classes = list(words_of(table)) if CLASS in table.column_names else None
        kept = [sound.reshape(-1) for _, sound in found]
        if not kept:
            raise InputError("there are no sounds", where=str(path), code="empty")
        write_sounds(kept, self.form.rate, classes, Path(path))


def _spread(sound: Waves) -> Waves:
    """Some windows of all parts of a sound."""
    return sound[np.unique(np.linspace(0, len(sound) - 1, EACH).round().astype(np.int64))]
