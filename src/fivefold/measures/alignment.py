"""How alike are two proteins? Many pairs at once, in a band around the diagonal on which they share most.

The best alignment of x and y with free ends scores +2 for equal residues, -1 for others and -3 for each residue beside
a gap. With H(i, j) its score up to x_i and y_j,

    H(i, j) = max(H(i-1, j-1) + s(x_i, y_j),  H(i-1, j) - 3,  H(i, j-1) - 3),     H(0, j) = H(i, 0) = 0

row by row; the last term is a running maximum of H(i, k) + 3 k. A number holds the score and, below it, how many
residues are equal on the way, so that the way itself need not be kept.

    identity = equal residues / residues of the shorter protein

The proteins that a protein is compared with, and the diagonal, are those with which it shares most runs of four
residues: a search by words, as BLAST's.

References:
    A general method applicable to the search for similarities in the amino acid sequence of two proteins (Needleman,
    Wunsch, 1970); Basic local alignment search tool (Altschul et al., 1990)
    CD-HIT: identity as a share of the shorter sequence (Li, Godzik, 2006)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.ngrams import grams
from fivefold.measures.units import Units, numbered

WORD = 4
CANDIDATES = 3
BAND = 24
MATCH, MISMATCH, GAP = 2, -1, 3
SHIFT = 20
PAIRS = 512
COMMON = 500
FIELD = 22
FARTHEST = (1 << 21) - 1
Ints = NDArray[np.int64]
NEVER = -(1 << 40)


@dataclass(frozen=True)
class Pairs:
    """Proteins to be aligned.

    Arguments:
        asked: which protein, with shape (n,).
        stock: with which other, with shape (n,).
        offset: place in the other less place in the first, where they share most, with shape (n,).
    """

    asked: Ints
    stock: Ints
    offset: Ints


def candidates(asked: Units, stock: Units) -> Pairs:
    """For each protein the others that share most runs of four residues with it, three at most."""
    mine, theirs = grams(asked, WORD), grams(stock, WORD)
    order = np.argsort(theirs.keys, kind="stable")
    keys = theirs.keys[order]
    first, last = (np.searchsorted(keys, mine.keys, side=side) for side in ("left", "right"))
    counts = np.where(
        last - first > COMMON, 0, last - first
    )  # runs of low complexity tell nothing
    ends = np.cumsum(counts)
    hit = np.repeat(np.arange(len(counts)), counts)
    there = order[np.arange(len(hit)) - (ends - counts)[hit] + first[hit]]
    places = _places(mine.owners)[hit], _places(theirs.owners)[there]
    joint = mine.owners[hit] * max(1, stock.texts) + theirs.owners[there]
    packed = np.sort(
        (joint << FIELD) + np.clip(places[1] - places[0], -FARTHEST, FARTHEST) + FARTHEST
    )
    joint, offset = packed >> FIELD, (packed & ((1 << FIELD) - 1)) - FARTHEST
    begin = np.flatnonzero(np.diff(joint, prepend=-1))
    shared = np.diff(np.append(begin, len(joint)))
    pair = joint[begin]
    middle = offset[begin + shared // 2]
    owner, other = pair // max(1, stock.texts), pair % max(1, stock.texts)
    best = np.lexsort((-shared, owner))
    rank = _places(owner[best])
    kept = best[rank < CANDIDATES]
    return Pairs(owner[kept], other[kept], middle[kept])


def _places(owners: Ints) -> Ints:
    """The place of each item among those of its owner; owners are ascending."""
    if len(owners) == 0:
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.diff(owners, prepend=owners[0] - 1))
    sizes = np.diff(np.append(starts, len(owners)))
    return np.arange(len(owners)) - np.repeat(starts, sizes)


def nearest_identity(asked: Sequence[str], stock: Sequence[str]) -> NDArray[np.float64]:
    """The identity of each protein with the most alike of the stock, with shape (n,).

    Arguments:
        asked: proteins.
        stock: proteins that they are compared with.

    Returns:
        Shares in [0, 1]; 0 where no run of four residues is shared, or no alignment scores above none, which
        takes about a third of equal residues.

    Example:
        >>> nearest_identity(["MKVLAAGIV", "WWWWWWWW"], ["MKVLAGIVQQ", "MKV"]).round(2).tolist()
        [0.89, 0.0]
    """
    if not asked or not stock:
        return np.zeros(len(asked))
    views = numbered([asked, stock], "residues")
    pairs = candidates(*views)
    letters = [_padded(view) for view in views]
    sizes = [view.lengths for view in views]
    nearest = np.zeros(len(asked))
    order = np.argsort(sizes[0][pairs.asked], kind="stable")
    for start in range(0, len(order), PAIRS):
        part = order[start : start + PAIRS]
        one, two = pairs.asked[part], pairs.stock[part]
        equal = aligned(
            (letters[0], one, sizes[0][one]), (letters[1], two, sizes[1][two]), pairs.offset[part]
        )
        shorter = np.maximum(1, np.minimum(sizes[0][one], sizes[1][two]))
        np.maximum.at(nearest, one, equal / shorter)
    return nearest


@dataclass(frozen=True)
class _Letters:
    """The residues of all proteins in one row, and where each begins."""

    codes: Ints
    starts: Ints

    def at(self, rows: Ints, places: Ints) -> Ints:
        """The residue of each protein at a place within it."""
        return self.codes[np.clip(self.starts[rows] + places, 0, len(self.codes) - 1)]


def _padded(view: Units) -> _Letters:
    codes, owners = view.inner
    starts = np.searchsorted(owners, np.arange(view.texts))
    return _Letters(np.append(codes, -1), starts)


def aligned(
    asked: tuple[_Letters, Ints, Ints], stock: tuple[_Letters, Ints, Ints], offset: Ints
) -> Ints:
    """The equal residues on the best way of each pair, with shape (n,).

    Arguments:
        asked: the residues of all first proteins, which of them (n,), and how long these are (n,).
        stock: the same for the second ones.
        offset: the diagonal in the middle of each pair's band, with shape (n,).
    """
    (first, one, sizes), (second, two, others) = asked, stock
    band = np.arange(-BAND, BAND + 1)
    unit = 1 << SHIFT
    slope = GAP * unit * np.arange(len(band))
    column = offset[:, None] + band
    row = np.where((column >= 0) & (column <= others[:, None]), 0, NEVER)
    best = np.zeros(len(one), np.int64)
    for i in range(1, int(sizes.max(initial=0)) + 1):
        column = offset[:, None] + band + i
        inside = (column >= 1) & (column <= others[:, None])
        same = (
            second.at(two[:, None], column - 1) == first.at(one, np.full(len(one), i - 1))[:, None]
        )
        step = np.where(same, MATCH * unit + 1, MISMATCH * unit)
        above = np.concatenate([row[:, 1:], np.full((len(one), 1), NEVER)], axis=1) - GAP * unit
        now = np.where(inside, np.maximum(row + step, above), np.where(column == 0, 0, NEVER))
        now = np.maximum.accumulate(now + slope, axis=1) - slope
        now = np.where(inside | (column == 0), now, NEVER)
        ends = (i <= sizes)[:, None] & (
            (column == others[:, None]) | (np.equal(sizes, i))[:, None]
        )
        best = np.maximum(best, np.where(ends, now, 0).max(axis=1))
        row = now
    return best & (unit - 1)
