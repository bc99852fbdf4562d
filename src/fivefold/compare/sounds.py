"""How families are tried on sounds: judged in the features of their spectra, shown as spectra, played."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from fivefold.codecs.pictures.classes import words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.files import Pixels
from fivefold.codecs.pictures.listings import CLASS
from fivefold.codecs.sound import SoundCodec
from fivefold.codecs.sounds.listings import windows
from fivefold.codecs.sounds.records import wav
from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.compare.featured import FeaturedTrial
from fivefold.compare.profile import ColumnResult, Pairs
from fivefold.measures.sound import SoundJudge
from fivefold.model import Model

SHEET, BESIDE, PLAYED, LONGEST = 16, 6, 4, 2.0
"""Spectra of a sheet, samples beside real ones, sounds that are played, and their seconds."""
SKETCHED, JUDGED = 1_000, 400


class SoundTrial(FeaturedTrial):
    """The families on sounds.

    Arguments:
        parts: the listings of the parts.
        effort: the share of the usual number of sounds that is drawn and judged.
    """

    codec: SoundCodec
    judged_by = SoundJudge

    @staticmethod
    def read(codec: SoundCodec, table: pa.Table) -> Iterable[Any]:
        """The sounds of a listing."""
        return windows(table, codec.form)

    @property
    def rows(self) -> int:
        """How many synthetic sounds are judged: looking for their samples takes time."""
        return min(JUDGED, super().rows)

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """Loudness, pitch, change and classes."""
        tables = {name: self._sketch(table) for name, table in made.items()}
        return self.sketched(self._sketch(self.parts.train), tables)

    def _sketch(self, table: pa.Table) -> pa.Table:
        """What is simple to say of the first window of each sound."""
        some = table.slice(0, SKETCHED)
        x = self._levels(some).astype(np.float32)[:, 0]
        tones = np.arange(x.shape[1])[:, None]
        columns: dict[str, Any] = {
            "loudness": x.mean((1, 2)),
            "middle band": (x * tones).sum((1, 2)) / np.maximum(x.sum((1, 2)), 1),
            "change from frame to frame": np.abs(np.diff(x, axis=2)).mean((1, 2)),
        }
        columns = {name: pa.array(np.round(values, 2)) for name, values in columns.items()}
        if self.codec.classes:
            columns[CLASS] = pa.array([word or "none" for word in words_of(some)], pa.string())
        return pa.table(columns)

    def _levels(self, table: pa.Table) -> Pixels:
        """The spectrum of the first window of each sound, with shape (n, 1, bands, frames)."""
        data = self.codec.encode(table)
        _, firsts = np.unique(data.owners.numpy(), return_index=True)
        found: Pixels = np.asarray(data.array[firsts])
        return found

    def real(self) -> list[Exhibit]:
        """Held-out sounds."""
        return self._shown(self.parts.holdout)

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """Spectra and sounds, and each spectrum above that of the nearest training sound."""
        some = made.slice(0, BESIDE)
        near = self.judge.neighbours(some)
        train = self.parts.train.take(pa.array(near.places))
        both = [self._levels(table)[:, :, ::-1] for table in (some, train)]
        beside = sheet_of("neighbours", np.concatenate(both), columns=len(both[0]))
        return [*self._shown(made), beside]

    def _shown(self, table: pa.Table) -> list[Exhibit]:
        spectra = self._levels(table.slice(0, SHEET))[:, :, ::-1]
        found = Faults(skip=False, thing="sound").without(
            windows(table.slice(0, PLAYED), self.codec.form)
        )
        most = round(LONGEST * self.codec.form.rate)
        files = [wav(sound[0][:most], self.codec.form.rate) for _, sound in found]
        heard = [f"data:audio/wav;base64,{base64.b64encode(file).decode()}" for file in files]
        played = [Exhibit("sounds", "sound", content) for content in heard]
        return [sheet_of("samples", spectra, about="low tones below, time to the right"), *played]
