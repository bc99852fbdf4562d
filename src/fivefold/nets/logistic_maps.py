"""Mixtures of logistics as invertible maps to the unit interval, of numbers and of levels.

    F(z) = sum_k pi_k sigmoid((z - mu_k) / s_k)

is smooth and increasing: u = F(z) is an invertible map of R to (0, 1) whose slope is the mixture's density. Where
numbers are levels a quantum q apart, level v owns the cell [v - q/2, v + q/2], that of the lowest and of the highest
open outwards, and the map is linear in it,

    u = F(v - q/2) + r (F(v + q/2) - F(v - q/2)),   r in (0, 1):

its slope is constant where a level is, so that the bound of dequantization is tight and the likelihood exact.

References:
    Ho et al., "Flow++: improving flow-based generative models with variational dequantization and architecture
        design", ICML 2019, arXiv:1902.00275.
    Theis et al., "A note on the evaluation of generative models", ICLR 2016, arXiv:1511.01844.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fivefold.nets.logistics import LARGEST, SMALLEST, Scale

EDGES = {torch.float32: 1e-6, torch.float64: 1e-12}
"""How near to 0 and 1 a place of the unit interval may be."""
HALVINGS = {torch.float32: 26, torch.float64: 50}
FAR = 1e3
"""How far out an open cell reaches."""


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


def snapped(scale: Scale, v: Tensor, channel: int | None = None) -> Tensor:
    """The levels nearest to numbers v (*, V), of all channels or of one; v itself where there are none.

    Example:
        >>> scale = Scale(1, 0.5, components=2)
        >>> snapped(scale, torch.tensor([[0.6, 9.0]]))
        tensor([[0.5000, 2.0000]])
    """
    if scale.quantum is None:
        return v
    ends = scale.ends if channel is None else scale.ends[:, channel : channel + 1]
    low, high = ends.to(v).repeat(1, v.shape[-1] // ends.shape[1])
    steps = ((v - low) / scale.quantum).round()
    return (low + steps * scale.quantum).clamp(low, high)


def place(scale: Scale, mixtures: Logistics, v: Tensor, r: Tensor) -> Tensor:
    """The places u in (0, 1) of numbers v (V, N), at places r (V, N) of the cells where they are levels."""
    if scale.quantum is None:
        return mixtures.cdf(v)
    low, high = scale.ends.to(v).repeat(1, len(v) // scale.channels)[..., None]
    half = scale.quantum / 2
    below = mixtures.cdf(torch.where(v > low + half, v - half, v - FAR))
    above = mixtures.cdf(torch.where(v < high - half, v + half, v + FAR))
    return torch.lerp(below, above, r)
