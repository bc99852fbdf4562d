"""The latent code of a sequence: a Gaussian that an encoder reads off the whole, and a decoder begins from.

    p(z) = N(0, I),    q(z | x) = N(mu(x), diag sigma(x)^2),    p(x | z) = prod_j p(x_j | x_<j, z)

A causal decoder can do without z, and then does: at the first steps z costs more nats than it saves, the posterior
falls back to the prior, and the model is an autoregressive one (posterior collapse). Against it the first F nats of a
code are free: while the mean KL(q || p) of a batch is below F, training takes no gradient of it (free bits).

A condition shows a prompt x_S. Samples take z_1..z_M from the prior, of which one is chosen by its weight p(x_S | z),
and go on from the prompt. With z_1 drawn from q(z | x) and the others from the prior,

    E log [ p(z_1) / q(z_1 | x) * p(x | z_1) / (1/M sum_m p(x_S | z_m)) ]

is a bound on log p(x | x_S) of the distribution that these samples have.

References:
    Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114.
    Bowman et al., "Generating sentences from a continuous space", CoNLL 2016, arXiv:1511.06349.
    Kingma et al., "Improving variational inference with inverse autoregressive flow", NeurIPS 2016, arXiv:1606.04934
        (free bits).
    Cremer, Morris & Duvenaud, "Reinterpreting importance-weighted autoencoders", 2017, arXiv:1704.02916.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.information import Information, active, divergence
from fivefold.nets.sequence_codes import HEAD, SequenceDecoder, SequenceEncoder, choose
from fivefold.spaces import Batch, Condition, Data, Space

WIDTH = 128
FIRST_LOG_SIGMA = -1.0
TOKENS = 2**15


@dataclass(frozen=True)
class Found:
    """What is known of the codes of data before one is drawn.

    Arguments:
        x: the data.
        c: what is seen of them.
        mu: the posterior means, with shape (B, d).
        log_sigma: the posterior log-deviations, with shape (B, d).
    """

    x: Batch
    c: Condition | None
    mu: Tensor
    log_sigma: Tensor


class SequenceLatents(nn.Module):
    """Prior, encoder and decoder of a sequence's code.

    Arguments:
        space: a sequence space.
        latent: the size of z.
        free: the nats F of a code that cost nothing in training.
        width: the size of a state of encoder and decoder.
        depth: the number of the decoder's blocks.
        reading: the number of the encoder's blocks.
        candidates: the number M of codes of which a condition chooses one.

    Example:
        >>> latents = SequenceLatents(Space.sequence(5, length=8), width=64, depth=1, reading=1)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = latents.draw(4, generator=g)
        >>> latents.weigh(latents.infer(x), g).shape
        torch.Size([4])
    """

    def __init__(
        self,
        space: Space,
        *,
        latent: int = 32,
        free: float = 8.0,
        width: int = WIDTH,
        depth: int = 3,
        reading: int = 2,
        candidates: int = 16,
    ) -> None:
        super().__init__()
        config = {"latent": latent, "free": free, "width": width, "depth": depth}
        self.space, self.config = space, {**config, "reading": reading, "candidates": candidates}
        self.latent, self.free, self.candidates = latent, free, candidates
        self.encoder = SequenceEncoder(space, width=width, depth=reading, outputs=2 * latent)
        self.decoder = SequenceDecoder(space, latent=latent, width=width, depth=depth)
        nn.init.constant_(self.encoder.outputs.bias[latent:], FIRST_LOG_SIGMA)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size."""
        depth = max(2, round(3 * size**0.5))
        return {"width": HEAD * max(1, round(size * WIDTH / HEAD)), "depth": depth}

    @property
    def block(self) -> int:
        """As many data at a time as have a certain number of symbols together."""
        return max(1, TOKENS // self.space.positions)

    def prepare(self, x: Data) -> None:
        """Nothing: the first prediction is uniform."""

    def infer(self, x: Batch, c: Condition | None = None) -> Found:
        """q(z | x)."""
        mu, log_sigma = self.encoder(x).chunk(2, 1)
        return Found(x, c, mu, log_sigma)

    def objective(self, found: Found, generator: torch.Generator) -> Tensor:
        """What training maximises, with shape (B,): the bound, of which the first F nats of KL have no gradient."""
        _, z = self._draw(found, generator)
        cost = divergence(found.mu, found.log_sigma)
        free = cost.detach()
        cost = torch.where(free.mean() < self.free, free, cost)
        return self._log_prob(z, found, generator) - cost

    def weigh(self, found: Found, generator: torch.Generator) -> Tensor:
        """log p(z) p(x | z, c) / q(z | x) with shape (B,), for z drawn from q."""
        noise, z = self._draw(found, generator)
        ratio = (0.5 * noise.square() + found.log_sigma - 0.5 * z.square()).sum(1)
        return ratio + self._log_prob(z, found, generator)

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
        M = 1 if c is None else candidates or self.candidates
        z = self._prior(n * M, generator)
        if c is not None:
            weights = self.decoder.agreement(z, _repeated(c, M)).view(n, M)
            z = z[choose(weights, generator)]
        return self.decoder.draw(z, c, generator=generator, **how)

    @torch.no_grad()
    def information(self, x: Batch) -> Information:
        """What z says of the data; what is recalled starts from the posterior mean and takes likeliest symbols."""
        found = self.infer(x)
        first = self.space.given[: x.discrete.shape[1]].to(x.device)
        given = Condition(x, torch.zeros(0, dtype=torch.bool, device=x.device), first)
        again = self.read(found.mu, given).discrete
        W = min(again.shape[1], x.discrete.shape[1])
        right = (again[:, 1:W] == x.discrete[:, 1:W]) & x.mask[:, 1:W]
        return Information(
            {"z": float(divergence(found.mu, found.log_sigma).mean())},
            active(found.mu),
            float(right.sum() / x.mask[:, 1:].sum().clamp(min=1)),
        )

    @torch.no_grad()
    def read(self, z: Tensor, c: Condition | None = None) -> Batch:
        """The likeliest symbols, one after another, of codes z (B, d)."""
        generator = torch.Generator(z.device).manual_seed(0)
        return self.decoder.draw(z, c, generator=generator, temperature=0.0)

    def _log_prob(self, z: Tensor, found: Found, generator: torch.Generator) -> Tensor:
        """log p(x | z, c): where a condition shows x_S, less the mean weight of codes that it would choose among."""
        whole = self.decoder.log_prob(z, found.x)
        if found.c is None:
            return whole
        M = self.candidates
        others = self._prior((M - 1) * len(z), generator)
        codes = torch.cat([z[:, None], others.view(len(z), M - 1, -1)], 1).flatten(0, 1)
        weights = self.decoder.agreement(codes, _repeated(found.c, M)).view(-1, M)
        return whole - weights.logsumexp(1) + math.log(M)

    def _draw(self, found: Found, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Noise and the z made of it, each (B, d)."""
        mu = found.mu
        noise = torch.randn(mu.shape, generator=generator, device=mu.device)
        return noise, mu + found.log_sigma.exp() * noise

    def _prior(self, n: int, generator: torch.Generator) -> Tensor:
        device = self.decoder.begin.weight.device
        return torch.randn(n, self.latent, generator=generator, device=device)


def _repeated(c: Condition, times: int) -> Condition:
    rows = torch.arange(len(c), device=c.values.device)
    return c[rows.repeat_interleave(times)]
