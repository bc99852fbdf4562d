"""Mixtures of normal distributions: a flexible density of one number whose distribution function is at hand.

    p(z) = sum_k w_k N(z; m_k, s_k^2),    F(z) = sum_k w_k Phi((z - m_k) / s_k)

F is smooth and strictly increasing, so u = F(z) is an invertible transform of R to (0, 1) with slope p(z).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

HALVINGS = 36
LEAST, MOST = -6.0, 2.0


@dataclass(frozen=True)
class Mixture:
    """Mixtures over the last dimension: log-weights, means and log-scales, each with shape (*, K).

    Example:
        >>> one = Mixture(torch.zeros(1), torch.ones(1), torch.zeros(1))
        >>> one.cdf(torch.tensor(1.0)), one.inverse(torch.tensor(0.5))
        (tensor(0.5000), tensor(1.))
    """

    log_weight: Tensor
    mean: Tensor
    log_scale: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) with shape (*)."""
        q = (z[..., None] - self.mean) * (-self.log_scale).exp()
        terms = self.log_weight - 0.5 * q.square() - self.log_scale
        return terms.logsumexp(-1) - 0.5 * math.log(2 * math.pi)

    def cdf(self, z: Tensor) -> Tensor:
        """F(z) with shape (*)."""
        q = (z[..., None] - self.mean) * (-self.log_scale).exp()
        return (self.log_weight.exp() * torch.special.ndtr(q)).sum(-1)

    def inverse(self, u: Tensor) -> Tensor:
        """The z with F(z) = u, with shape (*), by halving the interval between the components' own quantiles."""
        ends = self.mean + torch.special.ndtri(u)[..., None] * self.log_scale.exp()
        low, high = ends.amin(-1), ends.amax(-1)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self.cdf(middle) < u
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2

    def double(self) -> Mixture:
        """The same mixtures in float64, their weights summing to one."""
        log_weight = self.log_weight.double().log_softmax(-1)
        return Mixture(log_weight, self.mean.double(), self.log_scale.double())


class MixtureHeads(nn.Module):
    """One head a number, from its own state to a mixture whose means are drawn along by the numbers that it sees.

    The means are m_jk + sum_i A_ji z_i; the linear part A is kept in float32, since numbers that nearly determine
    each other need their means to more digits than a net in bfloat16 gives.

    Arguments:
        numbers: the number D of heads.
        width: the size h of a state.
        components: the number K of components.
    """

    def __init__(self, numbers: int, width: int, components: int) -> None:
        super().__init__()
        spread = torch.special.ndtri((torch.arange(components) + 0.5) / components)
        start = torch.stack([torch.zeros_like(spread), spread, torch.full_like(spread, -0.35)])
        self.weight = nn.Parameter(torch.zeros(numbers, width, 3 * components))
        self.bias = nn.Parameter(start.flatten().repeat(numbers, 1)[:, None])
        self.along = nn.Parameter(torch.zeros(numbers, numbers))

    def forward(self, states: Tensor, z: Tensor, visible: Tensor) -> Mixture:
        """Mixtures (D, B, K) for states (D, B, h), where number j sees z_i of z (B, D) if visible[j, i]."""
        out = (states @ self.weight.to(states.dtype)).float() + self.bias
        return _mixture(out, (z @ (self.along * visible).T).T)

    def at(self, j: int, state: Tensor, z: Tensor, visible: Tensor) -> Mixture:
        """The mixture (B, K) of number j alone, for its state (B, h) and visible (D,)."""
        out = (state @ self.weight[j].to(state.dtype)).float() + self.bias[j]
        return _mixture(out, (z * (self.along[j] * visible)).sum(1))


def _mixture(out: Tensor, shift: Tensor) -> Mixture:
    weight, mean, scale = out.chunk(3, -1)
    return Mixture(weight.log_softmax(-1), mean + shift[..., None], scale.clamp(LEAST, MOST))
