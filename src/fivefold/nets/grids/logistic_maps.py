"""Mixtures of logistics as invertible maps to the unit interval, of numbers and of levels.

Of numbers the map is the distribution function F itself (`nets.mixtures`). Where they are levels a quantum q apart,
level v owns the cell [v - q/2, v + q/2], that of the lowest and of the highest
open outwards, and the map is linear in it,

    u = F(v - q/2) + r (F(v + q/2) - F(v - q/2)),   r in (0, 1):

its slope is constant where a level is, so that the bound of dequantization is tight and the likelihood exact.

References:
    Ho et al., "Flow++: improving flow-based generative models with variational dequantization and architecture
        design", ICML 2019, arXiv:1902.00275.
    Theis et al., "A note on the evaluation of generative models", ICLR 2016, arXiv:1511.01844.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fivefold.nets.logistics import Scale
from fivefold.nets.mixtures import Logistics

FAR = 1e3
"""How far out an open cell reaches."""


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
