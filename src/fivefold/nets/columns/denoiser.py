"""A table's hidden columns recalled: one perceptron over all of them, which sees symbols masked and numbers in noise.

The net answers with the velocity of each number and the logits of each symbol. Symbols are revealed in groups that tell
little of each other: those of one step are drawn together, as if they were independent given the rest.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.categories import Packed, draw, log_marginals
from fivefold.nets.columns.mlp import MLP
from fivefold.nets.linear import compute_type
from fivefold.spaces import Batch, Condition, Data, Space

WAVES = 4
CROWD = 1e-3
WIDTH = 384


class ColumnDenoiser(nn.Module):
    """The denoiser of a table row.

    Arguments:
        space: what one row is.
        embedding: the size of an embedded symbol.
        width: the hidden size of the net.
        depth: the number of its residual blocks.

    Example:
        >>> net = ColumnDenoiser(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> hidden, still = torch.ones(4, 2, dtype=torch.bool), torch.tensor([False])
        >>> x = Batch(torch.zeros(4, 1), torch.zeros(4, 2, dtype=torch.int64))
        >>> states = net(x, hidden, x.continuous, torch.zeros(4, 1), still)
        >>> [part.shape for part in net.recall(states, x, hidden)]
        [torch.Size([4]), torch.Size([4, 1])]
    """

    block = 2048
    order, blind, guidance, looks = 1, 0.0, 1.0, 4
    spread, evenness = 1.3, 0.0
    offsets: Tensor
    masks: Tensor
    dependence: Tensor

    def __init__(
        self, space: Space, *, embedding: int = 16, width: int = WIDTH, depth: int = 2
    ) -> None:
        super().__init__()
        self.space = space
        self.config: dict[str, Any] = {"embedding": embedding, "width": width, "depth": depth}
        D, sizes = space.dimensions, space.discrete
        self.packed = Packed(sizes)
        offsets = torch.tensor((0, *(size + 1 for size in sizes))).cumsum(0)
        self.register_buffer("offsets", offsets[:-1], persistent=False)
        self.register_buffer("masks", offsets[1:] - 1, persistent=False)
        self.register_buffer("dependence", torch.zeros(len(sizes), len(sizes)))
        self.embed = nn.Embedding(space.levels + len(sizes), embedding)
        numbers = (2 * D + 1 + 2 * WAVES * (D + 1)) if D else 0
        self.net = MLP(len(sizes) * embedding + numbers, width, depth, D + space.levels)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration at a scale: `size` times the width that the constructor has by default."""
        return {"width": max(16, 16 * round(size * WIDTH / 16))}

    @property
    def steps(self) -> int:
        """Half as many steps as symbols, and at least what numbers need."""
        L, D = self.space.positions, self.space.dimensions
        return max(min(4 * (1 + D), 16), min(1 + math.ceil(L / 2), 32))

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Start each symbol at its marginal, and measure which symbols depend on each other."""
        symbols = x[:].discrete
        self.net.outputs.bias[self.space.dimensions :] = log_marginals(
            symbols, self.space.discrete
        )
        self.dependence.copy_(mutual_information(symbols, self.packed))

    @property
    def inner(self) -> Space:
        """The space itself."""
        return self.space

    def inside(self, x: Batch) -> Batch:
        """The rows as they are."""
        return x

    outside = inside

    def shown(self, x: Batch, c: Condition | None) -> Tensor:
        """What the condition shows, bool with shape (1, L)."""
        nothing = torch.zeros(self.space.positions, dtype=torch.bool, device=x.device)
        return (nothing if c is None else c.discrete)[None]

    def extent(self, x: Batch, c: Condition | None) -> Tensor:
        """Zero with shape (B,): a row always has all its columns."""
        return x.continuous.new_zeros(len(x))

    def draft(self, n: int, c: Condition | None, generator: torch.Generator) -> Batch:
        """n rows of zeros, and of what the condition shows."""
        device = self.masks.device
        symbols = torch.zeros(n, self.space.positions, dtype=torch.int64, device=device)
        x = Batch(torch.zeros(n, *self.space.shape, device=device), symbols)
        return x if c is None else c.impose(x)

    def plan(self, shown: Tensor, steps: int, generator: torch.Generator) -> Tensor:
        """The step in which each symbol is revealed: greedily, with the least dependence inside a step.

        Arguments:
            shown: which symbols are never hidden, with shape (1, L).
            steps: how many steps there are.
            generator: which of equal steps is chosen.

        Returns:
            int64 with shape (1, L), -1 where shown.
        """
        total = self.dependence.sum(1)
        free = [j for j in total.argsort(descending=True).tolist() if not shown[0, j]]
        cost = 1e-6 * torch.rand(steps, len(total), generator=generator, device=total.device)
        plan = torch.full_like(shown, -1, dtype=torch.int64)
        for j in free:
            step = int(cost[:, j].argmin())
            plan[0, j] = step
            cost[step] += self.dependence[j] + CROWD
        return plan

    def forward(self, x: Batch, hidden: Tensor, y: Tensor, level: Tensor, still: Tensor) -> Tensor:
        """The net's last layer, with shape (B, width).

        Arguments:
            x: symbols, of which hidden ones are ignored, with shape (B, L).
            hidden: which are, with shape (B, L) or (1, L).
            y: noisy numbers, with shape (B, D).
            level: log tan phi of their noise, with shape (B, 1).
            still: which numbers have no noise, with shape (D,).
        """
        known = torch.where(hidden, self.masks, x.discrete + self.offsets)
        kind = compute_type(y.device)
        parts = [nn.functional.embedding(known, self.embed.weight.to(kind)).flatten(1)]
        if self.space.dimensions:
            numbers = torch.cat([y, level / 2], 1)
            pitch = math.pi / 2 * 2.0 ** torch.arange(WAVES, device=y.device)
            angle = (numbers[..., None] * pitch).flatten(1)
            waves = torch.cat([numbers, still.expand_as(y).to(y), angle.sin(), angle.cos()], 1)
            parts.append(waves.to(kind))
        return self.net.states(torch.cat(parts, 1))

    def recall(
        self, states: Tensor, x: Batch, hidden: Tensor, c: Condition | None = None
    ) -> tuple[Tensor, Tensor]:
        """The sum of log P over hidden symbols, with shape (B,), and the velocity of numbers, with shape (B, D)."""
        D = self.space.dimensions
        out = self._answer(states, slice(None))
        terms = self.packed.log_prob(out[:, D:], x.discrete) * hidden
        return terms.sum(1), out[:, :D]

    def velocity(self, states: Tensor) -> Tensor:
        """The velocity of each number, with shape (B, D)."""
        return self._answer(states, slice(0, self.space.dimensions))

    def reveal(
        self,
        states: Tensor,
        x: Batch,
        chosen: Tensor,
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> Tensor:
        """The symbols with those chosen, bool (1, L), drawn; one state may stand for all rows."""
        symbols, sizes = x.discrete.clone(), self.space.discrete
        for j in chosen[0].nonzero().flatten().tolist():
            start = self.space.dimensions + sum(sizes[:j])
            logits = self._answer(states, slice(start, start + sizes[j]))
            symbols[:, j] = draw(logits.expand(len(symbols), -1) / temperature, generator)
        return symbols

    def _answer(self, states: Tensor, columns: slice) -> Tensor:
        head = self.net.outputs
        product = nn.functional.linear(states, head.weight[columns].to(states.dtype))
        return product.float() + head.bias[columns]


def mutual_information(x: Tensor, packed: Packed, *, most: int = 2048) -> Tensor:
    """What symbols tell of each other, in nats with shape (L, L); zero where the vocabulary is too large to count."""
    sizes = torch.tensor(packed.sizes, device=x.device, dtype=torch.int64)
    L = len(sizes)
    if not L or int(sizes.sum()) > most:
        return torch.zeros(L, L, device=x.device)
    hot = packed.one_hot(x[:16_384])
    joint = hot.T @ hot / len(hot)
    log_p = joint.diagonal().clamp(min=1e-12).log()
    terms = joint * (joint.clamp(min=1e-12).log() - log_p[:, None] - log_p)
    owner = torch.arange(L, device=x.device).repeat_interleave(sizes)
    rows = terms.new_zeros(L, len(owner)).index_add_(0, owner, terms)
    found = terms.new_zeros(L, L).index_add_(1, owner, rows)
    return found.fill_diagonal_(0)
