"""Sequences of unequal length, kept end to end in one array and cut into batches when they are asked for.

A corpus is one flat array of symbols and a list of *windows* (start, length) in it. A window is a datum: a molecule,
a review, or a part of a long text. Its first symbol is the one that it goes on from: the end symbol that stands before
every document, or the last symbol of the window before it. The array may be a file in memory-mapped form, so that a
corpus larger than memory is trained on as one that is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fivefold.spaces.space import Batch

END = 0
"""The symbol that ends a document and stands before the next."""


class Sequences:
    """Windows of a flat array of symbols.

    Arguments:
        symbols: unsigned integers with shape (N,); an array or a memory map.
        starts: int64 with shape (W,), where each window begins.
        lengths: int64 with shape (W,), how many symbols it has, the given first one counted.
        owners: int64 with shape (W,), the number of the document that each window is a part of.
        device: where batches shall be.

    Example:
        >>> data = Sequences.of([np.array([3, 4]), np.array([5])], length=8)
        >>> data.symbols.tolist(), len(data)
        ([0, 3, 4, 0, 5, 0], 2)
        >>> data[:2].discrete
        tensor([[0, 3, 4, 0],
                [0, 5, 0, 0]])
        >>> data[:2].lengths
        tensor([4, 3])
    """

    def __init__(
        self,
        symbols: NDArray[np.unsignedinteger],
        starts: Tensor,
        lengths: Tensor,
        owners: Tensor,
        device: torch.device | str = "cpu",
    ) -> None:
        self.symbols, self.starts, self.lengths, self.owners = symbols, starts, lengths, owners
        self.place = torch.device(device)

    @classmethod
    def of(cls, documents: list[NDArray[np.integer]], length: int) -> Sequences:
        """Documents, each cut into windows of at most `length` symbols.

        Arguments:
            documents: the symbols of each, without ends.
            length: the positions of the space.
        """
        sizes = np.array([len(d) + 1 for d in documents], np.int64)
        largest = max((int(d.max()) for d in documents if len(d)), default=0)
        kind: type[np.unsignedinteger] = np.uint16 if largest < 2**16 else np.uint32
        flat: NDArray[np.unsignedinteger] = np.zeros(int(sizes.sum()) + 1, kind)
        befores = np.concatenate([[0], sizes.cumsum()[:-1]]).astype(np.int64)
        for before, document in zip(befores.tolist(), documents, strict=True):
            flat[before + 1 : before + 1 + len(document)] = document
        return cls(flat, *windows(befores, sizes, length))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: slice | Tensor) -> Batch:
        starts, lengths = self.starts[_here(index)], self.lengths[_here(index)]
        width = int(lengths.max()) if len(lengths) else 1
        places = np.minimum(starts.numpy()[:, None] + np.arange(width), len(self.symbols) - 1)
        found = torch.from_numpy(self.symbols[places].astype(np.int64))
        found *= torch.arange(width) < lengths[:, None]
        even = bool((lengths == width).all())
        batch = Batch(torch.zeros(len(found), 0), found, None if even else lengths)
        return batch.to(self.place)

    def part(self, index: slice | Tensor) -> Sequences:
        """Some of the windows, of the same array."""
        index = _here(index)
        chosen = (self.starts[index], self.lengths[index], self.owners[index])
        return Sequences(self.symbols, *chosen, self.place)

    def parts(self, size: int) -> Iterator[Batch]:
        """The data in order, in batches of at most this size."""
        return (self[start : start + size] for start in range(0, len(self), size))

    @property
    def device(self) -> torch.device:
        """Where batches are."""
        return self.place

    def to(self, device: torch.device | str) -> Sequences:
        """The same windows, with batches on another device."""
        return Sequences(self.symbols, self.starts, self.lengths, self.owners, device)

    def digest(self) -> str:
        """A digest of the content."""
        found = hashlib.sha256()
        for start in range(0, len(self.symbols), 1 << 24):
            found.update(np.ascontiguousarray(self.symbols[start : start + (1 << 24)]).tobytes())
        found.update(self.starts.numpy().tobytes() + self.lengths.numpy().tobytes())
        return found.hexdigest()


def windows(
    befores: NDArray[np.int64], sizes: NDArray[np.int64], length: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Starts, lengths and owners of the windows of documents.

    Arguments:
        befores: where the end symbol before each document stands.
        sizes: the symbols of each document, its own end counted.
        length: the positions of the space; a window has one given symbol and at most `length - 1` more.

    Example:
        >>> starts, lengths, owners = windows(np.array([0, 6]), np.array([6, 2]), length=4)
        >>> starts.tolist(), lengths.tolist(), owners.tolist()
        ([0, 3, 6], [4, 4, 3], [0, 0, 1])
    """
    step = length - 1
    counts = -(-sizes // step)
    owners = np.repeat(np.arange(len(sizes)), counts)
    places = (np.arange(int(counts.sum())) - np.repeat(counts.cumsum() - counts, counts)) * step
    starts = befores[owners] + places
    lengths = np.minimum(step, sizes[owners] - places) + 1
    return (
        torch.from_numpy(starts.astype(np.int64)),
        torch.from_numpy(lengths.astype(np.int64)),
        torch.from_numpy(owners.astype(np.int64)),
    )


def _here(index: slice | Tensor) -> slice | Tensor:
    return index.cpu() if isinstance(index, Tensor) else index
