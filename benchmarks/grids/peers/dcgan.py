"""torchgan's DCGAN at the next power of two, cut to the pictures' side, with its tutorial's losses and rates."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from peers.absent import stand_in
from peers.clock import Clock, descend, levels

stand_in()
from torchgan.losses import MinimaxDiscriminatorLoss, MinimaxGeneratorLoss  # noqa: E402
from torchgan.models import DCGANDiscriminator, DCGANGenerator  # noqa: E402

PACKAGES = ("torchgan",)
NOISE, WIDTH, BATCH, RATE = 100, 32, 64, 2e-4


class Pair(NamedTuple):
    """A generator and its discriminator."""

    generator: DCGANGenerator
    discriminator: DCGANDiscriminator
    edge: int


def fit(pictures: Tensor, clock: Clock) -> Pair:
    """Train both by turns until the time is over."""
    _, channels, side, _ = pictures.shape
    whole = 2 ** math.ceil(math.log2(side))
    edge = (whole - side) // 2
    G = DCGANGenerator(NOISE, whole, channels, WIDTH)
    D = DCGANDiscriminator(whole, channels, WIDTH, last_nonlinearity=torch.nn.Identity())
    one, other = (torch.optim.Adam(m.parameters(), lr=RATE, betas=(0.5, 0.999)) for m in (G, D))
    said_of_made, said_of_both = MinimaxGeneratorLoss(), MinimaxDiscriminatorLoss()
    for batch in clock.batches(pictures, BATCH):
        real = pad(2 * batch - 1, (edge,) * 4, value=-1.0)
        made = G(torch.randn(len(real), NOISE))
        descend(other, said_of_both(D(real), D(made.detach())))
        descend(one, said_of_made(D(made)))
    return Pair(G.eval(), D, edge)


@torch.no_grad()
def sample(model: Pair, n: int) -> Tensor:
    """n pictures."""
    made = [model.generator(torch.randn(len(part), NOISE)) for part in torch.empty(n).split(250)]
    return levels((pad(torch.cat(made), (-model.edge,) * 4) + 1) / 2)


def size(model: Pair) -> int:
    """The number of the generator's parameters."""
    return sum(p.numel() for p in model.generator.parameters())
