"""Sets of molecules, and how alike the molecules of two sets are.

Tanimoto's similarity of two fingerprints is the bits they share over the bits that either has. A set computes what is
costly (profiles, activations) when it is first asked for and keeps it, so that a test set is worked through once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from fivefold.measures.chemistry import BITS, PROPERTIES, Profile, canonical, profiles
from fivefold.measures.chemnet import cloud
from fivefold.measures.clouds import Cloud

BLOCK = 4_096
EXACT = 256
FloatArray = NDArray[np.float64]


@dataclass
class Molecules:
    """A set of valid molecules; what is costly is computed when it is first asked for.

    Arguments:
        smiles: canonical SMILES.
        jobs: how many processes share the work.
        properties: whether logP, SA, QED and weight are wanted.
    """

    smiles: list[str]
    jobs: int = 1
    properties: bool = True

    @classmethod
    def of(cls, smiles: Sequence[str], jobs: int = 1, properties: bool = True) -> Molecules:
        """The valid ones of some SMILES, in canonical form."""
        found = [text for text in canonical(smiles, jobs) if text is not None]
        return cls(found, jobs, properties)

    @cached_property
    def profiles(self) -> list[Profile]:
        """The profile of each molecule."""
        return profiles(self.smiles, properties=self.properties, jobs=self.jobs)

    @cached_property
    def bits(self) -> torch.Tensor:
        """The fingerprints as 0 and 1, uint8, with shape (n, BITS)."""
        packed = (
            np.stack([p.bits for p in self.profiles])
            if self.smiles
            else np.zeros((0, 0), np.uint8)
        )
        return torch.from_numpy(np.unpackbits(packed, axis=1).reshape(-1, BITS))

    @cached_property
    def fragments(self) -> Counter[str]:
        """How often each fragment occurs."""
        return Counter(piece for p in self.profiles for piece in p.fragments)

    @cached_property
    def scaffolds(self) -> Counter[str]:
        """How often each scaffold occurs."""
        return Counter(p.scaffold for p in self.profiles if p.scaffold is not None)

    @cached_property
    def cloud(self) -> Cloud | None:
        """The activations of ChemNet."""
        return cloud(self.smiles)

    def values(self, name: str) -> FloatArray:
        """One property of all molecules, with shape (n,)."""
        return np.array([p.properties[PROPERTIES.index(name)] for p in self.profiles])


def similarities(
    stock: torch.Tensor, asked: torch.Tensor, fold: Callable[[torch.Tensor], torch.Tensor]
) -> list[torch.Tensor]:
    """Tanimoto's similarity of each pair, one block of `asked` after the other.

    Arguments:
        stock: fingerprints, with shape (n, bits).
        asked: fingerprints, with shape (m, bits).
        fold: takes similarities with shape (rows of stock, rows of asked); its results are kept.

    The bits in common are counted by a product of matrices in bfloat16, which is exact up to 256 bits; beyond that in
    float32. Two molecules without a bit are alike.
    """
    most = int(max(stock.sum(1).max(), asked.sum(1).max())) if len(stock) and len(asked) else 0
    kind = torch.bfloat16 if most <= EXACT else torch.float32
    kept = []
    for first in range(0, len(asked), BLOCK):
        some = asked[first : first + BLOCK].to(kind)
        sizes = some.sum(1, dtype=torch.float32)
        for second in range(0, len(stock), BLOCK):
            others = stock[second : second + BLOCK].to(kind)
            common = (others @ some.T).float()
            either = others.sum(1, dtype=torch.float32)[:, None] + sizes[None] - common
            kept.append(fold(torch.where(either > 0, common / either, 1.0)))
    return kept


def nearest(asked: Molecules, stock: Molecules) -> FloatArray:
    """The largest similarity of each molecule to one of the stock, with shape (n,)."""
    found = similarities(stock.bits, asked.bits, lambda t: t.max(0).values)
    each = -(-len(stock.bits) // BLOCK)
    parts = [torch.stack(found[k : k + each]).max(0).values for k in range(0, len(found), each)]
    return torch.cat(parts).double().numpy() if parts else np.zeros(0)


def likeness(molecules: Molecules) -> tuple[FloatArray, FloatArray]:
    """(mean_x T(x, y)^p)^(1/p) of each molecule y with all of its own set, for p = 1 and 2, with shape (n,) each."""
    bits = molecules.bits
    found = similarities(bits, bits, lambda t: torch.stack([t.sum(0), t.square().sum(0)]).double())
    each = -(-len(bits) // BLOCK)
    parts = [torch.stack(found[k : k + each]).sum(0) for k in range(0, len(found), each)]
    if not parts:
        return np.zeros(0), np.zeros(0)
    one, two = torch.cat(parts, 1) / len(bits)
    return one.numpy(), two.sqrt().numpy()


def cosine(one: Counter[str], two: Counter[str]) -> float | None:
    """The cosine between two tables of counts; None where one is empty.

    Example:
        >>> cosine(Counter(a=3, b=4), Counter(a=3, b=4))
        1.0
    """
    if not one or not two:
        return None
    shared = sum(count * two[key] for key, count in one.items())
    lengths = (sum(count**2 for count in counts.values()) ** 0.5 for counts in (one, two))
    return float(shared / np.prod(list(lengths)))
