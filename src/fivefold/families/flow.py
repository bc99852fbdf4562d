"""Normalizing flow: a datum turned into uniform noise by an invertible map.

    y = F(x),   log p(x) = log |det dF/dx|,   p(y) = 1 on the unit cube

F is triangular: each y_j = F_j(x_j | those before) is monotone in x_j, a distribution function that depends on what
came before in an order. So F inverts exactly, and its log-determinant is the sum of the log slopes. A symbol owns a
cell of the unit interval, and so does a level of a scale; F_j is linear inside a cell and later variables see the cell
alone, so that the density is constant there, the bound of dequantization is tight and the likelihood exact.

What the map is depends on the sort of space (`nets.maps`): columns and sequences go one variable after another; a grid
goes from coarse to fine, many numbers at a time.

References:
    Dinh et al., "NICE: non-linear independent components estimation", 2014, arXiv:1410.8516.
    Papamakarios et al., "Normalizing flows for probabilistic modeling and inference", JMLR 2021, arXiv:1912.02762.
    Theis et al., "A note on the evaluation of generative models", ICLR 2016, arXiv:1511.01844.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.families.candidates import resample
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.maps import MAPS
from fivefold.spaces import Batch, Condition, Data, Space


class Flow(Family):
    """The flow family over a space.

    Arguments:
        space: what one datum is.
        config: of the invertible map of this sort of space (`ConditionalMap`, `GridMap`).

    Example:
        >>> family = Flow(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> torch.equal(family.decode(family.encode(x, generator=g)).discrete, x.discrete)
        True
    """

    name: ClassVar[str] = "flow"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=10, batch=512, rate=4e-3, conditional=0.5),
        "sequence": Recipe(
            batch=16, length=128, optimiser="muon", rate=3e-3, ema=0.1, conditional=0.0
        ),
        "grid": Recipe(
            epochs=6, batch=16, optimiser="muon", rate=4e-3, muon_rate=0.02, conditional=0.15
        ),
    }

    def __init__(self, space: Space, **config: Any) -> None:
        super().__init__(space)
        self.map = MAPS[space.sort](space, **config)
        self.config = self.map.config

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of the map at a scale."""
        return MAPS[space.sort].sized(space, size)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start the map where the data are."""
        self.map.prepare(x)

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies, where the map has one."""
        self.map.settle(x)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c), exact, with shape (B,)."""
        return self.map.log_prob(x, c)

    def encode(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L + D), uniform where the model is right."""
        return self.map.encode(x, c, generator=generator)

    def decode(self, y: Tensor, c: Condition | None = None) -> Batch:
        """The data that the base noise y (B, L + D) belongs to: the inverse of `encode`."""
        return self.map.decode(y, c)

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
        """n data, decoded from uniform noise; where a condition makes draws approximate, each kept of several."""
        if c is None or candidates == 1 or not self.map.approximate(c):
            return self.map.draw(n, c, generator=generator, **how)

        def propose(many: Condition) -> Batch:
            return self.map.draw(len(many), many, generator=generator, **how)

        return resample(self, propose, c, candidates, generator)
