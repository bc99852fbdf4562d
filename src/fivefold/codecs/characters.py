"""Characters as symbols; rare ones are written as their bytes.

A character that is seen fewer than `RARE` times is not a symbol, unless it is of ASCII: what only a few documents hold
does not get into the description of the alphabet. It is written as its bytes in UTF-8, each a symbol, so that every
text is still decoded exactly and its likelihood counts every character. Where no character is rare there are no bytes,
and a text with a character that was never seen is an InputError.
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
        kept: the characters that are symbols 1, 2, ...
        spare: whether the bytes of all others follow them.

    Example:
        >>> alphabet = Characters.fit(pa.chunked_array([["banana", "ban"]]))
        >>> alphabet.kept, alphabet.encode("nab"), alphabet.decode([3, 1, 2])
        ('abn', [3, 1, 2], 'nab')
    """

    name = "characters"

    def __init__(self, kept: str, *, spare: bool = False) -> None:
        self.kept, self.spare = kept, spare
        others = [byte for byte in WRITTEN if byte > 0x7F or chr(byte) not in kept]
        self.words = [b"", *map(utf8, kept)] + [bytes([byte]) for byte in others if spare]
        self._numbers = {word: symbol for symbol, word in enumerate(self.words)}

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The frequent characters of the texts, and the bytes if there are rare ones."""
        counts = np.zeros(POINTS, np.int64)
        for part, _ in parts(texts):
            points, times = np.unique(_points(part), return_counts=True)
            counts[points] += times
        seen = counts > 0
        frequent = (counts >= RARE) | (seen & (np.arange(POINTS) < 0x80))
        most = MOST if symbols is None else symbols - 1
        if frequent.sum() > most or (symbols and not frequent[seen].all()):
            room = most - len(WRITTEN) * (symbols is not None)
            if room < 1:
                raise InputError(
                    f"{int(seen.sum()):,} characters cannot be written with {symbols:,} symbols",
                    hint=f"give at least {len(WRITTEN) + 2}, or choose the alphabet bytes",
                    code="symbols",
                )
            frequent[np.argsort(np.where(frequent, -counts, 0), kind="stable")[room:]] = False
        rare = int(counts[~frequent].sum())
        alphabet = cls("".join(map(chr, np.flatnonzero(frequent))), spare=rare > 0)
        if rare:
            kinds = int(seen.sum() - frequent.sum())
            alphabet.notice = (
                f"{kinds:,} rare characters ({rare / counts.sum():.2%} of the text) are written "
                "as their bytes"
            )
        return alphabet

    @property
    def size(self) -> int:
        """The characters, the bytes if any, and the end."""
        return len(self.words)

    @cached_property
    def _table(self) -> NDArray[np.uint32]:
        """The symbol of every code point, 0 where it has none, with shape (1114112,)."""
        table = np.zeros(POINTS, np.uint32)
        table[[ord(character) for character in self.kept]] = np.arange(1, len(self.kept) + 1)
        return table

    def encode(self, text: str) -> list[int]:
        """The symbols of a text."""
        utf8(text)
        found: list[int] = []
        for character in text:
            word = character.encode()
            if word in self._numbers:
                found.append(self._numbers[word])
            elif self.spare:
                found += [self._numbers[bytes([byte])] for byte in word]
            else:
                raise _unknown(character)
        return found

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols."""
        return b"".join([self.words[symbol] for symbol in symbols]).decode(errors="replace")

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many texts, by a table over code points."""
        data, offsets = content(texts)
        points = _points(texts)
        found = self._table[points]
        counted = np.concatenate([[0], np.cumsum((data & 0xC0) != 0x80)])
        befores = counted[offsets]
        rare = np.flatnonzero(found == 0)
        if not len(rare):
            return found, np.diff(befores)
        if not self.spare:
            raise _unknown(chr(points[rare[0]]))
        written = [self.encode(chr(point)) for point in points[rare]]
        widths = np.ones(len(found), np.int64)
        widths[rare] = [len(symbols) for symbols in written]
        ends = np.concatenate([[0], np.cumsum(widths)])
        wide = np.repeat(found, widths)
        places = np.concatenate([np.arange(ends[r], ends[r + 1]) for r in rare])
        wide[places] = np.concatenate(written)
        return wide, np.diff(ends[befores])

    def to_dict(self) -> dict[str, Any]:
        """The characters."""
        return {"name": self.name, "kept": self.kept, "spare": self.spare}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again."""
        kept = state["kept"]
        if not isinstance(kept, str) or len(set(kept)) != len(kept) or len(kept) > POINTS:
            raise ValueError("the characters of an alphabet must differ")
        return cls(kept, spare=bool(state["spare"]))


def _points(texts: pa.Array) -> NDArray[np.uint32]:
    """The code points of texts, end to end."""
    text = bytes(content(texts)[0]).decode()
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _unknown(character: str) -> InputError:
    return InputError(
        f"the character {character!r} (U+{ord(character):04X}) is not in the model's alphabet",
        hint="leave it out, or fit with the alphabet bytes or bpe, which know every character",
        code="unknown-symbol",
    )
