"""What grids are labelled with: a class, an entity, an hour; how likely labels are, and how a net is told them.

    log p(x) = log p(labels | seen) + log p(numbers | labels, seen)

Labels are drawn first, one after another; those that a condition shows are visible to all others. Where it shows a
part of the numbers, a small net reads them, so that what is filled into a picture suits what is left of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.categories import Packed, draw, log_marginals
from fivefold.nets.grids.convolutions import Convolution, Edge, lifted
from fivefold.nets.grids.patches import Patches
from fivefold.nets.linear import Linear, compute_type
from fivefold.spaces import Batch, Condition, Grids, Space

WIDTH, PATCH, FEWEST = 64, 4, 8
PARTS = 2
"""What is read is put together by halves of each side: where something is seen tells as much as what."""


class Labels(nn.Module):
    """The labels of a grid.

    Arguments:
        space: what one datum is.
        told: the size of what a net is told of them.

    Example:
        >>> labels = Labels(Space.grid(1, (8, 8), labels=(3, 5)), told=16)
        >>> drawn = labels.draw(4, None, torch.Generator().manual_seed(0))
        >>> x = Batch(torch.zeros(4, 1, 8, 8), drawn)
        >>> labels(drawn).shape, labels.log_prob(x).shape
        (torch.Size([4, 16]), torch.Size([4]))
    """

    starts: Tensor

    def __init__(self, space: Space, told: int) -> None:
        super().__init__()
        self.space, sizes = space, space.discrete
        self.packed = Packed(sizes)
        starts = torch.tensor((0, *(size + 1 for size in sizes))).cumsum(0)
        self.register_buffer("starts", starts[:-1], persistent=False)
        self.names = nn.Embedding(space.levels + len(sizes), told)
        nn.init.normal_(self.names.weight, std=0.5)
        if not sizes:
            return
        self.seen = nn.Embedding(space.levels + len(sizes), WIDTH)
        self.reader = Reader(space)
        self.places = nn.Parameter(torch.randn(len(sizes), WIDTH))
        self.inner = nn.Sequential(Linear(WIDTH, WIDTH), nn.SiLU(), Linear(WIDTH, space.levels))
        nn.init.zeros_(self._heads.weight)

    @property
    def _heads(self) -> Linear:
        head = self.inner[-1]
        assert isinstance(head, Linear)
        return head

    @torch.no_grad()
    def prepare(self, x: Batch | Grids) -> None:
        """Start the labels at their frequencies."""
        if self.space.positions:
            assert self._heads.bias is not None
            self._heads.bias.copy_(log_marginals(x.discrete, self.space.discrete))

    def forward(self, labels: Tensor, hidden: Tensor | None = None) -> Tensor:
        """What a net is told, with shape (B, told).

        Arguments:
            labels: int64 with shape (B, L).
            hidden: bool with shape (B, L) or (B, 1), true where a label is kept from the net.
        """
        return functional.embedding(self._known(labels, hidden), self.names.weight).sum(1)

    def log_prob(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log p(labels | what c shows), with shape (B,); the labels that it shows count nothing."""
        if not self.space.positions:
            return x.continuous.new_zeros(len(x))
        L = self.space.positions
        seen = self._seen(len(x), c)
        earlier = torch.ones(L, L, dtype=torch.bool, device=x.device).tril(-1)
        visible = earlier | seen[:, None]
        rows = x.discrete[:, None].expand(-1, L, -1)
        states = self._states(rows, visible, self._read(len(x), c)[:, None])
        terms = self.packed.log_prob(states.flatten(0, 1), rows.flatten(0, 1))
        return (terms.view(len(x), L, L).diagonal(dim1=1, dim2=2) * ~seen).sum(1)

    def draw(self, n: int, c: Condition | None, generator: torch.Generator) -> Tensor:
        """Labels of n data, int64 with shape (n, L), one after another; what the condition shows of them is kept."""
        return self.write(n, c, lambda logits, _: draw(logits, generator))

    @torch.no_grad()
    def write(
        self, n: int, c: Condition | None, choose: Callable[[Tensor, int], Tensor]
    ) -> Tensor:
        """As `draw`, where `choose` finds label j of all data (n,) from its logits (n, V_j) and j."""
        L, device = self.space.positions, self.starts.device
        seen = self._seen(n, c)
        labels = torch.zeros(n, L, dtype=torch.int64, device=device)
        if c is not None:
            labels = torch.where(seen, c.values.discrete, labels)
        read = self._read(n, c)
        for j in range(L):
            if seen[:, j].all():
                continue
            visible = seen | (torch.arange(L, device=device) < j)
            states = self._states(labels[:, None], visible[:, None], read[:, None], (j, j + 1))
            end = sum(self.space.discrete[: j + 1])
            logits = states[:, 0, end - self.space.discrete[j] : end]
            labels[:, j] = torch.where(seen[:, j], labels[:, j], choose(logits, j))
        return labels

    def _states(
        self, labels: Tensor, visible: Tensor, read: Tensor, places: tuple[int, int] | None = None
    ) -> Tensor:
        """Packed logits (B, P, V) at places P, of labels (B, P, L) of which some are visible."""
        told = functional.embedding(self._known(labels, ~visible), self.seen.weight).sum(-2)
        found: Tensor = self.inner(told + read + self.places[slice(*(places or (None, None)))])
        return found

    def _known(self, labels: Tensor, hidden: Tensor | None) -> Tensor:
        """Rows of an embedding: position j owns V_j + 1 of them, the last for what is hidden."""
        known = labels + self.starts
        if hidden is None:
            return known
        sizes = torch.tensor(self.space.discrete, device=labels.device, dtype=torch.int64)
        return torch.where(hidden, self.starts + sizes, known)

    def _seen(self, n: int, c: Condition | None) -> Tensor:
        L, device = self.space.positions, self.starts.device
        if c is None:
            return torch.zeros(n, L, dtype=torch.bool, device=device)
        return c.discrete.expand(n, L)

    def _read(self, n: int, c: Condition | None) -> Tensor:
        if c is None or not self.space.positions or not c.continuous.any():
            return self.starts.new_zeros(n, WIDTH, dtype=torch.float32)
        return self.reader(c)


class Reader(nn.Module):
    """Says in a row of numbers what a condition shows of grids: convolutions over patches, and their means by halves.

    Arguments:
        space: what one datum is.
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        sides = len(space.extent)
        self.patches = Patches(space.extent, [PATCH if n >= FEWEST else 1 for n in space.extent])
        self.first = Edge(2 * space.channels * self.patches.volume, WIDTH, sides)
        self.second = Convolution(WIDTH, WIDTH, sides)
        self.parts = [1] * (sides == 1) + [min(PARTS, n) for n in self.patches.coarse]
        self.last = Linear(WIDTH * math.prod(self.parts), WIDTH)

    def forward(self, c: Condition) -> Tensor:
        """What is seen, with shape (B, WIDTH)."""
        x = c.values.continuous
        seen = c.continuous.expand_as(x).to(x)
        h = lifted(self.patches.cut(torch.cat([x * seen, seen], 1)), compute_type(x.device))
        h = functional.silu(self.second(functional.silu(self.first(h))))
        pool: Any = (
            functional.adaptive_avg_pool2d if h.dim() == 4 else functional.adaptive_avg_pool3d
        )
        found: Tensor = self.last(pool(h.float(), self.parts).flatten(1))
        return found
