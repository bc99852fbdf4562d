"""The latent code of a sequence: a Gaussian of a fixed capacity, from which a causal decoder begins.

    p(z) = N(0, I),    q(z | x) = N(mu(x), sigma^2),    KL(q || p) = F,    p(x | z) = prod_j p(x_j | x_<j, z)

A causal decoder can do without z. Where the encoder is free it then does: in the first steps z costs more nats than it
saves, the posterior falls back to the prior, and the model is an autoregressive one (posterior collapse). Here the cost
of the code is F nats whatever it says, so that training is left with making the best use of it.
After 240 steps on molecules (`benchmarks/sequences/latents.py --only collapse --size 0.5 --steps 240`) codes tell 256
held-out data apart by 3.7 nats and 29% of the symbols are found again from them; with free bits 2.8 nats and 22%; a
plain autoencoder's codes say nothing, with word dropout or without, and 14% is what greedy symbols get. A code in use
has its price this early: the bound with 32 draws is 36.7 nats a molecule, 36.4 with free bits, 33.6 without a code.

A condition shows a prompt x_S. Samples take z_1..z_M from the prior, of which one is chosen by its weight p(x_S | z),
and go on from the prompt. With z_1 drawn from q(z | x) and the others from the prior,

    E log [ p(z_1) / q(z_1 | x) * p(x | z_1) / (1/M sum_m p(x_S | z_m)) ]

is a bound on log p(x | x_S) of the distribution that these samples have.

References:
    Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114.
    Bowman et al., "Generating sentences from a continuous space", CoNLL 2016, arXiv:1511.06349 (collapse).
    Xu & Durrett, "Spherical latent spaces for stable variational autoencoders", EMNLP 2018, arXiv:1808.10805.
    Cremer, Morris & Duvenaud, "Reinterpreting importance-weighted autoencoders", 2017, arXiv:1704.02916.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.categories import draw
from fivefold.nets.information import Information, active, divergence, mutual
from fivefold.nets.sequences.causal import HEAD
from fivefold.nets.sequences.codes import SequenceDecoder, SequenceEncoder, prompted
from fivefold.spaces import Batch, Condition, Data, Space

WIDTH = 128
SYMBOLS = 2**15


class SequenceLatents(nn.Module):
    """Prior, encoder and decoder of a sequence's code.

    Arguments:
        space: a sequence space.
        latent: the size of z.
        nats: the capacity F of a code.
        width: the size of a state of encoder and decoder.
        depth: the number of the decoder's blocks.
        reading: the number of the encoder's blocks.
        candidates: the number M of codes of which a condition chooses one.

    Example:
        >>> latents = SequenceLatents(Space.sequence(5, length=8), width=64, depth=1, reading=1)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = latents.draw(4, generator=g)
        >>> latents.weigh(x, None, 2, g).shape
        torch.Size([2, 4])
    """

    def __init__(
        self,
        space: Space,
        *,
        latent: int = 32,
        nats: float = 8.0,
        width: int = WIDTH,
        depth: int = 3,
        reading: int = 2,
        candidates: int = 16,
    ) -> None:
        super().__init__()
        config = {"latent": latent, "nats": nats, "width": width, "depth": depth}
        self.space, self.config = space, {**config, "reading": reading, "candidates": candidates}
        self.latent, self.candidates = latent, candidates
        self.encoder = SequenceEncoder(space, latent=latent, nats=nats, width=width, depth=reading)
        self.decoder = SequenceDecoder(space, latent=latent, width=width, depth=depth)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size."""
        depth = max(2, round(3 * size**0.5))
        return {"width": HEAD * max(1, round(size * WIDTH / HEAD)), "depth": depth}

    @property
    def block(self) -> int:
        """As many data at a time as have a certain number of symbols together."""
        return max(1, SYMBOLS // self.space.positions)

    def prepare(self, x: Data) -> None:
        """Nothing: the first prediction is uniform."""

    def settle(self, x: Data, generator: torch.Generator) -> list[str]:
        """Nothing: all is learned."""
        return []

    def weigh(
        self, x: Batch, c: Condition | None, draws: int, generator: torch.Generator
    ) -> Tensor:
        """log p(z) p(x | z, c) / q(z | x) with shape (draws, B), for z drawn from q."""
        mu, sigma = self.encoder(x)
        weights = []
        for _ in range(draws):
            noise = torch.randn(mu.shape, generator=generator, device=mu.device)
            z = mu + sigma * noise
            ratio = (0.5 * noise.square() + sigma.log() - 0.5 * z.square()).sum(1)
            weights.append(ratio + self._log_prob(z, x, c, generator))
        return torch.stack(weights)

    def objective(self, x: Batch, c: Condition | None, generator: torch.Generator) -> Tensor:
        """What training maximises, with shape (B,): the bound, its KL in closed form."""
        mu, sigma = self.encoder(x)
        z = mu + sigma * torch.randn(mu.shape, generator=generator, device=mu.device)
        return self._log_prob(z, x, c, generator) - divergence(mu, sigma)

    @torch.no_grad()
    def draw(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        candidates: int | None = None,
        **how: Any,
    ) -> Batch:
        """n data from prior and decoder; what a condition shows chooses among candidates for the code."""
        if c is None or not prompted(c):
            z = self._prior(n, 1, generator)[:, 0]
        else:
            many = self._prior(n, candidates or self.candidates, generator)
            chosen = draw(self.decoder.agreement(many, c), generator)
            z = many[torch.arange(n, device=many.device), chosen]
        return self.decoder.draw(z, c, generator=generator, **how)

    @torch.no_grad()
    def information(self, x: Batch) -> Information:
        """What z says of the data; what is recalled starts from the posterior mean and takes likeliest symbols."""
        mu, sigma = self.encoder(x)
        generator = torch.Generator(x.device).manual_seed(0)
        z = mu + sigma * torch.randn(mu.shape, generator=generator, device=mu.device)
        apart = (z[:, None] - mu) / sigma
        log_q = -0.5 * apart.square().sum(2) - sigma.log().sum(1)
        first = self.space.given[: x.discrete.shape[1]].to(x.device)
        given = Condition(x, torch.zeros(0, dtype=torch.bool, device=x.device), first)
        again = self.read(mu, given).discrete
        W = min(again.shape[1], x.discrete.shape[1])
        right = (again[:, 1:W] == x.discrete[:, 1:W]) & x.mask[:, 1:W]
        recalled = float(right.sum() / x.mask[:, 1:].sum().clamp(min=1))
        nats = {"z": float(divergence(mu, sigma).mean())}
        return Information(nats, mutual(log_q), active(mu), recalled)

    @torch.no_grad()
    def read(self, z: Tensor, c: Condition | None = None) -> Batch:
        """The likeliest symbols, one after another, of codes z (B, d)."""
        generator = torch.Generator(z.device).manual_seed(0)
        return self.decoder.draw(z, c, generator=generator, temperature=0.0)

    def _log_prob(
        self, z: Tensor, x: Batch, c: Condition | None, generator: torch.Generator
    ) -> Tensor:
        """log p(x | z, c): where a condition shows x_S, less the mean weight of codes that it would choose among."""
        whole = self.decoder.log_prob(z, x)
        if c is None or not prompted(c):
            return whole
        others = self._prior(len(z), self.candidates - 1, generator)
        weights = self.decoder.agreement(torch.cat([z[:, None], others], 1), c)
        return whole - weights.logsumexp(1) + math.log(self.candidates)

    def _prior(self, n: int, each: int, generator: torch.Generator) -> Tensor:
        device = self.decoder.begin.weight.device
        return torch.randn(n, each, self.latent, generator=generator, device=device)
