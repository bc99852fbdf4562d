"""From grids to states at several scales: patches, then patches of those, with residual blocks of rectifiers.

    h <- h + B a(A a(h))      A and B convolutions, a the leaky rectifier, B zero at the start

Scales end where no side is longer than eight. Nothing is normalised, so that the gradient of a critic that is made of
this can be differentiated again cheaply. Kernels are dense, not grouped, which processors with matrix units prefer.

References:
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024, arXiv:2501.05441 (R3GAN).
    Zhang et al., "Fixup initialization: residual learning without normalization", ICLR 2019, arXiv:1901.09321.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.convolutions import Convolution, Edge, lifted
from fivefold.nets.grids.patches import Patches
from fivefold.nets.linear import compute_type

LEAK = 0.2
COARSE = 8
"""The longest side of the coarsest scale."""
PATCH, LONG = 4, 16
"""The side of a patch, where the grid's is at least so long; shorter sides have patches of two, or none."""
UNIT = 16


class Scales:
    """The sides of the scales that nets go through, finest first, as convolutions take them."""

    def __init__(self, extent: Sequence[int]) -> None:
        size = [PATCH if n >= LONG else 2 if n > COARSE else 1 for n in extent]
        self.sides = len(extent)
        self.patches = Patches(extent, size)
        first = self.patches.coarse
        self.steps: list[Patches] = []
        self.extents = [(1, *first) if len(first) == 1 else first]
        while max(self.extents[-1]) > COARSE:
            here = self.extents[-1]
            self.steps.append(Patches(here, [2 if n > COARSE else 1 for n in here]))
            self.extents.append(self.steps[-1].coarse)

    def widths(self, width: int) -> list[int]:
        """Channels at each scale: fewer at finer ones, so that a block costs the same at each."""
        counts = [math.prod(extent) for extent in self.extents]
        return [max(UNIT, UNIT * round(width * (counts[-1] / n) ** 0.5 / UNIT)) for n in counts]


class Block(nn.Module):
    """h + B a(A a(h))."""

    def __init__(self, width: int, sides: int) -> None:
        super().__init__()
        self.inner, self.outer = (Convolution(width, width, sides) for _ in range(2))
        nn.init.kaiming_normal_(self.inner.weight, LEAK)
        nn.init.zeros_(self.outer.weight)

    def forward(self, h: Tensor) -> Tensor:
        """The next state of places (B, width, *sides)."""
        return h + self.outer(rectify(self.inner(rectify(h))))


class Trunk(nn.Module):
    """From grids to states of their coarsest places.

    Arguments:
        channels: of the grids.
        extent: their sides.
        width: channels of the coarsest scale.
        depth: blocks of the coarsest scale; finer ones have one.
    """

    def __init__(self, channels: int, extent: Sequence[int], width: int, depth: int) -> None:
        super().__init__()
        self.scales = Scales(extent)
        sides, widths = self.scales.sides, self.scales.widths(width)
        self.first = Edge(channels * self.scales.patches.volume, widths[0], sides)
        self.downs = nn.ModuleList(
            Convolution(a * step.volume, b, sides, 1)
            for step, a, b in zip(self.scales.steps, widths, widths[1:], strict=False)
        )
        depths = [*[1] * (len(widths) - 1), depth]
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(w, sides) for _ in range(n)))
            for w, n in zip(widths, depths, strict=True)
        )

    def forward(self, x: Tensor, beside: Tensor | None = None) -> list[Tensor]:
        """States (B, width, *sides) of every scale, finest first.

        Arguments:
            x: grids (B, channels, *extent).
            beside: what is added to all places of the coarsest scale before its blocks, with shape (B, width).
        """
        h = self.first(lifted(self.scales.patches.cut(x), compute_type(x.device)))
        states: list[Tensor] = []
        for step, down, block in zip(self.scales.steps, self.downs, self.blocks, strict=False):
            states.append(block(h))
            h = down(arranged(step.cut(states[-1])))
        if beside is not None:
            h = h + beside.to(h.dtype).view(*beside.shape, *[1] * (h.dim() - 2))
        return [*states, self.blocks[-1](h)]


def rectify(h: Tensor) -> Tensor:
    """The leaky rectifier a(h)."""
    return functional.leaky_relu(h, LEAK)


def rows(h: Tensor) -> Tensor:
    """States (B, width, *sides) as rows (B, places, width), without moving what has channels last."""
    return h.movedim(1, -1).flatten(1, -2)


def arranged(h: Tensor) -> Tensor:
    """Channels last, as convolutions take them."""
    form = torch.channels_last if h.dim() == 4 else torch.channels_last_3d
    return h.contiguous(memory_format=form)
