"""Adversarial model: a generator that two critics, one learned and one in closed form, cannot tell from the data.

What players there are, and what they play with, is a matter of the sort of space (`nets.rows`). Over the rows of a
table (`nets.row_game`) both are nets of rectifiers: a generator G turns noise z ~ N(0, I) into probabilities for every
discrete variable and numbers for the continuous ones, and gradients pass the draw of symbols straight through. A
sequence is given a row of numbers, its code, by an autoencoder that is trained along, a turn before those of the game
(`sequences.rows`); what G makes is decoded. Over grids (`grids.game`) both are convolutions: labels are drawn
first, and G's noise are the codes that its own reader finds for data, of which it is to recall them. Measured on 20,000
molecules in 75 processor seconds (`benchmarks/sequences/latents.py --only game`), pairs of neighbouring symbols are
6.2% apart from held-out ones (real from real: 2.7%; codes drawn from N(0, I) and decoded: 13.0%); a game over all
positions at once, the sequence taken for a row of L symbols, leaves 23.8%, and no molecule that can be read.

*The learned critic* D scores a datum, and is judged by pairs of a real one x and a generated one (R3GAN):

    min_D  E softplus(-(D(x) - D(G(z)))) + gamma/2 (E |grad D(x)|^2 + E |grad D(G(z))|^2)
    min_G  E softplus(-(D(G(z)) - D(x)))

The zero-centred penalties R1 and R2 make the game stable; they cost a second backward pass and are taken at random
in one step of `lazy`, `lazy` times as strong, and then for one pair of `thin`. At the optimum D(x) is
log p_data(x) / p_G(x) + const, so that D also chooses among a few candidates when data are drawn (sampling by
importance resampling).

*The critic in closed form* is the quadratic one of `nets.moments` where rows are played over. Over grids what stands
in its place is how well G recalls the data.

A condition shows G its values and which they are, D which they are, and is imposed on what G makes. Training shows
a random part of some data of each batch. A prompt is no part of a code: it chooses among candidates by
p(prompt | code), and the decoder goes on from it. The generator's loss takes D(x) from before D's step.

References:
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024, arXiv:2501.05441 (R3GAN).
    Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, arXiv:1807.00734.
    Mescheder et al., "Which training methods for GANs do actually converge?", ICML 2018, arXiv:1801.04406 (R1, R2).
    Azadi et al., "Discriminator rejection sampling", ICLR 2019, arXiv:1810.06758.
    Zhao et al., "Adversarially regularized autoencoders", ICML 2018, arXiv:1706.04223 (sequences).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.errors import InputError
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import draw
from fivefold.nets.rows import ROWS
from fivefold.spaces import Batch, Condition, Data, Space

CHUNK, NUMBERS = 4096, 2**19
"""How many data are made at once, and how many numbers they may have."""


class Adversarial(Family):
    """The adversarial family over a space.

    Arguments:
        space: what one datum is.
        noise: the size of z.
        width: the hidden size of both nets.
        depth: the number of residual blocks of the generator; the critic has one less.
        gamma: the weight of the gradient penalties.
        lazy: one step in how many takes the penalties.
        thin: one pair in how many takes them then.
        pairs: the weight of the critic in closed form, or of what stands in its place.
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
    likelihood: Literal["exact", "bound", "none"] = "none"
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
        "grid": Recipe(
            epochs=8,
            batch=64,
            optimiser="muon",
            rate=5e-3,
            muon_rate=0.02,
            decay=0.0,
            betas=(0.5, 0.99),
            conditional=0.2,
        ),
    }

    def __init__(
        self,
        space: Space,
        *,
        noise: int = 64,
        width: int = 256,
        depth: int = 3,
        gamma: float = 2.0,
        lazy: int = 8,
        thin: int = 1,
        pairs: float = 1.0,
        shown: float = 0.25,
        candidates: int = 2,
        **rows: Any,
    ) -> None:
        config = {"noise": noise, "width": width, "depth": depth, "gamma": gamma, "lazy": lazy}
        table = ROWS[space.sort](space, **rows)
        config |= {"thin": thin, "pairs": pairs, "candidates": candidates, **table.config}
        super().__init__(space, shown=shown, **config)
        self.gamma, self.lazy, self.thin = gamma, lazy, thin
        self.pairs, self.shown, self.candidates, self.rows = pairs, shown, candidates, table
        self.generator: nn.Module
        self.critic: nn.Module
        self.generator, self.critic = table.game.players(noise, width, depth)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of game and rows at a scale."""
        return {**super().sized(space, size), **ROWS[space.sort].sized(space, size)}

    @property
    def game(self) -> Any:
        """The game that is played: over rows (`RowGame`) or grids (`GridGame`)."""
        return self.rows.game

    @torch.no_grad()
    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start what is made at the margins of the data."""
        self.rows.prepare(x)
        self.game.start(self.generator, x)

    @torch.no_grad()
    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Fit the noise to the codes of the data, where they have codes."""
        self.game.settle(self.generator, x, generator)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """The turns of what makes rows, if any; the critic's; then, once it has moved, the generator's."""
        yield from self.rows.turns(x, c, generator)
        y, c, game = self.rows.encode(x, generator), self.rows.given(c), self.game
        real = game.points(y)
        told = game.hide(y, c, self.shown, generator)
        made = game.make(self.generator, len(x), told, generator)
        fake = made.points.detach()
        if float(torch.rand((), generator=generator, device=real.device)) * self.lazy < 1:
            score, loss = self._penalised(real, fake, told)
        else:
            score, other = game.scores(self.critic, (real, fake), told)
            loss = relativistic(score, other)
        yield self.critic, loss
        (other,) = game.scores(self.critic, (made.points,), told)
        against = relativistic(other, score.detach())
        yield self.generator, against + self.pairs * game.view(made, real, told, generator)

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
        device = next(self.parameters()).device
        most = max(1, min(CHUNK, NUMBERS // max(1, k * self.space.dimensions)))
        starts = range(0, n, most)
        places = [torch.arange(i, min(n, i + most), device=device) for i in starts]
        parts = [self._draw(len(i), c and c[i], k, generator, how) for i in places]
        return Batch.cat(parts)

    @torch.no_grad()
    def encode(self, x: Batch, *, generator: torch.Generator) -> Tensor:
        """Codes of grids: their labels, and noise of which the generator makes them again, with shape (B, V + noise).

        Raises:
            InputError: where the space is not one of grids.
        """
        if not self.game.coded:
            raise InputError(
                "only grids have adversarial codes between which one could go",
                hint="take the flow family",
                code="no-code",
            )
        code: Tensor = self.game.encode(self.generator, x, generator)
        return code

    @torch.no_grad()
    def decode(self, y: Tensor) -> Batch:
        """The grids that codes (B, V + noise) lead to."""
        found: Batch = self.game.decode(self.generator, y)
        return found

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The distance of data made, of the codes of x where data have codes, from those of x."""
        if self.game.coded:
            made = self.decode(self.encode(x, generator=generator))
        else:
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
        game, rows = self.game, torch.arange(n, device=next(self.parameters()).device)
        told = game.told(self.rows.asked(n, k, c, generator))
        made = game.make(self.generator, k * n, told, generator)
        y = game.data(made, told)
        if k > 1:
            (score,) = game.scores(self.critic, (made.points,), told)
            weight = score + self.rows.agreement(y, c)
            y = y[draw(weight.view(n, k), generator) + k * rows]
        return self.rows.decode(y, c, generator, **how)

    def _penalised(self, real: Tensor, fake: Tensor, told: Any) -> tuple[Tensor, Tensor]:
        """The scores of the real data, and the critic's loss with the penalties R1 and R2 on the first pairs."""
        scores, k = self.game.scores, -(-len(real) // self.thin)
        some = real[:k].clone().requires_grad_(), fake[:k].clone().requires_grad_()
        score, other = scores(self.critic, some, told.part(slice(k)))
        slopes = torch.autograd.grad((score + other).sum(), some, create_graph=True)
        squares = [slope.square().flatten(1).sum(1) for slope in slopes]
        penalty = self.gamma / 2 * (squares[0] + squares[1])
        if k < len(real):
            rest = scores(self.critic, (real[k:], fake[k:]), told.part(slice(k, None)))
            score, other = torch.cat([score, rest[0]]), torch.cat([other, rest[1]])
            penalty = functional.pad(penalty, (0, len(real) - k)) * (len(real) / k)
        return score, relativistic(score, other) + self.lazy * penalty


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """softplus(-(better - worse)): how far the pair is from the right order."""
    return functional.softplus(worse - better)
