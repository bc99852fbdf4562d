"""pythae's VAE with its mixture of 10 Gaussians, fitted to the codes after training: the fit counts as time."""

from __future__ import annotations

import torch
from pythae.models import VAE, VAEConfig
from pythae.samplers import GaussianMixtureSampler
from torch import Tensor

from peers.clock import Clock, descend, levels
from peers.vae import BATCH, LATENT, PACKAGES, RATE

__all__ = ["PACKAGES", "fit", "sample", "size"]
KEPT = 0.85
"""The share of the time after which the mixture is fitted."""


def fit(pictures: Tensor, clock: Clock) -> GaussianMixtureSampler:
    """Train for most of the time, and fit the mixture in what is left."""
    model = VAE(VAEConfig(input_dim=tuple(pictures.shape[1:]), latent_dim=LATENT))
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH, KEPT):
        descend(optimiser, model({"data": batch}).loss)
    sampler = GaussianMixtureSampler(model.eval())
    sampler.fit(pictures.float() / 255)
    return sampler


def sample(model: GaussianMixtureSampler, n: int) -> Tensor:
    """n pictures."""
    return levels(model.sample(n))


def size(model: GaussianMixtureSampler) -> int:
    """The number of the VAE's parameters."""
    return sum(p.numel() for p in model.model.parameters())
