"""Alphabets of whole words, in which everything else is spelt letter by letter.

An atom in brackets, an activity of a process: where a kind of data has words of its own, one symbol a word makes
sequences short and the words right. A word that is rare, or that was not known when the alphabet was made, is spelt in
letters, so that nothing is lost: what is decoded is always what was encoded.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet, utf8
from fivefold.codecs.spools import parts
from fivefold.errors import InputError

FEWEST = 3
"""How often a word has to be seen to get a symbol of its own."""
MOST = 20_000


class Words(Alphabet):
    """Symbols for words, then for the letters in which all others are spelt.

    A kind of data says what a word is (`pattern`), in which bytes the rest is spelt (`letters`) and which words have a
    symbol in any case (`always`).

    Arguments:
        words: those with a symbol of their own.

    Example:
        >>> class Atoms(Words):
        ...     name, pattern, letters = "atoms", re.compile("Cl|Br|."), b"BCNOclr"
        >>> atoms = Atoms(["Cl", "C"])
        >>> atoms.encode("CClBr"), atoms.size
        ([2, 1, 3, 8], 9)
        >>> atoms.decode(atoms.encode("CClBr"))
        'CClBr'
    """

    pattern: ClassVar[re.Pattern[str]]
    letters: ClassVar[bytes] = bytes(range(256))
    always: ClassVar[tuple[str, ...]] = ()
    purpose: ClassVar[str] = "the alphabet"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        known = [utf8(word) for word in self.words]
        spare = sorted({bytes([letter]) for letter in self.letters} - set(known))
        self.spelling = [b"", *known, *spare]
        numbers = {word: symbol for symbol, word in enumerate(self.spelling)}
        self._letters = {letter: numbers[bytes([letter])] for letter in self.letters}
        self._words = {chr(n): symbol for n, symbol in self._letters.items() if n < 0x80}
        self._words |= {word: symbol for symbol, word in enumerate(self.words, 1)}

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The words that always have a symbol, and the most frequent of the others."""
        counts: Counter[str] = Counter()
        for part, _ in parts(texts):
            for text in part.to_pylist():
                counts.update(cls.pattern.findall(text))
        letters = {chr(letter) for letter in cls.letters if letter < 0x80}
        taken = letters.union(cls.always)
        least = 1 + len(cls.letters) + len(set(cls.always) - letters)
        room = MOST if symbols is None else max(0, symbols - least)
        often = [w for w, count in counts.most_common() if count >= FEWEST and w not in taken]
        return cls([*cls.always, *sorted(often[:room])])

    @property
    def size(self) -> int:
        """The words, the letters and the end."""
        return len(self.spelling)

    @property
    def pieces(self) -> list[bytes] | None:
        """The words, then letters."""
        return self.spelling

    def encode(self, text: str) -> list[int]:
        """The symbols of a text; an InputError where something cannot be spelt."""
        words = self.pattern.findall(text)
        if sum(map(len, words)) == len(text):
            with suppress(KeyError):
                return [self._words[word] for word in words]
        found: list[int] = []
        end = 0
        for match in self.pattern.finditer(text):
            symbol = self._words.get(match[0])
            found += self._spelt(text[end : match.start()])
            found += self._spelt(match[0]) if symbol is None else [symbol]
            end = match.end()
        return found + self._spelt(text[end:])

    def _spelt(self, text: str) -> list[int]:
        try:
            return [self._letters[byte] for byte in utf8(text)]
        except KeyError as fault:
            strange = next(c for c in text if any(b not in self._letters for b in utf8(c)))
            raise InputError(
                f"{strange!r} is no letter of {self.purpose}",
                hint="correct it or leave it out",
                code="unknown-symbol",
            ) from fault

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols."""
        spelling = self.spelling
        return b"".join([spelling[symbol] for symbol in symbols]).decode(errors="replace")

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many texts."""
        found = array("I")
        sizes = np.zeros(len(texts), np.int64)
        for row, text in enumerate(texts.to_pylist()):
            symbols = self.encode(text)
            sizes[row] = len(symbols)
            found.extend(symbols)
        return np.frombuffer(found, np.uint32) if found else np.zeros(0, np.uint32), sizes

    def to_dict(self) -> dict[str, Any]:
        """The words."""
        return {"name": self.name, "words": list(self.words)}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again; what a word is and how the rest is spelt is the kind's, never read from a file."""
        words = state["words"]
        good = isinstance(words, list) and all(isinstance(word, str) and word for word in words)
        if not good or len(set(words)) != len(words):
            raise ValueError("the words of an alphabet must differ")
        return cls(words)
