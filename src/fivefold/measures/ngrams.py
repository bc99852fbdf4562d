"""Runs of n neighbouring units, counted without a loop over texts.

A run is a 64-bit number, mixed anew with each unit (the finaliser of splitmix64), so that two different runs are told
apart with certainty for every practical purpose: among a million runs a collision has a chance of 3 in 10^8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivefold.measures.units import Codes, Owners, Units

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Grams:
    """The runs of one length.

    Arguments:
        keys: a number for each run, with shape (N,).
        owners: the text of each, with shape (N,), ascending.
        texts: how many texts there are.
    """

    keys: Hashes
    owners: Owners
    texts: int


def mixed(values: Hashes) -> Hashes:
    """A bijection of 64-bit numbers that spreads every bit over all."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def grams(units: Units, n: int, *, edges: bool = False) -> Grams:
    """The runs of n units within each text.

    Arguments:
        units: the texts.
        n: how many units a run has.
        edges: whether the beginning and the end of a text are units too.

    Example:
        >>> from fivefold.measures.units import numbered
        >>> (view,) = numbered([["abab", "ab"]], "characters")
        >>> pairs = grams(view, 2)
        >>> len(set(pairs.keys.tolist())), pairs.owners
        (2, array([0, 0, 0, 1]))
    """
    codes, owners = (units.codes, units.owners) if edges else units.inner
    keys = np.zeros(max(0, len(codes) - n + 1), np.uint64)
    for k in range(n):
        step = codes[k : k + len(keys)].astype(np.uint64)
        keys = mixed(keys + (step + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    whole = owners[: len(keys)] == owners[n - 1 : n - 1 + len(keys)]
    return Grams(keys[whole], owners[: len(keys)][whole], units.texts)


def count_matrix(cells: Codes, owners: Owners, shape: tuple[int, int]) -> sparse.csr_matrix:
    """How often each text has each cell, with shape (texts, cells)."""
    ones = np.ones(len(cells), np.float64)
    matrix = sparse.coo_matrix((ones, (owners, cells)), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix
