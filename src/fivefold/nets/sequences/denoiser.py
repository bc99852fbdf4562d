"""A sequence's hidden symbols recalled: one Transformer that looks both ways.

How many symbols a datum has is drawn first, from the lengths seen in training, apart for data that begin something new
and data that go on:

    p(x) = p(n | x_0) p(x_1..x_{n-1} | x_0, n),

so that absent positions cost nothing. A datum shorter than its space is finished: its last symbol is the end and is
known from n. The end can stand nowhere else, except at the last position of the space, where n leaves it open. A
condition leaves of p(n | x_0) the lengths that it allows: those beyond the last symbol shown, or the one that a shown
end tells.

What stands next to a hidden symbol tells most of it, and attention takes long to find out which place is which. So a
convolution over a few places, apart for each channel, adds what stands near to each embedded symbol before the first
block (`benchmarks/sequences/hiding.py` shows what this is worth).

Symbols of one step are drawn as if they were independent given the rest. What stands close tells most of each other,
so a step reveals symbols spread evenly over the datum; which of the combs of places comes when is drawn at random. On
lines of verse 8 steps of combs were as good as 64, where places drawn at random needed 32 or more. Revealing what is
surest first gave up variety for likelihood, as a temperature of 0.8 does (`benchmarks/sequences/revealing.py`).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.categories import PADDING, draw
from fivefold.nets.linear import Head, compute_type
from fivefold.nets.transformer import Transformer
from fivefold.spaces import END, Batch, Condition, Data, Space

WIDTH, DEPTH, HEAD = 128, 4, 64
NEAR, SPREAD = 5, 0.3
"""The places of the convolution, and the spread of its first weights."""
STEPS = 16
TOKENS = 2**16
COUNTED = 2**16
RARE = 0.1


class SequenceDenoiser(nn.Module):
    """The denoiser of a sequence.

    Arguments:
        space: what one datum is.
        width: the size d of a state.
        depth: the number of blocks of the Transformer.
        tied: whether the output layer has the weights of the embedding.

    Example:
        >>> net = SequenceDenoiser(Space.sequence(alphabet=5, length=8), width=64, depth=1)
        >>> x = net.draft(3, None, torch.Generator().manual_seed(0))
        >>> hidden = ~net.shown(x, None)
        >>> states = net(x, hidden)
        >>> net.recall(states, x, hidden)[0].shape
        torch.Size([3])
    """

    order, blind, guidance, looks = 1, 0.0, 1.0, 4
    spread, evenness = 1.3, 0.5
    shares: Tensor

    def __init__(
        self, space: Space, *, width: int = WIDTH, depth: int = DEPTH, tied: bool = False
    ) -> None:
        super().__init__()
        self.space = space
        self.config: dict[str, Any] = {"width": width, "depth": depth, "tied": tied}
        V, L = space.alphabet, space.positions
        self.embed = nn.Embedding(V, width)
        nn.init.normal_(self.embed.weight, std=1 / math.sqrt(width))
        self.mask = nn.Parameter(torch.randn(width) / math.sqrt(width))
        self.near = nn.Conv1d(width, width, NEAR, padding="same", groups=width, bias=False)
        nn.init.normal_(self.near.weight, std=SPREAD)
        self.net = Transformer(width, depth, max(1, width // HEAD))
        self.head = None if tied else Head(width, V, bias=False)
        if self.head is not None:
            nn.init.zeros_(self.head.weight)
        self.bias = nn.Parameter(torch.zeros(V))
        possible = (torch.arange(L + 1) > 1).float()
        self.register_buffer("shares", (possible / max(1, L - 1)).repeat(2, 1))

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size.

        Example:
            >>> SequenceDenoiser.sized(Space.sequence(65, 128), 1.0)
            {'width': 128, 'depth': 4}
        """
        width = HEAD * max(1, round(size * WIDTH / HEAD))
        return {"width": width, "depth": max(2, round(DEPTH * size**0.5))}

    @property
    def block(self) -> int:
        """As many data at a time as have a certain number of symbols together."""
        return max(1, TOKENS // self.space.positions)

    @property
    def steps(self) -> int:
        """A symbol a step where data are short."""
        return min(STEPS, max(1, self.space.positions - 1))

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Start each symbol at its frequency, and count lengths: in data that go on, and in those that begin."""
        counts = torch.full_like(self.bias, 0.5)
        lengths = RARE * (self.shares > 0)
        chosen = torch.linspace(0, len(x) - 1, min(len(x), COUNTED)).long().to(x.device)
        for index in chosen.split(self.block):
            part = x[index]
            symbols = part.discrete[~self.shown(part, None)]
            counts += torch.bincount(symbols, minlength=len(counts))
            cell = (part.discrete[:, 0] == END) * lengths.shape[1] + part.mask.sum(1)
            lengths.view(-1).index_add_(0, cell, torch.ones_like(cell, dtype=torch.float32))
        self.bias.copy_((counts / counts.sum()).log())
        self.shares.copy_(lengths / lengths.sum(1, keepdim=True))

    @property
    def inner(self) -> Space:
        """The space itself."""
        return self.space

    def inside(self, x: Batch) -> Batch:
        """The sequences as they are."""
        return x

    outside = inside

    def shown(self, x: Batch, c: Condition | None) -> Tensor:
        """The first symbol, the end where the length tells it, absent places, what a condition shows: bool (B, L)."""
        width, n = x.discrete.shape[1], x.mask.sum(1, keepdim=True)
        places = torch.arange(width, device=x.device)
        known = (places < 1) | (places >= n - (n < self.space.positions).long())
        return known if c is None else known | widened(c.discrete, width)

    def extent(self, x: Batch, c: Condition | None) -> Tensor:
        """log p(n | x_0) with shape (B,); -inf where n is not what the symbols or the condition say."""
        n, L = x.mask.sum(1, keepdim=True), self.space.positions
        last = x.discrete.gather(1, n - 1)
        least, most = self._allowed(len(x), c)
        total = self._below(x.discrete[:, :1])
        share = total.gather(1, n) - total.gather(1, n - 1)
        allowed = total.gather(1, most) - total.gather(1, least - 1)
        possible = (n >= least) & (n <= most) & ((n == L) | (last == END))
        return torch.where(possible, (share / allowed).log(), -math.inf).squeeze(1).float()

    def draft(self, n: int, c: Condition | None, generator: torch.Generator) -> Batch:
        """n data with lengths drawn, the first symbol and the ends; the other symbols that are not shown are 0."""
        device, L = self.bias.device, self.space.positions
        symbols = torch.full((n, L), END, device=device)
        if c is not None:
            seen = widened(c.discrete, L)
            symbols = torch.where(seen, widened(c.values.discrete, L), symbols)
        least, most = self._allowed(n, c)
        total = self._below(symbols[:, :1])
        low, high = total.gather(1, least - 1), total.gather(1, most)
        u = torch.rand(n, 1, generator=generator, device=device, dtype=torch.float64)
        found = torch.searchsorted(total, low + u * (high - low))
        lengths = torch.maximum(least, torch.minimum(found, most)).squeeze(1)
        width = int(lengths.max()) if n else 1
        even = bool((lengths == width).all())
        return Batch(
            torch.zeros(n, 0, device=device), symbols[:, :width], None if even else lengths
        )

    def plan(self, shown: Tensor, steps: int, generator: torch.Generator) -> Tensor:
        """The step in which each symbol is revealed: combs of places, one a step, in random order.

        Arguments:
            shown: which symbols are never hidden, with shape (B, L).
            steps: how many steps there are.
            generator: of the order.

        Returns:
            int64 with shape (B, L), -1 where shown.
        """
        number = (~shown).sum(1, keepdim=True).clamp(min=1, max=steps)
        r = torch.rand(len(shown), steps, generator=generator, device=shown.device)
        late = torch.arange(steps, device=shown.device) >= number
        order = torch.where(late, 2.0, r).argsort(1).argsort(1)
        comb = ((~shown).cumsum(1) - 1).clamp(min=0) % number
        return torch.where(shown, -1, order.gather(1, comb))

    def forward(
        self,
        x: Batch,
        hidden: Tensor,
        y: Tensor | None = None,
        level: Tensor | None = None,
        still: Tensor | None = None,
    ) -> Tensor:
        """States of all symbols, with shape (B, L, d).

        Arguments:
            x: symbols, of which hidden ones are ignored, with shape (B, L).
            hidden: which are.
            y: numbers, of which a sequence has none.
            level: of their noise.
            still: which of them have none.
        """
        e = nn.functional.embedding(x.discrete, self.embed.weight)
        e = torch.where(hidden[..., None], self.mask, e)
        if x.lengths is not None:
            e = e * x.mask[..., None]
        e = e.to(compute_type(x.device))
        near = nn.functional.conv1d(
            e.mT, self.near.weight.to(e.dtype), padding="same", groups=e.shape[-1]
        )
        return self.net(e + near.mT, lengths=x.lengths, causal=False)

    def recall(
        self, states: Tensor, x: Batch, hidden: Tensor, c: Condition | None = None
    ) -> tuple[Tensor, Tensor]:
        """The sum of log P over hidden symbols, with shape (B,), and no velocity, with shape (B, 0)."""
        logits = self._logits(states[hidden], hidden)
        terms = -nn.functional.cross_entropy(logits, x.discrete[hidden], reduction="none")
        rows = hidden.nonzero()[:, 0]
        return terms.new_zeros(len(x)).index_add(0, rows, terms), x.continuous

    def velocity(self, states: Tensor) -> Tensor:
        """Nothing, with shape (B, 0)."""
        return states.new_zeros(len(states), 0, dtype=torch.float32)

    def reveal(
        self,
        states: Tensor,
        x: Batch,
        chosen: Tensor,
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> Tensor:
        """The symbols with those chosen, bool (B, L), drawn; one row of states may stand for all."""
        symbols = x.discrete.clone()
        logits = self._logits(states.expand(len(symbols), -1, -1)[chosen], chosen)
        symbols[chosen] = draw(logits / temperature, generator)
        return symbols

    def _logits(self, states: Tensor, places: Tensor) -> Tensor:
        """Logits (M, V) of the M symbols that `places` (B, L) picks: the end only at the last place of the space."""
        weight = self.embed.weight if self.head is None else self.head.weight
        logits = nn.functional.linear(states, weight.to(states.dtype)) + self.bias
        inner = places.nonzero()[:, 1] < self.space.positions - 1
        first = torch.arange(logits.shape[1], device=logits.device) == END
        return logits.masked_fill(inner[:, None] & first, PADDING)

    def _allowed(self, n: int, c: Condition | None) -> tuple[Tensor, Tensor]:
        """The least and the greatest length that a condition allows, int64 with shape (n, 1) each."""
        L, device = self.space.positions, self.bias.device
        whole = torch.full((n, 1), L, device=device)
        if c is None:
            return torch.full_like(whole, 2), whole
        seen = widened(c.discrete, L).expand(n, L)
        places = torch.arange(L, device=device)
        ends = seen & (widened(c.values.discrete, L) == END) & (places > 0)
        ended, end = ends.any(1, keepdim=True), ends.long().argmax(1, keepdim=True) + 1
        beyond = ((seen * places).amax(1, keepdim=True) + 2).clamp(max=L)
        return torch.where(ended, end, beyond), torch.where(ended, end, whole)

    def _below(self, first: Tensor) -> Tensor:
        """The share of lengths of at most 0..L, float64 with shape (B, L + 1), given first symbols (B, 1)."""
        return self.shares.double().cumsum(1)[(first[:, 0] == END).long()]


def widened(part: Tensor, width: int) -> Tensor:
    """The places of a condition (L,) or (B, L), cut or filled up with zeros to this width: (1, width) or (B, width)."""
    part = part[None] if part.dim() == 1 else part
    return nn.functional.pad(part[:, :width], (0, max(0, width - part.shape[1])))
