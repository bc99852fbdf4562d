"""How families are tried on pictures: judged in the features of a net that learned to tell the real ones apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.listings import pictures
from fivefold.compare.components import Components
from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.compare.grids import Floats, GridTrial, listed
from fivefold.compare.parts import Parts
from fivefold.compare.profile import ColumnResult, Pairs
from fivefold.compare.sketches import levels_of, sketch
from fivefold.compare.strips import between, stepped
from fivefold.intake import Codec
from fivefold.measures.figure import Figure
from fivefold.measures.pictures import PictureJudge, bits_per_dimension
from fivefold.model import Model

SHEET, SHEET_PIXELS = 49, 2**16
BESIDE = 10
SKETCHED = 2_000


class ImageTrial(GridTrial):
    """The families on pictures.

    Arguments:
        parts: the listings of the parts.
        effort: the share of the usual number of pictures that is drawn and judged.
    """

    codec: ImageCodec

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Pictures at random; those that are damaged are left out before, where that was asked for."""
        assert isinstance(codec, ImageCodec)
        codec.fit(table)
        sound = [row for row, _ in codec.faults.without(pictures(table, codec.form))]
        return listed(table, sound, codec, seed)

    def ready(self, folder: Path) -> None:
        """Train the net whose features pictures are judged in, for all jobs."""
        self._judge(folder, self.parts.holdout).seer  # noqa: B018

    def _judge(self, folder: Path | None, holdout: pa.Table) -> PictureJudge:
        return PictureJudge(
            self.parts.train, holdout, form=self.codec.form, shown=self.lessons, cache=folder
        )

    @cached_property
    def judge(self) -> PictureJudge:
        """What knows the real pictures."""
        return self._judge(self.parts.folder, self.parts.holdout)

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic pictures."""
        return self.judge.figures(made)

    def glance(self, made: pa.Table) -> list[Figure]:
        """The two distances of some hundred pictures."""
        return self.judge.glance(made)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the held-out pictures judged as if it were synthetic, beside the other half."""
        half = len(self.parts.holdout) // 2
        release = self.parts.holdout.slice(0, min(half, self.rows))
        return self._judge(self.parts.folder, self.parts.holdout.slice(half)).figures(release)

    def coded(self, log_probs: Floats) -> Figure:
        """Bits per dimension."""
        return bits_per_dimension(log_probs, self.codec.space.dimensions)

    def baseline(self) -> tuple[Components, str]:
        """Normal distributions on principal components."""
        return Components(self.codec.space), "Mixture of principal components"

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """Brightness, contrast, edges and classes."""
        real = self.parts.train.slice(0, SKETCHED)
        tables = {name: sketch(self.codec, table) for name, table in made.items()}
        return self.sketched(sketch(self.codec, real), tables)

    def shown(self, made: pa.Table) -> list[Exhibit]:
        """The first pictures of a table as one sheet."""
        return [sheet_of("samples", levels_of(self.codec, made, self.on_sheet))]

    def real(self) -> list[Exhibit]:
        """Held-out pictures."""
        order = np.random.default_rng(0).permutation(len(self.parts.holdout))[: self.on_sheet]
        return self.shown(self.parts.holdout.take(pa.array(order)))

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """Samples, each beside its nearest training picture, ways between two pictures, samples by steps."""
        near = self.judge.neighbours(made.slice(0, BESIDE))
        train = self.parts.train.take(pa.array(near.places))
        both = [levels_of(self.codec, table, BESIDE) for table in (made, train)]
        beside = sheet_of("neighbours", np.concatenate(both), columns=len(both[0]))
        rows = [between(model, self.others, seed), stepped(model, seed)]
        return [*self.shown(made), beside, *(row for row in rows if row is not None)]

    @property
    def on_sheet(self) -> int:
        """How many pictures a sheet holds."""
        _, height, width = self.codec.form.shape
        return int(np.clip(SHEET_PIXELS // (height * width), 16, SHEET))
