"""A grid recalled from noise: labels are drawn first, then one net for all places clears the numbers, told the labels.

    log p(x) = log p(labels) + log p(numbers | labels)

Pictures without labels are given one: which of a few typical pictures is nearest, k(x), found by k-means. What follows
from x adds nothing to it: log p(x) = log p(x, k(x)), and each kind is easier to learn than all of them at once.

What a condition shows of the numbers enters the net without noise, beside a mask that says so. In training a net is
kept from the labels of some data, so that it also knows what data are like whatever their labels: between the two
velocities lies what the labels change, and `guidance` goes further that way than the data do.

Numbers that are levels of a scale have a least and a greatest: what is guessed beyond is taken for these. Much of a
picture is as dark or as bright as can be; it is then guessed without error at any noise, and all that the net learns
goes to the rest. Gradients pass as if nothing had been cut: where the guess is right they are zero, elsewhere they
lead back.

References:
    Ho & Salimans, "Classifier-free diffusion guidance", 2022, arXiv:2207.12598.
    Hu et al., "Self-guided diffusion models", CVPR 2023, arXiv:2210.06462 (clusters in place of labels).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.errors import InputError
from fivefold.nets.grids.dit import DiT
from fivefold.nets.grids.kmeans import KMeans
from fivefold.nets.grids.labels import Labels
from fivefold.nets.grids.patches import Patches
from fivefold.nets.grids.unet import UNet
from fivefold.nets.linear import Linear
from fivefold.nets.norms import normalise
from fivefold.spaces import Batch, Condition, Data, Space

NETS = {"dit": DiT, "unet": UNet}
WIDTH, DEPTH, UNIT = 64, 4, 32
WAVES, SLOWEST, FASTEST = 32, 0.25, 8.0
EPSILON = 1e-6
MOST = {1: (64, 64), 2: (10, 16), 3: (5, 8)}
"""How many patches there are at most along a side of grids with so many sides: of small patches, and of large ones."""
SMALL = 4
"""The side of the largest small patch."""
KINDS, SKETCH = 32, 16
"""How many kinds of pictures there are, told apart by pictures of at most so many places a side."""
GUIDED, GUIDED_BY_KIND = 2.0, 3.0
NUMBERS, COUNTED = 2**18, 2**13


class GridDenoiser(nn.Module):
    """The denoiser of a grid.

    Arguments:
        space: what one grid is.
        net: the kind of net, `unet` or `dit`.
        width: the size of a state.
        depth: the number of blocks.
        patch: the side of a patch, one for each side of the grid; as suits the sides if None.

    Example:
        >>> net = GridDenoiser(Space.grid(1, (8, 8), labels=(3,)), width=32, depth=1)
        >>> x = net.draft(4, None, torch.Generator().manual_seed(0))
        >>> hidden, still = torch.zeros(4, 1, dtype=torch.bool), torch.zeros(64, dtype=torch.bool)
        >>> states = net(x, hidden, torch.randn(4, 64), torch.zeros(4, 1), still)
        >>> [part.shape for part in net.recall(states, x, hidden)]
        [torch.Size([4]), torch.Size([4, 64])]
    """

    steps, order, looks = 8, 2, 1
    blind, spread, evenness = 0.15, 0.9, 0.0
    rates: Tensor
    least: Tensor
    most: Tensor

    def __init__(
        self,
        space: Space,
        *,
        net: str = "unet",
        width: int = WIDTH,
        depth: int = DEPTH,
        patch: list[int] | None = None,
    ) -> None:
        super().__init__()
        if net not in NETS:
            raise InputError(
                f"no net {net!r} for grids", hint=f"one of: {', '.join(NETS)}", code="option"
            )
        patch = patch or fitting(space)
        self.space = self.inner = space
        if not space.discrete and len(space.extent) == 2:
            self.inner = Space.grid(space.channels, space.extent, (KINDS,), space.quantum)
            self.sketch = Patches(space.extent, [-(-side // SKETCH) for side in space.extent])
            self.kinds = KMeans(KINDS, space.channels * self.sketch.count)
        self.config: dict[str, Any] = {"net": net, "width": width, "depth": depth, "patch": patch}
        rates = torch.linspace(math.log(SLOWEST), math.log(FASTEST), WAVES).exp()
        self.register_buffer("rates", rates, persistent=False)
        if space.quantum is not None:
            self.register_buffer("least", torch.full((space.channels, 1), -1.0))
            self.register_buffer("most", torch.full((space.channels, 1), 1.0))
        self.labels = Labels(self.inner, width)
        nn.init.normal_(self.labels.names.weight)  # as large as what is told of the time
        self.time = Linear(2 * WAVES, width)
        C = space.channels
        self.net = NETS[net](2 * C, C, space.extent, patch, width, width, depth)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """States of whole 32s."""
        return {"width": UNIT * max(1, round(size * WIDTH / UNIT))}

    @property
    def block(self) -> int:
        """As many grids at a time as have a certain number of numbers together."""
        return max(1, NUMBERS // self.space.dimensions)

    @property
    def guidance(self) -> float:
        """Pictures show their labels, their kind less clearly; the labels of a series are its calendar."""
        if len(self.space.extent) != 2:
            return 1.0
        return GUIDED if self.inner is self.space else GUIDED_BY_KIND

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Find the kinds, start labels at their frequencies, and find where the levels of each channel end."""
        some = x[torch.linspace(0, len(x) - 1, min(len(x), COUNTED)).long().to(x.device)]
        if self.inner is not self.space:
            self.kinds.prepare(self._sketches(some))
        self.labels.prepare(self.inside(some))
        if self.space.quantum is not None:
            levels = some.continuous.flatten(2)
            self.least.copy_(levels.amin((0, 2))[:, None])
            self.most.copy_(levels.amax((0, 2))[:, None])

    def inside(self, x: Batch) -> Batch:
        """Grids beside their labels and, where they have none, their kind."""
        if self.inner is self.space:
            return x
        return Batch(x.continuous, self.kinds(self._sketches(x))[:, None])

    def outside(self, x: Batch) -> Batch:
        """Grids beside the labels that the space has."""
        return Batch(x.continuous, x.discrete[:, : self.space.positions])

    def _sketches(self, x: Batch) -> Tensor:
        """Small pictures as rows of numbers: means of patches."""
        parts = self.sketch.cut(x.continuous).unflatten(1, (-1, self.sketch.volume))
        return parts.mean(2).flatten(1)

    def _within(self, c: Condition | None) -> Condition | None:
        """A condition that says nothing of the kind."""
        if c is None or self.inner is self.space:
            return c
        unknown = c.discrete.new_zeros(*c.discrete.shape[:-1], 1)
        symbols = c.values.discrete.new_zeros(len(c.values), 1)
        return Condition(Batch(c.values.continuous, symbols), c.continuous, unknown)

    def shown(self, x: Batch, c: Condition | None) -> Tensor:
        """All labels, bool with shape (1, L): they are drawn before the numbers."""
        return torch.ones_like(x.discrete[:1], dtype=torch.bool)

    def extent(self, x: Batch, c: Condition | None) -> Tensor:
        """log p(labels | what is seen), with shape (B,)."""
        return self.labels.log_prob(x, self._within(c))

    def draft(self, n: int, c: Condition | None, generator: torch.Generator) -> Batch:
        """n grids of zeros, and of what the condition shows, with their labels drawn."""
        c = self._within(c)
        labels = self.labels.draw(n, c, generator)
        x = Batch(torch.zeros(n, *self.space.shape, device=self.rates.device), labels)
        return x if c is None else c.impose(x)

    def plan(self, shown: Tensor, steps: int, generator: torch.Generator) -> Tensor:
        """No label is revealed in any step: -1 with the shape of `shown`."""
        return torch.full_like(shown, -1, dtype=torch.int64)

    def forward(self, x: Batch, hidden: Tensor, y: Tensor, level: Tensor, still: Tensor) -> Tensor:
        """The velocity of each number, with shape (B, D).

        Arguments:
            x: labels, of which hidden ones are ignored, with shape (B, L).
            hidden: which are, with shape (B, L) or (1, L).
            y: noisy numbers, with shape (B, D).
            level: log tan phi of their noise, with shape (B, 1).
            still: which numbers have no noise, with shape (D,) or (B, D).
        """
        angle = level * self.rates
        told = normalise(self.time(torch.cat([angle.sin(), angle.cos()], 1)), EPSILON)
        told = told + self.labels(x.discrete, hidden.expand_as(x.discrete))
        seen = still.expand_as(y).to(y)
        grids = torch.stack([y, seen], 1).view(len(y), -1, *self.space.extent)
        v: Tensor = self.net(grids, told)
        return v.flatten(1) + self._beyond(y, v.detach().flatten(1), level.exp().atan())

    def _beyond(self, y: Tensor, v: Tensor, phi: Tensor) -> Tensor | float:
        """What a velocity v (B, D) lacks for the number guessed by it to lie among the levels."""
        if self.space.quantum is None:
            return 0.0
        guess = (phi.cos() * y - phi.sin() * v).unflatten(1, (self.space.channels, -1))
        within = guess.clamp(self.least, self.most)
        return (guess - within).flatten(1) / phi.sin()

    def recall(
        self, states: Tensor, x: Batch, hidden: Tensor, c: Condition | None = None
    ) -> tuple[Tensor, Tensor]:
        """log p(labels | what is seen), with shape (B,), and the velocity of numbers, with shape (B, D)."""
        return self.labels.log_prob(x, self._within(c)), states

    def velocity(self, states: Tensor) -> Tensor:
        """The velocity of each number, with shape (B, D)."""
        return states

    def reveal(
        self,
        states: Tensor,
        x: Batch,
        chosen: Tensor,
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> Tensor:
        """The labels, which are known from the start."""
        return x.discrete


def fitting(space: Space) -> list[int]:
    """The side of a patch along each side of a grid, a power of two.

    Example:
        >>> [fitting(Space.grid(1, sides)) for sides in ((28, 28), (64, 64), (5, 40), (168,), (8, 8, 8))]
        [[4, 4], [4, 4], [1, 4], [4], [2, 2, 2]]
    """
    few, many = MOST[len(space.extent)]
    return [min(_patch(side, few), max(SMALL, _patch(side, many))) for side in space.extent]


def _patch(side: int, most: int) -> int:
    return 2 ** max(0, math.ceil(math.log2(side / most)))
