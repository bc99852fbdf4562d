"""The two players of the game over grids: a generator that reads as well, and a critic.

The critic weighs the places of its coarsest scale channel by channel, and judges what it finds by itself and by the
labels (projection). It sees what is given beside the completed grid. The generator lays out noise and labels over the
places of the coarsest scale and goes back through the scales, to each of which is added what its reader found there in
the part of the grid that is given.

References:
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024, arXiv:2501.05441 (R3GAN).
    Miyato & Koyama, "cGANs with projection discriminator", ICLR 2018, arXiv:1802.05637.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.code_mixture import CodeMixture
from fivefold.nets.grids.convolutions import Convolution, Edge, lowered
from fivefold.nets.grids.trunk import Block, Trunk, arranged, rectify, rows
from fivefold.nets.linear import Linear, compute_type
from fivefold.spaces import Space

SPREAD = 16
"""Channels of noise and code as they are laid out over the places of the coarsest scale."""
NAMED = 64
"""The size of what the generator is told of labels."""
UNSCALED = math.log(math.e - 1)
"""What a softplus makes 1 of."""
TINY = 1e-4
GROUPS, COMPONENTS, FEWEST = 64, 128, 4
"""How many classes have noise of their own, and of how many Gaussians it is a mixture: of all, and of each at least."""


class Told(NamedTuple):
    """What players are told of grids.

    Arguments:
        labels: with shape (B, L).
        given: grids (B, C, *extent) of which a part is seen, None where nothing is.
        seen: which part, bool with shape (B, C, *extent).
        recalled: in training, what the generator is to recall, with shape (B, C, *extent).
    """

    labels: Tensor
    given: Tensor | None = None
    seen: Tensor | None = None
    recalled: Tensor | None = None

    def part(self, places: slice) -> Told:
        """What is told of some of them."""
        rest = (None if t is None else t[places] for t in self[1:])
        return Told(self.labels[places], *rest)

    def repeated(self, n: int) -> Told:
        """The same, told n times over."""
        rest = (None if t is None else torch.cat([t] * n) for t in self[1:])
        return Told(torch.cat([self.labels] * n), *rest)


class Read(NamedTuple):
    """What was read of grids.

    Arguments:
        mean: of the codes that they may have, with shape (B, noise).
        spread: their standard deviation.
        states: of every scale, finest first, (B, width, *sides).
    """

    mean: Tensor
    spread: Tensor
    states: list[Tensor]


class Named(nn.Module):
    """The sum of the names of a grid's labels, each an entry (width,) that is learned."""

    starts: Tensor

    def __init__(self, space: Space, width: int, spread: float) -> None:
        super().__init__()
        self.names = nn.Parameter(spread * torch.randn(space.levels, width))
        starts = torch.tensor((0, *space.discrete)).cumsum(0)[:-1]
        self.register_buffer("starts", starts, persistent=False)

    def forward(self, labels: Tensor) -> Tensor:
        """The names (B, width) of labels (B, L)."""
        return functional.embedding(labels + self.starts, self.names).sum(1)


class GridCritic(nn.Module):
    """D(x), told of labels and of what is given.

    Arguments:
        space: what one datum is.
        width: channels of the coarsest scale.
        depth: blocks of the coarsest scale.
    """

    def __init__(self, space: Space, width: int, depth: int) -> None:
        super().__init__()
        self.trunk = Trunk(2 * space.channels, space.extent, width, depth)
        places = math.prod(self.trunk.scales.extents[-1])
        self.weigh = nn.Parameter(torch.ones(places, width) / places**0.5)
        self.inner = Linear(width, width)
        self.labels = Named(space, width, 0.1)
        self.outputs = Linear(width, 1, bias=False)
        nn.init.normal_(self.outputs.weight, std=0.02)

    def forward(self, x: Tensor, told: Told) -> Tensor:
        """The score of grids, with shape (B,)."""
        seen = torch.zeros_like(x) if told.seen is None else told.seen.to(x)
        h = rows(rectify(self.trunk(torch.cat([x, seen], 1))[-1]))
        found = (h * self.weigh.to(h.dtype)).float().sum(1) / len(self.weigh) ** 0.5
        found = rectify(self.inner(found))
        apart = self.labels(told.labels) / found.shape[1] ** 0.5
        score: Tensor = (found * (self.outputs.weight + apart)).sum(1)
        return score


