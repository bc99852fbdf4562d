"""A number's embedding: learned piecewise linear functions of its normal quantile.

With knots g_0..g_H at equal steps of u = Phi(z), and hat functions h_k that are 1 at knot k and 0 at all others,

    e(z) = sum_k h_k(u) E_k.

The knots start on slow sine waves of z: a net that begins smooth in its inputs finds sharp dependences between
numbers which one that begins with independent knots, or with digits, has to learn cell by cell.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Hats(nn.Module):
    """Embeddings of D numbers, each with its own knots.

    Arguments:
        numbers: the number D.
        embedding: the size d of each embedding.
        steps: the number H of intervals between knots.

    Example:
        >>> Hats(2, 8)(torch.zeros(5, 2)).shape
        torch.Size([5, 2, 8])
    """

    def __init__(self, numbers: int, embedding: int, steps: int = 32) -> None:
        super().__init__()
        self.steps = steps
        u = torch.linspace(0, 1, steps + 1).clamp(0.3 / steps, 1 - 0.3 / steps)
        pitch, phase = torch.randn(numbers, 1, embedding), torch.rand(numbers, 1, embedding)
        waves = pitch * torch.special.ndtri(u)[:, None] + 2 * math.pi * phase
        self.knots = nn.Parameter(math.sqrt(2) * waves.sin())

    def forward(self, z: Tensor, first: int = 0) -> Tensor:
        """Embeddings (B, M, d) of the numbers z (B, M), which are those from `first` on."""
        place = torch.special.ndtr(z) * self.steps
        below = place.long().clamp(0, self.steps - 1)
        share = (place - below)[..., None]
        rows = first + torch.arange(z.shape[1], device=z.device)
        index, table = below + rows * (self.steps + 1), self.knots.flatten(0, 1)
        left, right = (nn.functional.embedding(index + k, table) for k in (0, 1))
        return torch.lerp(left, right, share)
