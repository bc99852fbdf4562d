"""Fragments of molecules: atoms and bonds that often stand together as one symbol.

Byte-pair encoding over the symbols of SMILES: the most frequent pair of neighbours is joined into a new symbol, again
and again, so that a benzene ring, an amide or an ester become one symbol each. A molecule is then a quarter as long,
and a model draws and learns it in a quarter of the steps. Atoms are never cut: a join joins whole symbols of SMILES.

References:
    Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units", ACL 2016,
    arXiv:1508.07909.
    Li & Fourches, "SMILES pair encoding", J. Chem. Inf. Model. 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet
from fivefold.codecs.smiles import Smiles

JOINS = 192
"""How many joins are learned unless the number of symbols is asked for."""
RARE = 10
"""A pair seen fewer times is not joined."""
SEEN = 40_000
"""In how many molecules, spread evenly, pairs are counted."""
PIECE = 1 << 17
MOST = 1 << 15

Symbols = NDArray[np.int64]


class Fragments(Alphabet):
    """The symbols of SMILES, then what was joined of them.

    Arguments:
        base: the symbols of SMILES.
        joins: for each further symbol the two that it is made of, each of the base or an earlier join.

    Example:
        >>> texts = pa.chunked_array([["c1ccccc1O"] * 20])
        >>> alphabet = Fragments.fit(texts)
        >>> alphabet.decode(alphabet.encode("Cc1ccccc1O")), len(alphabet.encode("Cc1ccccc1O"))
        ('Cc1ccccc1O', 2)
    """

    name = "fragments"

    def __init__(self, base: Smiles, joins: Sequence[tuple[int, int]]) -> None:
        self.base, self.joins = base, [(int(left), int(right)) for left, right in joins]
        self.spelling = list(base.spelling)
        for left, right in self.joins:
            if not 0 < min(left, right) <= max(left, right) < len(self.spelling):
                raise ValueError("a join of symbols that there are not")
            self.spelling.append(self.spelling[left] + self.spelling[right])

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """Join the most frequent pair of neighbours until there are enough symbols or no frequent pairs."""
        base = Smiles.fit(texts)
        wanted = JOINS if symbols is None else min(MOST, max(0, symbols - base.size))
        rows = np.linspace(0, len(texts) - 1, min(len(texts), SEEN)).astype(np.int64)
        shown = texts.take(pa.array(rows)).combine_chunks().fill_null("")
        chain = _ended(*base.flat(shown))
        joins: list[tuple[int, int]] = []
        for new in range(base.size, base.size + wanted):
            left, right, count = _most_frequent(chain, new)
            if count < RARE:
                break
            joins.append((left, right))
            chain = joined(chain, left, right, new)
        return cls(base, joins)

    @property
    def size(self) -> int:
        """The symbols of SMILES, the joins and the end."""
        return len(self.spelling)

    @property
    def pieces(self) -> list[bytes]:
        """Atoms, bonds and the rest, then runs of them."""
        return self.spelling

    def encode(self, text: str) -> list[int]:
        """The symbols of a molecule."""
        return self._joined(np.array([*self.base.encode(text), 0]))[:-1].tolist()

    def _joined(self, chain: Symbols) -> Symbols:
        for new, (left, right) in enumerate(self.joins, self.base.size):
            chain = joined(chain, left, right, new)
        return chain

    def decode(self, symbols: Sequence[int]) -> str:
        """The molecule of symbols."""
        spelling = self.spelling
        return b"".join([spelling[symbol] for symbol in symbols]).decode(errors="replace")

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many molecules; some thousand are joined at a time."""
        chain = _ended(*self.base.flat(texts))
        ends = np.flatnonzero(chain == 0)
        cuts = ends[np.searchsorted(ends, np.arange(PIECE, len(chain), PIECE))] + 1
        found = np.concatenate([self._joined(part) for part in np.split(chain, np.unique(cuts))])
        places = np.flatnonzero(found == 0)
        return found[found != 0].astype(np.uint32), np.diff(places, prepend=-1) - 1

    def to_dict(self) -> dict[str, Any]:
        """The words of SMILES and the joins."""
        return {"name": self.name, "words": list(self.base.words), "joins": self.joins}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again."""
        joins = state["joins"]
        good = isinstance(joins, list) and len(joins) <= MOST
        if not good or any(len(pair) != 2 for pair in joins):
            raise ValueError("a join is of two symbols")
        return cls(Smiles.from_dict(state), joins)


def joined(chain: Symbols, left: int, right: int, new: int) -> Symbols:
    """The chain with every pair of neighbours (left, right) as one new symbol, from the left.

    Example:
        >>> joined(np.array([1, 1, 1, 2, 1]), 1, 1, 9).tolist()
        [9, 1, 2, 1]
    """
    places = np.flatnonzero((chain[:-1] == left) & (chain[1:] == right))
    if left == right and len(places) > 1:
        runs = np.cumsum(np.diff(places, prepend=-2) > 1)
        firsts = places[np.searchsorted(runs, runs)]
        places = places[(places - firsts) % 2 == 0]
    if not len(places):
        return chain
    kept = np.ones(len(chain), bool)
    kept[places + 1] = False
    chain = chain.copy()
    chain[places] = new
    return chain[kept]


def _ended(symbols: NDArray[np.uint32], sizes: NDArray[np.int64]) -> Symbols:
    """Molecules end to end, an end behind each."""
    chain = np.zeros(len(symbols) + len(sizes), np.int64)
    chain[np.arange(len(symbols)) + np.repeat(np.arange(len(sizes)), sizes)] = symbols
    return chain


def _most_frequent(chain: Symbols, size: int) -> tuple[int, int, int]:
    """The most frequent pair of neighbours, neither of them an end, and how often it occurs."""
    pairs = chain[:-1] * size + chain[1:]
    counts = np.bincount(pairs, minlength=size * size).reshape(size, size)
    counts[0], counts[:, 0] = 0, 0
    best = int(counts.argmax())
    return best // size, best % size, int(counts.max())
