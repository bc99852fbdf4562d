"""Grids kept as they were read, in one array that may be a file, and scaled when they are asked for.

A hundred thousand pictures are a file of bytes that is mapped: what a batch needs is read, the rest stays where it is.
A datum may be a stretch of something longer (a window of a series); `owners` says of what, so that whole things can be
held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fivefold.spaces.space import Batch

PIECE = 1 << 26


class Grids:
    """Grids in an array, with their labels.

    Arguments:
        array: numbers of any type with shape (N, C, *extent); an array or a memory map.
        labels: int64 with shape (N, L); (N, 0) where there are none.
        scale: what a number of the array is multiplied by, float32 with shape (C,).
        shift: what is added then, float32 with shape (C,).
        owners: int64 with shape (N,), what each grid is a stretch of, by number; None where each is its own.
        device: where batches shall be.

    Example:
        >>> pixels = np.full((4, 1, 2, 2), 255, np.uint8)
        >>> data = Grids(pixels, torch.zeros(4, 0).long(), torch.tensor([1 / 255]), torch.tensor([-0.5]))
        >>> data[:2].continuous.shape, float(data[:2].continuous.max())
        (torch.Size([2, 1, 2, 2]), 0.5)
    """

    def __init__(
        self,
        array: NDArray[np.generic],
        labels: Tensor,
        scale: Tensor,
        shift: Tensor,
        owners: Tensor | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.array, self.labels, self.scale, self.shift = array, labels, scale, shift
        self.rows = torch.arange(len(array))
        self.whole = owners
        self.place = torch.device(device)

    @property
    def owners(self) -> Tensor:
        """The number of the thing that each grid is a stretch of, with shape (N,)."""
        return self.rows if self.whole is None else self.whole[self.rows]

    @property
    def discrete(self) -> Tensor:
        """The labels, with shape (N, L)."""
        return self.labels[self.rows].to(self.place)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: slice | Tensor) -> Batch:
        rows = self.rows[index.cpu() if isinstance(index, Tensor) else index]
        found = torch.from_numpy(self.array[rows.numpy()].astype(np.float32))
        sides = (-1, *[1] * (found.dim() - 2))
        found = found.mul_(self.scale.view(sides)).add_(self.shift.view(sides))
        return Batch(found, self.labels[rows]).to(self.place)

    def part(self, index: slice | Tensor) -> Grids:
        """Some of the grids, of the same array."""
        found = self.to(self.place)
        found.rows = self.rows[index.cpu() if isinstance(index, Tensor) else index]
        return found

    def parts(self, size: int) -> Iterator[Batch]:
        """The data in order, in batches of at most this size."""
        return (self[start : start + size] for start in range(0, len(self), size))

    @property
    def device(self) -> torch.device:
        """Where batches are."""
        return self.place

    def to(self, device: torch.device | str) -> Grids:
        """The same grids, with batches on another device."""
        found = Grids(self.array, self.labels, self.scale, self.shift, self.whole, device)
        found.rows = self.rows
        return found

    def digest(self) -> str:
        """A digest of the content."""
        found = hashlib.sha256()
        step = max(1, PIECE // max(1, self.array[:1].nbytes))
        for start in range(0, len(self), step):
            rows = self.rows[start : start + step]
            found.update(np.ascontiguousarray(self.array[rows.numpy()]).tobytes())
            found.update(self.labels[rows].numpy().tobytes())
        for numbers in (self.scale, self.shift):
            found.update(numbers.numpy().tobytes())
        return found.hexdigest()
