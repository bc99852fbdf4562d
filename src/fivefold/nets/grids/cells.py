"""Grids cut into cells: which number of a cell comes after which, and which cells stand beside each other.

The first place of a cell comes first, then those that differ from it along an even number of sides, from the farthest
on, then the others: of a picture's cells of 2 x 2 places the corner across, whose neighbours are known diagonally, and
last the two whose neighbours are known on all sides. Of a place the channels come one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.patches import Patches


class Cells(nn.Module):
    """The cells of a grid.

    Arguments:
        channels: how many channels C the grid has.
        extent: its sides.
        size: the sides of a cell.

    Example:
        >>> cells = Cells(1, (4, 4), (2, 2))
        >>> x = torch.arange(16.0).view(1, 1, 4, 4)
        >>> cells.cut(x)[0, :2].tolist()
        [[0.0, 5.0, 1.0, 4.0], [2.0, 7.0, 3.0, 6.0]]
        >>> torch.equal(cells.join(cells.cut(x)), x)
        True
    """

    order: Tensor
    back: Tensor
    place: Tensor
    present: Tensor

    def __init__(self, channels: int, extent: Sequence[int], size: Sequence[int]) -> None:
        super().__init__()
        self.channels = channels
        self.patches = Patches(extent, size)
        self.count, self.coarse = self.patches.count, self.patches.coarse
        self.numbers = channels * self.patches.volume
        places = list(product(*(range(k) for k in self.patches.size)))
        apart = [sum(n > 0 for n in place) for place in places]
        lined = sorted(range(len(places)), key=lambda i: (apart[i] % 2, apart[i] > 0, -apart[i]))
        order = torch.tensor([c * len(places) + place for place in lined for c in range(channels)])
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("back", order.argsort(), persistent=False)
        which = torch.arange(len(places)).repeat_interleave(channels)
        self.register_buffer("place", which, persistent=False)
        present = self.cut(torch.ones(1, channels, *extent))[0] > 0
        self.register_buffer("present", present, persistent=False)

    def cut(self, x: Tensor) -> Tensor:
        """The numbers of cells, with shape (B, T, D), of grids x (B, C, *extent); 0 where a cell overhangs."""
        return self.patches.cut(x).flatten(2)[:, self.order].mT

    def join(self, v: Tensor) -> Tensor:
        """The grids (B, C, *extent) that numbers v (B, T, D) are of."""
        return self.patches.join(v[..., self.back].mT.unflatten(2, self.coarse))

    def beside(self, *, earlier: bool) -> Tensor:
        """The cells beside each cell, with shape (T, n), T where there is none: all, or those before it in rows.

        Last of those before it is always the one just before, also where a row begins.
        """
        sides = self.coarse
        steps = [step for step in product((-1, 0, 1), repeat=len(sides)) if any(step)]
        steps = [step for step in steps if not earlier or step < (0,) * len(sides)]
        cells = torch.arange(self.count).view(sides)
        places = torch.stack(torch.meshgrid(*map(torch.arange, sides), indexing="ij"), -1)
        there = places.flatten(0, -2)[:, None] + torch.tensor(steps)
        inside = ((there >= 0) & (there < torch.tensor(sides))).all(-1)
        rates = torch.tensor([cells.stride(axis) for axis in range(len(sides))])
        table = torch.where(inside, (there * rates).sum(-1), self.count)
        if earlier:
            table[1:, -1] = torch.arange(self.count - 1)
        return table


def gathered(v: Tensor, table: Tensor) -> Tensor:
    """The numbers of the cells in a table (T, n), with shape (B, T, n D), of numbers v (B, T, D); 0 for cell T.

    Example:
        >>> gathered(torch.arange(3.0).view(1, 3, 1), torch.tensor([[3], [0], [1]])).flatten().tolist()
        [0.0, 0.0, 1.0]
    """
    return functional.pad(v, (0, 0, 0, 1))[:, table].flatten(2)


def pyramid(x: Tensor, levels: int) -> list[Tensor]:
    """Views of grids x (B, C, *extent), from the coarsest to all of it: every other place, and again every other.

    Example:
        >>> [view.shape[2:] for view in pyramid(torch.zeros(1, 1, 6, 5), 1)]
        [torch.Size([3, 3]), torch.Size([6, 5])]
    """
    found, other = [x], slice(None, None, 2)
    for _ in range(levels):
        found.append(found[-1][(slice(None), slice(None), *[other] * (x.dim() - 2))])
    return found[::-1]
