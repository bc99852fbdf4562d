"""Rows of unequal length without their empty ends.

Present states lie end to end in one row of N; norms, projections and perceptrons see nothing else. Attention alone
needs documents apart: for it they are spread into a few grids of similar length, so that no query can look into another
document, and collected again.

    pack: (B, L, d) -> (1, N, d)      spread: (1, N, c) -> (B_1, L_1, c), (B_2, L_2, c), ...      and back

References:
    Krell et al., "Efficient sequence packing without cross-contamination", 2021, arXiv:2107.02027.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

GRIDS = 4
CELLS, STATES = 8, 128
"""Shapes are rounded up to these, so that few of them occur and each is prepared for once."""
FULL, FULL_COMPILED = 0.7, 0.4
"""Packing pays below this share of present states; less where the net is compiled, which likes whole grids."""


class Packing:
    """Where the present states of a batch go.

    Arguments:
        lengths: int64 with shape (B,), at least one.
        L: the width of the batch.

    Example:
        >>> packing = Packing(torch.tensor([3, 1]), 4)
        >>> packed = packing.pack(torch.arange(8.0).reshape(2, 4, 1))
        >>> packed.flatten()[:5]
        tensor([4., 0., 1., 2., 0.])
        >>> [grid.shape[:2] for grid in packing.spread(packed)]
        [torch.Size([8, 8]), torch.Size([8, 8])]
        >>> packing.unpack(packed).squeeze(-1)
        tensor([[0., 1., 2., 0.],
                [4., 0., 0., 0.]])
    """

    def __init__(self, lengths: Tensor, L: int) -> None:
        device, self.rows, self.L = lengths.device, len(lengths), L
        lengths, order = lengths.sort()
        widths = torch.div((lengths * GRIDS - 1).clamp(min=0), L, rounding_mode="floor")
        sizes = widths.bincount(minlength=GRIDS).tolist()
        self.lengths, self.shapes = [], []
        places, first = [], 0
        for part in lengths.split(sizes):
            if len(part):
                shape = rounded(len(part), CELLS), rounded(int(part[-1]), CELLS)
                starts = first + part.cumsum(0) - part
                columns = torch.arange(shape[1], device=device)
                inside = columns < part[:, None]
                place = torch.where(inside, starts[:, None] + columns, -1)
                spare = shape[0] - len(part)
                places.append(functional.pad(place, (0, 0, 0, spare), value=-1).flatten())
                self.lengths.append(functional.pad(part, (0, spare), value=1))
                self.shapes.append(shape)
                first += int(part.sum())
        inside = torch.arange(L, device=device) < lengths[:, None]
        source = (order[:, None] * L + torch.arange(L, device=device))[inside]
        self.absent = torch.full((self.rows * L,), -1, device=device)
        self.absent[source] = torch.arange(len(source), device=device)
        self.grid = torch.cat(places)
        cells = (self.grid >= 0).nonzero().flatten()
        spare = rounded(len(source), STATES) - len(source)
        self.source, self.cells = (
            functional.pad(index, (0, spare), value=-1) for index in (source, cells)
        )

    @property
    def grids(self) -> list[tuple[Tensor, tuple[int, int], bool]]:
        """Of each grid the lengths of its documents, its shape and whether it has no absent cell."""
        return [
            (lengths, shape, int(lengths.min()) == shape[1])
            for lengths, shape in zip(self.lengths, self.shapes, strict=True)
        ]

    @staticmethod
    def pays(lengths: Tensor, L: int, *, compiled: bool = False) -> bool:
        """Whether so much of a batch is absent that packing is worth its copies."""
        full = FULL_COMPILED if compiled else FULL
        return int(lengths.sum()) < full * len(lengths) * L

    def pack(self, e: Tensor) -> Tensor:
        """Present states end to end (1, N, d) of states e (B, L, d)."""
        return _moved(e.flatten(0, 1), self.source, self.absent)[None]

    def unpack(self, h: Tensor) -> Tensor:
        """States (B, L, d) of present ones h (1, N, d), 0 where absent."""
        return _moved(h[0], self.absent, self.source).unflatten(0, (self.rows, self.L))

    def spread(self, x: Tensor) -> list[Tensor]:
        """Grids of documents (B_g, L_g, c) of x (1, N, c)."""
        flat = _moved(x[0], self.grid, self.cells)
        parts = flat.split([rows * width for rows, width in self.shapes])
        return [part.unflatten(0, shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def collect(self, grids: list[Tensor]) -> Tensor:
        """x (1, N, c) of the grids that `spread` made."""
        flat = torch.cat([grid.flatten(0, 1) for grid in grids])
        return _moved(flat, self.cells, self.grid)[None]


def rounded(n: int, unit: int) -> int:
    """The least multiple of a unit that is not below n.

    Example:
        >>> rounded(9, 8), rounded(16, 8)
        (16, 16)
    """
    return -(-n // unit) * unit


def _moved(x: Tensor, index: Tensor, inverse: Tensor) -> Tensor:
    found: Tensor = _Moved.apply(x, index, inverse)  # type: ignore[no-untyped-call]
    return found


class _Moved(torch.autograd.Function):
    """Rows x[index], 0 where the index is -1; the gradient moves by the inverse."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor, inverse: Tensor) -> Tensor:
        ctx.save_for_backward(index, inverse)
        found = x.index_select(0, index.clamp(min=0))
        nowhere = index < 0
        if nowhere.any():
            found[nowhere] = 0
        return found

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        index, inverse = ctx.saved_tensors
        return _moved(g, inverse, index), None, None
