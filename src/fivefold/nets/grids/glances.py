"""A glance at grids: how far made ones are from real ones, in features of a random net.

Features are those of convolutions that nobody trained, always the same ones for grids of one shape: rectified, their
means and their largest values over the parts of a grid. Their distance is the energy distance,

    2 E |f(x) - f(y)| - E |f(x) - f(x')| - E |f(y) - f(y')|,

which is 0 only where the features are alike in distribution, needs no covariance, and is not biased by how few grids
there are.

References:
    Szekely & Rizzo, "Energy statistics: a class of statistics based on distances", JSPI 2013.
    Saxe et al., "On random weights and unsupervised feature learning", ICML 2011.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from fivefold.nets.grids.convolutions import lifted
from fivefold.nets.grids.patches import Patches
from fivefold.nets.linear import compute_type

WIDTH, REACH = 64, 3
PARTS = 2
"""Parts of each side that are looked at by themselves."""
TINY = 1e-3


@torch.no_grad()
def features(x: Tensor) -> Tensor:
    """What a random net sees in grids (B, C, *extent), float32 with shape (B, F).

    Example:
        >>> features(torch.zeros(3, 2, 16)).shape
        torch.Size([3, 256])
    """
    g = torch.Generator().manual_seed(0)
    h = lifted(x, compute_type(x.device))
    for width in (WIDTH // 2, WIDTH):
        kernel = [min(REACH, n) if n % 2 or n > REACH else 1 for n in h.shape[2:]]
        inside = h.shape[1] * math.prod(kernel)
        weight = torch.randn(width, h.shape[1], *kernel, generator=g) * (2 / inside) ** 0.5
        bias = 0.5 * torch.randn(width, generator=g)
        run: Any = functional.conv2d if h.dim() == 4 else functional.conv3d
        h = run(h, weight.to(h), bias.to(h), padding=[k // 2 for k in kernel]).relu()
        patches = Patches(h.shape[2:], [2 if n > 2 * PARTS else 1 for n in h.shape[2:]])
        h = patches.cut(h).unflatten(1, (width, -1)).float().mean(2).to(h.dtype)
    size = [min(PARTS, n) for n in h.shape[2:]]
    mean: Any = functional.adaptive_avg_pool2d if h.dim() == 4 else functional.adaptive_avg_pool3d
    top: Any = functional.adaptive_max_pool2d if h.dim() == 4 else functional.adaptive_max_pool3d
    return torch.cat([look(h.float(), size).flatten(1) for look in (mean, top)], 1)


def distance(x: Tensor, made: Tensor) -> float:
    """The energy distance of the features of grids made from those of the grids x, a standard deviation each."""
    f, h = features(x), features(made)
    scale = f.std(0) + TINY * f.std() + TINY
    f, h = f / scale, h / scale
    within = [torch.cdist(a, a).sum() / max(1, len(a) * (len(a) - 1)) for a in (f, h)]
    return float(2 * torch.cdist(f, h).mean() - within[0] - within[1]) / f.shape[1] ** 0.5
