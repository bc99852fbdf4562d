"""Autoregressive model: one variable after another, each given those before it.

    log p(x) = sum_j log p(x_j | x_1..x_{j-1})

A discrete x_j has a categorical distribution, a continuous one a mixture of logistics (RNADE), so the likelihood is
exact. The discrete variables come first. A condition moves what it shows to the front: x_j then sees the earlier
variables and everything shown, log p(x_rest | x_S) = sum_{j not in S} log p(x_j | x_{<j}, x_S). Steps that train a
random S make any part of a datum a possible condition.

References:
    Bengio & Bengio, "Modeling high-dimensional discrete data with multi-layer neural networks", NeurIPS 1999.
    Uria, Murray & Larochelle, "RNADE", NeurIPS 2013, arXiv:1306.0186 (continuous variables).
    Uria, Murray & Larochelle, "A deep and tractable density estimator", ICML 2014, arXiv:1310.1757 (any order).
    Germain et al., "MADE: masked autoencoder for distribution estimation", ICML 2015, arXiv:1502.03509.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.families.candidates import resample
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import PositionHeads, draw, log_marginals
from fivefold.nets.linear import compute_type
from fivefold.nets.numbers import MixtureHeads, NumberFeatures
from fivefold.nets.positions import PositionNets, affordable, sees
from fivefold.spaces import Batch, Condition, Data, Space

BLOCK = 2_048


class Autoregressive(Family):
    """The autoregressive family over a space.

    Arguments:
        space: what one datum is.
        embedding: the size of an embedded variable.
        width: the hidden size of each variable's net.
        depth: the number of residual blocks of each net.
        components: the number of components of a continuous variable's mixture.

    Example:
        >>> family = Autoregressive(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> family.log_prob(x).shape
        torch.Size([4])
    """

    starts: Tensor

    name: ClassVar[str] = "autoregressive"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=9, rate=4e-3, ema=0.1, conditional=0.4)
    }

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = 128,
        depth: int = 1,
        components: int = 24,
    ) -> None:
        super().__init__(
            space, embedding=embedding, width=width, depth=depth, components=components
        )
        starts = torch.tensor((0, *space.discrete)).cumsum(0)[:-1]
        self.register_buffer("starts", starts, persistent=False)
        self.embed = nn.Embedding(space.levels, embedding)
        self.features = NumberFeatures(space.dimensions, embedding)
        self.nets = PositionNets(space.positions + space.dimensions, embedding, width, depth)
        self.heads = PositionHeads(space.discrete, width)
        self.mixtures = MixtureHeads(space.dimensions, width, components)

    @classmethod
    def affordable(cls, space: Space, width: int) -> int:
        """Every variable has a net of its own, which sees all the others: many variables, small nets."""
        return affordable(space.positions + space.dimensions, width)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start each categorical distribution at its marginal."""
        self.heads.prepare(log_marginals(x[:].discrete, self.space.discrete))

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies, in one pass over the data."""
        L, visible = self.space.positions, sees(self.seen(None))
        self.heads.calibrate(
            (self.nets(self._embed(part), visible)[:L], part.discrete) for part in x.parts(BLOCK)
        )

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c), exact, with shape (B,)."""
        L, seen, visible = self.space.positions, self.seen(c), sees(self.seen(c))
        states = self.nets(self._embed(x), visible)
        categories = self.heads.log_prob(states[:L], x.discrete)
        numbers = self.mixtures.log_prob(states[L:], x.continuous.flatten(1), visible[L:, L:])
        return torch.cat([categories, numbers])[~seen].sum(0)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        candidates: int = 8,
        **how: Any,
    ) -> Batch:
        """n data, drawn variable by variable.

        Under a condition several candidates q(x | x_S) are drawn for each datum, and one is kept with probability
        proportional to p(x) / q(x | x_S): the order that training saw most corrects those that it saw rarely.
        """
        if c is None or c.seen == 0 or candidates == 1:
            return self._draw(n, c, generator)
        return resample(
            self, lambda many: self._draw(len(many), many, generator), c, candidates, generator
        )

    def _draw(self, n: int, c: Condition | None, generator: torch.Generator) -> Batch:
        """n data, drawn variable by variable after those that the condition shows."""
        L, device = self.space.positions, self.starts.device
        x = Batch(
            torch.zeros(n, *self.space.shape, device=device),
            torch.zeros(n, L, dtype=torch.int64, device=device),
        )
        x = x if c is None else c.impose(x)
        seen = self.seen(c)
        visible = sees(seen)
        z = x.continuous.flatten(1).clone()
        e = self._embed(x) * seen[:, None]
        for j in (~seen).nonzero().flatten().tolist():
            state = self.nets.at(j, e)
            if j < L:
                x.discrete[:, j] = draw(self.heads.at(j, state), generator)
                e[:, j] = self.embed(x.discrete[:, j] + self.starts[j])
            else:
                z[:, j - L] = self.mixtures.draw(j - L, state, z, visible[j, L:], generator)
                e[:, j] = self.features.at(j - L, z[:, j - L])
        return Batch(z.reshape(n, *self.space.shape), x.discrete)

    def _embed(self, x: Batch) -> Tensor:
        symbols = self.embed(x.discrete + self.starts)
        e = torch.cat([symbols, self.features(x.continuous.flatten(1))], 1)
        return e.to(compute_type(e.device))
