"""What one number of a grid says of the next beyond their code: a causal linear filter over what is left.

    x_p = m_p + sum_q A_pq (x_q - m_q) + noise,      q before p in raster order, channels of a place one after another

m are the numbers that a code leads to. Given the code the numbers would be independent without it, and noise that
should be a drift of a sensor, or a shade that all three colours share, would be new at each place. The filter reaches
one place in every direction (two along a single side), and is the same everywhere.

It is for what sensors say. In pictures it learns strokes before the code does, which then says less of them.

References:
    Papamakarios et al., "Masked autoregressive flow for density estimation", NeurIPS 2017, arXiv:1705.07057.
    Gulrajani et al., "PixelVAE: a latent variable model for natural images", ICLR 2017, arXiv:1611.05013.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = {1: 2, 2: 1, 3: 1}
PACE, MOST = 4.0, 2.0
"""How much faster the filter learns than other weights, and what none of its numbers exceeds."""


class Echoes(nn.Module):
    """A causal linear filter; it begins with none.

    Arguments:
        channels: of the grid.
        extent: the sides of the grid.

    Example:
        >>> echoes = Echoes(2, (4, 3))
        >>> echoes(torch.randn(5, 2, 4, 3)).abs().max().item()
        0.0
    """

    causal: Tensor

    def __init__(self, channels: int, extent: Sequence[int]) -> None:
        super().__init__()
        self.extent, self.reach = tuple(extent), REACH[len(extent)]
        size = (2 * self.reach + 1,) * len(extent)
        self.weight = nn.Parameter(torch.zeros(channels, channels, *size))
        places = torch.arange(self.weight[0, 0].numel()).view(size)
        middle = int(places.numel() // 2)
        earlier = (
            torch.ones(channels, channels).tril(-1).view(channels, channels, *[1] * len(size))
        )
        causal = torch.where(places == middle, earlier, (places < middle).float())
        self.register_buffer("causal", causal, persistent=False)

    @property
    def filter(self) -> Tensor:
        """The filter, 0 for what does not come before, with shape (C, C, *size)."""
        return MOST * torch.tanh(PACE * self.weight / MOST) * self.causal

    def forward(self, left: Tensor) -> Tensor:
        """What moves each number, with shape (B, C, *extent), of what is left of all (B, C, *extent)."""
        run: Any = (functional.conv1d, functional.conv2d, functional.conv3d)[len(self.extent) - 1]
        found: Tensor = run(left, self.filter, padding=self.reach)
        return found

    @torch.no_grad()
    def spread(
        self, middle: Tensor, settled: Callable[[Tensor, int, tuple[int, ...]], Tensor]
    ) -> Tensor:
        """Numbers (B, C, *extent), one after another.

        Arguments:
            middle: the numbers m that codes lead to, with shape (B, C, *extent).
            settled: gives the numbers (B,) of a channel at a place, of where the filter has moved them.
        """
        R, sides = self.reach, len(self.extent)
        kernel, C = self.filter, middle.shape[1]
        here = kernel.flatten(2)[..., kernel[0, 0].numel() // 2]
        left = functional.pad(torch.zeros_like(middle), (R, R) * sides)
        x = torch.empty_like(middle)
        for place in itertools.product(*map(range, self.extent)):
            around: Any = (..., *(slice(p, p + 2 * R + 1) for p in place))
            window = left[around].flatten(1)
            inner: Any = (slice(None), slice(None), *(p + R for p in place))
            moved = window @ kernel.flatten(1).T
            for k in range(C):
                at: Any = (slice(None), k, *place)
                own = moved[:, k] + left[inner][:, :k] @ here[k, :k]
                x[at] = settled(middle[at] + own, k, place)
                left[(slice(None), k, *inner[2:])] = x[at] - middle[at]
        return x
