"""Characters as symbols; rare ones are written as their bytes.

A character that is seen fewer than `RARE` times is not a symbol, unless it is of ASCII: what only a few documents hold
does not get into the description of the alphabet. It is written as its bytes in UTF-8, and so is one that was never
seen. Each byte that is not a kept character of ASCII is a symbol, so every text is written exactly, and its likelihood
counts every character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet, content, utf8
from fivefold.codecs.spools import parts
from fivefold.errors import InputError

RARE = 10
MOST = 8_192
"""The most characters an alphabet keeps; the least frequent of the others are written as bytes."""
POINTS = 0x110000
WRITTEN = [*range(0xC0), *range(0xC2, 0xF5)]
"""The bytes that occur in UTF-8."""


class Characters(Alphabet):
    """An alphabet of characters.

    Arguments:
        kept: the characters that are symbols 1, 2, ...; the bytes of all others follow them.

    Example:
        >>> alphabet = Characters.fit(pa.chunked_array([["banana", "ban"]]))
        >>> alphabet.kept, alphabet.encode("nab"), alphabet.decode([3, 1, 2])
        ('abn', [3, 1, 2], 'nab')
        >>> alphabet.decode(alphabet.encode("ü"))
        'ü'
    """

    name = "characters"

    def __init__(self, kept: str) -> None:
        self.kept = kept
        others = [byte for byte in WRITTEN if byte > 0x7F or chr(byte) not in kept]
        self.words = [b"", *map(utf8, kept), *(bytes([byte]) for byte in others)]
        self._numbers = {word: symbol for symbol, word in enumerate(self.words)}

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The frequent characters of the texts."""
        counts = np.zeros(POINTS, np.int64)
        for part, _ in parts(texts):
            points, times = np.unique(_points(part), return_counts=True)
            counts[points] += times
        seen = counts > 0
        frequent = (counts >= RARE) | (seen & (np.arange(POINTS) < 0x80))
        most = MOST if symbols is None else symbols - 1 - len(WRITTEN)
        if most < 0:
            raise InputError(
                f"an alphabet of characters has at least {len(WRITTEN) + 1} symbols, not {symbols}",
                hint="the alphabet bytes has 257, byte pairs have as many as wished for",
                code="symbols",
            )
        frequent[np.argsort(np.where(frequent, -counts, 0), kind="stable")[most:]] = False
        alphabet = cls("".join(map(chr, np.flatnonzero(frequent))))
        if rare := int(counts[~frequent].sum()):
            kinds = int(seen.sum() - frequent.sum())
            share = rare / counts.sum()
            alphabet.notice = (
                f"{kinds:,} rare characters ({share:.2%} of the text) are written as their bytes"
            )
        return alphabet

    @property
    def size(self) -> int:
        """The characters, the bytes and the end."""
        return len(self.words)

    @property
    def pieces(self) -> list[bytes]:
        """The characters, then single bytes."""
        return self.words

    @cached_property
    def _table(self) -> NDArray[np.uint32]:
        """The symbol of every code point, 0 where it has none, with shape (1114112,)."""
        table = np.zeros(POINTS, np.uint32)
        table[[ord(character) for character in self.kept]] = np.arange(1, len(self.kept) + 1)
        return table

    def encode(self, text: str) -> list[int]:
        """The symbols of a text."""
        utf8(text)
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        found: list[int] = self._spelt(points)[0].tolist()
        return found

    def _spelt(self, points: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of characters, and where those of each begin, with shapes (N,) and (n + 1,)."""
        found = self._table[points]
        rare = np.flatnonzero(found == 0)
        if not len(rare):
            return found, np.arange(len(found) + 1)
        written = [chr(point).encode() for point in points[rare]]
        widths = np.ones(len(found), np.int64)
        widths[rare] = [len(word) for word in written]
        begins = np.concatenate([[0], widths.cumsum()])
        spelt = np.repeat(found, widths)
        bytewise = [self._numbers[bytes([byte])] for byte in b"".join(written)]
        spelt[spelt == 0] = bytewise
        return spelt, begins

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols."""
        return b"".join([self.words[symbol] for symbol in symbols]).decode(errors="replace")

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many texts, by a table over code points."""
        data, offsets = content(texts)
        symbols, begins = self._spelt(_points(texts))
        counted = np.concatenate([[0], np.cumsum((data & 0xC0) != 0x80)])
        return symbols, np.diff(begins[counted[offsets]])

    def to_dict(self) -> dict[str, Any]:
        """The characters."""
        return {"name": self.name, "kept": self.kept}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again."""
        kept = state["kept"]
        if not isinstance(kept, str) or len(set(kept)) != len(kept):
            raise ValueError("the characters of an alphabet must differ")
        return cls(kept)


def _points(texts: pa.Array) -> NDArray[np.uint32]:
    """The code points of texts, end to end."""
    text = bytes(content(texts)[0]).decode()
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
