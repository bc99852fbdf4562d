"""How families are tried on sequences: whole documents are held out, and judged are passages that fit the model.

A *passage* is a window of a document as text. Where documents are short (molecules, cases, log lines) a passage is a
document; of a long text it is a part, and a model draws passages that begin as its windows do. Real passages are cut
in the same way, so that like is compared with like. Likelihood is counted in bits per byte of text, whatever the
alphabet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from fivefold.codecs.sequences import SequenceCodec
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.likeness import likeness
from fivefold.compare.ngram import NGram
from fivefold.compare.parts import Parts
from fivefold.compare.profile import ColumnResult, Gallery, Pairs
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.intake import BLOCKS, LARGE, Codec, cut_notice, deal, held_out_rows
from fivefold.measures.figure import Figure
from fivefold.measures.judging import judge
from fivefold.measures.membership import membership, with_source
from fivefold.measures.sequences import bits_per_byte, cheap_sequences
from fivefold.model import Model
from fivefold.spaces import Data, Sequences, Space
from fivefold.spaces.sequences import windows
from fivefold.training import Plan
from fivefold.training.plan import judged

HOLDOUT, HOLDOUT_MOST = 0.2, 20_000
FEWEST = 40
SHORTEST = 64
JUDGED, JUDGED_MOST = 2**17, 10_000
LOOKED, LOOKED_MOST = 2**14, 1_000
SCORED = 2**16
OWN_MOST = 4_000
OVERHEAD = (10.0, 20.0)
PICTURED = 4_000
SHOWN, SHOWN_MOST = 6, 1_200
LENGTHS = (0.5, 1.0, 2.0, 4.0)
SCALED = 16

Floats = NDArray[np.float64]


class SequenceTrial:
    """The families on sequences.

    Arguments:
        parts: the parts of the documents.
        effort: the share of the usual number of passages that is drawn and judged.
    """

    looks: ClassVar[tuple[int, ...]] = (2, 5, 10, 20)
    speed_draws: tuple[int, ...] = ()

    def __init__(self, parts: Parts, effort: float = 1.0) -> None:
        self.effort = effort
        self.overhead, self.cheap = OVERHEAD[0] + effort * OVERHEAD[1], 2 + effort * 4
        assert isinstance(parts.codec, SequenceCodec)
        self.parts, self.codec = parts, parts.codec
        self.kind = self.codec.kind

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Documents at random into train, validation and holdout; one that is a large share of them in blocks.

        The alphabet is that of all documents: a symbol that only a held-out one has would otherwise be unknown.
        """
        assert isinstance(codec, SequenceCodec)
        codec.fit(table)
        pieces, cut = documents(codec.texts(table))
        table = pa.table({codec.column: pieces})
        if (found := len(codec.encode(table))) < FEWEST or len(pieces) < 3:
            raise InputError(
                f"{len(pieces)} {'document' if len(pieces) == 1 else 'documents'} of {codec.units(table):,} bytes "
                f"in all, {found} windows: a comparison needs a training part and a holdout",
                hint=f"give at least {FEWEST} windows of {codec.space.positions} symbols, or a smaller --length",
                code="too-short",
            )
        sizes = np.maximum(1, np.asarray(pc.binary_length(pieces)))
        total = int(sizes.sum())
        held = deal(sizes, HOLDOUT * total, seed)[:HOLDOUT_MOST]
        left = np.setdiff1d(np.arange(len(pieces)), held)
        share = held_out_rows(found) / found
        chosen = left[deal(sizes[left], share * total, seed + 1)]
        train = np.setdiff1d(left, chosen)
        notices = [*codec.notices, *([cut_notice(cut)] if cut else [])]
        return Parts(table.take(train), table.take(chosen), table.take(held), codec, notices)

    def ready(self, folder: Path) -> None:
        """Nothing: jobs have no work in common."""

    def check(self, target: str | None) -> None:
        """Refuse any target: there is no column to predict."""
        if target is not None:
            raise InputError(
                f"--target {target!r} does not apply to data of kind {self.kind!r}",
                hint="leave it out: usefulness is measured by a column of a table",
                code="option",
            )

    @cached_property
    def windows(self) -> Sequences:
        """The windows of the training part."""
        return self.codec.encode(self.parts.train)

    @property
    def rows(self) -> int:
        """How many synthetic passages are judged."""
        return self._so_many(JUDGED, JUDGED_MOST)

    @property
    def look_rows(self) -> int:
        """How many are judged cheaply."""
        return self._so_many(LOOKED, LOOKED_MOST)

    def _so_many(self, symbols: int, most: int) -> int:
        mean = float(self.windows.lengths.double().mean())
        return max(1, min(len(self.windows), most, round(self.effort * symbols / mean)))

    @cached_property
    def train(self) -> pa.Table:
        """The passages of the training part."""
        return self.passages(self.parts.train)

    @cached_property
    def holdout(self) -> pa.Table:
        """The passages that were held out, in an order that says nothing."""
        found = self.passages(self.parts.holdout)
        return found.take(np.random.default_rng(0).permutation(len(found)))

    @property
    def passages_held(self) -> int:
        """How many passages were held out."""
        return len(self.holdout)

    def passages(self, table: pa.Table) -> pa.Table:
        """The windows of documents as texts."""
        x = self.codec.encode(table)
        if len(x) == len(table):
            return pa.table({self.codec.column: self.codec.texts(table)})
        return pa.concat_tables(self.codec.decode(part) for part in x.parts(4_096))

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic passages."""
        return judge(
            self.train, made, kind=self.kind, holdout=self.holdout, seed=seed, most=OWN_MOST
        )

    def glance(self, made: pa.Table) -> list[Figure]:
        """Units, lengths and neighbours of some hundred passages."""
        draw = np.random.default_rng(0).permutation(len(self.train))[: 4 * self.look_rows]
        return cheap_sequences(self.train.take(draw), made, kind=self.kind)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the held-out passages judged as if it were synthetic, beside the other half."""
        half = len(self.holdout) // 2
        release = self.holdout.slice(0, min(half, self.rows))
        return judge(
            self.train,
            release,
            kind=self.kind,
            holdout=self.holdout.slice(half),
            seed=seed,
            most=OWN_MOST,
        )

    def likelihood(self, model: Model, seed: int) -> list[Figure]:
        """Bits per byte of held-out documents, and the attack that uses the likelihood."""
        name, title = "bits_per_byte", "Held-out bits per byte"
        kind = model.family.likelihood
        if kind == "none":
            why = "this family has no likelihood"
            return [Figure(name, title, None, unit="bits/byte", note=why)]
        others, counts = self._scored(model, self.parts.holdout, seed)
        members, theirs = self._scored(model, self.parts.train, seed)
        found = bits_per_byte(others, self.bytes_per_symbol * counts)
        trained = bits_per_byte(members, self.bytes_per_symbol * theirs)
        figure = replace(
            found,
            title=title,
            note="exact" if kind == "exact" else "an upper bound",
            details={"likelihood": kind, "train": trained.value, "said": found.note},
        )
        attacks = membership(members / theirs, others / counts)
        renamed = [replace(f, name=f"likelihood_{f.name}") for f in attacks]
        return [figure, *with_source(renamed, "the model's own log-likelihood of a symbol")]

    def _scored(self, model: Model, table: pa.Table, seed: int) -> tuple[Floats, Floats]:
        """log p of some windows in nats, and how many symbols each has."""
        x = self.codec.encode(table)
        wanted = max(1, round(self.effort * SCORED / float(x.lengths.double().mean())))
        chosen = torch.from_numpy(np.random.default_rng(seed).permutation(len(x))[:wanted])
        part = x.part(chosen)
        return model.log_prob_of(part, seed=seed).numpy(), (part.lengths - 1).double().numpy()

    @cached_property
    def bytes_per_symbol(self) -> float:
        """How many bytes of text a symbol stands for, ends counted as symbols."""
        return self.codec.units(self.parts.train) / float((self.windows.lengths - 1).sum())

    def loss_scale(self, family: Family, held_out: Data, plan: Plan) -> tuple[float, str]:
        """From nats a window to bits per byte, for families whose loss is a likelihood or its bound."""
        if family.likelihood == "none":
            return 1.0, ""
        assert isinstance(held_out, Sequences)
        symbols = float((held_out.lengths[: judged(plan, family.space)] - 1).double().mean())
        return 1 / (math.log(2) * self.bytes_per_symbol * symbols), "bits per byte"

    def held_out(self, seed: int) -> Sequences:
        """The windows of the validation part in random order."""
        x = self.codec.encode(self.parts.validation)
        return x.part(torch.from_numpy(np.random.default_rng(seed).permutation(len(x))))

    def baseline(self) -> tuple[NGram, str]:
        """The n-gram model."""
        model = NGram(self.codec.space)
        return model, f"{len(model.orders)}-gram model"

    def scaled(self) -> Iterator[tuple[int, Data, Space]]:
        """The training part as one text, cut into longer and shorter windows."""
        symbols, positions = np.asarray(self.windows.symbols[: 2**20]), self.codec.space.positions
        longest = SCALED * int(max(LENGTHS) * positions)
        symbols = np.resize(symbols, max(len(symbols), longest + 1))
        for times in LENGTHS:
            length = max(8, int(times * positions))
            before, size = np.zeros(1, np.int64), np.array([len(symbols) - 1], np.int64)
            x = Sequences(symbols, *windows(before, size, length))
            space = Space.sequence(self.codec.space.alphabet, length)
            yield length, x.part(slice(0, SCALED)), space

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """Lengths, units and what follows what."""
        draw = np.random.default_rng(0).permutation(len(self.train))[:PICTURED]
        real = self.train.take(draw).column(0).to_pylist()
        texts = {name: table.column(0).to_pylist()[:PICTURED] for name, table in made.items()}
        return likeness(real, texts, self.kind)

    def gallery(self, made: Mapping[str, pa.Table]) -> Gallery:
        """A few samples of each family beside held-out ones."""

        def some(table: pa.Table) -> list[str]:
            texts: list[str] = table.column(0).slice(0, SHOWN).to_pylist()
            return [text if len(text) <= SHOWN_MOST else text[:SHOWN_MOST] + "…" for text in texts]

        return Gallery(some(self.holdout), {name: some(table) for name, table in made.items()})

    def real(self) -> list[Exhibit]:
        """Nothing: there is nothing to look at."""
        return []

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """Nothing: there is nothing to look at."""
        return []


