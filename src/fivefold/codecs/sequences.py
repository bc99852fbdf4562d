"""Texts as sequences of symbols: what all codecs of sequences have in common.

A datum is a document, or a window of a long one: see `spaces.sequences`. Its text is one column of strings; which
strings those are (a poem, a molecule, a case of an event log) each kind of data says in a codec of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
import torch
from numpy.typing import NDArray
from torch import Tensor

from fivefold.codecs.alphabets import Alphabet, alphabet_from, alphabet_type
from fivefold.codecs.places import NOTICES, place
from fivefold.codecs.spools import Spool, parts
from fivefold.codecs.surveys import openings, suitable_alphabet, suitable_length
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch, Condition, Sequences, Space
from fivefold.spaces.sequences import windows

MEMORY = 1 << 30
"""Symbols beyond so many bytes wait in a file."""
MOST_POSITIONS = 1 << 17


class SequenceCodec:
    """Turn texts into sequences of symbols and back.

    Arguments:
        alphabet: one of the kind's `alphabets`; None to choose by the data.
        symbols: how many symbols the alphabet may have, the end counted; None to choose by the data.
        length: the positions of a datum; None to choose by the data.

    Example:
        >>> table = pa.table({"text": ["to be", "or not"]})
        >>> codec = SequenceCodec(alphabet="characters").fit(table)
        >>> codec.space == Space.sequence(alphabet=244, length=8)
        True
        >>> codec.decode(codec.encode(table)[:2]).to_pydict()
        {'text': ['to be', 'or not']}
    """

    kind: ClassVar[str] = "text"
    column: ClassVar[str] = "text"
    alphabets: ClassVar[tuple[str, ...]] = ("bpe", "characters", "bytes")
    """The names of the alphabets of the kind."""
    longest: ClassVar[int] = 256
    """The most positions that are chosen unasked."""

    def __init__(
        self, *, alphabet: str | None = None, symbols: int | None = None, length: int | None = None
    ) -> None:
        if alphabet is not None and alphabet not in self.alphabets:
            raise InputError(
                f"{self.kind} has no alphabet {alphabet!r}",
                hint=f"one of: {', '.join(self.alphabets)}",
                code="alphabet",
            )
        if symbols is not None and symbols < 2:
            raise InputError("an alphabet needs at least 2 symbols", code="symbols")
        if length is not None and not 3 <= length <= MOST_POSITIONS:
            raise InputError(
                f"a sequence must have 3 to {MOST_POSITIONS:,} positions, not {length:,}",
                code="length",
            )
        self.wish, self.symbols, self.length = alphabet, symbols, length
        self.notices: list[str] = []
        self._alphabet: Alphabet | None = None
        self._openings: dict[int, int] = {}

    def fit(self, table: pa.Table) -> Self:
        """Learn the alphabet and the length.

        Arguments:
            table: one column of strings, or several of which one has the name of the codec's `column`.

        Returns:
            The codec; an InputError where there is no text to learn from.
        """
        texts = self.texts(table)
        empty = int(pc.sum(pc.equal(pc.fill_null(pc.binary_length(texts), 0), 0)).as_py() or 0)
        if empty == len(texts):
            raise InputError(
                "no text to learn from",
                where=place(table.schema.metadata),
                hint="give at least one document that is not empty",
                code="empty",
            )
        self.notices = json.loads((table.schema.metadata or {}).get(NOTICES, b"[]"))
        if empty:
            self.notices.append(f"{empty:,} empty documents of {len(texts):,}")
        self._alphabet = self.learn(texts)
        if self._alphabet.notice:
            self.notices.append(self._alphabet.notice)
        if self.length is None:
            self.length = suitable_length(texts, self._alphabet, self.longest)
        self._openings = self._opened(texts)
        return self

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """The alphabet of some texts: the one that was wished for, else the one that suits them."""
        return alphabet_type(self.wish or suitable_alphabet(texts)).fit(texts, self.symbols)

    def texts(self, table: pa.Table) -> pa.ChunkedArray:
        """The column of texts; an InputError where there is none."""
        names = table.column_names
        name = self.column if self.column in names else names[0] if len(names) == 1 else None
        if name is None or not _is_text(table[name].type):
            raise InputError(
                f"no column of text called {self.column!r}",
                where=place(table.schema.metadata),
                hint=f"there are: {', '.join(f'{f.name} ({f.type})' for f in table.schema)}",
                code="no-column",
            )
        return table[name]

    def _opened(self, texts: pa.ChunkedArray) -> dict[int, int]:
        """How often each symbol is the one that a datum goes on from."""
        return openings(texts, self.alphabet, self.space.positions)

    @property
    def alphabet(self) -> Alphabet:
        """The symbols."""
        if self._alphabet is None:
            raise NotFittedError("the codec has seen no text", hint="call fit", code="not-fitted")
        return self._alphabet

    @property
    def space(self) -> Space:
        """The space of one document or window."""
        size, length = self.alphabet.size, self.length
        assert length is not None
        return Space.sequence(size, length)

    def encode(self, table: pa.Table, *, seed: int = 0, memory: int = MEMORY) -> Sequences:
        """Documents as windows of symbols.

        Arguments:
            table: as in `fit`.
            seed: not needed: nothing is drawn.
            memory: symbols beyond so many bytes are put into a temporary file.

        Returns:
            The windows; `owners` are the numbers of the rows.
        """
        return self._windows(self.texts(table), memory)

    def _windows(self, texts: pa.ChunkedArray, memory: int) -> Sequences:
        """The documents' symbols with an end before each and behind the last, in windows."""
        alphabet = self.alphabet
        spool = Spool(np.uint16 if alphabet.size <= 1 << 16 else np.uint32, memory)
        sizes: list[NDArray[np.int64]] = []
        begun = 0
        for part, ends in parts(texts):
            symbols, counts = alphabet.flat(part)
            spool.add(_ended(symbols, counts, opened=not begun))
            counts = counts + 1
            counts[0] += begun - 1 if begun else 0
            begun = 0 if ends else int(counts[-1])
            sizes.append(counts if ends else counts[:-1])
        spool.add(np.zeros(1, np.uint32))
        found = np.concatenate([*sizes, np.zeros(0, np.int64)])
        befores = np.concatenate([[0], found.cumsum()[:-1]]) if len(found) else found
        return Sequences(spool.whole(), *windows(befores, found, self.space.positions))

    def decode(self, batch: Batch, *, seed: int = 0, start: int = 0) -> pa.Table:
        """Data as texts: what stands behind the given first symbol, up to the end.

        Arguments:
            batch: data of the space.
            seed: not needed: nothing is drawn.
            start: not needed.

        Returns:
            A table of one column.
        """
        rows = batch.discrete.detach().cpu().numpy()
        ends = np.full(len(rows), rows.shape[1])
        if batch.lengths is not None:
            ends = batch.lengths.detach().cpu().numpy()
        return self._table([self._text(row[1:end]) for row, end in zip(rows, ends, strict=True)])

    def documents(self, data: Sequences) -> pa.Table:
        """The documents that windows are parts of, put together again.

        Arguments:
            data: windows, those of a document in order.

        Returns:
            A table of one column, a document a row.
        """
        pieces: dict[int, list[NDArray[Any]]] = {}
        listed = zip(
            data.owners.tolist(), data.starts.tolist(), data.lengths.tolist(), strict=True
        )
        for owner, start, length in listed:
            pieces.setdefault(owner, []).append(data.symbols[start + 1 : start + length])
        return self._table([self._text(np.concatenate(found)) for found in pieces.values()])

    def _text(self, symbols: NDArray[Any]) -> str:
        ends = np.flatnonzero(symbols == 0)
        return self.alphabet.decode(symbols[: ends[0] if len(ends) else None].tolist())

    def _table(self, texts: list[str]) -> pa.Table:
        return pa.table({self.column: pa.array(texts, pa.string())})

    def log_volume(self, batch: Batch | Sequences) -> Tensor:
        """Zero with shape (B,): a symbol is a symbol."""
        return torch.zeros(len(batch))

    def units(self, table: pa.Table) -> int:
        """The bytes of the texts in UTF-8: what bits per byte are counted by."""
        return int(pc.sum(pc.binary_length(self.texts(table))).as_py() or 0)

    def condition(self, where: Mapping[str, object], n: int, *, seed: int = 0) -> Condition:
        """n data that begin alike.

        Arguments:
            where: the text that each begins with under `prompt`; nothing, for data that go on from a symbol drawn as
                often as windows of the training data do.
            n: how many data.
            seed: of that draw.
        """
        for name in where:
            if name != "prompt":
                raise InputError(
                    f"no column {name!r} to ask for",
                    hint="a prompt can be asked for",
                    code="where",
                )
        if "prompt" not in where:
            return self._opening(n, seed)
        if not isinstance(where["prompt"], str):
            raise InputError("a prompt is a text", hint="give a string", code="where")
        return self.prompts([where["prompt"]] * n)

    def _opening(self, n: int, seed: int) -> Condition:
        values = np.zeros((n, self.space.positions), np.int64)
        if self._openings:
            chances = np.array(list(self._openings.values()), float)
            draw = np.random.default_rng([seed % 2**64, n])
            firsts = np.array(list(self._openings))
            values[:, 0] = draw.choice(firsts, n, p=chances / chances.sum())
        return _seen(values, np.ones(n, np.int64))

    def prompts(self, texts: Sequence[str]) -> Condition:
        """As many data as texts, each beginning with its own.

        Arguments:
            texts: what each begins with.

        Returns:
            The condition; an InputError where a text leaves no room for more.
        """
        room = self.space.positions - 2
        values = np.zeros((len(texts), self.space.positions), np.int64)
        known: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text not in known:
                known[text] = self.alphabet.encode(text)
            symbols = known[text]
            if len(symbols) > room:
                raise InputError(
                    f"the prompt has {len(symbols):,} symbols and the context holds {room:,}",
                    hint="shorten it, or fit with a greater --length",
                    code="prompt-too-long",
                )
            values[row, 1 : len(symbols) + 1] = symbols
        counts = np.array([len(known[text]) + 1 for text in texts], np.int64)
        return _seen(values, counts)

    def impose(self, table: pa.Table, where: Mapping[str, object]) -> pa.Table:
        """The table as it is: texts generated from a prompt begin with it already."""
        return table

    def describe(self) -> dict[str, Any]:
        """What `fivefold inspect` prints."""
        return {
            "kind": self.kind,
            "alphabet": self.alphabet.name,
            "symbols": self.alphabet.size,
            "length": self.space.positions,
        }

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it: of the texts, nothing but the alphabet."""
        return {
            "kind": self.kind,
            "alphabet": self.alphabet.to_dict(),
            "length": self.space.positions,
            "openings": {str(symbol): count for symbol, count in self._openings.items()},
            "notices": list(self.notices),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The codec that `to_dict` described; an InputError where the description does not hold."""
        try:
            codec = cls(length=int(state["length"]))
            codec._alphabet = cls.alphabet_from(state["alphabet"])
            codec.notices = [str(notice) for notice in state["notices"]]
            openings = {int(s): int(c) for s, c in state["openings"].items()}
            if not all(0 <= s < codec._alphabet.size and c > 0 for s, c in openings.items()):
                raise ValueError("an opening that is no symbol")
            codec._openings = openings
        except (ValueError, TypeError, AttributeError, KeyError) as fault:
            if isinstance(fault, InputError) and fault.code == "missing-extra":
                raise
            raise InputError(
                f"the description of the {cls.kind} is damaged ({fault})",
                where="codec.json",
                hint="take the model's folder from its source again",
                code="codec",
            ) from fault
        return codec

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        return alphabet_from(state)

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write texts in the form of the kind."""
        raise InputError(
            f"{self.kind} has no file form of its own",
            where=str(path),
            hint="end the name with .csv, .jsonl or .parquet",
            code="format",
        )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind))


def _ended(
    symbols: NDArray[np.uint32], counts: NDArray[np.int64], *, opened: bool
) -> NDArray[np.uint32]:
    """The symbols of documents with an end before each; before the first only if it is `opened` here."""
    flat = np.insert(symbols, counts.cumsum() - counts, 0)
    return flat if opened else flat[1:]


def _seen(values: NDArray[np.int64], counts: NDArray[np.int64]) -> Condition:
    """Data of which the first symbols are seen, `counts` of each."""
    n, width = values.shape
    seen = torch.arange(width) < torch.from_numpy(counts)[:, None]
    batch = Batch(torch.zeros(n, 0), torch.from_numpy(values))
    return Condition(batch, torch.zeros(0, dtype=torch.bool), seen)
