"""What the next symbol of a sequence is, given those before it: an embedding, a causal net and a head.

    p(x_j | x_0..x_{j-1}) = softmax(W h_{j-1}),   h = net(E x)

Symbol x_0 is given. The same distributions are read in two ways: as probabilities (`log_prob`, `draw`), and as monotone
maps onto the unit interval (`encode`, `decode`): the cell [C_k, C_k + P_k) of symbol k, whose place r is C_k + P_k r.

References:
    Radford et al., "Improving language understanding by generative pre-training", 2018 (GPT).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.choices import Choice
from fivefold.nets.cross_entropy import cross_entropy
from fivefold.nets.decoding import Decoder, decoding_type
from fivefold.nets.linear import Head, compute_type
from fivefold.nets.sequences.drawing import write
from fivefold.nets.sequences.recurrent import Recurrent
from fivefold.nets.transformer import Transformer
from fivefold.spaces import END, Batch, Condition, Data, Space

NETS: dict[str, Callable[..., nn.Module]] = {
    "transformer": Transformer,
    "rnn": partial(Recurrent, "rnn"),
    "lstm": partial(Recurrent, "lstm"),
    "gru": partial(Recurrent, "gru"),
}
"""The nets that can read in one direction."""
HEAD = 64
TOGETHER = 512
"""So many rows are encoded side by side."""


class SequenceConditionals(nn.Module):
    """The conditional distributions of a sequence's symbols.

    Arguments:
        space: a sequence space.
        net: the kind of net, of `NETS`.
        tied: whether the head's weights are the embedding's.
        width: the size d of a state.
        depth: the number of layers.
        options: what else the kind of net takes (heads, groups, hidden, head, qk_norm, theta, epsilon).

    Example:
        >>> conditionals = SequenceConditionals(Space.sequence(5, length=8), width=64, depth=1)
        >>> x = conditionals.draw(4, generator=torch.Generator().manual_seed(0))
        >>> conditionals.log_prob(x).shape == x.discrete.shape
        True
    """

    def __init__(
        self,
        space: Space,
        *,
        net: str = "transformer",
        tied: bool = False,
        width: int = 128,
        depth: int = 4,
        **options: Any,
    ) -> None:
        super().__init__()
        if net == "transformer":
            options = {"heads": max(1, width // HEAD), **options}
        self.space = space
        self.config = {"net": net, "tied": tied, "width": width, "depth": depth, **options}
        self.embed = nn.Embedding(space.alphabet, width)
        self.net = NETS[net](width=width, depth=depth, **options)
        self.head = Head(width, space.alphabet, bias=False)
        nn.init.zeros_(self.head.weight)
        if tied:
            nn.init.normal_(self.embed.weight, std=width**-0.5)
            self.head.weight = self.embed.weight

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size.

        Example:
            >>> SequenceConditionals.sized(Space.sequence(65, 128), 1.0)
            {'width': 128, 'depth': 4}
            >>> SequenceConditionals.sized(Space.sequence(65, 128), 3.0)
            {'width': 384, 'depth': 7}
        """
        return {"width": HEAD * max(1, round(2 * size)), "depth": max(2, round(4 * size**0.5))}

    def prepare(self, x: Data) -> None:
        """Nothing: the first prediction is uniform."""

    @property
    def likelihood(self) -> Literal["exact", "bound"]:
        """What `log_prob` is: exact."""
        return "exact"

    def settle(self, x: Data) -> None:
        """Nothing: what is predicted depends on more than the place."""

    def approximate(self, c: Condition | None) -> bool:
        """Whether draws under the condition ignore some of what it shows: where that comes after something hidden."""
        return c is not None and bool((c.discrete.cummin(-1).values != c.discrete).any())

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, prefix: Tensor | None = None
    ) -> Tensor:
        """log p of each symbol given those before it, with shape (B, L): 0 where given, seen or absent.

        Arguments:
            x: the data.
            c: what is seen.
            prefix: states put before the sequence, with shape (B, P, d).
        """
        wanted = x.mask[:, 1:] & ~self._seen(x, c)[:, 1:]
        lengths = None if x.lengths is None else (x.lengths - 1).clamp(min=1)
        before = Batch(x.continuous, x.discrete[:, :-1], lengths)
        h = self.states(before, prefix=prefix)
        if wanted.all():
            found = cross_entropy(h.flatten(0, 1), self.head.weight, x.discrete[:, 1:].flatten())
            return functional.pad(found.view(wanted.shape), (1, 0))
        found = cross_entropy(h[wanted], self.head.weight, x.discrete[:, 1:][wanted])
        terms = found.new_zeros(x.discrete.shape)
        return terms.index_put((functional.pad(wanted, (1, 0)),), found)

    def states(
        self, x: Batch, *, prefix: Tensor | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        """The states after each symbol, with shape (B, L, d), those of the prefix left out."""
        e = self.embed(x.discrete).to(dtype or compute_type(x.device))
        lengths = x.lengths
        if prefix is not None:
            e = torch.cat([prefix.to(e.dtype), e], 1)
            lengths = None if lengths is None else lengths + prefix.shape[1]
        h: Tensor = self.net(e, lengths=lengths, causal=True)
        return h if prefix is None else h[:, prefix.shape[1] :]

    def logits(
        self, x: Batch, *, prefix: Tensor | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        """Logits of the symbol after each, float32 with shape (B, L, V).

        Arguments:
            x: the data.
            prefix: states put before the sequence, with shape (B, P, d).
            dtype: the type in which to compute; what is fastest on the device if None.
        """
        found: Tensor = self.head(self.states(x, prefix=prefix, dtype=dtype)).float()
        return found

    def decoder(self, dtype: torch.dtype) -> Decoder:
        """The weights laid out for one symbol at a time; good until they change."""
        return Decoder(self.embed.weight, self.net, self.head.weight, dtype)

    @torch.no_grad()
    def draw(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        prefix: Tensor | None = None,
        **how: Any,
    ) -> Batch:
        """n sequences, drawn symbol by symbol until each has ended or the space is full.

        Arguments:
            n: how many.
            c: what is seen; it is imposed on what is drawn.
            generator: the randomness.
            prefix: states put before the sequences, with shape (n, P, d).
            how: options of `Choice`, such as a temperature.
        """
        device = self.embed.weight.device
        y = torch.rand(n, self.space.positions, generator=generator, device=device)
        return self.decode(y, c, prefix=prefix, dtype=None, **how)

    def encode(self, x: Batch, u: Tensor, r: Tensor, c: Condition | None = None) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L); what is seen keeps its u, what is absent is r.

        Arguments:
            x: the data.
            u: the points of the unit cube that the data are, with shape (B, L).
            r: places inside the cells of the symbols, with shape (B, L).
            c: what is seen.
        """
        decoder, W = self.decoder(torch.float64), x.discrete.shape[1]
        wanted = x.mask & ~self._seen(x, c)
        y = u.where(functional.pad(x.mask, (0, u.shape[1] - W)), r)
        for part in range(0, len(x), TOGETHER):
            rows = slice(part, part + TOGETHER)
            symbols = x.discrete[rows]
            memory = decoder.begin(len(symbols), W)
            p = decoder.logits(memory.extend(decoder.embed(symbols), 0)[:, :-1]).softmax(-1)
            upper, k = p.cumsum(-1), symbols[:, 1:, None]
            found = (upper - p).gather(-1, k) + p.gather(-1, k) * r[rows, 1:W, None]
            y[rows, 1:W] = torch.where(wanted[rows, 1:], found[..., 0], y[rows, 1:W])
        return y

    @torch.no_grad()
    def decode(
        self,
        y: Tensor,
        c: Condition | None = None,
        *,
        prefix: Tensor | None = None,
        dtype: torch.dtype | None = torch.float64,
        **how: Any,
    ) -> Batch:
        """The data that the base noise y (B, L) belongs to: the inverse of `encode`.

        Arguments:
            y: places in the unit cube.
            c: what is seen; it is imposed.
            prefix: states put before the sequences, with shape (B, P, d).
            dtype: the type in which to compute: float64 to invert exactly, None for what is fastest.
            how: options of `Choice`.
        """
        dtype = dtype or decoding_type(len(y), y.device)
        choice, decoder = Choice.of(how), self.decoder(dtype)
        parts = []
        together = decoder.fitting(y.shape[1] + (0 if prefix is None else prefix.shape[1]))
        for start in range(0, len(y), together):
            rows = slice(start, start + together)
            before = None if prefix is None else prefix[rows]
            some = None if c is None else c[rows]
            shown, seen = self._shown(len(y[rows]), some, y.device)
            parts.append(write(decoder, choice, y[rows], shown, seen, before))
        return Batch.cat(parts) if parts else Batch(y[:, :0].float(), y[:, :1].long())

    def _shown(self, n: int, c: Condition | None, device: torch.device) -> tuple[Tensor, Tensor]:
        """The symbols that are seen, the rest 0, and where they are; both with shape (n, L)."""
        symbols = torch.full((n, self.space.positions), END, device=device)
        seen = self.space.given.to(device).repeat(n, 1)
        if c is not None:
            W = c.values.discrete.shape[1]
            shown = c.discrete.expand(n, -1)
            symbols[:, :W] = torch.where(shown, c.values.discrete, symbols[:, :W])
            seen[:, :W] |= shown
        return symbols, seen

    def _seen(self, x: Batch, c: Condition | None) -> Tensor:
        seen = torch.zeros_like(x.discrete, dtype=torch.bool)
        if c is None:
            return seen
        W = min(seen.shape[1], c.discrete.shape[-1])
        seen[:, :W] = c.discrete[..., :W]
        return seen
