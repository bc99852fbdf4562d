"""Pictures as grids of levels, and back.

All pictures are brought to one form (`pictures.forms`) and one scale (`pictures.scales`). A level is `quantum` wide in
the space, so that a density of x in nats plus D log(quantum) is one of levels, and divided by -D log 2 it is the
number of bits per dimension. The class of a picture is its one label; where some have none, to have none is a class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import torch

from fivefold.codecs.listed import ListedCodec
from fivefold.codecs.pictures.classes import asked, learned, number_of, words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.files import Crop, Form, Pixels
from fivefold.codecs.pictures.forms import Size, Survey, asked_size, check, needed, widest
from fivefold.codecs.pictures.listings import CLASS, PICTURE, looks, pictures, tensors
from fivefold.codecs.pictures.masks import damaged
from fivefold.codecs.pictures.scales import Scale
from fivefold.codecs.pictures.sheets import write_pictures
from fivefold.codecs.places import place
from fivefold.codecs.spools import Spool, refuse_full
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch, Condition, Space
from fivefold.spaces.grids import Grids

MEMORY = 1 << 28
"""Pixels beyond so many bytes wait in a file."""
SAMPLE, SAMPLE_BYTES = 2_048, 1 << 27
"""The most pictures that the scale is found by, and the most bytes of them."""
PIECE = 1 << 22


class ImageCodec(ListedCodec):
    """Turn pictures into grids and back.

    Arguments:
        size: a side, or width and height as a pair or such as `64x48`; None to choose by the pictures.
        crop: `centre` keeps proportions and cuts off what stands over; `stretch` keeps all and bends.
        channels: 1 for grey, 3 for colour, 4 for colour with transparency; None to choose by the pictures.
        skip_bad: whether damaged pictures are left out and counted; if not, the first is an InputError.

    Example:
        >>> from fivefold.codecs.pictures.arrays import table_of
        >>> levels = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
        >>> table = table_of(levels, np.array([7, 8, 7, 8]), "digits", 1 << 20)
        >>> codec = ImageCodec().fit(table)
        >>> codec.space.shape, codec.space.discrete, codec.classes
        ((1, 4, 4), (2,), ['7', '8'])
        >>> codec.decode(codec.encode(table)[:4]).equals(table)
        True
    """

    kind: ClassVar[str] = "image"
    thing = "picture"

    def __init__(
        self,
        size: Size = None,
        crop: Crop = "centre",
        channels: int | None = None,
        skip_bad: bool = False,
    ) -> None:
        super().__init__(skip_bad)
        check(crop, channels)
        self.size, self.crop, self.channels = asked_size(size), crop, channels
        self._form: Form | None = None
        self._scale: Scale | None = None

    def fit(self, table: pa.Table) -> Self:
        """Choose the form by the heads of all pictures, and find the scale and the classes.

        Arguments:
            table: a listing: see `pictures.listings`.

        Returns:
            The codec; an InputError where a picture is damaged, or there is none.
        """
        self._begin(table)
        survey = Survey.of(look for _, look in self._whole(looks(table)))
        if not len(survey):
            raise self._empty(table)
        width, height = self.size or survey.size()
        wide = Form(width, height, self.channels or widest(survey), self.crop)
        some = self._some(table, wide)
        channels = self.channels or needed(some)
        self._form = Form(width, height, channels, self.crop)
        self._scale = Scale.of(some[:, :channels])
        self.classes, said = learned(list(words_of(table)))
        self.notices += [*survey.notices(self._form), *said]
        return self

    def _some(self, table: pa.Table, form: Form) -> Pixels:
        """Pictures of all parts of the table, with shape (N, C, H, W)."""
        most = max(1, min(SAMPLE, SAMPLE_BYTES // math.prod(form.shape)))
        rows = np.unique(np.linspace(0, len(table) - 1, most).round().astype(np.int64)).tolist()
        found = [picture for _, picture in self._whole(pictures(table, form, rows))]
        if not found:
            raise self._empty(table)
        return np.stack(found)

    @property
    def form(self) -> Form:
        """What pictures are brought to."""
        if self._form is None:
            raise _not_fitted()
        return self._form

    @property
    def scale(self) -> Scale:
        """How levels become numbers."""
        if self._scale is None:
            raise _not_fitted()
        return self._scale

    @property
    def space(self) -> Space:
        """The space of one picture."""
        channels, height, width = self.form.shape
        labels = (len(self.classes),) if self.classes else ()
        return Space.grid(channels, (height, width), labels, self.scale.quantum)

    def encode(self, table: pa.Table, *, seed: int = 0, memory: int = MEMORY) -> Grids:
        """Pictures as grids of levels, kept as bytes.

        Arguments:
            table: a listing.
            seed: not needed: nothing is drawn.
            memory: pixels beyond so many bytes are put into a temporary file that is mapped.

        Returns:
            The grids, without those of damaged pictures where these are left out.
        """
        shape = self.form.shape
        refuse_full(len(table) * math.prod(shape), memory, "pictures", "ask for a smaller size")
        words = list(words_of(table))
        known = {word: number for number, word in enumerate(self.classes)}
        spool, held = Spool(np.uint8, memory), []
        numbers: list[int] = []
        for row, picture in self._whole(pictures(table, self.form)):
            if known and words[row] not in known:
                where = place(table.schema.metadata, row)
                known[words[row]] = number_of(words[row], self.classes, where)
            numbers.append(known.get(words[row], 0))
            held.append(picture)
            if len(held) * picture.nbytes >= PIECE:
                spool.add(np.stack(held).reshape(-1))
                held = []
        if held:
            spool.add(np.stack(held).reshape(-1))
        if not numbers:
            raise self._empty(table)
        return Grids(
            spool.whole().reshape(-1, *shape),
            torch.tensor(numbers).view(-1, 1)[:, : self.space.positions],
            self.scale.factors,
            self.scale.shift,
        )

    def decode(self, batch: Batch, *, seed: int = 0, start: int = 0) -> pa.Table:
        """Grids as pictures: a column `picture` of tensors (H, W, C) of bytes, and `class` where there are classes.

        Arguments:
            batch: data of the space.
            seed: not needed: nothing is drawn.
            start: not needed.
        """
        levels = self.scale.levels(batch.continuous)
        columns: dict[str, Any] = {PICTURE: tensors(levels.transpose(0, 2, 3, 1))}
        if self.classes:
            words = [self.classes[number] for number in batch.discrete[:, 0].tolist()]
            columns[CLASS] = pa.array(words, pa.string())
        return pa.table(columns)

    def damaged(
        self, picture: Any, mask: Any, n: int, *, where: Mapping[str, object] | None = None
    ) -> Condition:
        """n data of which a picture is seen but for what is to be filled.

        Arguments:
            picture: a path, the bytes of a file, or an array (H, W) or (H, W, C) of bytes.
            mask: the same; white where it is to be filled.
            n: how many.
            where: as in `condition`.

        Returns:
            The condition; an InputError where the two differ in size, or nothing is to be filled.
        """
        shape = self.form.shape
        levels, sound = damaged(picture, mask, self.form)
        x = self.scale.numbers(levels).expand(n, *shape).clone()
        given = torch.from_numpy(sound).expand(shape).clone()
        labels, seen = asked(where or {}, self.classes, n)
        return Condition(Batch(x, labels), given, seen)

    def describe(self) -> dict[str, Any]:
        """What `fivefold inspect` prints."""
        channels, height, width = self.form.shape
        return {
            "kind": self.kind,
            "size": f"{width} x {height}",
            "channels": channels,
            "classes": len(self.classes),
        }

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it: of the pictures, nothing but form, scale and classes."""
        channels, height, width = self.form.shape
        return {
            "kind": self.kind,
            "size": [width, height],
            "channels": channels,
            "crop": self.crop,
            "skip_bad": self.faults.skip,
            "scale": self.scale.to_dict(),
            "classes": list(self.classes),
            "notices": list(self.notices),
        }

    @classmethod
    def _described(cls, state: Mapping[str, Any]) -> Self:
        width, height = map(int, state["size"])
        channels = int(state["channels"])
        codec = cls((width, height), state["crop"], channels, bool(state["skip_bad"]))
        codec._form = Form(width, height, channels, codec.crop)
        codec._scale = Scale.from_dict(state["scale"], channels)
        return codec

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write pictures: `.png` for one sheet, `.npz` for arrays, no ending for a folder of PNG files.

        Arguments:
            table: a listing.
            path: where to.
        """
        found = [picture for _, picture in Faults(skip=False).without(pictures(table, self.form))]
        if not found:
            raise InputError("there are no pictures", where=str(path), code="empty")
        classes = list(words_of(table)) if CLASS in table.column_names else None
        write_pictures(np.stack(found), classes, Path(path))


def _not_fitted() -> NotFittedError:
    return NotFittedError("the codec has seen no picture", hint="call fit", code="not-fitted")
