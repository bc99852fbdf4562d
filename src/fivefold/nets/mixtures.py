"""The distribution function of a mixture of logistics, and its inverse.

    F(z) = sum_k pi_k sigmoid((z - mu_k) / s_k)

F is smooth and strictly increasing: u = F(z) is an invertible map of R to (0, 1) whose slope is the mixture's density.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fivefold.nets.logistics import LARGEST, SMALLEST
from fivefold.nets.numbers import MixtureHeads

EDGES = {torch.float32: 1e-6, torch.float64: 1e-12}
"""How near to 0 and 1 a place of the unit interval may be."""
HALVINGS = {torch.float32: 26, torch.float64: 50}


@dataclass(frozen=True)
class Logistics:
    """Mixtures of K logistics: shares, means and rates 1 / s, each with shape (*, K).

    Example:
        >>> one = torch.ones(1, dtype=torch.float64)
        >>> mixture = Logistics(one, one, one)
        >>> mixture.cdf(torch.tensor(1.0)), mixture.inverse(torch.tensor(0.5))
        (tensor(0.5000, dtype=torch.float64), tensor(1., dtype=torch.float64))
    """

    share: Tensor
    mean: Tensor
    rate: Tensor

    @classmethod
    def of(cls, said: Tensor, moved: Tensor, temperature: float = 1.0) -> Self:
        """The mixtures that are said, with shape (V, N), in logits, means and logarithms of scales.

        Arguments:
            said: what a net says, with shape (V, 3 K, N).
            moved: by what the means are moved, with shape (V, N).
            temperature: below 1 the likelier components are taken more often, and all are narrower.
        """
        logits, mean, log_scale = said.movedim(1, -1).chunk(3, -1)
        log_scale = log_scale.clamp(SMALLEST, LARGEST) + math.log(temperature)
        share = (logits / temperature).softmax(-1)
        return cls(share, mean + moved[..., None], torch.exp(-log_scale))

    def cdf(self, z: Tensor) -> Tensor:
        """F(z) with shape (*)."""
        return (self.share * torch.sigmoid((z[..., None] - self.mean) * self.rate)).sum(-1)

    def inverse(self, u: Tensor) -> Tensor:
        """The z with F(z) = u, with shape (*), by halving the interval that the components' own quantiles span."""
        kind = self.mean.dtype
        u = u.to(kind).clamp(EDGES[kind], 1 - EDGES[kind])
        ends = self.mean + torch.logit(u)[..., None] / self.rate
        low, high = ends.amin(-1), ends.amax(-1)
        for _ in range(HALVINGS[kind]):
            middle = (low + high) / 2
            below = self.cdf(middle) < u
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2


def of_column(heads: MixtureHeads, j: int, state: Tensor) -> Logistics:
    """The mixtures of number j of a table, in float64 with shape (B, K), for states (B, h)."""
    product = (state @ heads.weight[j].to(state.dtype)).float() + heads.bias[j]
    logits, mean, log_scale = product.double().chunk(3, -1)
    return Logistics(logits.softmax(-1), mean, torch.exp(-log_scale.clamp(SMALLEST, LARGEST)))
