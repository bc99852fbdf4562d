"""normflows' Glow of two scales over levels, spread evenly over their cells."""

from __future__ import annotations

import math

import normflows
import torch
from normflows import distributions, flows
from torch import Tensor

from peers.clock import Clock, levels

PACKAGES = ("normflows",)
SCALES, STEPS, WIDTH, BATCH, RATE, EDGE = 2, 8, 64, 32, 1e-3, 0.05


def fit(pictures: Tensor, clock: Clock) -> normflows.MultiscaleFlow:
    """Train until the time is over."""
    model = built(*pictures.shape[1:3])
    optimiser = torch.optim.Adamax(model.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH):
        loss = model.forward_kld((255 * batch + torch.rand_like(batch)) / 256)
        optimiser.zero_grad(set_to_none=True)
        if torch.isfinite(loss):
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 50.0)
            optimiser.step()
    return model.eval()


def built(channels: int, side: int) -> normflows.MultiscaleFlow:
    """Two scales of Glow blocks, the finer half of the numbers leaving after the first."""
    bases, merges, chains = [], [], []
    for scale in range(SCALES):
        inside = channels * 2 ** (SCALES + 1 - scale)
        blocks = [flows.GlowBlock(inside, WIDTH, split_mode="channel") for _ in range(STEPS)]
        chains.append([*blocks, flows.Squeeze()])
        deepest = scale == 0
        reduced = side // 2 ** (SCALES - scale)
        shape = (inside if deepest else inside // 2, reduced, reduced)
        bases.append(distributions.DiagGaussian(shape, trainable=True))
        if not deepest:
            merges.append(flows.Merge())
    return normflows.MultiscaleFlow(
        bases, chains, merges, transform=normflows.transforms.Logit(alpha=EDGE)
    )


@torch.no_grad()
def sample(model: normflows.MultiscaleFlow, n: int) -> Tensor:
    """n pictures."""
    made = torch.cat([model.sample(len(part))[0] for part in torch.empty(n).split(250)])
    return levels((256 * made.nan_to_num(0.5)).floor() / 255)


@torch.no_grad()
def bits(model: normflows.MultiscaleFlow, pictures: Tensor) -> float:
    """Bits per dimension of pictures (N, C, H, W): a bound, since noise fills the cells of the levels."""
    x = pictures.float()
    x, numbers = (x + torch.rand_like(x)) / 256, x[0].numel()
    nats = torch.cat([model.log_prob(part, None) for part in x.split(100)])
    return 8 - float(nats.mean()) / numbers / math.log(2)


def size(model: normflows.MultiscaleFlow) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.parameters())
