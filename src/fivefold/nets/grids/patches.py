"""Space to depth: a grid of places as a coarser grid of patches, for one, two or three sides."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


class Patches:
    """Patches of a grid; a side that the patch does not divide is padded with zeros at its end.

    Arguments:
        extent: the sides of the grid.
        size: the side of a patch, or one for each side.

    Example:
        >>> patches = Patches((5, 8), 4)
        >>> x = torch.arange(40.0).view(1, 1, 5, 8)
        >>> y = patches.cut(x)
        >>> y.shape, bool((patches.join(y) == x).all())
        (torch.Size([1, 16, 2, 2]), True)
        >>> patches.present.sum().item(), patches.present.shape
        (40, torch.Size([16, 2, 2]))
    """

    def __init__(self, extent: Sequence[int], size: int | Sequence[int]) -> None:
        self.extent = tuple(extent)
        self.size = (size,) * len(self.extent) if isinstance(size, int) else tuple(size)
        self.coarse = tuple(-(-n // k) for n, k in zip(self.extent, self.size, strict=True))

    @property
    def volume(self) -> int:
        """How many places a patch has."""
        return math.prod(self.size)

    @property
    def count(self) -> int:
        """How many patches a grid has."""
        return math.prod(self.coarse)

    @property
    def present(self) -> Tensor:
        """Which places of the patches are in the grid, bool with shape (volume, *coarse)."""
        return self.cut(torch.ones(1, 1, *self.extent))[0] > 0

    def cut(self, x: Tensor) -> Tensor:
        """Grids (B, C, *extent) as patches (B, C * volume, *coarse): of each channel all places of a patch."""
        pads = [
            p
            for n, k, m in zip(self.extent, self.size, self.coarse, strict=True)
            for p in (k * m - n, 0)
        ]
        x = functional.pad(x, pads[::-1]) if any(pads) else x
        sides = len(self.extent)
        split = [n for m, k in zip(self.coarse, self.size, strict=True) for n in (m, k)]
        x = x.reshape(*x.shape[:2], *split)
        order = [0, 1, *range(3, 3 + 2 * sides, 2), *range(2, 2 + 2 * sides, 2)]
        return x.permute(order).reshape(len(x), -1, *self.coarse)

    def join(self, y: Tensor) -> Tensor:
        """The grids (B, C, *extent) that patches (B, C * volume, *coarse) are of."""
        sides = len(self.extent)
        y = y.reshape(len(y), -1, *self.size, *self.coarse)
        order = [0, 1, *(n for axis in range(sides) for n in (2 + sides + axis, 2 + axis))]
        whole = [m * k for m, k in zip(self.coarse, self.size, strict=True)]
        y = y.permute(order).reshape(*y.shape[:2], *whole)
        for axis, side in enumerate(self.extent, 2):
            y = y.narrow(axis, 0, side)
        return y
