"""Mixtures of logistics over a scale: what a number of a grid is, with levels or without.

    p(x) = sum_k pi_k f((x - mu_k) / s_k) / s_k,    f(t) = e^-t / (1 + e^-t)^2

Where numbers are read off a scale of step q, the chance of a level is that of its cell [x - q/2, x + q/2]; the cells of
the lowest and of the highest level open outwards, so that the chances of all levels sum to one. With a = (x - mu) / s
and d = q / 2s the logarithm of what a component gives a cell is, without cancellation,

    -softplus(-(a + d)) - softplus(a - d) + log(1 - e^-2d),

whose first term falls away at the highest level, the second at the lowest and the third at both. For d -> 0 it is q
times the density. What is returned is a density always: the chance of a level over q.

References:
    Salimans et al., "PixelCNN++: improving the PixelCNN with discretized logistic mixture likelihood and other
        modifications", ICLR 2017, arXiv:1701.05517.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.compiling import compiled

SMALLEST, LARGEST = math.log(5e-4), math.log(8.0)


class Scale(nn.Module):
    """Where the numbers of V variables lie, and mixtures over them.

    Arguments:
        channels: how many channels C the variables belong to, one after another.
        quantum: the step q between levels, None where any number may occur.
        components: how many logistics K a mixture has.

    Example:
        >>> scale = Scale(1, 1.0, components=4)
        >>> scale.prepare(torch.arange(5.0).view(1, 1, 5))
        >>> said, levels = torch.randn(1, 12, 1).expand(-1, -1, 5), torch.arange(5.0).view(1, 5)
        >>> scale.log_prob(said, levels, torch.zeros(1, 5)).exp().sum().round(decimals=4)
        tensor(1.)
    """

    ends: Tensor

    def __init__(self, channels: int, quantum: float | None, components: int) -> None:
        super().__init__()
        self.channels, self.quantum, self.components = channels, quantum, components
        self.register_buffer("ends", torch.tensor([[-2.0], [2.0]]).repeat(1, channels))

    @property
    def size(self) -> int:
        """How many numbers say what a mixture is: logits, places and logarithms of scales, K each."""
        return 3 * self.components

    @torch.no_grad()
    def prepare(self, x: Tensor) -> None:
        """Find where the numbers of grids x (B, C, *extent) begin and end."""
        values = x.transpose(0, 1).flatten(1)
        self.ends.copy_(torch.stack([values.amin(1), values.amax(1)]))

    def start(self, low: Tensor, high: Tensor) -> Tensor:
        """Mixtures that cover [low, high] of each variable evenly, with shape (V, 3 K, 1)."""
        shares = (torch.arange(self.components, device=low.device) + 0.5) / self.components
        width = (high - low)[:, None]
        places = low[:, None] + width * shares
        log_s = (width / (2.5 * self.components)).clamp_min(1e-2).log().expand_as(places)
        return torch.cat([torch.zeros_like(places), places, log_s], 1)[..., None]

    def log_prob(self, said: Tensor, x: Tensor, shift: Tensor) -> Tensor:
        """The log density of numbers x (V, N) under mixtures that are said (V, 3 K, N) and moved (V, N)."""
        if self.quantum is None:
            return _density(said, x - shift)
        low, high = (end[:, None] for end in self.range(len(x)))
        half = self.quantum / 2
        return _chance(said, x - shift, (x > low + half).float(), (x < high - half).float(), half)

    @torch.no_grad()
    def draw(
        self, v: int, said: Tensor, shift: Tensor, u: Tensor, temperature: float = 1.0
    ) -> Tensor:
        """Numbers of variable v from the mixtures that are said (3 K, N) and moved (N,), by uniform noise u (2, N)."""
        logits, place, log_s = _split(said)
        total = logits.softmax(0).cumsum(0)
        k = (total[:-1] < u[0] * total[-1]).sum(0, keepdim=True)
        t = temperature * torch.logit(u[1].clamp(1e-6, 1 - 1e-6))
        x = place.gather(0, k)[0] + log_s.gather(0, k)[0].exp() * t + shift
        if self.quantum is None:
            return x
        low, high = self.ends[:, v % self.channels]
        level = ((x - low) / self.quantum).round().clamp_min(0)
        return (low + level * self.quantum).clamp(max=high)

    def features(self, x: Tensor, v: int | None = None) -> Tensor:
        """What a net is told of numbers x (*, V), with shape (*, V, F): themselves, and whether they are at an end.

        Arguments:
            x: the numbers.
            v: the variable that they are of, where they are of one alone.
        """
        if self.quantum is None:
            return x[..., None]
        half = self.quantum / 2
        low, high = self.range(x.shape[-1]) if v is None else self.ends[:, v % self.channels]
        return torch.stack([x, (x <= low + half).to(x), (x >= high - half).to(x)], -1)

    def range(self, variables: int) -> tuple[Tensor, Tensor]:
        """Where the numbers of so many variables begin and end, each with shape (V,)."""
        low, high = self.ends.repeat(1, variables // self.channels)
        return low, high


def _split(said: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, places and bounded logarithms of scales, from what a net says (..., 3 K, N)."""
    logits, place, log_s = said.float().chunk(3, -2)
    return logits, place, log_s.clamp(SMALLEST, LARGEST)


@compiled
def _density(said: Tensor, x: Tensor) -> Tensor:
    logits, place, log_s = _split(said)
    a = (x[:, None] - place) * torch.exp(-log_s)
    each = -functional.softplus(a) - functional.softplus(-a) - log_s
    return (logits + each).logsumexp(1) - logits.logsumexp(1)


@compiled
def _chance(said: Tensor, x: Tensor, above: Tensor, below: Tensor, half: float) -> Tensor:
    """The same of levels: `above` the lowest and `below` the highest one or not, 1 or 0 with shape (V, N)."""
    logits, place, log_s = _split(said)
    sharp = torch.exp(-log_s)
    a, d = (x[:, None] - place) * sharp, half * sharp
    above, below = above[:, None], below[:, None]
    each = -below * functional.softplus(-a - d) - above * functional.softplus(a - d)
    each = each + above * below * torch.log(-torch.expm1(-2 * d))
    return (logits + each).logsumexp(1) - logits.logsumexp(1) - math.log(2 * half)