def documents(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    r"""The texts that are not empty, large ones in contiguous blocks, and how many were cut.

    Example:
        >>> pieces, cut = documents(pa.chunked_array([["a line of words\n" * 50, "short"]]))
        >>> len(pieces), cut, "".join(pieces.to_pylist()) == "a line of words\n" * 50 + "short"
        (14, 1, True)
    """
    texts = texts.filter(pc.greater(pc.fill_null(pc.binary_length(texts), 0), 0))
    sizes = np.asarray(pc.utf8_length(texts))
    large = sizes > LARGE * sizes.sum()
    if not large.any():
        return texts, 0
    size = max(SHORTEST, int(sizes.sum()) // BLOCKS)
    pieces: list[str] = []
    for text, long in zip(texts.to_pylist(), large, strict=True):
        pieces.extend(blocks(text, size) if long else [text])
    return pa.chunked_array([pieces], type=texts.type), int(large.sum())


def blocks(text: str, size: int) -> Iterator[str]:
    """A text in blocks of about a size that end with a line or a word where they can.

    Example:
        >>> list(blocks("one two three four", 8))
        ['one two ', 'three ', 'four']
    """
    start = 0
    while start < len(text):
        end = start + size
        if end < len(text):
            for mark in ("\n", " "):
                found = text.rfind(mark, start + size // 2, end)
                if found >= 0:
                    end = found + 1
                    break
        yield text[start:end]
        start = end
