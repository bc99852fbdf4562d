"""A U-Net over a grid's patches, for one, two or three sides by the same code.

Patches become channels at once (space to depth), so that convolutions run where there are few places and many channels,
which is where they are fast. A block is two convolutions around a norm whose scale s and shift b are what the net is
told (a time, labels):

    h <- h + C_2 silu((1 + s) n(C_1 silu(n(h))) + b)

A scale with many places has a block, then a coarser scale inside, whose places are 2 x 2 of its own, then another
block. At the coarsest each place has a state of its own, and what is told also draws a map of a few channels over all
places: where a 7 differs from a 1 need not be found out by convolutions.

Where a patch has more numbers than half the channels of a state, what comes in also goes past the blocks: noise cannot
be told in fewer numbers than it has. On pictures of few numbers a patch this way was no help.

References:
    Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", 2015, arXiv:1505.04597.
    Dhariwal & Nichol, "Diffusion models beat GANs on image synthesis", NeurIPS 2021, arXiv:2105.05233 (adaptive norm).
    Hoogeboom et al., "Simple diffusion: end-to-end diffusion for high resolution images", 2023, arXiv:2301.11093.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.convolutions import Convolution, Edge, lifted, lowered
from fivefold.nets.grids.patches import Patches
from fivefold.nets.linear import Head, compute_type
from fivefold.nets.norms import normalise

EPSILON = 1e-6
FEW = {1: 32, 2: 8, 3: 4}
"""A scale has a coarser one inside where it has more places along a side, in grids of so many sides."""
DRAWN = 4
"""Channels of the map that is drawn by what is told."""


class UNet(nn.Module):
    """A U-Net.

    Arguments:
        inside: channels of the input, those first of which the output's are made.
        outside: channels of the output.
        extent: the sides of the grid.
        patch: the side of a patch, one for each side of the grid.
        told: the size of what the net is told of each grid.
        width: channels of the blocks.
        depth: the number of blocks of the coarsest scale.

    Example:
        >>> net = UNet(2, 1, (8, 6), (4, 2), told=16, width=32, depth=1)
        >>> net(torch.zeros(3, 2, 8, 6), torch.zeros(3, 16)).shape
        torch.Size([3, 1, 8, 6])
    """

    def __init__(
        self,
        inside: int,
        outside: int,
        extent: Sequence[int],
        patch: Sequence[int],
        told: int,
        width: int,
        depth: int,
    ) -> None:
        super().__init__()
        self.sides = len(extent)
        self.patches = Patches(extent, patch)
        coarse = self.patches.coarse
        folds = max(0, math.ceil(math.log2(max(coarse) / FEW[self.sides])))
        volume = self.patches.volume
        form = (1, *coarse) if self.sides == 1 else coarse
        self.first = Edge(inside * volume, width, self.sides)
        self.scale = Scale(form, folds, width, told, depth, self.sides)
        self.last = Edge(width, outside * volume, self.sides)
        nn.init.zeros_(self.last.weight)
        crowded = outside * volume > width // 2
        self.past = Past(inside * volume, outside * volume, told, self.sides) if crowded else None

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Grids (B, outside, *extent) in float32, of grids x (B, inside, *extent) and what is told (B, told)."""
        kind = compute_type(x.device)
        told = functional.silu(told).to(kind)
        cut = lifted(self.patches.cut(x), kind)
        h = self.scale(self.first(cut), told)
        found = self.last(norm(h))
        if self.past is not None:
            found = found + self.past(cut, told)
        return self.patches.join(lowered(found, self.sides))


class Past(nn.Module):
    """The way past the blocks: one map, at first of each number to itself, opened and closed by what is told."""

    def __init__(self, inside: int, outside: int, told: int, sides: int) -> None:
        super().__init__()
        self.map = Edge(inside, outside, sides, 1, bias=False)
        nn.init.dirac_(self.map.weight)
        self.open = Head(told, outside)
        nn.init.zeros_(self.open.weight)
        nn.init.zeros_(self.open.bias)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """Channels (B, outside, *sides) of h (B, inside, *sides)."""
        gate = self.open(told)[(..., *[None] * (h.dim() - 2))]
        found: Tensor = gate * self.map(h)
        return found


class Scale(nn.Module):
    """Blocks at one scale, around those of the coarser ones.

    Arguments:
        form: the places along each side, as convolutions take them.
        folds: how many coarser scales are inside.
        width: channels.
        told: the size of what the net is told.
        depth: blocks of the coarsest scale.
        sides: how many sides a grid has.
    """

    def __init__(
        self, form: Sequence[int], folds: int, width: int, told: int, depth: int, sides: int
    ) -> None:
        super().__init__()
        self.form, self.inner = tuple(form), None
        if not folds:
            self.blocks = nn.ModuleList(UNetBlock(width, told, sides) for _ in range(depth))
            self.where = nn.Parameter(0.3 * torch.randn(width, *form))
            self.draw = Head(told, DRAWN * math.prod(form))
            self.drawn = Edge(DRAWN, width, sides, 1)
            return
        self.fold = Patches(form, [min(2, n) for n in form])
        inside = width * self.fold.volume
        self.blocks = nn.ModuleList(UNetBlock(width, told, sides) for _ in range(2))
        self.down = Convolution(inside, width, sides, 1, bias=False)
        self.inner = Scale(self.fold.coarse, folds - 1, width, told, depth, sides)
        self.up = Convolution(width, inside, sides, 1, bias=False)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """Channels h (B, width, *form) after all blocks."""
        if self.inner is None:
            drawn = self.drawn(self.draw(told).view(len(h), DRAWN, *self.form))
            h = h + self.where.to(h.dtype) + drawn
            for block in self.blocks:
                h = block(h, told)
            return h
        h = self.blocks[0](h, told)
        coarse = self.inner(self.down(lifted(self.fold.cut(h), h.dtype)), told)
        h = h + lifted(self.fold.join(self.up(norm(coarse))), h.dtype)
        found: Tensor = self.blocks[1](h, told)
        return found


class UNetBlock(nn.Module):
    """Two convolutions around a norm that is scaled and shifted by what is told."""

    def __init__(self, width: int, told: int, sides: int) -> None:
        super().__init__()
        self.one = Convolution(width, width, sides, bias=False)
        self.two = Convolution(width, width, sides, bias=False)
        self.adapt = Head(told, 2 * width)
        for weight in (self.two.weight, self.adapt.weight):
            nn.init.zeros_(weight)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """Channels h (B, width, *sides) with what the block adds."""
        b, s = self.adapt(told)[(..., *[None] * (h.dim() - 2))].chunk(2, 1)
        n = norm(self.one(functional.silu(norm(h))))
        found: Tensor = h + self.two(functional.silu(torch.addcmul(b, n, 1 + s)))
        return found


def norm(h: Tensor) -> Tensor:
    """Channels (B, C, *sides) over their root mean square at each place."""
    return normalise(h.movedim(1, -1), EPSILON).movedim(-1, 1)
