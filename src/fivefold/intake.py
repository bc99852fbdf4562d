"""What comes in: data of some kind read with the codec that suits them, and parted so that whole documents stay unseen.

Rows of a table are independent, so any of them may be held out. The windows of one text are not: they are held out by
whole documents, and a document that is a large share of the data by contiguous blocks of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from fivefold.codecs import CODECS
from fivefold.codecs.reading import read_data
from fivefold.codecs.schema import Schema
from fivefold.errors import InputError
from fivefold.spaces import Batch, Condition, Data, Grids, Sequences, Space

HELD_OUT, HELD_OUT_MOST = 0.05, 5_000
LARGE = 0.2
BLOCKS = 100

OPTIONS = {
    "schema": "schema",
    "alphabet": "alphabet",
    "symbols": "symbols",
    "length": "length",
    "picture_size": "size",
    "crop": "crop",
    "channels": "channels",
    "rate": "rate",
    "seconds": "seconds",
    "skip_bad": "skip_bad",
}
"""What a reading may say of how data become a space, and what the codecs call it."""

Ints = NDArray[np.int64]
Parted = tuple[Data, Data, list[str]]


class Codec(Protocol):
    """What every kind of data has: a way into a space and back."""

    kind: ClassVar[str]
    notices: list[str]

    @property
    def space(self) -> Space:
        """The space of one datum."""

    def fit(self, table: pa.Table) -> Self:
        """Learn the columns or the alphabet."""

    def encode(self, table: pa.Table, *, seed: int) -> Any:
        """The table as data of the space."""

    def decode(self, batch: Batch, *, seed: int, start: int = 0) -> pa.Table:
        """Data of the space as a table."""

    def log_volume(self, batch: Any) -> torch.Tensor:
        """What each datum weighs in the data's own units, in nats with shape (B,)."""

    def condition(self, where: Mapping[str, object], n: int, *, seed: int = 0) -> Condition:
        """n data of which the given part is seen."""

    def impose(self, table: pa.Table, where: Mapping[str, object]) -> pa.Table:
        """The table with what was given in every row."""

    def describe(self) -> dict[str, Any]:
        """What people are told of it."""

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it."""


@dataclass(frozen=True)
class Reading:
    """How data are to be read and written as symbols; what is not given is found in the data.

    Arguments:
        kind: `table`, `text`, `molecule`, ...: a key of `fivefold.codecs.CODECS`.
        column: of a file with several columns, the one that holds the sequences.
        encoding: of text files that are not UTF-8.
        schema: kinds of columns of a table.
        alphabet: the symbols of a sequence: `bytes`, `characters`, `bpe` or what else the kind has.
        symbols: how many symbols an alphabet that is learned shall have.
        length: the longest sequence; longer ones are cut into windows.
        picture_size: of pictures, a side, or width and height such as `64x48`.
        crop: what is done to pictures of other proportions: `centre` or `stretch`.
        channels: of pictures: 1, 3 or 4.
        rate: of sounds, samples a second.
        seconds: of sounds, how long one is; longer ones are cut into windows.
        skip_bad: whether damaged files are left out and counted, in place of an error.

    Example:
        >>> codec, table = Reading().open({"age": [39, 50, 38], "sex": ["m", "m", "f"]})
        >>> codec.kind, len(table)
        ('table', 3)
    """

    kind: str | None = None
    column: str | None = None
    encoding: str | None = None
    schema: Schema | Path | str | None = None
    alphabet: str | None = None
    symbols: int | None = None
    length: int | None = None
    picture_size: int | str | tuple[int, int] | None = None
    crop: str | None = None
    channels: int | None = None
    rate: int | None = None
    seconds: float | None = None
    skip_bad: bool | None = None

    def open(self, data: Any) -> tuple[Codec, pa.Table]:
        """A codec, not fitted yet, and the data as a table.

        Raises:
            InputError: where the data cannot be read, or an option is for another kind of data.
        """
        if self.kind is not None and self.kind not in CODECS:
            raise InputError(
                f"unknown kind of data {self.kind!r}",
                hint=f"one of: {', '.join(CODECS)}",
                code="kind",
            )
        kind, table = read_data(data, kind=self.kind, column=self.column, encoding=self.encoding)
        wanted = {name: getattr(self, name) for name in OPTIONS}
        given = {OPTIONS[name]: value for name, value in wanted.items() if value is not None}
        known = inspect.signature(CODECS[kind]).parameters
        for name, own in OPTIONS.items():
            if own in given and own not in known:
                option = f"--{name.replace('_', '-')}"
                raise InputError(
                    f"{option} does not apply to data of kind {kind!r}",
                    hint=f"leave {option} out, or say with --kind what the data are",
                    code="option",
                )
        if "schema" in given and not isinstance(self.schema, Schema):
            given["schema"] = Schema.load(given["schema"])
        return CODECS[kind](**given), table


def describe(data: Any, reading: Reading | None = None) -> dict[str, Any]:
    """What data are: read, learned by the codec of their kind and encoded, so that every fault of theirs is met.

    Arguments:
        data: a path, an address, the name of a bundled table, a frame or an Arrow table.
        reading: how they are read.

    Example:
        >>> found = describe({"age": [39, 50, 38] * 8, "sex": ["m", "m", "f"] * 8})
        >>> found["kind"], found["rows"], found["data"]
        ('table', 24, 24)
    """
    codec, table = (reading or Reading()).open(data)
    found = codec.fit(table).encode(table, seed=0)
    space = codec.space
    return {
        "kind": codec.kind,
        "rows": len(table),
        "data": len(found),
        **{name: value for name, value in codec.describe().items() if name != "kind"},
        "space": {"continuous": space.dimensions, "discrete": space.positions},
        "notices": codec.notices,
    }


def split_rows(x: Batch, seed: int) -> Parted:
    """Rows to learn from and rows held out, at random."""
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(x))).to(x.device)
    held = held_out_rows(len(x))
    return x[order[held:]], x[order[:held]], []


def split_documents(x: Sequences, seed: int) -> Parted:
    """Windows to learn from, and the windows of documents held out."""
    if len(x) < 2:
        raise InputError(
            f"the data are {int(x.lengths.sum()) - len(x)} symbols in all, which is one window of the model",
            hint="give more, or a smaller --length",
            code="too-short",
        )
    return split_wholes(x, seed)


def split_grids(x: Grids, seed: int) -> Parted:
    """Grids to learn from, and grids of other things (pictures, stretches of a series) held out."""
    if len(x) < 2:
        raise InputError(
            "the data are one grid, and a part of them has to be held out",
            hint="give more, or of a series a smaller --length",
            code="too-short",
        )
    return split_wholes(x, seed)


def split_wholes(x: Sequences | Grids, seed: int) -> Parted:
    """Data to learn from, and those that belong to other wholes held out."""
    pieces, cut = pieces_of(x.owners.numpy())
    sizes = np.bincount(pieces)
    held = np.isin(pieces, deal(sizes, held_out_rows(len(x)), seed))
    order = np.random.default_rng(seed).permutation(np.flatnonzero(held))
    notices = [cut_notice(cut)] if cut else []
    return (
        x.part(torch.from_numpy(np.flatnonzero(~held))),
        x.part(torch.from_numpy(order)),
        notices,
    )


SPLITS: dict[str, Callable[[Any, int], Parted]] = {
    "columns": split_rows,
    "sequence": split_documents,
    "grid": split_grids,
}
"""How data are parted, by the sort of their space."""


def held_out_rows(rows: int) -> int:
    """How many rows training never sees, for choosing the best weights."""
    return min(HELD_OUT_MOST, max(1, min(rows // 5, max(64, round(HELD_OUT * rows)))))


def pieces_of(owners: Ints) -> tuple[Ints, int]:
    """What may be held out together: documents, and blocks of those that are more than a fifth of the data.

    Arguments:
        owners: for each window the number of its document, with shape (W,), documents one after another.

    Returns:
        for each window the number of its piece, and how many documents were cut.

    Example:
        >>> pieces_of(np.array([0, 1, 2, 3, 4, 5]))[0].tolist()
        [0, 1, 2, 3, 4, 5]
        >>> pieces_of(np.zeros(200, np.int64))[0].tolist()[:5]
        [0, 0, 1, 1, 2]
    """
    _, firsts, numbers, sizes = np.unique(
        owners, return_index=True, return_inverse=True, return_counts=True
    )
    large = sizes > max(1.0, LARGE * len(owners))
    places = np.arange(len(owners)) - firsts[numbers]
    block = max(1, len(owners) // BLOCKS)
    blocks = np.where(large[numbers], places // block, 0)
    _, found = np.unique(numbers * (len(owners) + 1) + blocks, return_inverse=True)
    return found.astype(np.int64), int(large.sum())


def deal(sizes: Ints, goal: float, seed: int) -> Ints:
    """Pieces at random that make up about the goal; those that would overshoot it by far are passed over.

    Example:
        >>> sizes = np.array([5, 5, 5, 90, 5, 5])
        >>> found = deal(sizes, 10, seed=0)
        >>> int(sizes[found].sum()), 3 in found
        (10, False)
    """
    chosen: list[int] = []
    total = 0
    order = np.random.default_rng(seed).permutation(len(sizes))
    for piece in order.tolist():
        if total >= goal:
            break
        if total + sizes[piece] <= 2 * goal:
            chosen.append(piece)
            total += int(sizes[piece])
    return np.array(chosen or [int(np.argmin(sizes))], np.int64)


def cut_notice(documents: int) -> str:
    """What people are told where documents were cut for the split."""
    one = documents == 1
    return (
        f"{'one document is' if one else f'{documents} documents are'} more than a fifth of the data and "
        f"{'was' if one else 'were'} held out in contiguous blocks: what is held out is another part of "
        f"{'it' if one else 'them'}, not another document"
    )
