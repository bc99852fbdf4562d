"""denoising-diffusion-pytorch: its U-Net and its Gaussian diffusion, drawn by 50 steps of DDIM."""

from __future__ import annotations

import torch
from torch import Tensor

from peers.absent import stand_in
from peers.clock import Clock, descend, levels

stand_in()
from denoising_diffusion_pytorch import GaussianDiffusion, Unet  # noqa: E402
from ema_pytorch import EMA  # noqa: E402

PACKAGES = ("denoising-diffusion-pytorch", "ema-pytorch")
WIDTH, SCALES, BATCH, RATE, STEPS = 24, (1, 2, 4), 32, 8e-5 * 4, 50
TOGETHER = 125


def fit(pictures: Tensor, clock: Clock) -> EMA:
    """Train until the time is over."""
    _, channels, side, _ = pictures.shape
    model = GaussianDiffusion(
        Unet(WIDTH, dim_mults=SCALES, channels=channels),
        image_size=side,
        sampling_timesteps=STEPS,
    )
    average = EMA(model, beta=0.995, update_every=1, update_after_step=20)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.99))
    for batch in clock.batches(pictures, BATCH):
        descend(optimiser, model(batch))
        average.update()
    return average


@torch.no_grad()
def sample(model: EMA, n: int) -> Tensor:
    """n pictures."""
    parts = torch.empty(n).split(TOGETHER)
    return levels(torch.cat([model.ema_model.sample(batch_size=len(part)) for part in parts]))


def size(model: EMA) -> int:
    """The number of the U-Net's parameters."""
    return sum(p.numel() for p in model.ema_model.parameters())
