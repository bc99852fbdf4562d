"""An n-gram model: the plainest model of sequences that is not a straw man, printed beside the five families.

A symbol x after the context h of the k symbols before it was counted c(h, x) times, the context c(h) times with t(h)
different symbols. Witten and Bell mix what was counted with what the shorter context h' says,

    p(x | h) = (c(h, x) + t(h) p(x | h')) / (c(h) + t(h)),    p(x | empty) from the uniform distribution,

so that every symbol keeps some probability and the longest context that was seen often has the word. It is counted in
seconds; a family that does not beat it has not earned its cost.

References:
    Witten & Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 1991.
    Chen & Goodman, "An empirical study of smoothing techniques for language modeling", ACL 1996, arXiv:cmp-lg/9606011.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fivefold.families.family import Family, Recipe
from fivefold.spaces import END, Batch, Condition, Data, Space

BLOCK = 8_192
BITS = 62
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class NGram(Family):
    """An interpolated n-gram model of sequences, counted by `prepare` alone.

    Arguments:
        space: a sequence space.
        order: the longest n; shorter where the alphabet is so large that n symbols do not fit a 64-bit number.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> x = Batch(torch.zeros(2, 0), torch.tensor([[0, 1, 2, 1, 2], [0, 1, 2, 1, 0]]))
        >>> model = NGram(Space.sequence(3, 5), order=3)
        >>> model.prepare(x, g)
        >>> model.log_prob(x).exp().shape
        torch.Size([2])
    """

    name: ClassVar[str] = "ngram"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {"sequence": Recipe()}

    def __init__(self, space: Space, *, order: int = 6) -> None:
        most = int(BITS / math.log2(max(2, space.alphabet)))
        super().__init__(space, order=order)
        self.orders = [Counts(space.alphabet, n) for n in range(1, min(order, most) + 1)]

    @property
    def counted(self) -> int:
        """How many different n-grams were counted, of all orders."""
        return sum(len(counts.codes) for counts in self.orders)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Count."""
        for counts in self.orders:
            counts.fit(_codes(part, counts.n, self.space.alphabet) for part in x.parts(BLOCK))

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Any]:
        """No turns: the model is counted by `prepare`."""
        return iter(())

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x), exact, with shape (B,); a condition is not supported."""
        symbols, V = x.discrete.numpy(), self.space.alphabet
        p = np.full((len(x), symbols.shape[1] - 1), 1.0 / V)
        for counts in self.orders:
            places = slice(counts.n - 1 - (counts.n > 1), None)
            codes = _ngrams(symbols, counts.n, V)
            p[:, places] = counts.mixed(codes, p[:, places])
        terms = torch.from_numpy(np.log(p)) * x.mask[:, 1:]
        return terms.sum(1).float()

    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n sequences, symbol by symbol: at each one the order that decides is drawn first, then one of its counts."""
        L, random = self.space.positions, _random(generator)
        x = np.zeros((n, L), np.int64)
        shown, seen = np.zeros((n, L), np.int64), np.zeros((n, L), bool)
        if c is not None:
            width = c.values.discrete.shape[1]
            shown[:, :width] = c.values.discrete.numpy()
            seen[:, :width] = c.discrete.numpy()
        lengths = np.full(n, L)
        x[:, 0] = np.where(seen[:, 0], shown[:, 0], END)
        for j in range(1, L):
            open_ = lengths == L
            drawn = np.where(seen[:, j], shown[:, j], self._next(x[:, :j], random))
            x[:, j] = np.where(open_, drawn, 0)
            lengths = np.where(open_ & (drawn == END), j + 1, lengths)
        return Batch(torch.zeros(n, 0), torch.from_numpy(x), torch.from_numpy(lengths))

    def _next(self, before: Ints, random: np.random.Generator) -> Ints:
        """A symbol after each row: from the longest context down, until one of them decides."""
        n, V = len(before), self.space.alphabet
        found, left = random.integers(V, size=n), np.ones(n, bool)
        for counts in reversed(self.orders[: before.shape[1] + 1]):
            rows = np.flatnonzero(left)
            symbols = counts.draw(_code(before[rows], counts.n - 1, V), random)
            decided = symbols >= 0
            found[rows[decided]], left[rows[decided]] = symbols[decided], False
        return found


class Counts:
    """The n-grams of one order: sorted codes, and how often those before each were counted."""

    def __init__(self, alphabet: int, n: int) -> None:
        self.alphabet, self.n = alphabet, n
        self.codes, self.sums = np.zeros(0, np.int64), np.zeros(1, np.int64)

    def fit(self, parts: Iterator[Ints]) -> None:
        """Count the codes of all parts."""
        codes, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        for part in parts:
            more, times = np.unique(part, return_counts=True)
            codes, where = np.unique(np.concatenate([codes, more]), return_inverse=True)
            counts = np.bincount(where, np.concatenate([counts, times]), len(codes))
        self.codes = codes
        self.sums = np.concatenate([[0], counts.cumsum()]).astype(np.int64)

    def contexts(self, contexts: Ints) -> tuple[Ints, Ints]:
        """Where the n-grams of each context begin and end."""
        first = contexts * self.alphabet
        return np.searchsorted(self.codes, first), np.searchsorted(
            self.codes, first + self.alphabet
        )

    def mixed(self, codes: Ints, shorter: Floats) -> Floats:
        """p(x | h) of n-grams, from p(x | h')."""
        low, high = self.contexts(codes // self.alphabet)
        place = np.minimum(np.searchsorted(self.codes, codes), max(0, len(self.codes) - 1))
        known = self.codes[place] == codes
        count = np.where(known, self.sums[place + 1] - self.sums[place], 0)
        total, types = self.sums[high] - self.sums[low], high - low
        mixed = (count + types * shorter) / np.maximum(total + types, 1)
        return np.where(types > 0, mixed, shorter)

    def draw(self, contexts: Ints, random: np.random.Generator) -> Ints:
        """A counted symbol after each context, or -1 where the shorter context decides."""
        low, high = self.contexts(contexts)
        total, types = self.sums[high] - self.sums[low], high - low
        point = random.random(len(contexts)) * (total + types)
        chosen = np.searchsorted(self.sums, self.sums[low] + point.astype(np.int64), "right") - 1
        symbols = self.codes[np.minimum(chosen, len(self.codes) - 1)] % self.alphabet
        return np.where(point < total, symbols, -1)


def _ngrams(symbols: Ints, n: int, alphabet: int) -> Ints:
    """The code of each run of n symbols that ends behind the given one, with shape (B, L - max(1, n - 1))."""
    wide = symbols.shape[1] - n + 1
    codes = np.zeros((len(symbols), max(0, wide)), np.int64)
    for i in range(n):
        codes = codes * alphabet + symbols[:, i : i + wide]
    return codes[:, 1:] if n == 1 else codes


def _codes(x: Batch, n: int, alphabet: int) -> Ints:
    """The codes of the n-grams of a batch that are present."""
    codes = _ngrams(x.discrete.numpy(), n, alphabet)
    return codes[x.mask[:, -codes.shape[1] :].numpy()] if codes.size else codes.ravel()


def _code(before: Ints, n: int, alphabet: int) -> Ints:
    """The code of the last n symbols of each row."""
    codes = np.zeros(len(before), np.int64)
    for column in before.T[before.shape[1] - n :]:
        codes = codes * alphabet + column
    return codes


def _random(generator: torch.Generator) -> np.random.Generator:
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    return np.random.default_rng(seed)
