"""Real numbers into and out of a net.

Into: a number z, standard normal over the data, and u = Phi(z) in (0, 1) become the features

    [z, sin(2^k pi u), cos(2^k pi u) for k < octaves, hats centred on a grid of u],

smooth at many scales, so that a conditional that is sharp and moves with another number can be learned from few data.

Out: a mixture of K logistic distributions, p(z) = sum_k pi_k f((z - mu_k) / s_k) / s_k with f(t) = e^-t / (1 + e^-t)^2,
whose components start at the quantiles of N(0, 1).

References:
    Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep learning", NeurIPS 2022,
        arXiv:2203.05556.
    Uria, Murray & Larochelle, "RNADE: the real-valued neural autoregressive density-estimator", NeurIPS 2013,
        arXiv:1306.0186; Salimans et al., "PixelCNN++", ICLR 2017, arXiv:1701.05517 (logistic components).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fivefold.nets.categories import draw
from fivefold.nets.linear import fan_in
from fivefold.nets.logistics import LARGEST, SMALLEST


class NumberFeatures(nn.Module):
    """An embedding of each of D numbers, with weights of its own.

    Arguments:
        numbers: how many numbers D.
        embedding: the size d of an embedded number.
        octaves: how many frequencies, each twice the one before.
        hats: how many hat functions over (0, 1).

    Example:
        >>> NumberFeatures(3, 8)(torch.zeros(5, 3)).shape
        torch.Size([5, 3, 8])
    """

    frequencies: Tensor
    centres: Tensor

    def __init__(self, numbers: int, embedding: int, octaves: int = 7, hats: int = 32) -> None:
        super().__init__()
        size = 1 + 2 * octaves + hats
        self.register_buffer(
            "frequencies", math.pi * 2.0 ** torch.arange(octaves), persistent=False
        )
        self.register_buffer("centres", torch.linspace(0, 1, hats), persistent=False)
        self.weight = fan_in(numbers, size, embedding, inputs=size)
        self.bias = nn.Parameter(torch.zeros(numbers, embedding))

    def features(self, z: Tensor) -> Tensor:
        """The fixed features, with shape (*, 1 + 2 octaves + hats), of numbers z (*)."""
        u = torch.special.ndtr(z)[..., None]
        angles = u * self.frequencies
        hats = (1 - (u - self.centres).abs() * (len(self.centres) - 1)).clamp_min(0)
        return torch.cat([z[..., None], angles.sin(), angles.cos(), hats], -1)

    def forward(self, z: Tensor) -> Tensor:
        """The embedded numbers, with shape (B, D, d), of z (B, D)."""
        return torch.einsum("bnf,nfe->bne", self.features(z), self.weight) + self.bias

    def at(self, j: int, z: Tensor) -> Tensor:
        """Number j alone, with shape (B, d), of its values z (B,)."""
        return self.features(z) @ self.weight[j] + self.bias[j]


class MixtureHeads(nn.Module):
    """One mixture of logistics a number, from its own state and moved along the numbers that it may see.

    z_j - sum_i A_ji z_i has the mixture whose weights, places and scales the state gives: what is linear in the other
    numbers is exact, in float32, and the net sees to the rest.

    Arguments:
        numbers: how many numbers D.
        width: the size h of a state.
        components: the number of components K.

    Example:
        >>> heads = MixtureHeads(2, 4, components=3)
        >>> heads.log_prob(torch.zeros(2, 5, 4), torch.zeros(5, 2), torch.ones(2, 2).tril(-1).bool()).shape
        torch.Size([2, 5])
    """

    def __init__(self, numbers: int, width: int, components: int = 24) -> None:
        super().__init__()
        K = components
        places = torch.special.ndtri((torch.arange(K) + 0.5) / K)
        spread = torch.full((K,), math.log(2.5 / K))
        start = torch.cat([torch.zeros(K), places, spread]).repeat(numbers, 1)
        self.weight = nn.Parameter(torch.zeros(numbers, width, 3 * K))
        self.bias = nn.Parameter(start[:, None, :])
        self.along = nn.Parameter(torch.zeros(numbers, numbers))

    def log_prob(self, states: Tensor, z: Tensor, visible: Tensor) -> Tensor:
        """log p(z_j | state_j) with shape (D, B), for states (D, B, h), numbers z (B, D) and what j sees (D, D)."""
        z = z - z @ (self.along * visible).T
        logits, mu, log_s = self._split(
            (states @ self.weight.to(states.dtype)).float() + self.bias
        )
        t = (z.T[..., None] - mu) * torch.exp(-log_s)
        each = -t - log_s - 2 * nn.functional.softplus(-t)
        return (logits.log_softmax(-1) + each).logsumexp(-1)

    def shift(self, j: int, z: Tensor, visible: Tensor) -> Tensor:
        """sum_i A_ji z_i with shape (B,), over what number j sees (D,)."""
        return z @ (self.along[j] * visible)

    def draw(
        self, j: int, state: Tensor, z: Tensor, visible: Tensor, generator: torch.Generator
    ) -> Tensor:
        """One draw of number j for each state (B, h) and the numbers z (B, D) that it sees (D,), with shape (B,)."""
        parameters = (state @ self.weight[j].to(state.dtype)).float() + self.bias[j]
        logits, mu, log_s = self._split(parameters)
        k = draw(logits, generator)[:, None]
        u = torch.rand(len(state), generator=generator, device=state.device)
        t = u.clamp(1e-6, 1 - 1e-6).logit()
        residual = mu.gather(1, k)[:, 0] + log_s.gather(1, k)[:, 0].exp() * t
        return residual + self.shift(j, z, visible)

    @staticmethod
    def _split(parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, mu, log_s = parameters.chunk(3, -1)
        return logits, mu, log_s.clamp(SMALLEST, LARGEST)
