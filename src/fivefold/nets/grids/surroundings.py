"""What stands around a cell of a grid: residual convolutions over cells, for one to three sides."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.convolutions import Convolution, Edge, lifted
from fivefold.nets.linear import Linear
from fivefold.nets.norms import normalise

EPSILON = 1e-6


class Surroundings(nn.Module):
    """States of cells, h <- h + C_2 silu(C_1 silu(n(h))) a few times, of what is known of them.

    Arguments:
        inside: how many numbers are known of a cell.
        width: the size of a state.
        depth: how many residual blocks.
        coarse: how many cells a grid has along each side.
        told: the size of what is told of each grid, 0 if nothing is.

    Example:
        >>> import torch
        >>> net = Surroundings(2, 8, 1, (3, 4), told=5)
        >>> net(torch.zeros(6, 12, 2), torch.zeros(6, 5)).shape
        torch.Size([6, 12, 8])
    """

    def __init__(
        self, inside: int, width: int, depth: int, coarse: Sequence[int], told: int
    ) -> None:
        super().__init__()
        self.coarse, sides = tuple(coarse), len(coarse)
        self.first = Edge(inside, width, sides)
        self.told = Linear(told, width, bias=False) if told else None
        self.ones = nn.ModuleList(Convolution(width, width, sides) for _ in range(depth))
        self.twos = nn.ModuleList(Convolution(width, width, sides) for _ in range(depth))
        for two in self.twos:
            assert isinstance(two, Convolution)
            nn.init.zeros_(two.weight)

    def forward(self, v: Tensor, told: Tensor) -> Tensor:
        """States (B, T, width), in the type of what is told (B, told), of numbers v (B, T, inside)."""
        h = self.first(lifted(v.mT.unflatten(2, self.coarse), told.dtype))
        if self.told is not None:
            h = h + self.told(told).view(*h.shape[:2], *[1] * (h.dim() - 2))
        for one, two in zip(self.ones, self.twos, strict=True):
            h = h + two(functional.silu(one(functional.silu(_normed(h)))))
        return _normed(h).flatten(2).mT


def _normed(h: Tensor) -> Tensor:
    found: Tensor = normalise(h.movedim(1, -1), EPSILON)
    return found.movedim(-1, 1)
