"""From continuous to discrete: a real number seen as the digits of its normal quantile.

For z in R let u = Phi(z) in (0, 1), written in base b with m digits and a remainder:

    u = d_1/b + d_2/b^2 + ... + d_m/b^m + r/b^m,    d_i in {0..b-1},  r in [0, 1).

A model of the digits with r uniform is a density on R, exact everywhere:

    log p(z) = log P(d_1..d_m) + m log b + log N(z; 0, 1).

Codecs give their numbers standard normal marginals, so every digit is uniform before anything is learned. The
coarse digit is decided first, the fine digit given the coarse one: two small vocabularies resolve b^2 levels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fivefold.spaces.space import Batch, Condition, Space

EDGE = 1e-6


class Quantize:
    """The bridge from a space to a purely discrete one.

    Arguments:
        space: any space; its D continuous variables become D times `digits` positions after the discrete ones.
        base: the vocabulary b of each digit.
        digits: the number of digits m.

    Example:
        >>> Quantize(Space((2,), (3,)), base=32, digits=2).space.discrete
        (3, 32, 32, 32, 32)
    """

    def __init__(self, space: Space, base: int = 32, digits: int = 2) -> None:
        self.source, self.base, self.digits = space, base, digits
        self.space = Space(None, space.discrete + (base,) * (digits * space.dimensions))

    def encode(self, x: Batch) -> Tensor:
        """The symbols of x with shape (B, L + D m): the discrete ones, then each variable's digits."""
        u = torch.special.ndtr(x.continuous.flatten(1).double())
        cell = (u * self.base**self.digits).long().clamp(0, self.base**self.digits - 1)
        powers = self.base ** torch.arange(self.digits - 1, -1, -1, device=cell.device)
        return torch.cat([x.discrete, (cell[..., None] // powers % self.base).flatten(1)], 1)

    def decode(self, symbols: Tensor, *, generator: torch.Generator) -> Batch:
        """The data with these symbols, each number drawn within its last level."""
        positions = self.source.positions
        digits = symbols[:, positions:].unflatten(1, (self.source.dimensions, self.digits))
        powers = self.base ** torch.arange(self.digits - 1, -1, -1, device=symbols.device)
        cell = (digits * powers).sum(-1)
        r = torch.rand(cell.shape, generator=generator, device=cell.device, dtype=torch.float64)
        u = ((cell + r) / self.base**self.digits).clamp(EDGE, 1 - EDGE)
        z = torch.special.ndtri(u).float().reshape(len(symbols), *self.source.shape)
        return Batch(z, symbols[:, :positions])

    def log_density(self, x: Batch) -> Tensor:
        """log p(x) - log P(symbols of x) per continuous variable, with shape (B, D): the density in a level."""
        z = x.continuous.flatten(1)
        normal = -0.5 * z.square() - 0.5 * math.log(2 * math.pi)
        return normal + self.digits * math.log(self.base)

    def seen(self, c: Condition) -> Tensor:
        """Which symbols a condition shows, bool with shape (L + D m,)."""
        digits = c.continuous.flatten().repeat_interleave(self.digits)
        return torch.cat([c.discrete, digits])