class GridGenerator(nn.Module):
    """G(z), told of labels and of what is given, and the encoder of what it is to recall.

    Arguments:
        space: what one datum is.
        noise: the size of z.
        width: channels of the coarsest scale.
        depth: blocks of the coarsest scale; finer ones have one.
    """

    low: Tensor
    span: Tensor

    def __init__(self, space: Space, noise: int, width: int, depth: int) -> None:
        super().__init__()
        self.space, self.bounded = space, space.quantum is not None
        self.reader = Trunk(2 * space.channels, space.extent, width, 1)
        scales, sides = self.reader.scales, len(space.extent)
        self.scales, widths = scales, scales.widths(width)
        places = math.prod(scales.extents[-1])
        self.beside = Named(space, width, 0.5)
        self.narrow = Convolution(width, SPREAD, sides, 1)
        self.code = Linear(SPREAD * places, 2 * noise)
        self.labels = Named(space, NAMED, 1.0)
        self.noise = Linear(noise + NAMED, SPREAD * places)
        self.first = Convolution(SPREAD, width, sides)
        self.ups = nn.ModuleList(
            Convolution(b, a * step.volume, sides, 1)
            for step, a, b in zip(scales.steps, widths, widths[1:], strict=False)
        )
        depths = [*[1] * (len(widths) - 1), depth]
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(w, sides) for _ in range(n)))
            for w, n in zip(widths, depths, strict=True)
        )
        volume = scales.patches.volume
        self.last = Edge(widths[0], space.channels * volume, sides)
        self.bias = nn.Parameter(torch.zeros(space.channels, *[1] * sides))
        nn.init.zeros_(self.code.weight[noise:])
        groups = math.prod(space.discrete) if math.prod(space.discrete) <= GROUPS else 1
        self.prior = CodeMixture(groups, max(FEWEST, COMPONENTS // groups), noise)
        self.register_buffer("low", torch.zeros(space.channels, *[1] * sides))
        self.register_buffer("span", torch.ones(space.channels, *[1] * sides))

    @torch.no_grad()
    def start(self, x: Tensor) -> None:
        """Begin at the mean of grids (N, C, *extent), and keep within their range where they have one."""
        parts = x.transpose(0, 1).flatten(1)
        low, high, mean = (
            v.view_as(self.bias) for v in (parts.amin(1), parts.amax(1), parts.mean(1))
        )
        if not self.bounded:
            self.bias.copy_(mean)
            return
        self.low.copy_(low)
        self.span.copy_((high - low).clamp_min(TINY))
        self.bias.copy_(torch.logit((mean - low) / self.span, eps=0.02))

    def group(self, labels: Tensor) -> Tensor:
        """Which noise labels (B, L) have: each class its own, where they are few."""
        found = labels.new_zeros(len(labels))
        if len(self.prior.logits) > 1:
            for column, size in zip(labels.T, self.space.discrete, strict=True):
                found = found * size + column
        return found

    def draw(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Noise for labels (B, L), with shape (B, noise)."""
        return self.prior.draw(self.group(labels), generator)

    def read(self, x: Tensor, seen: Tensor, labels: Tensor) -> Read:
        """What the part that is seen, bool with shape (B, C, *extent), of grids x and their labels say of the rest."""
        given = seen.to(x)
        states = self.reader(torch.cat([x * given, given], 1), self.beside(labels))
        h = rows(self.narrow(rectify(states[-1]))).flatten(1)
        mu, scale = self.code(h).float().chunk(2, 1)
        return Read(mu, functional.softplus(scale + UNSCALED), states)

    def forward(self, z: Tensor, told: Told, states: list[Tensor] | None = None) -> Tensor:
        """Grids (B, C, *extent), whatever is given in its place, of noise (B, noise) and what was read of them."""
        kind, places = compute_type(z.device), self.scales.extents[-1]
        h = self.noise(torch.cat([z, self.labels(told.labels)], 1).to(kind))
        h = self.first(h.view(len(z), *places, SPREAD).movedim(-1, 1))
        h = self.blocks[-1](h if states is None else h + states[-1])
        for k in range(len(self.ups) - 1, -1, -1):
            h = arranged(self.scales.steps[k].join(self.ups[k](h)))
            h = self.blocks[k](h if states is None else h + states[k])
        y = lowered(self.last(rectify(h)), self.scales.sides)
        y = self.scales.patches.join(y) + self.bias
        y = self.low + self.span * y.sigmoid() if self.bounded else y
        if told.given is None or told.seen is None:
            return y
        return torch.where(told.seen, told.given, y)
