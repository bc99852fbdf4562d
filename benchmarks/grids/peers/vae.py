"""pythae's VAE with its own nets: 16 numbers a code, drawn from N(0, I)."""

from __future__ import annotations

import torch
from pythae.models import VAE, VAEConfig
from pythae.samplers import NormalSampler
from torch import Tensor

from peers.clock import Clock, descend, levels

PACKAGES = ("pythae",)
LATENT, BATCH, RATE = 16, 128, 1e-3


def fit(pictures: Tensor, clock: Clock) -> VAE:
    """Train until the time is over."""
    model = VAE(VAEConfig(input_dim=tuple(pictures.shape[1:]), latent_dim=LATENT))
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH):
        descend(optimiser, model({"data": batch}).loss)
    return model.eval()


def sample(model: VAE, n: int) -> Tensor:
    """n pictures."""
    return levels(NormalSampler(model).sample(n))


def size(model: VAE) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.parameters())
