"""From a grid to a code and back: convolutions where places are few, and a perceptron between them and the code.

A grid's patches become channels; blocks of convolutions run over the patches (fine) and over patches of patches
(coarse). The coarse channels are thinned and laid out in a row, from which a perceptron makes the code; the decoder
goes the same way back. A block is h <- h + C_2 silu(C_1 silu(n(h))).

References:
    He et al., "Identity mappings in deep residual networks", ECCV 2016, arXiv:1603.05027.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.convolutions import Convolution, Edge, lifted, lowered
from fivefold.nets.grids.patches import Patches
from fivefold.nets.grids.unet import norm
from fivefold.nets.linear import Head, Linear, compute_type

FINE, COARSE, DEPTH, HIDDEN = 0.5, 1.0, 2, 2.5
"""Fine and hidden sizes by the width, and the number of coarse blocks."""
MOST = {1: 64, 2: 16, 3: 8}
"""How many patches there are at most along a side of grids with so many sides."""
FEWEST, ROW = 8, 1024
"""Shorter sides are not cut again; a row has at most so many numbers."""


class Ladder:
    """The two scales at which a grid is seen.

    Arguments:
        extent: the sides of the grid.
        width: channels of the coarse scale.

    Example:
        >>> ladder = Ladder((28, 28), 96)
        >>> ladder.fine.coarse, ladder.coarse.coarse, ladder.thin
        ((14, 14), (7, 7), 16)
    """

    def __init__(self, extent: Sequence[int], width: int) -> None:
        most = MOST[len(extent)]
        first = [
            max(1 + (n >= 2 * FEWEST and len(extent) > 1), 2 ** math.ceil(math.log2(n / most)))
            for n in extent
        ]
        self.fine = Patches(extent, first)
        self.coarse = Patches(self.fine.coarse, [1 + (n >= FEWEST) for n in self.fine.coarse])
        self.sides, self.width = len(extent), width
        self.narrow = max(8, 8 * round(FINE * width / 8))
        self.thin = max(1, min(16, ROW // self.coarse.count))
        self.hidden = max(16, 16 * round(HIDDEN * width / 16))

    @property
    def row(self) -> int:
        """The numbers of the coarse scale laid out in a row."""
        return self.thin * self.coarse.count


class Block(nn.Module):
    """Two convolutions that add to their input.

    Arguments:
        width: channels.
        sides: how many sides a grid has.
    """

    def __init__(self, width: int, sides: int) -> None:
        super().__init__()
        self.one = Convolution(width, width, sides)
        self.two = Convolution(width, width, sides)
        nn.init.zeros_(self.two.weight)

    def forward(self, h: Tensor) -> Tensor:
        """Channels h (B, width, *sides) with what the block adds."""
        found: Tensor = h + self.two(functional.silu(self.one(functional.silu(norm(h)))))
        return found


class GridEncoder(nn.Module):
    """A row of numbers said of a grid, or of a part of it.

    Arguments:
        channels: of the grid.
        extent: the sides of the grid.
        told: the size of what is told beside it.
        outputs: how many numbers are said.
        width: channels of the coarse scale.

    Example:
        >>> encoder = GridEncoder(1, (8, 6), told=4, outputs=5, width=16)
        >>> encoder(torch.zeros(3, 1, 8, 6), torch.ones(3, 1, 8, 6), torch.zeros(3, 4)).shape
        torch.Size([3, 5])
    """

    def __init__(
        self, channels: int, extent: Sequence[int], told: int, outputs: int, width: int
    ) -> None:
        super().__init__()
        self.ladder = ladder = Ladder(extent, width)
        sides, narrow = ladder.sides, ladder.narrow
        self.first = Edge(2 * channels * ladder.fine.volume, narrow, sides)
        self.fine = Block(narrow, sides)
        self.down = Convolution(narrow * ladder.coarse.volume, width, sides, 1)
        self.coarse = nn.Sequential(*(Block(width, sides) for _ in range(DEPTH)))
        self.thin = Convolution(width, ladder.thin, sides, 1)
        self.inner = Linear(ladder.row + told, ladder.hidden)
        self.hidden = Linear(ladder.hidden, ladder.hidden)
        self.last = Head(ladder.hidden, outputs)

    def forward(self, x: Tensor, seen: Tensor, told: Tensor) -> Tensor:
        """Numbers (B, outputs) said of grids.

        Arguments:
            x: the grids, 0 where they are not seen, with shape (B, C, *extent).
            seen: 1 where they are and 0 where not, with the same shape.
            told: what is told beside them, with shape (B, told).
        """
        ladder, kind = self.ladder, compute_type(x.device)
        patches = ladder.fine.cut(torch.cat([x, seen], 1).to(kind))
        h = self.fine(self.first(lifted(patches, kind)))
        h = self.down(_cut(ladder, h))
        row = lowered(self.thin(norm(self.coarse(h))), ladder.sides).flatten(1)
        h = functional.silu(self.inner(torch.cat([row, told], 1).to(kind)))
        return self.last(h + functional.silu(self.hidden(h))).float()


class GridDecoder(nn.Module):
    """Several numbers for each of a grid's, made from a code.

    Arguments:
        inside: the size of the code.
        outside: channels of what is made.
        extent: the sides of the grid.
        width: channels of the coarse scale.

    Example:
        >>> GridDecoder(5, 2, (8, 6), width=16)(torch.zeros(3, 5)).shape
        torch.Size([3, 2, 8, 6])
    """

    def __init__(self, inside: int, outside: int, extent: Sequence[int], width: int) -> None:
        super().__init__()
        self.ladder = ladder = Ladder(extent, width)
        sides, narrow = ladder.sides, ladder.narrow
        self.inner = Linear(inside, ladder.hidden)
        self.hidden = Linear(ladder.hidden, ladder.hidden)
        self.row = Linear(ladder.hidden, ladder.row)
        self.thick = Convolution(ladder.thin, width, sides, 1)
        self.coarse = nn.Sequential(*(Block(width, sides) for _ in range(DEPTH)))
        self.up = Convolution(width, narrow * ladder.coarse.volume, sides, 1)
        self.fine = Block(narrow, sides)
        self.last = Edge(narrow, outside * ladder.fine.volume, sides)
        nn.init.zeros_(self.last.weight)

    def forward(self, code: Tensor) -> Tensor:
        """Grids (B, outside, *extent) in float32 of codes (B, inside)."""
        ladder, kind = self.ladder, compute_type(code.device)
        h = functional.silu(self.inner(code.to(kind)))
        h = self.row(h + functional.silu(self.hidden(h)))
        h = self.thick(lifted(h.view(len(h), -1, *ladder.coarse.coarse), kind))
        h = self.up(norm(self.coarse(h)))
        h = self.fine(_joined(ladder, h))
        return ladder.fine.join(lowered(self.last(norm(h)), ladder.sides))


def _cut(ladder: Ladder, h: Tensor) -> Tensor:
    flat = h.squeeze(2) if ladder.sides == 1 else h
    return lifted(ladder.coarse.cut(flat), h.dtype)


def _joined(ladder: Ladder, h: Tensor) -> Tensor:
    flat = h.squeeze(2) if ladder.sides == 1 else h
    return lifted(ladder.coarse.join(flat), h.dtype)
