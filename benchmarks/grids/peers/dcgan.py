"""torchgan's DCGAN at 32 x 32, cut to 28 x 28, with the losses and rates of its tutorial."""

from __future__ import annotations

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


def fit(pictures: Tensor, clock: Clock) -> Pair:
    """Train both by turns until the time is over."""
    G = DCGANGenerator(NOISE, 32, 1, WIDTH)
    D = DCGANDiscriminator(32, 1, WIDTH, last_nonlinearity=torch.nn.Identity())
    one, other = (torch.optim.Adam(m.parameters(), lr=RATE, betas=(0.5, 0.999)) for m in (G, D))
    said_of_made, said_of_both = MinimaxGeneratorLoss(), MinimaxDiscriminatorLoss()
    for batch in clock.batches(pictures, BATCH):
        real = pad(2 * batch - 1, (2, 2, 2, 2), value=-1.0)
        made = G(torch.randn(len(real), NOISE))
        descend(other, said_of_both(D(real), D(made.detach())))
        descend(one, said_of_made(D(made)))
    return Pair(G.eval(), D)


@torch.no_grad()
def sample(model: Pair, n: int) -> Tensor:
    """n pictures."""
    made = [model.generator(torch.randn(len(part), NOISE)) for part in torch.empty(n).split(250)]
    return levels((torch.cat(made)[:, :, 2:-2, 2:-2] + 1) / 2)


def size(model: Pair) -> int:
    """The number of the generator's parameters."""
    return sum(p.numel() for p in model.generator.parameters())
