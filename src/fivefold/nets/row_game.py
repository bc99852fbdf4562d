"""The adversarial game over rows of a table: its two players, the points they play with, and what they are told.

A row is a point: its symbols as one-hot vectors, its numbers as they are. The generator turns noise z into
probabilities p_l for every discrete variable and numbers y for the continuous ones; symbols are drawn from p_l, and the
gradient passes the draw as if it were p_l (straight through). A condition shows the generator its values and which they
are, the critic which they are, and is imposed on what is made.

*The quadratic critic* (`nets.moments`) sees one or two variables at a time and needs no learning. Symbols of one row
being independent given z, p takes the place of draws in its moments: the gradient is exact where the straight-through
one is biased. It holds margins and pairs of variables in place while the learned critic sees to all the rest. On
Adult, with the defaults, the pair trend is 2.2% wrong (one candidate, seed 0); without the quadratic critic and all
else alike, which may not be what suits the learned one best, 10.8%; for independent columns 7.4%.

Training shows a random part of some rows of each batch; the quadratic critic judges those apart, so that they cannot
make up for the errors of the others.

References:
    Bengio et al., "Estimating or propagating gradients through stochastic neurons", 2013, arXiv:1308.3432.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from fivefold.nets.moments import Moments
from fivefold.nets.rectified import Rectified
from fivefold.spaces import Batch, Condition, Data, Space

REACH = 6.0
"""How far numbers go: of N(0, 1), two in a billion go farther."""
GAIN = 4.0
"""Of the generator's logits: sharp dependence (a degree and its years of school) is learned sooner."""


class Told(NamedTuple):
    """What players are told of rows.

    Arguments:
        given: points of which a part is seen.
        hidden: 1 for each variable that is not, with shape (B, L + D) or (L + D,) for all alike.
        apart: how many of the last rows are judged apart.
    """

    given: Tensor | None
    hidden: Tensor
    apart: int = 0

    def part(self, places: slice) -> Told:
        """What is told of some of them."""
        given = None if self.given is None else self.given[places]
        return Told(given, self.hidden if self.hidden.dim() == 1 else self.hidden[places])


class Made(NamedTuple):
    """What the generator made.

    Arguments:
        points: hard ones (B, V + D) through which gradients pass.
        soft: the same with probabilities in place of symbols.
        drawn: the columns (B, L) that were drawn.
    """

    points: Tensor
    soft: Tensor
    drawn: Tensor


class RowGame(nn.Module):
    """The game over rows of a table.

    Arguments:
        space: what one row is.

    Example:
        >>> game = RowGame(Space((1,), (2, 3)))
        >>> generator, critic = game.players(noise=4, width=16, depth=2)
        >>> told, g = game.told(None), torch.Generator().manual_seed(0)
        >>> made = game.make(generator, 5, told, g)
        >>> made.points.shape, game.scores(critic, [made.points], told)[0].shape
        (torch.Size([5, 6]), torch.Size([5]))
    """

    coded: ClassVar[bool] = False
    owner: Tensor

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space, self.moments = space, Moments(space)
        self.variables = self.moments.variables
        numbers = space.positions + torch.arange(space.dimensions)
        owner = torch.cat([self.moments.hots.owner, numbers])
        self.register_buffer("owner", owner, persistent=False)

    def players(self, noise: int, width: int, depth: int) -> tuple[Rectified, Rectified]:
        """A generator of so many residual blocks, and a critic of one less."""
        levels, size = self.space.levels, self.space.levels + self.space.dimensions
        generator = Rectified(noise, size + self.variables, width, depth, size, gain=GAIN)
        critic = Rectified(size, self.variables, width, max(1, depth - 1), 1, bias=False)
        nn.init.normal_(generator.outputs.weight[levels:], std=width**-0.5 / GAIN)
        nn.init.normal_(critic.outputs.weight, std=0.02)
        nn.init.normal_(generator.told.weight[:, :size], std=2 * self.variables**-0.5)
        return generator, critic

    def start(self, player: Rectified, x: Data) -> None:
        """Let the symbols start at their marginals."""
        player.start(self.moments.log_pi)

    def settle(self, player: Rectified, x: Data, generator: torch.Generator) -> None:
        """Nothing: noise is N(0, I)."""

    def points(self, y: Batch) -> Tensor:
        """Rows as points, with shape (B, V + D)."""
        return self.moments.points(y)

    def data(self, made: Made, told: Told) -> Batch:
        """The rows that points were made for."""
        numbers = made.points[:, self.space.levels :].reshape(len(made.points), *self.space.shape)
        return Batch(numbers, self.moments.hots.decode(made.drawn))

    def told(self, c: Condition | None) -> Told:
        """What a condition tells."""
        if c is None:
            return Told(None, torch.ones(self.variables, device=self.owner.device))
        seen = torch.cat([c.discrete[self.moments.hots.order], c.continuous.flatten()])
        return Told(self.points(c.values), 1 - seen.float())

    def hide(
        self, y: Batch, c: Condition | None, shown: float, generator: torch.Generator
    ) -> Told:
        """What training tells: what a condition shows, or nothing of the first rows and a random part of the last."""
        if c is not None:
            return self.told(c)
        u = torch.rand(1 + self.variables, generator=generator, device=self.owner.device)
        hidden = torch.ones(len(y), self.variables, device=u.device)
        last = round(shown * len(y))
        hidden[len(y) - last :] = (u[1:] >= u[0]).float()
        return Told(self.points(y), hidden, last)

    def make(self, player: Rectified, n: int, told: Told, generator: torch.Generator) -> Made:
        """n rows that the generator makes, as it is told."""
        given, hidden = told.given, told.hidden
        z = torch.randn(n, player.inputs.in_features, generator=generator, device=hidden.device)
        seen = 1 - hidden[..., self.owner]
        if given is None:
            shown = torch.cat([torch.zeros_like(seen), hidden])
        else:
            shown = torch.cat([given * seen, hidden.expand(n, -1)], 1)
        logits, y = player(z, shown).split([self.space.levels, self.space.dimensions], 1)
        p, y = self.moments.hots.softmax(logits), REACH * (y / REACH).tanh()
        drawn = self.moments.hots.draw(p.detach(), generator)
        hard = torch.zeros_like(p).scatter_(1, drawn, 1.0) + (p - p.detach())
        soft, hard = torch.cat([p, y], 1), torch.cat([hard, y], 1)
        if given is not None:
            soft, hard = (torch.where(seen > 0, given, made) for made in (soft, hard))
        return Made(hard, soft, drawn)

    def scores(self, player: Rectified, points: Sequence[Tensor], told: Told) -> list[Tensor]:
        """D(x), with shape (B,), of each of several sets of points about which the same is told."""
        return [player(some, told.hidden).squeeze(1) for some in points]

    def view(self, made: Made, real: Tensor, told: Told, generator: torch.Generator) -> Tensor:
        """What the quadratic critic thinks of what was made, with shape (B,)."""
        sizes = [len(real) - told.apart, told.apart]
        pairs = zip(made.soft.split(sizes), real.split(sizes), strict=True)
        return torch.cat([self.moments.view(p, x, generator) for p, x in pairs if len(p)])
