"""Adversarial model: a generator that two critics, one learned and one in closed form, cannot tell from the data.

The game is played over the rows of a table. A generator G turns noise z ~ N(0, I) into probabilities p_l for every
discrete variable and numbers y for the continuous ones; symbols are drawn from p_l, and the gradient passes the draw as
if it were p_l (straight through). A sequence is given a row of numbers, its code, by an autoencoder that is trained
along, a turn before those of the game (`nets.sequence_rows`); what G makes is decoded. Measured on 20,000 molecules
in 75 processor seconds (`benchmarks/sequences/latents.py --only game`), pairs of neighbouring symbols are 6.2% apart
from held-out ones (real from real: 2.7%; codes drawn from N(0, I) and decoded: 13.0%); a game over all positions at
once, the sequence taken for a row of L symbols, leaves 23.8%, and no molecule that can be read.

*The learned critic* D scores a row, and is judged by pairs of a real row x and a generated one (R3GAN):

    min_D  E softplus(-(D(x) - D(G(z)))) + gamma/2 (E |grad D(x)|^2 + E |grad D(G(z))|^2)
    min_G  E softplus(-(D(G(z)) - D(x)))

The zero-centred penalties R1 and R2 make the game stable; they cost a second backward pass and are taken at random
in one step of `lazy`, `lazy` times as strong. At the optimum D(x) = log p_data(x) / p_G(x) + const, so that D also
chooses among a few candidates when data are drawn (sampling by importance resampling).

*The quadratic critic* (`nets.moments`) sees one or two variables at a time and needs no learning. Symbols of one row
being independent given z, p takes the place of draws in its moments: the gradient is exact where the straight-through
one is biased. It holds margins and pairs of variables in place while D sees to all the rest. On Adult, with the
defaults, the pair trend is 2.2% wrong (one candidate, seed 0); without the quadratic critic and all else alike, which
may not be what suits D alone best, 10.8%; for independent columns 7.4%.

A condition shows G its values and which they are, D which they are, and is imposed on what G makes. Training shows
a random part of some rows of each batch; the quadratic critic judges those apart, so that they cannot make up for the
errors of the others. A prompt is no part of a code: it chooses among candidates by p(prompt | code), and the decoder
goes on from it. Left out: R3GAN's convolutions. The generator's loss takes D(x) from before D's step.

References:
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024, arXiv:2501.05441 (R3GAN).
    Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, arXiv:1807.00734.
    Mescheder et al., "Which training methods for GANs do actually converge?", ICML 2018, arXiv:1801.04406 (R1, R2).
    Bengio et al., "Estimating or propagating gradients through stochastic neurons", 2013, arXiv:1308.3432.
    Azadi et al., "Discriminator rejection sampling", ICLR 2019, arXiv:1810.06758.
    Zhao et al., "Adversarially regularized autoencoders", ICML 2018, arXiv:1706.04223 (sequences).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import draw
from fivefold.nets.rectified import Rectified
from fivefold.nets.rows import ROWS
from fivefold.spaces import Batch, Condition, Data, Space

REACH = 6.0
"""How far numbers go: of N(0, 1), two in a billion go farther."""
CHUNK = 4096
GAIN = 4.0
"""Of the generator's logits: sharp dependence (a degree and its years of school) is learned sooner."""


