"""How often symbols follow each other: a distance between sets of sequences."""

from __future__ import annotations

import torch
from torch import Tensor

from fivefold.spaces import Batch

CELLS = 4099
MIXERS = (1, 1_000_003, 998_244_353)


def ngram_distance(x: Batch, made: Batch, longest: int = 3) -> float:
    """The mean total variation between the frequencies of runs of 1, 2, ... `longest` symbols.

    Runs are counted in a few thousand cells, so that any alphabet will do; the first symbol and the end take part.

    Arguments:
        x: sequences.
        made: other sequences.
        longest: the longest run.

    Example:
        >>> x = Batch(torch.zeros(2, 0), torch.tensor([[0, 1, 2], [0, 2, 0]]))
        >>> ngram_distance(x, x)
        0.0
    """
    gaps = [
        0.5 * float((_shares(x, n) - _shares(made, n)).abs().sum()) for n in range(1, longest + 1)
    ]
    return sum(gaps) / longest


def _shares(x: Batch, n: int) -> Tensor:
    """The share of each cell among runs of n symbols, with shape (CELLS,)."""
    places = max(0, x.discrete.shape[1] - n + 1)
    columns = [x.discrete[:, i : i + places] * MIXERS[i] for i in range(n)]
    cells = sum(columns[1:], columns[0]) % CELLS
    counts = torch.bincount(cells[x.mask[:, n - 1 :]], minlength=CELLS).float()
    return counts / counts.sum().clamp(min=1)
