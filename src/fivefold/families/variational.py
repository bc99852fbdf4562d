"""Variational model: a datum is drawn from a latent code by a decoder, and an encoder bounds its likelihood.

A code z has a prior p(z), a decoder gives p(x | z), an encoder q(z | x). With draws z_1..z_n from q the bound of Burda
et al. is

    log p(x) >= E log 1/n sum_i p(z_i) p(x | z_i) / q(z_i | x),

the evidence lower bound E_q log p(x | z) - KL(q || p) where n = 1. Training maximises it, with help against a posterior
that lets go of its code before the decoder has learned to listen. Sampling uses the very prior of the bound.

What a code is depends on the sort of space. A table row has a class, a Gaussian for what bends and one for what is
linear; what a condition shows is read by the encoder, and q(z | x_S) takes the place of the prior in both bound and
sampling. A sequence has one Gaussian, from which a causal decoder begins; a prompt chooses among codes drawn from the
prior. A grid has one Gaussian, whose prior is a mixture fitted when training has ended (`settle`). `information` says
what the codes carry.

References:
    Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114.
    Burda, Grosse & Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, arXiv:1509.00519.
    Bowman et al., "Generating sentences from a continuous space", CoNLL 2016, arXiv:1511.06349 (sequences).
    Ivanov, Figurnov & Vetrov, "Variational autoencoder with arbitrary conditioning", ICLR 2019, arXiv:1806.02382.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.errors import InputError
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.grids.latents import GridLatents
from fivefold.nets.information import Information
from fivefold.nets.latents import LATENTS
from fivefold.spaces import Batch, Condition, Data, Space


class Variational(Family):
    """The variational family over a space.

    Arguments:
        space: what one datum is.
        config: of the latent code of this sort of space (`ColumnLatents`, `SequenceLatents`, `GridLatents`).

    Example:
        >>> family = Variational(Space(continuous=(2,), discrete=(2, 3)), classes=8, width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> family.log_prob(x).shape
        torch.Size([4])
        >>> text = Variational(Space.sequence(alphabet=5, length=16), width=64, depth=1)
        >>> text.log_prob(text.sample(3, generator=g)).shape
        torch.Size([3])
    """

    name: ClassVar[str] = "variational"
    likelihood: Literal["exact", "bound", "none"] = "bound"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=20, batch=512, rate=2e-3, conditional=0.1),
        "sequence": Recipe(
            epochs=12,
            batch=32,
            length=128,
            optimiser="muon",
            rate=3e-3,
            ema=0.1,
            conditional=0.0,
        ),
        "grid": Recipe(
            epochs=20, batch=128, optimiser="muon", rate=2e-3, ema=0.05, conditional=0.3
        ),
    }

    def __init__(self, space: Space, **config: Any) -> None:
        latents = LATENTS[space.sort](space, **config)
        super().__init__(space, **latents.config)
        self.latents = latents

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of the latent code at a scale."""
        return LATENTS[space.sort].sized(space, size)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start the decoder where the data are."""
        self.latents.prepare(x)

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Fit the prior to the codes of the data, where it is fitted."""
        self.notices = self.latents.settle(x, generator)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative bound, with what helps the code to be used, in nats."""
        yield self, -self.latents.objective(x, c, generator)

    def log_prob(
        self,
        x: Batch,
        c: Condition | None = None,
        *,
        generator: torch.Generator | None = None,
        draws: int = 16,
    ) -> Tensor:
        """A lower bound of log p(x | c), with shape (B,); more draws from the encoder make it tighter."""
        generator = generator or torch.Generator(x.device).manual_seed(0)
        block = self.latents.block
        places = [slice(i, i + block) for i in range(0, len(x), block)]
        bounds = [self._bound(x[i], c and c[i], draws, generator) for i in places]
        return torch.cat(bounds or [x.continuous.new_zeros(0)])

    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The negative bound with one draw."""
        return -float(self.log_prob(x, generator=generator, draws=1).mean())

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data from prior and decoder; what a condition shows decides about the code."""
        return self.latents.draw(n, c, generator=generator, **how)

    def encode(self, x: Batch, *, generator: torch.Generator) -> Tensor:
        """Codes of grids, drawn from the posterior, with shape (B, K).

        Raises:
            InputError: where the space is not one of grids.
        """
        return self._grids.encode(x, generator)

    def decode(self, y: Tensor, c: Condition | None = None) -> Batch:
        """The grids that codes (B, K) lead to, without the noise of single numbers."""
        return self._grids.decode(y, c)

    @property
    def _grids(self) -> GridLatents:
        if isinstance(self.latents, GridLatents):
            return self.latents
        raise InputError(
            "only grids have variational codes between which one could go",
            hint="take the flow family",
            code="no-code",
        )

    def information(self, x: Batch) -> Information:
        """What the codes say of the data: zero nats where the posterior has let go."""
        return self.latents.information(x)

    def _bound(
        self, x: Batch, c: Condition | None, draws: int, generator: torch.Generator
    ) -> Tensor:
        return self.latents.weigh(x, c, draws, generator).logsumexp(0) - math.log(draws)
