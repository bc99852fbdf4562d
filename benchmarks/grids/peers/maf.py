"""zuko's masked autoregressive flow over pixels on the logit scale, levels spread evenly over their cells."""

from __future__ import annotations

import math

import torch
import zuko
from torch import Tensor

from peers.clock import Clock, levels

PACKAGES = ("zuko",)
PIXELS, EDGE = 784, 0.05
TRANSFORMS, HIDDEN, BATCH, RATE = 3, (192, 192), 128, 1e-3


def fit(pictures: Tensor, clock: Clock) -> zuko.flows.MAF:
    """Train until the time is over."""
    flow = zuko.flows.MAF(PIXELS, transforms=TRANSFORMS, hidden_features=HIDDEN)
    optimiser = torch.optim.Adam(flow.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH):
        loss = -flow().log_prob(spread(batch)).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
        optimiser.step()
    return flow.eval()


def spread(batch: Tensor) -> Tensor:
    """Pictures (B, 1, 28, 28) in [0, 1] as points of the logit scale, with shape (B, 784)."""
    u = (batch.flatten(1) * 255 + torch.rand(len(batch), PIXELS)) / 256
    return torch.logit(EDGE + (1 - 2 * EDGE) * u)


@torch.no_grad()
def sample(model: zuko.flows.MAF, n: int) -> Tensor:
    """n pictures."""
    u = (torch.sigmoid(model().sample((n,))) - EDGE) / (1 - 2 * EDGE)
    return levels(((256 * u).floor() / 255).view(n, 1, 28, 28))


@torch.no_grad()
def bits(model: zuko.flows.MAF, pictures: Tensor) -> float:
    """Bits per dimension of pictures (N, 1, 28, 28): a bound, since noise fills the cells of the levels."""
    y = spread(pictures.float() / 255)
    slope = (
        math.log(1 - 2 * EDGE)
        - torch.nn.functional.logsigmoid(y)
        - torch.nn.functional.logsigmoid(-y)
    )
    nats = model().log_prob(y) + (slope - math.log(256)).sum(1)
    return -float(nats.mean()) / PIXELS / math.log(2)


def size(model: zuko.flows.MAF) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.parameters())
