"""Meta's flow_matching (straight paths) with the U-Net of denoising-diffusion-pytorch, drawn by 25 midpoint steps."""

from __future__ import annotations

import torch
from flow_matching.path import CondOTProbPath
from flow_matching.solver import ODESolver
from torch import Tensor

from peers.absent import stand_in
from peers.clock import Clock, descend, levels
from peers.ddpm import BATCH, RATE, SCALES, WIDTH

stand_in()
from denoising_diffusion_pytorch import Unet  # noqa: E402

PACKAGES = ("flow_matching", "denoising-diffusion-pytorch")
STEPS, TICKS = 25, 1000


class Velocity(torch.nn.Module):
    """The U-Net told times in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Unet(WIDTH, dim_mults=SCALES, channels=1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """The velocity at x."""
        found: Tensor = self.net(x, TICKS * t.expand(len(x)))
        return found


def fit(pictures: Tensor, clock: Clock) -> Velocity:
    """Train until the time is over."""
    model, path = Velocity(), CondOTProbPath()
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.99))
    for batch in clock.batches(pictures, BATCH):
        x = 2 * batch - 1
        at = path.sample(t=torch.rand(len(x)), x_0=torch.randn_like(x), x_1=x)
        descend(optimiser, (model(at.x_t, at.t) - at.dx_t).square().mean())
    return model.eval()


@torch.no_grad()
def sample(model: Velocity, n: int) -> Tensor:
    """n pictures."""
    solver = ODESolver(velocity_model=model)
    made = [
        solver.sample(
            x_init=torch.randn(len(part), 1, 28, 28), method="midpoint", step_size=1 / STEPS
        )
        for part in torch.empty(n).split(250)
    ]
    return levels((torch.cat(made) + 1) / 2)


def size(model: Velocity) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.parameters())
