"""How families are tried on sounds: judged in the features of their spectra, shown as spectra, played."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
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
from fivefold.compare.components import Components
from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.compare.grids import Floats, GridTrial, listed
from fivefold.compare.parts import Parts
from fivefold.compare.profile import ColumnResult, Pairs
from fivefold.intake import Codec
from fivefold.measures.figure import Figure
from fivefold.measures.pictures import bits_per_dimension
from fivefold.measures.sound import SoundJudge
from fivefold.model import Model

SHEET, BESIDE, PLAYED, LONGEST = 16, 6, 4, 2.0
"""Spectra of a sheet, samples beside real ones, sounds that are played, and their seconds."""
SKETCHED, JUDGED = 1_000, 400


class SoundTrial(GridTrial):
    """The families on sounds.

    Arguments:
        parts: the listings of the parts.
        effort: the share of the usual number of sounds that is drawn and judged.
    """

    codec: SoundCodec

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Sounds at random, whole files; those that are damaged are left out before, where that was asked for."""
        assert isinstance(codec, SoundCodec)
        codec.fit(table)
        sound = [row for row, _ in codec.faults.without(windows(table, codec.form))]
        return listed(table, sound, codec, seed)

    def ready(self, folder: Path) -> None:
        """Train the net whose features sounds are judged in, for all jobs."""
        self._judge(folder, self.parts.holdout).seer  # noqa: B018

    def _judge(self, folder: Path | None, holdout: pa.Table) -> SoundJudge:
        return SoundJudge(
            self.parts.train, holdout, form=self.codec.form, shown=self.lessons, cache=folder
        )

    @cached_property
    def judge(self) -> SoundJudge:
        """What knows the real sounds."""
        return self._judge(self.parts.folder, self.parts.holdout)

    @property
    def rows(self) -> int:
        """How many synthetic sounds are judged: looking for their samples takes time."""
        return min(JUDGED, super().rows)

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic sounds."""
        return self.judge.figures(made)

    def glance(self, made: pa.Table) -> list[Figure]:
        """The two distances of some sounds."""
        return self.judge.glance(made)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the held-out sounds judged as if it were synthetic, beside the other half."""
        half = len(self.parts.holdout) // 2
        release = self.parts.holdout.slice(0, min(half, self.rows))
        return self._judge(self.parts.folder, self.parts.holdout.slice(half)).figures(release)

    def coded(self, log_probs: Floats) -> Figure:
        """Bits per dimension, of the spectrum's levels."""
        return bits_per_dimension(log_probs, self.codec.space.dimensions)

    def baseline(self) -> tuple[Components, str]:
        """Normal distributions on principal components."""
        return Components(self.codec.space), "Mixture of principal components"

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
