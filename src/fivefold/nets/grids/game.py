"""The adversarial game over grids: what its players are told, and what else is asked of the generator.

The generator plays with codes of data. A reader says what codes a grid may have, q(z | x) = N(mu, sigma^2); what G
makes of z ~ q(z | x) meets x before the critic. G is to recall x, too, as in VAE/GAN: its loss is the game's and

    1/D (|x - G(z)|^2 / 2 s^2 + KL(q(z | x) || p(z | x_S))),   z ~ q(z | x).

In training p(z) is N(0, I). After it noise is given the distribution that the codes of data have, a mixture of
Gaussians for each class (`grids.code_mixture`). Where a part x_S is seen, p(z | x_S) = q(z | x_S) is what the reader
makes of that part, which so learns to cover the codes of whole data; what is made of that noise meets the critic, too.

Left out: noise from N(0, I) throughout, without a reader, as R3GAN has it. It asks for many more steps than a processor
takes in minutes. With so few, samples owe what they are to recalling and to the fitted noise: without the critic, in
the same time, they are no worse.

References:
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020, arXiv:1903.12436 (noise fitted after).
    Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", ICML 2016, arXiv:1512.09300.
    Ivanov et al., "Variational autoencoder with arbitrary conditioning", ICLR 2019, arXiv:1806.02382.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.players import GridCritic, GridGenerator, Told
from fivefold.spaces import Batch, Condition, Data, Space

BLUR = 0.3
"""s^2, what the generator's recollections may differ from the data by."""
COUNTED, NUMBERS = 16_384, 2**24
"""How many data are looked at before and after training, and how many numbers they may have."""
AT_ONCE = 256


class Made(NamedTuple):
    """What the generator made.

    Arguments:
        points: grids (B, C, *extent).
        missed: how far it was from recalling the data, with shape (B,).
    """

    points: Tensor
    missed: Tensor


