"""Autoregressive model: one variable after another, each given those before it.

    log p(x) = sum_j log p(x_j | x_1..x_{j-1})

Continuous variables are read as the digits of their normal quantile (`Quantize`), so that every conditional is a
categorical distribution and the likelihood is exact. A condition moves what it shows to the front: x_j then sees
the earlier variables and everything shown, log p(x_rest | x_S) = sum_{j not in S} log p(x_j | x_{<j}, x_S). Steps
that train a random S make any part of a datum a possible condition.

References:
    Bengio & Bengio, "Modeling high-dimensional discrete data with multi-layer neural networks", NeurIPS 1999.
    Germain et al., "MADE: masked autoencoder for distribution estimation", ICML 2015, arXiv:1502.03509.
    Uria et al., "A deep and tractable density estimator", ICML 2014, arXiv:1310.1757 (any order).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import PositionHeads, draw, log_marginals
from fivefold.nets.linear import compute_type
from fivefold.nets.positions import PositionNets
from fivefold.spaces import Batch, Condition, Quantize, Space

BLOCK = 2_048


class Autoregressive(Family):
    """The autoregressive family over a space.

    Arguments:
        space: what one datum is.
        embedding: the size of an embedded symbol.
        width: the hidden size of each position's net.
        depth: the number of residual blocks of each net.
        base: the vocabulary of the digits of a continuous variable.
        digits: the number of digits.

    Example:
        >>> family = Autoregressive(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> family.log_prob(x).shape
        torch.Size([4])
    """

    name: ClassVar[str] = "autoregressive"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    recipe: ClassVar[Recipe] = Recipe(epochs=7, batch=512, rate=4e-3, conditional=0.2)

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = 128,
        depth: int = 1,
        base: int = 32,
        digits: int = 2,
    ) -> None:
        config = {"embedding": embedding, "width": width, "depth": depth}
        super().__init__(space, **config, base=base, digits=digits)
        self.quantize = Quantize(space, base, digits)
        sizes = self.quantize.space.discrete
        offsets = torch.tensor((0, *sizes)).cumsum(0)[:-1]
        self.register_buffer("offsets", offsets, persistent=False)
        self.embed = nn.Embedding(sum(sizes), embedding)
        self.nets = PositionNets(len(sizes), embedding, width, depth)
        self.heads = PositionHeads(sizes, width)

    def prepare(self, x: Batch, generator: torch.Generator) -> None:
        """Start each conditional at its marginal."""
        symbols = self.quantize.encode(x)
        self.heads.prepare(log_marginals(symbols, self.quantize.space.discrete))

    def settle(self, x: Batch, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies, in one pass over the data."""
        self.heads.calibrate(self._states(part) for part in x.parts(BLOCK))

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c), exact, with shape (B,)."""
        states, symbols = self._states(x, c)
        seen = self._seen(c, symbols.device)
        terms = self.heads.log_prob(states, symbols)
        hidden = self.space.positions + self.quantize.digits * torch.arange(self.space.dimensions)
        density = self.quantize.log_density(x)[:, ~seen[hidden.to(seen.device)]].sum(1)
        return terms[~seen].sum(0) + density

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data, drawn position by position after those that the condition shows."""
        device = self.offsets.device
        seen = self._seen(c, device)
        symbols = torch.zeros(n, len(seen), dtype=torch.int64, device=device)
        e = self._embed(symbols, slice(None)).zero_()
        if c is not None:
            symbols = torch.where(seen, self.quantize.encode(c.values), symbols)
            e = self._embed(symbols, slice(None)) * seen[:, None].to(e.dtype)
        for j in (~seen).nonzero().flatten().tolist():
            logits = self.heads.at(j, self.nets.at(j, e))
            symbols[:, j] = draw(logits, generator)
            e[:, j] = self._embed(symbols, j)
        x = self.quantize.decode(symbols, generator=generator)
        return x if c is None else c.impose(x)

    def _states(self, x: Batch, c: Condition | None = None) -> tuple[Tensor, Tensor]:
        symbols = self.quantize.encode(x)
        seen = self._seen(c, symbols.device)
        earlier = torch.ones(len(seen), len(seen), device=seen.device).tril(-1).bool()
        return self.nets(self._embed(symbols, slice(None)), earlier | seen), symbols

    def _embed(self, symbols: Tensor, positions: slice | int) -> Tensor:
        e = self.embed(symbols[:, positions] + self.offsets[positions])
        return e.to(compute_type(e.device))

    def _seen(self, c: Condition | None, device: torch.device) -> Tensor:
        if c is None:
            return torch.zeros(len(self.offsets), dtype=torch.bool, device=device)
        return self.quantize.seen(c)
