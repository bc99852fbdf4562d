"""How families are tried on pictures: judged in the features of a net that learned to tell the real ones apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.listings import pictures
from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.compare.featured import FeaturedTrial
from fivefold.compare.profile import ColumnResult, Pairs
from fivefold.compare.sketches import levels_of, sketch
from fivefold.compare.strips import between, stepped
from fivefold.measures.pictures import PictureJudge
from fivefold.model import Model

SHEET, SHEET_PIXELS = 49, 2**16
BESIDE = 10
SKETCHED = 2_000


class ImageTrial(FeaturedTrial):
    """The families on pictures.

    Arguments:
        parts: the listings of the parts.
        effort: the share of the usual number of pictures that is drawn and judged.
    """

    codec: ImageCodec
    judged_by = PictureJudge

    @staticmethod
    def read(codec: ImageCodec, table: pa.Table) -> Iterable[Any]:
        """The pictures of a listing."""
        return pictures(table, codec.form)

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
