"""The distribution function of a mixture of logistics, and its inverse.

    F(z) = sum_k pi_k sigmoid((z - mu_k) / s_k)

F is smooth and strictly increasing: u = F(z) is an invertible map of R to (0, 1) whose slope is the mixture's density.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fivefold.nets.numbers import LARGEST, SMALLEST, MixtureHeads

HALVINGS = 36


@dataclass(frozen=True)
class Mixture:
    """Mixtures of K logistics in float64: weights, means and scales, each with shape (*, K).

    Example:
        >>> one = torch.ones(1, dtype=torch.float64)
        >>> mixture = Mixture(one, one, one)
        >>> mixture.cdf(torch.tensor(1.0)), mixture.inverse(torch.tensor(0.5))
        (tensor(0.5000, dtype=torch.float64), tensor(1., dtype=torch.float64))
    """

    weight: Tensor
    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, heads: MixtureHeads, j: int, state: Tensor) -> Mixture:
        """The mixtures of number j, with shape (B, K), for states (B, h)."""
        product = (state @ heads.weight[j].to(state.dtype)).float() + heads.bias[j]
        logits, mean, log_scale = product.double().chunk(3, -1)
        return cls(logits.softmax(-1), mean, log_scale.clamp(SMALLEST, LARGEST).exp())

    def cdf(self, z: Tensor) -> Tensor:
        """F(z) with shape (*)."""
        return (self.weight * torch.sigmoid((z[..., None] - self.mean) / self.scale)).sum(-1)

    def inverse(self, u: Tensor) -> Tensor:
        """The z with F(z) = u, with shape (*), by halving the interval that the components' own quantiles span."""
        ends = self.mean + torch.logit(u.double())[..., None] * self.scale
        low, high = ends.amin(-1), ends.amax(-1)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self.cdf(middle) < u
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2
