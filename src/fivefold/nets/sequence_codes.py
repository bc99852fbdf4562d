"""Between sequences and points: an encoder that reads a sequence in both directions, a decoder that continues a code.

The encoder is a Transformer whose states are summed over the places, divided by the root of their number, so that
the code of a longer sequence may say more. The decoder is the causal net of the autoregressive family with P states
made from z put before the first symbol:

    p(x | z) = prod_j p(x_j | x_0..x_{j-1}, z).

What the decoder hears of earlier symbols can be thinned: an unheard symbol is replaced by the end, which stands nowhere
else before a symbol that is asked for. A condition shows the first symbols x_S (a prompt). A code belongs to it with
weight p(x_S | z): one of several codes is chosen so, and goes on from the prompt.

References:
    Bowman et al., "Generating sentences from a continuous space", CoNLL 2016, arXiv:1511.06349 (word dropout).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fivefold.nets.causal import SequenceConditionals
from fivefold.nets.linear import Linear, compute_type
from fivefold.nets.transformer import Transformer
from fivefold.spaces import END, Batch, Condition, Space

HEAD = 64
PREFIX = 4
READING = 0.25
"""The size of a pooled state before the last layer, so that codes begin near the origin."""


class SequenceEncoder(nn.Module):
    """A sequence as a vector.

    Arguments:
        space: a sequence space.
        width: the size of a state.
        depth: the number of blocks.
        outputs: the size of the vector.

    Example:
        >>> space = Space.sequence(alphabet=5, length=8)
        >>> x = Batch(torch.zeros(3, 0), torch.tensor([[0, 4, 2, 0]] * 3))
        >>> SequenceEncoder(space, width=64, depth=1, outputs=7)(x).shape
        torch.Size([3, 7])
    """

    def __init__(self, space: Space, *, width: int, depth: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(space.alphabet, width)
        self.net = Transformer(width, depth, max(1, width // HEAD))
        self.outputs = Linear(width, outputs)

    def forward(self, x: Batch) -> Tensor:
        """The vectors of sequences, float32 with shape (B, outputs)."""
        e = self.embed(x.discrete).to(compute_type(x.device))
        h = self.net(e, lengths=x.lengths, causal=False).float()
        there = x.mask[..., None].float()
        pooled = (h * there).sum(1) / there.sum(1).sqrt()
        found: Tensor = self.outputs(READING * pooled)
        return found


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
        self.begin = Linear(latent, PREFIX * width)

    def log_prob(self, z: Tensor, x: Batch, c: Condition | None = None) -> Tensor:
        """log p(x | z) with shape (B,), of the symbols that a condition does not show."""
        return self.conditionals.log_prob(x, c, prefix=self._prefix(z)).sum(1)

    def log_prob_hearing(self, z: Tensor, x: Batch, heard: Tensor) -> Tensor:
        """log p(x | z) with shape (B,), where the decoder is told only the earlier symbols `heard` (B, L)."""
        thin = Batch(x.continuous, torch.where(heard, x.discrete, END), x.lengths)
        logits = self.conditionals.logits(thin, prefix=self._prefix(z))[:, :-1]
        wanted = x.discrete[:, 1:]
        terms = nn.functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
        return -(terms * x.mask[:, 1:]).sum(1)

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
        prefix = self._prefix(z)
        return self.conditionals.draw(len(z), c, generator=generator, prefix=prefix, **how)

    def agreement(self, z: Tensor, c: Condition) -> Tensor:
        """log p(x_S | z) with shape (B,): how well codes z (B, latent) fit the prompts that a condition shows."""
        values = c.values.discrete
        first = c.discrete.expand(values.shape).long().cummin(1).values
        lengths = first.sum(1).clamp(min=1)
        shown = Batch(c.values.continuous, values * first, lengths)
        return self.log_prob(z, shown)

    def _prefix(self, z: Tensor) -> Tensor:
        found: Tensor = self.begin(z)
        return found.unflatten(1, (PREFIX, self.width))


def choose(weights: Tensor, generator: torch.Generator) -> Tensor:
    """One of each row's candidates, with probability proportional to the exponential of its log-weight.

    Arguments:
        weights: log-weights with shape (n, M).
        generator: the randomness.

    Returns:
        Places in the flattened weights, with shape (n,).
    """
    gumbel = -torch.empty_like(weights).exponential_(generator=generator).log()
    start = weights.shape[1] * torch.arange(len(weights), device=weights.device)
    return (weights + gumbel).argmax(1) + start
