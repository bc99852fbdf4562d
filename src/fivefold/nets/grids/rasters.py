"""Grids in the order in which they are written: patch after patch, and inside a patch place after place.

Patches go row by row, the last side fastest; so do the places of a patch, and of a place the channels. In this order
the past of a series comes before its future, and the upper part of a picture before the lower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from fivefold.nets.grids.patches import Patches


class Raster:
    """The order of a grid's numbers.

    Arguments:
        channels: how many channels C a grid has.
        extent: its sides.
        patch: the sides of a patch.
        reach: how many patches along each side of the grid are beside a patch.

    Example:
        >>> raster = Raster(1, (4, 4), (2, 2))
        >>> x = torch.arange(16.0).view(1, 1, 4, 4)
        >>> raster.cut(x)[0, :2].tolist()
        [[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]
        >>> torch.equal(raster.join(raster.cut(x)), x)
        True
    """

    def __init__(
        self, channels: int, extent: Sequence[int], patch: Sequence[int], reach: int = 1
    ) -> None:
        self.channels = channels
        self.patches = Patches(extent, patch)
        self.count, self.volume = self.patches.count, channels * self.patches.volume
        self.present = self.cut(torch.ones(1, channels, *extent))[0] > 0
        self.before = self._neighbours(reach)

    def cut(self, x: Tensor) -> Tensor:
        """Numbers (B, T, V) of T patches of V numbers each, of grids x (B, C, *extent); 0 where a patch overhangs."""
        y = self.patches.cut(x).flatten(2).unflatten(1, (self.channels, -1))
        return y.permute(0, 3, 2, 1).flatten(2)

    def join(self, y: Tensor) -> Tensor:
        """The grids (B, C, *extent) of numbers y (B, T, V)."""
        x = y.unflatten(2, (-1, self.channels)).permute(0, 3, 2, 1).flatten(1, 2)
        return self.patches.join(x.unflatten(2, self.patches.coarse))

    def beside(self, y: Tensor, t: int | None = None, near: int | None = None) -> Tensor:
        """What stands beside each patch and comes before it, of features y (B, T, F); 0 outside the grid.

        Arguments:
            y: features of patches.
            t: the patch that is asked about, all if None.
            near: so many neighbours, the nearest first; all if None.

        Returns:
            Features (B, T, n F) of the n neighbours, or (B, 1, n F).
        """
        which, outside = (each[:, :near] for each in self.neighbours(t, y.device))
        return y[:, which].masked_fill(outside[..., None], 0.0).flatten(2)

    def neighbours(self, t: int | None, device: torch.device) -> tuple[Tensor, Tensor]:
        """Which patches stand beside each patch and come before it, and which of them are outside: (T, n) or (1, n)."""
        which = self.before[slice(t, None if t is None else t + 1)].to(device)
        return which % self.count, which == self.count

    @property
    def nearest(self) -> int:
        """How many neighbours touch a patch: they come first."""
        return sum(3**n for n in range(len(self.patches.extent)))

    def _neighbours(self, reach: int) -> Tensor:
        """Which patches are beside each patch and come before it, with shape (T, n); T where there is none."""
        sides = self.patches.coarse
        along = (range(1 - min(n, reach + 1), min(n, reach + 1)) for n in sides)
        steps = [step for step in product(*along) if step < (0,) * len(sides)]
        steps = steps or [(-1,) * len(sides)]
        steps.sort(key=lambda step: max(map(abs, step)))
        places = torch.cartesian_prod(*(torch.arange(n) for n in sides)).view(-1, len(sides))
        sizes = torch.tensor(sides)
        there = places[:, None] + torch.tensor(steps)
        inside = ((there >= 0) & (there < sizes)).all(-1)
        weights = torch.tensor([math.prod(sides[k + 1 :]) for k in range(len(sides))])
        return torch.where(inside, (there * weights).sum(-1), self.count)
