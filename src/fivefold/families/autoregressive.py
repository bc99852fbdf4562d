"""Autoregressive model: one variable after another, each given those before it.

    log p(x) = sum_j log p(x_j | x_1..x_{j-1})

Every conditional is a distribution that a net gives in closed form, so the likelihood is exact; where patches of
pictures are drawn by way of typical patches, it is a bound. Columns of a table have
a net each, over categories and mixtures of logistics (RNADE); symbols of a sequence have one causal net (GPT); patches
of a grid have one as well, which says what each is like, and small nets for the numbers inside (`GridConditionals`).

A condition moves what it shows to the front where the net can: x_j then sees the earlier variables and everything
shown, log p(x_rest | x_S) = sum_{j not in S} log p(x_j | x_{<j}, x_S). Steps that train a random S make any part of a
row a possible condition. A causal net sees what is shown in its place: a prompt. What is shown later is imposed,
and candidates weighed by the joint likelihood.

References:
    Bengio & Bengio, "Modeling high-dimensional discrete data with multi-layer neural networks", NeurIPS 1999.
    Uria, Murray & Larochelle, "RNADE", NeurIPS 2013, arXiv:1306.0186 (continuous variables).
    Uria, Murray & Larochelle, "A deep and tractable density estimator", ICML 2014, arXiv:1310.1757 (any order).
    Germain et al., "MADE: masked autoencoder for distribution estimation", ICML 2015, arXiv:1502.03509.
    Radford et al., "Improving language understanding by generative pre-training", 2018 (sequences).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.families.candidates import resample
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.conditionals import CONDITIONALS
from fivefold.spaces import Batch, Condition, Data, Space


class Autoregressive(Family):
    """The autoregressive family over a space.

    Arguments:
        space: what one datum is.
        config: of the conditionals of this sort of space (`ColumnConditionals`, `SequenceConditionals`,
            `GridConditionals`).

    Example:
        >>> family = Autoregressive(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> family.log_prob(x).shape
        torch.Size([4])
        >>> text = Autoregressive(Space.sequence(alphabet=5, length=16), width=64, depth=1)
        >>> text.log_prob(text.sample(3, generator=g)).shape
        torch.Size([3])
    """

    name: ClassVar[str] = "autoregressive"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=9, rate=4e-3, ema=0.1, conditional=0.4),
        "sequence": Recipe(
            batch=16,
            length=128,
            optimiser="muon",
            rate=8e-3,
            muon_rate=0.03,
            ema=0.02,
            conditional=0.0,
        ),
        "grid": Recipe(
            batch=64,
            optimiser="muon",
            rate=8e-3,
            muon_rate=0.04,
            ema=0.03,
            conditional=0.3,
        ),
    }

    def __init__(self, space: Space, **config: Any) -> None:
        super().__init__(space)
        self.conditionals = CONDITIONALS[space.sort](space, **config)
        self.config = self.conditionals.config
        self.likelihood = self.conditionals.likelihood

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of the conditionals at a scale."""
        return CONDITIONALS[space.sort].sized(space, size)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start the conditionals where the data are."""
        self.conditionals.prepare(x)

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies."""
        self.conditionals.settle(x)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c) with shape (B,): exact, or a bound where patches are drawn by way of typical ones."""
        return self.conditionals.log_prob(x, c).sum(1)

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

        Where the draws under a condition are approximate, several candidates q(x | x_S) are drawn for each datum, and
        one is kept with probability proportional to p(x) / q(x | x_S): the order that training saw most corrects those
        that it saw rarely.
        """
        if c is None or candidates == 1 or not self.conditionals.approximate(c):
            return self.conditionals.draw(n, c, generator=generator, **how)

        def propose(many: Condition) -> Batch:
            return self.conditionals.draw(len(many), many, generator=generator, **how)

        return resample(self, propose, c, candidates, generator)
