"""Proteins: amino acids as letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet, alphabet_from, content
from fivefold.codecs.fasta import ENDINGS, LETTERS, fasta
from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.spaces import END

SYMBOLS = np.zeros(256, np.uint32)
SYMBOLS[[ord(letter) for letter in LETTERS]] = np.arange(1, len(LETTERS) + 1)


class AminoAcids(Alphabet):
    """The letters A to Z, of which 20 are common, and `*` for a stop.

    Example:
        >>> AminoAcids().encode("MKV*"), AminoAcids().decode([13, 11, 22, 27])
        ([13, 11, 22, 27], 'MKV*')
    """

    name = "amino-acids"

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The letters: nothing is learned."""
        return cls()

    @property
    def size(self) -> int:
        """28: the letters and the end."""
        return len(LETTERS) + 1

    @property
    def pieces(self) -> list[bytes]:
        """The letters."""
        return [b"", *(letter.encode() for letter in LETTERS)]

    def encode(self, text: str) -> list[int]:
        """The symbols of a protein; an InputError where it holds something else."""
        found = [LETTERS.find(letter) + 1 for letter in text]
        if 0 in found:
            place = found.index(0)
            raise InputError(
                f"{text[place]!r} at place {place + 1} of {text[:30]!r} is no amino acid",
                hint="capital letters and * are read",
                code="unknown-symbol",
            )
        return found

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many proteins, by a table over bytes."""
        data, offsets = content(texts)
        found = SYMBOLS[data]
        if not found.all():
            row = int(np.searchsorted(offsets, int(found.argmin()), "right")) - 1
            self.encode(texts[row].as_py())
        return found, np.diff(offsets)

    def decode(self, symbols: Sequence[int]) -> str:
        """The protein of symbols."""
        return "".join([LETTERS[symbol - 1] for symbol in symbols])

    def to_dict(self) -> dict[str, Any]:
        """The name alone."""
        return {"name": self.name}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The letters."""
        return cls()


class ProteinCodec(SequenceCodec):
    """Turn proteins into sequences of amino acids and back.

    Example:
        >>> table = pa.table({"protein": ["MKVLA*", "GGB"]})
        >>> codec = ProteinCodec().fit(table)
        >>> codec.decode(codec.encode(table)[:2]).to_pydict()
        {'protein': ['MKVLA*', 'GGB']}
    """

    kind = "protein"
    column = "protein"
    alphabets = ("amino-acids", "characters", "bytes", "bpe")
    longest = 512

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """The amino acids, or the alphabet that was wished for."""
        own = self.wish in (None, AminoAcids.name)
        return AminoAcids() if own else super().learn(texts)

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        return AminoAcids() if state["name"] == AminoAcids.name else alphabet_from(state)

    def _opened(self, texts: pa.ChunkedArray) -> dict[int, int]:
        """Data begin with the end of what was before: a protein is not gone on with from its middle."""
        return {END: len(texts)}

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write FASTA under numbered names: `.fasta`, `.fa`, `.faa`, packed if `.gz` follows."""
        write_plain(fasta(self.texts(table).to_pylist()), path, ENDINGS)
