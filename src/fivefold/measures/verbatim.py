"""Which passages of a text stand letter for letter in a large body of training data?

All is done on bytes of UTF-8. Texts are joined by bytes that UTF-8 never has (255 in the training data, 254 in the
queries), so that no passage runs over the end of a text. Let W_m(p) be the window of m >= 8 bytes at place p.

1. S_8, the places of the training data whose eight bytes may occur in a query, are found by a table of flags.
2. S_2m are those places of S_m whose W_2m may occur in a query, and so on until no query has a window left.
3. Between the last m that a query has and the first that it has not, the longest m is found by bisection: if a window
   of m bytes is found, so is one of m - 1.

Windows are compared by 64-bit hashes of overlapping words of eight bytes, so a place costs m/8 steps, and only the few
places that are left pay for long windows. Time grows with the training data as one pass over them; memory is about
nine bytes a byte of S_8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.ngrams import mixed

SHORTEST = 8
CHUNK = 1 << 22
MOST_BITS = 25
Places = NDArray[np.int64]
Words = NDArray[np.uint64]
SPREAD = np.uint64(0x9E3779B97F4A7C15)
NOWHERE, NOTHING = np.zeros(0, np.int64), np.zeros(0, np.uint64)


@dataclass
class Body:
    """Texts in one row of bytes.

    Arguments:
        data: the bytes, with shape (n,).
        words: the eight bytes from each place on, as a number, with shape (n - 7,).
        starts: where each text begins, with shape (texts,).
        sizes: the bytes of each text, with shape (texts,).
    """

    data: NDArray[np.uint8]
    words: Words
    starts: Places
    sizes: Places

    @classmethod
    def of(cls, texts: Sequence[str], separator: int) -> Body:
        """The texts with a separator after each, and enough of it at the end for a last window."""
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        sizes = np.array([len(part) for part in parts], np.int64)
        mark = bytes([separator])
        data = np.frombuffer(mark.join(parts) + mark * (SHORTEST + 1), np.uint8)
        words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
        return cls(data, words, np.cumsum(sizes + 1) - sizes - 1, sizes)

    def windows(self, places: Places, m: int) -> Words:
        """A hash of the m bytes at each place; the caller sees to it that they lie within the data."""
        keys = mixed(self.words[places] + np.uint64(m))
        last = [m - SHORTEST] if m > SHORTEST else []
        for step in [*range(SHORTEST, m - SHORTEST, SHORTEST), *last]:
            keys = mixed(keys * SPREAD + self.words[places + step])
        return keys


@dataclass
class Search:
    """The longest passages of some texts that stand in the training data.

    Arguments:
        train: the training texts.
        texts: the texts to be looked up.
    """

    train: Sequence[str]
    texts: Sequence[str]
    left: dict[int, Places] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.body, self.query = Body.of(self.train, 255), Body.of(self.texts, 254)
        self.left[SHORTEST] = _alike(self.body, self.query)

    def found(self, m: int, chosen: NDArray[np.intp] | None = None) -> NDArray[np.bool_]:
        """Which windows of m bytes of the chosen texts stand in the training data.

        Arguments:
            m: the length of a window, 8 or more.
            chosen: numbers of texts; all without it.

        Returns:
            A flag for each window, with shape (sum of max(0, size - m + 1),), text after text.
        """
        places, _ = self._places(m, chosen)
        return self._stand(m, self.query.windows(places, m))

    def longest(self) -> Places:
        """The bytes of the longest passage of each text, with shape (texts,); 0 where it is under eight."""
        low = np.zeros(len(self.texts), np.int64)
        high = np.full(len(self.texts), SHORTEST, np.int64)
        alive = np.flatnonzero(self.query.sizes >= SHORTEST)
        m = SHORTEST
        while len(alive):
            has = self._has(m, alive)
            low[alive[has]], high[alive[~has]] = m, m
            alive = alive[has]
            high[alive] = np.minimum(2 * m, self.query.sizes[alive] + 1)
            m *= 2
            short = self.query.sizes[alive] < m
            alive = alive[~short]
        while len(open_ := np.flatnonzero((high - low > 1) & (low > 0))):
            middle = (low[open_] + high[open_]) // 2
            for m in np.unique(middle).tolist():
                asked = open_[middle == m]
                has = self._has(m, asked)
                low[asked[has]], high[asked[~has]] = m, m
        return low

    def shares(self, m: int) -> tuple[Places, Places]:
        """How many windows of m bytes of each text are found, and how many it has, with shape (texts,) each."""
        _, owners = self._places(m, None)
        found = np.bincount(owners, self.found(m), len(self.texts)).astype(np.int64)
        return found, np.maximum(0, self.query.sizes - m + 1)

    def _has(self, m: int, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
        places, owners = self._places(m, chosen)
        stand = self._stand(m, self.query.windows(places, m))
        return np.bincount(owners, stand, len(chosen)) > 0

    def _places(self, m: int, chosen: NDArray[np.intp] | None) -> tuple[Places, Places]:
        """Where the windows of m bytes begin, and the number of the text among the chosen."""
        rows = np.arange(len(self.texts)) if chosen is None else chosen
        counts = np.maximum(0, self.query.sizes[rows] - m + 1)
        owners = np.repeat(np.arange(len(rows)), counts)
        ends = np.cumsum(counts)
        inner = np.arange(int(ends[-1]) if len(ends) else 0) - (ends - counts)[owners]
        return self.query.starts[rows][owners] + inner, owners

    def _stand(self, m: int, mine: Words) -> NDArray[np.bool_]:
        """Which of the hashes of m bytes the training data have."""
        places = self.left[max(size for size in self.left if size <= m)]
        places = places[places + m <= len(self.body.data) - SHORTEST]
        sieve, theirs = _Sieve.of(mine), []
        kept = []
        for start in range(0, len(places), CHUNK):
            part = places[start : start + CHUNK]
            keys = self.body.windows(part, m)
            maybe = sieve.may_hold(keys)
            theirs.append(keys[maybe])
            kept.append(part[maybe])
        if m & (m - 1) == 0:
            self.left[m] = np.concatenate([*kept, NOWHERE])
        known = np.sort(np.concatenate([*theirs, NOTHING]))
        if not len(known):
            return np.zeros(len(mine), dtype=bool)
        near = np.minimum(np.searchsorted(known, mine), len(known) - 1)
        return known[near] == mine


@dataclass(frozen=True)
class _Sieve:
    """A table that says of a key whether it may be among some others: always rightly no, seldom wrongly yes."""

    flags: NDArray[np.bool_]
    shift: np.uint64

    @classmethod
    def of(cls, keys: Words) -> _Sieve:
        """The sieve of these keys, with sixty-four flags for each."""
        bits = min(MOST_BITS, max(10, len(keys).bit_length() + 6))
        sieve = cls(np.zeros(1 << bits, dtype=bool), np.uint64(64 - bits))
        sieve.flags[(keys * SPREAD) >> sieve.shift] = True
        return sieve

    def may_hold(self, keys: Words) -> NDArray[np.bool_]:
        """Of each key, whether it may be among those of the sieve."""
        return self.flags[(keys * SPREAD) >> self.shift]


def _alike(body: Body, query: Body) -> Places:
    """The places of the training data whose eight bytes may occur in a query: all that do, and a few more."""
    sieve = _Sieve.of(query.words)
    kept = (
        np.flatnonzero(sieve.may_hold(body.words[start : start + CHUNK])) + start
        for start in range(0, len(body.words), CHUNK)
    )
    return np.concatenate([NOWHERE, *kept])
