"""Between sequences and codes: an encoder that reads a sequence in both directions, a decoder that begins from a code.

    z = mu + sigma e,   mu = g sqrt(d) u(x),   |u| = 1,   sigma^2 = 1 - g^2,   e ~ N(0, I),   g^2 = 1 - exp(-2 F / d)

The direction u is the encoder's: a Transformer's states summed over the places and divided by the root of their number.
Length and noise are fixed, so that a code is a channel of capacity F: KL(N(mu, sigma^2) || N(0, I)) is F nats whatever
the encoder does, and a code that says less than it could saves nothing. Where directions are spread evenly, z is close
to N(0, I). The decoder is the causal net of the autoregressive family, with P states made from z put before the first
symbol:

    p(x | z) = prod_j p(x_j | x_0..x_{j-1}, z).

A condition shows the first symbols x_S (a prompt). A code belongs to it with weight p(x_S | z).

References:
    Xu & Durrett, "Spherical latent spaces for stable variational autoencoders", EMNLP 2018, arXiv:1808.10805.
    Bowman et al., "Generating sentences from a continuous space", CoNLL 2016, arXiv:1511.06349.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fivefold.nets.linear import compute_type
from fivefold.nets.sequences.causal import HEAD, SequenceConditionals
from fivefold.nets.transformer import Transformer
from fivefold.spaces import Batch, Condition, Space

PREFIX = 4
SYMBOLS = 2**16
"""How many symbols of prompts are weighed at a time."""


class SequenceEncoder(nn.Module):
    """The distribution of a sequence's code.

    Arguments:
        space: a sequence space.
        latent: the size d of a code.
        nats: its capacity F.
        width: the size of a state.
        depth: the number of blocks.

    Example:
        >>> from fivefold.nets.information import divergence
        >>> space = Space.sequence(alphabet=5, length=8)
        >>> encoder = SequenceEncoder(space, latent=4, nats=6.0, width=64, depth=1)
        >>> mu, sigma = encoder(Batch(torch.zeros(1, 0), torch.tensor([[0, 4, 2, 0]])))
        >>> round(divergence(mu, sigma).item(), 3)
        6.0
    """

    def __init__(self, space: Space, *, latent: int, nats: float, width: int, depth: int) -> None:
        super().__init__()
        self.latent, self.signal = latent, 1 - math.exp(-2 * nats / latent)
        self.embed = nn.Embedding(space.alphabet, width)
        self.net = Transformer(width, depth, max(1, width // HEAD))
        self.outputs = nn.Linear(width, latent)

    def forward(self, x: Batch) -> tuple[Tensor, Tensor]:
        """Mean mu and deviation sigma of the codes of sequences, float32 with shape (B, d)."""
        u = nn.functional.rms_norm(self.outputs(self.pooled(x)), (self.latent,))
        return math.sqrt(self.signal) * u, torch.full_like(u, math.sqrt(1 - self.signal))

    def pooled(self, x: Batch) -> Tensor:
        """The states' sum over the root of their number, float32 with shape (B, width)."""
        e = self.embed(x.discrete).to(compute_type(x.device))
        h: Tensor = self.net(e, lengths=x.lengths, causal=False).float()
        there = x.mask[..., None].float()
        return (h * there).sum(1) / there.sum(1).sqrt()


class SequenceDecoder(nn.Module):
    """Sequences from vectors z.

    Arguments:
        space: a sequence space.
        latent: the size of z.
        width: the size of a state.
        depth: the number of blocks.

    Example:
        >>> decoder = SequenceDecoder(Space.sequence(5, length=8), latent=3, width=64, depth=1)
        >>> z, g = torch.zeros(4, 3), torch.Generator().manual_seed(0)
        >>> decoder.log_prob(z, decoder.draw(z, generator=g)).shape
        torch.Size([4])
    """

    def __init__(self, space: Space, *, latent: int, width: int, depth: int) -> None:
        super().__init__()
        self.width = width
        self.conditionals = SequenceConditionals(space, width=width, depth=depth)
        self.begin = nn.Linear(latent, PREFIX * width)

    def log_prob(self, z: Tensor, x: Batch, c: Condition | None = None) -> Tensor:
        """log p(x | z) with shape (B,), of the symbols that a condition does not show."""
        return self.conditionals.log_prob(x, c, prefix=self.prefix(z)).sum(1)

    @torch.no_grad()
    def draw(
        self, z: Tensor, c: Condition | None = None, *, generator: torch.Generator, **how: object
    ) -> Batch:
        """A sequence for each z, which goes on from what the condition shows.

        Arguments:
            z: vectors with shape (n, latent).
            c: what is seen, of n data.
            generator: the randomness.
            how: options of the choice of a symbol, such as a temperature.
        """
        prefix = self.prefix(z)
        return self.conditionals.draw(len(z), c, generator=generator, prefix=prefix, **how)

    def agreement(self, z: Tensor, c: Condition) -> Tensor:
        """log p(x_S | z_m) with shape (B, M): how well codes z (B, M, latent) fit the prompts of a condition."""
        values, M = c.values.discrete, z.shape[1]
        first = c.discrete.expand(values.shape).long().cummin(1).values
        lengths = first.sum(1).clamp(min=1)
        W, rows = int(lengths.max()), torch.arange(len(z), device=z.device).repeat_interleave(M)
        shown = Batch(c.values.continuous, (values * first)[:, :W], lengths)
        parts = zip(
            *(t.split(max(1, SYMBOLS // (W + PREFIX))) for t in (z.flatten(0, 1), rows)),
            strict=True,
        )
        return torch.cat([self.log_prob(each, shown[i]) for each, i in parts]).view(-1, M)

    def prefix(self, z: Tensor) -> Tensor:
        """The states put before a sequence, with shape (B, P, width)."""
        found: Tensor = self.begin(z)
        return found.unflatten(1, (PREFIX, self.width))


def prompted(c: Condition | None) -> bool:
    """Whether a condition shows more than the given first symbol.

    Example:
        >>> x, seen = torch.zeros(2, 3, dtype=torch.int64), torch.tensor([True, False, False])
        >>> prompted(Condition(Batch(torch.zeros(2, 0), x), torch.zeros(0).bool(), seen))
        False
    """
    return c is not None and bool(c.discrete[..., 1:].any())
