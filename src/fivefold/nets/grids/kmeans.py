"""Typical vectors, patches of grids or whole ones, found by k-means before training: a codebook that cannot collapse.

    k(y) = argmin_k |y - c_k|^2

A codebook that is learned together with a net can end with a few codes in use; one that is fitted to the data
themselves, once and in seconds, has a cluster behind every code.

References:
    Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory, 1982.
    van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", NeurIPS 2017, arXiv:1711.00937
        (codes with an autoregressive prior).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ROUNDS, MANY, TOGETHER = 12, 1 << 16, 1 << 13


class KMeans(nn.Module):
    """K typical vectors.

    Arguments:
        count: how many, K.
        volume: how many numbers V each has.

    Example:
        >>> codes = KMeans(2, 3)
        >>> codes.prepare(torch.tensor([[0.0, 0, 0], [0, 0, 1], [9, 9, 9], [9, 9, 8]]))
        >>> found = codes(torch.tensor([[9.0, 8, 9], [0, 1, 0]]))
        >>> codes.centres[found].tolist()
        [[9.0, 9.0, 8.5], [0.0, 0.0, 0.5]]
    """

    centres: Tensor
    spread: Tensor

    def __init__(self, count: int, volume: int) -> None:
        super().__init__()
        self.count = count
        self.register_buffer("centres", torch.linspace(-2, 2, count)[:, None].repeat(1, volume))
        self.register_buffer("spread", torch.ones(volume))

    @torch.no_grad()
    def prepare(self, y: Tensor) -> None:
        """Find what is typical of vectors y (N, V), and how far numbers are from it.

        Where there are fewer different vectors than codes, the first code of each is the one in use.
        """
        generator = torch.Generator().manual_seed(0)
        y = y[torch.randperm(len(y), generator=generator)[:MANY].to(y.device)]
        different = y.unique(dim=0)
        chosen = torch.randperm(len(different), generator=generator).to(y.device)
        self.centres.copy_(different[chosen[torch.arange(self.count) % len(different)]])
        for _ in range(ROUNDS):
            found = self(y)
            sums = torch.zeros_like(self.centres).index_add_(0, found, y)
            sizes = found.bincount(minlength=self.count)[:, None]
            self.centres.copy_(torch.where(sizes > 0, sums / sizes.clamp_min(1), self.centres))
        self.spread.copy_((y - self.centres[self(y)]).square().mean(0).sqrt())

    def forward(self, y: Tensor) -> Tensor:
        """The code of each vector y (*, V), int64 with shape (*)."""
        half = self.centres.square().sum(1) / 2
        parts = y.flatten(0, -2).split(TOGETHER)
        nearest = [torch.addmm(half, part, self.centres.mT, alpha=-1).argmin(1) for part in parts]
        return torch.cat(nearest).view(y.shape[:-1])