class Adversarial(Family):
    """The adversarial family over a space.

    Arguments:
        space: what one datum is.
        noise: the size of z.
        width: the hidden size of both nets.
        depth: the number of residual blocks of the generator; the critic has one less.
        gamma: the weight of the gradient penalties.
        lazy: one step in how many takes the penalties.
        pairs: the weight of the quadratic critic.
        shown: the share of the training data of which the nets are shown a random part as a condition.
        candidates: how many data are made for each that is drawn; the critic chooses.
        rows: options of what makes rows of this sort of space (`ColumnRows`, `SequenceRows`).

    Example:
        >>> family = Adversarial(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> family.sample(4, generator=torch.Generator().manual_seed(0)).discrete.shape
        torch.Size([4, 2])
        >>> text = Adversarial(Space.sequence(alphabet=5, length=16), width=16, state=64, blocks=1)
        >>> len(text.sample(3, generator=torch.Generator().manual_seed(0)))
        3
    """

    name: ClassVar[str] = "adversarial"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "none"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(
            epochs=40, batch=1024, rate=3e-3, decay=0.0, betas=(0.5, 0.99), conditional=0.0
        ),
        "sequence": Recipe(
            epochs=12,
            batch=32,
            length=128,
            optimiser="muon",
            rate=3e-3,
            muon_rate=0.01,
            decay=0.0,
            betas=(0.5, 0.99),
            ema=0.1,
            conditional=0.0,
        ),
    }
    owner: Tensor

    def __init__(
        self,
        space: Space,
        *,
        noise: int = 64,
        width: int = 256,
        depth: int = 3,
        gamma: float = 2.0,
        lazy: int = 8,
        pairs: float = 1.0,
        shown: float = 0.25,
        candidates: int = 2,
        **rows: Any,
    ) -> None:
        config = {"noise": noise, "width": width, "depth": depth, "gamma": gamma, "lazy": lazy}
        table = ROWS[space.sort](space, **rows)
        config |= {"pairs": pairs, "candidates": candidates, **table.config}
        super().__init__(space, shown=shown, **config)
        self.noise, self.gamma, self.lazy, self.pairs = noise, gamma, lazy, pairs
        self.shown, self.candidates, self.rows = shown, candidates, table
        self.inner, hots = table.space, table.moments.hots
        levels, dimensions = self.inner.levels, self.inner.dimensions
        size, self.variables = levels + dimensions, table.moments.variables
        told = size + self.variables
        self.generator = Rectified(noise, told, width, depth, size, gain=GAIN)
        self.critic = Rectified(size, self.variables, width, max(1, depth - 1), 1, bias=False)
        nn.init.normal_(self.generator.outputs.weight[levels:], std=width**-0.5 / GAIN)
        nn.init.normal_(self.critic.outputs.weight, std=0.02)
        nn.init.normal_(self.generator.told.weight[:, :size], std=2 * self.variables**-0.5)
        owner = torch.cat([hots.owner, self.inner.positions + torch.arange(dimensions)])
        self.register_buffer("owner", owner, persistent=False)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of game and rows at a scale."""
        return {**super().sized(space, size), **ROWS[space.sort].sized(space, size)}

    @torch.no_grad()
    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start the symbols at their marginals."""
        self.rows.prepare(x)
        self.generator.start(self.rows.moments.log_pi)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """The turns of what makes rows, if any; the critic's; then, once it has moved, the generator's."""
        yield from self.rows.turns(x, generator)
        real, c = self.rows.moments.points(self.rows.encode(x, generator)), self.rows.told(c)
        hidden = self._hide(len(x), generator) if c is None else self._hidden(c)
        given = real if c is None else self.rows.moments.points(c.values)
        soft, _, fake = self._generate(len(x), given, hidden, generator)
        if float(torch.rand((), generator=generator, device=x.device)) * self.lazy < 1:
            score, loss = self._penalised(real, fake.detach(), hidden)
        else:
            score = self._score(real, hidden)
            loss = relativistic(score, self._score(fake.detach(), hidden))
        yield self.critic, loss
        against = relativistic(self._score(fake, hidden), score.detach())
        last = round(self.shown * len(x)) if c is None else 0
        groups = (part.split([len(x) - last, last]) for part in (soft, real))
        pairs = zip(*groups, strict=True)
        views = [self.rows.moments.view(p, data, generator) for p, data in pairs if len(p)]
        yield self.generator, against + self.pairs * torch.cat(views)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        candidates: int | None = None,
        **how: Any,
    ) -> Batch:
        """n data, each chosen among `candidates` with probability proportional to exp D, and to its fit to a prompt."""
        k = candidates or max(self.candidates, self.rows.candidates(c))
        starts = range(0, n, CHUNK)
        places = [torch.arange(i, min(n, i + CHUNK), device=self.owner.device) for i in starts]
        parts = [self._draw(len(i), c and c[i], k, generator, how) for i in places]
        return Batch.cat(parts)

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The distance of data made from those of x, in what pairs of variables or neighbours have in common."""
        made = self.sample(self.rows.judged(x), generator=generator, candidates=1)
        return self.rows.distance(x, made, generator)

    def _draw(
        self,
        n: int,
        c: Condition | None,
        k: int,
        generator: torch.Generator,
        how: dict[str, Any],
    ) -> Batch:
        """n data, each of k candidates."""
        rows = torch.arange(n, device=self.owner.device)
        told = self.rows.told(None if c is None else c[rows.repeat_interleave(k)])
        given = None if told is None else self.rows.moments.points(told.values)
        hidden = self._hidden(told)
        _, drawn, point = self._generate(k * n, given, hidden, generator)
        numbers = point[:, self.inner.levels :].reshape(k * n, *self.inner.shape)
        y = Batch(numbers, self.rows.moments.hots.decode(drawn))
        if k > 1:
            score = self._score(point, hidden) + self.rows.agreement(y, c)
            y = y[draw(score.view(n, k), generator) + k * rows]
        return self.rows.decode(y, c, generator, **how)

    def _generate(
        self, n: int, given: Tensor | None, hidden: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Soft points (B, V + D), the drawn columns (B, L), and hard points through which gradients pass."""
        z = torch.randn(n, self.noise, generator=generator, device=hidden.device)
        seen = 1 - hidden[..., self.owner]
        if given is None:
            shown = torch.cat([torch.zeros_like(seen), hidden])
        else:
            shown = torch.cat([given * seen, hidden.expand(n, -1)], 1)
        logits, y = self.generator(z, shown).split([self.inner.levels, self.inner.dimensions], 1)
        p, y = self.rows.moments.hots.softmax(logits), REACH * (y / REACH).tanh()
        drawn = self.rows.moments.hots.draw(p.detach(), generator)
        hard = torch.zeros_like(p).scatter_(1, drawn, 1.0) + (p - p.detach())
        soft, hard = torch.cat([p, y], 1), torch.cat([hard, y], 1)
        if given is not None:
            soft, hard = (torch.where(seen > 0, given, made) for made in (soft, hard))
        return soft, drawn, hard

    def _hide(self, n: int, generator: torch.Generator) -> Tensor:
        """What training hides, (B, L + D): all of the first data, and a random part of the last."""
        u = torch.rand(1 + self.variables, generator=generator, device=self.owner.device)
        hidden = torch.ones(n, self.variables, device=u.device)
        hidden[n - round(self.shown * n) :] = (u[1:] >= u[0]).float()
        return hidden

    def _score(self, points: Tensor, hidden: Tensor) -> Tensor:
        """D(x) with shape (B,)."""
        score: Tensor = self.critic(points, hidden).squeeze(1)
        return score

    def _penalised(self, real: Tensor, fake: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The scores of the real data, and the critic's loss with the penalties R1 and R2."""
        real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
        scores = self._score(real, hidden), self._score(fake, hidden)
        slopes = torch.autograd.grad(
            (scores[0] + scores[1]).sum(), (real, fake), create_graph=True
        )
        penalty = sum(slope.square().sum(1) for slope in slopes)
        return scores[0], relativistic(*scores) + self.lazy * self.gamma / 2 * penalty

    def _hidden(self, c: Condition | None) -> Tensor:
        """1 for each variable that a condition does not show, with shape (L + D,)."""
        if c is None:
            return torch.ones(self.variables, device=self.owner.device)
        return (
            1
            - torch.cat([c.discrete[self.rows.moments.hots.order], c.continuous.flatten()]).float()
        )


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """softplus(-(better - worse)): how far the pair is from the right order."""
    return functional.softplus(worse - better)