class GridGame(nn.Module):
    """The game over grids.

    Arguments:
        space: what one datum is.
        recalls: the weight of what the generator is to recall, a number.

    Example:
        >>> game = GridGame(Space.grid(1, (12, 10), labels=(3,)))
        >>> generator, critic = game.players(noise=4, width=16, depth=1)
        >>> y = Batch(torch.zeros(5, 1, 12, 10), torch.zeros(5, 1, dtype=torch.int64))
        >>> g = torch.Generator().manual_seed(0)
        >>> told = game.hide(y, None, 0.0, g)
        >>> made = game.make(generator, 5, told, g)
        >>> made.points.shape, game.scores(critic, [made.points], told)[0].shape
        (torch.Size([5, 1, 12, 10]), torch.Size([5]))
    """

    coded: ClassVar[bool] = True

    def __init__(self, space: Space, recalls: float = 3.0) -> None:
        super().__init__()
        self.space, self.recalls = space, recalls

    def players(self, noise: int, width: int, depth: int) -> tuple[GridGenerator, GridCritic]:
        """A generator and a critic."""
        generator = GridGenerator(self.space, noise, width, depth)
        return generator, GridCritic(self.space, width, depth)

    def start(self, player: GridGenerator, x: Data) -> None:
        """Let the numbers start at their mean."""
        player.start(some(x).continuous)

    def points(self, y: Batch) -> Tensor:
        """The numbers, with shape (B, C, *extent)."""
        return y.continuous

    def data(self, made: Made, told: Told) -> Batch:
        """The data that were made, with the labels that they were made for."""
        return Batch(made.points, told.labels)

    def told(self, c: Condition) -> Told:
        """What a condition, which shows all labels, tells."""
        if not c.continuous.any():
            return Told(c.values.discrete)
        x = c.values.continuous
        return Told(c.values.discrete, x, c.continuous.expand_as(x))

    def hide(
        self, y: Batch, c: Condition | None, shown: float, generator: torch.Generator
    ) -> Told:
        """What training tells of data: their labels, what a condition shows, and what is to be recalled."""
        told = Told(y.discrete) if c is None else self.told(c)
        return told._replace(labels=y.discrete, recalled=y.continuous)

    def make(self, player: GridGenerator, n: int, told: Told, generator: torch.Generator) -> Made:
        """n grids that the generator makes, as it is told; in training of the codes of data, where nothing is given."""
        x, states, mean, spread = told.recalled, None, None, None
        if told.given is not None and told.seen is not None:
            mean, spread, states = player.read(told.given, told.seen, told.labels)
            z = mean + spread * _normal(mean, generator)
        elif x is None:
            z = player.draw(told.labels, generator)
        if x is None:
            return Made(player(z, told, states), z.new_zeros(n))
        mu, sigma, _ = player.read(x, torch.ones_like(x, dtype=torch.bool), told.labels)
        code = mu + sigma * _normal(mu, generator)
        if mean is None or spread is None or states is None:
            points = found = player(code, told)
            nats = 0.5 * (mu.square() + sigma.square() - 1) - sigma.log()
        else:
            twice = [torch.cat([h, h]) for h in states]
            points, found = player(torch.cat([z, code]), told.repeated(2), twice).chunk(2)
            far = (mu - mean).square() + sigma.square()
            nats = 0.5 * (far / spread.square() - 1) + (spread / sigma).log()
        missed = (found - x).square().flatten(1).sum(1) / (2 * BLUR) + nats.sum(1)
        return Made(points, missed / self.space.dimensions)

    @torch.no_grad()
    def settle(self, player: GridGenerator, x: Data, generator: torch.Generator) -> None:
        """Fit the noise to the codes of data."""
        means, spreads, groups = [], [], []
        for part in some(x).parts(AT_ONCE):
            every = torch.ones_like(part.continuous, dtype=torch.bool)
            mean, spread, _ = player.read(part.continuous, every, part.discrete)
            means.append(mean)
            spreads.append(spread)
            groups.append(player.group(part.discrete))
        player.prior.fit(torch.cat(means), torch.cat(spreads), torch.cat(groups), generator)

    def scores(self, player: GridCritic, points: Sequence[Tensor], told: Told) -> list[Tensor]:
        """D(x), with shape (B,), of each of several sets of grids about which the same is told; in one pass."""
        n = len(points)
        return list(player(torch.cat(list(points)), told.repeated(n)).chunk(n))

    def view(self, made: Made, real: Tensor, told: Told, generator: torch.Generator) -> Tensor:
        """How far the generator is from recalling the data, with shape (B,)."""
        return self.recalls * made.missed

    def encode(self, player: GridGenerator, x: Batch, generator: torch.Generator) -> Tensor:
        """One-hot labels and noise drawn from q(z | x), with shape (B, V + noise)."""
        every = torch.ones_like(x.continuous, dtype=torch.bool)
        mu, sigma, _ = player.read(x.continuous, every, x.discrete)
        z = mu + sigma * _normal(mu, generator)
        columns = zip(x.discrete.T, self.space.discrete, strict=True)
        return torch.cat([*(functional.one_hot(y, n).float() for y, n in columns), z], 1)

    def decode(self, player: GridGenerator, code: Tensor) -> Batch:
        """The grids of codes (B, V + noise), each label the one with the greatest number."""
        *counts, z = code.split([*self.space.discrete, code.shape[1] - self.space.levels], 1)
        none = torch.zeros(len(z), 0, dtype=torch.int64, device=z.device)
        labels = torch.cat([none, *(part.argmax(1, keepdim=True) for part in counts)], 1)
        return Batch(player(z, Told(labels)), labels)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device)


def some(x: Data) -> Batch:
    """Data from all over x, as many as tell its frequencies and its range."""
    numbers = max(1, x[:1].continuous.numel())
    count = min(len(x), COUNTED, max(1, NUMBERS // numbers))
    return x[torch.linspace(0, len(x) - 1, count).long().to(x.device)]
