"""Adversarial model: a generator that two critics, one learned and one in closed form, cannot tell from the data.

A generator G turns noise z ~ N(0, I) into probabilities p_l for every discrete variable and numbers y for the
continuous ones; symbols are drawn from p_l, and the gradient passes the draw as if it were p_l (straight through).

*The learned critic* D scores a datum, and is judged by pairs of a real datum x and a generated one (R3GAN):

    min_D  E softplus(-(D(x) - D(G(z)))) + gamma/2 (E |grad D(x)|^2 + E |grad D(G(z))|^2)
    min_G  E softplus(-(D(G(z)) - D(x)))

The zero-centred penalties R1 and R2 make the game stable; they cost a second backward pass and are taken at random
in one step of `lazy`, `lazy` times as strong. At the optimum D(x) = log p_data(x) / p_G(x) + const, so that D also
chooses among a few candidates when data are drawn (sampling by importance resampling).

*The quadratic critic* sees one or two variables at a time: with phi the indicators of symbols and of the cells of
continuous variables, the witness of how their moments differ is known without learning,

    W = E_G phi phi^T - E_data phi phi^T,   w = E_G phi - E_data phi,   min_G  E_G phi^T S W S phi + 2 phi^T S w,

W taken between different variables and S = diag(pi)^(-1/2) with the frequencies pi of phi, the scale of W's noise.
Symbols of one datum being independent given z, phi is p itself in E_G phi phi^T: the gradient is exact where the
straight-through one is biased. W of one half of a batch judges the other half, which makes the estimate unbiased. It
is the squared maximum mean discrepancy of a quadratic kernel, and holds margins and pairs of variables in place while
D sees to all the rest. On Adult, with the defaults, the pair trend is 2.2% wrong (one candidate, seed 0); without the
quadratic critic and all else alike, which may not be what suits D alone best, 10.8%; for independent columns 7.4%.

A condition shows G its values and which they are, D which they are, and is imposed on what G makes. Training shows
a random part of some data of each batch; the quadratic critic judges those apart, so that they cannot make up for the
errors of the others. Left out: R3GAN's convolutions. The generator's loss takes D(x) from before D's step.

References:
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", NeurIPS 2024, arXiv:2501.05441 (R3GAN).
    Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, arXiv:1807.00734.
    Mescheder et al., "Which training methods for GANs do actually converge?", ICML 2018, arXiv:1801.04406 (R1, R2).
    Bengio et al., "Estimating or propagating gradients through stochastic neurons", 2013, arXiv:1308.3432.
    Li et al., "MMD GAN: towards deeper understanding of moment matching network", NeurIPS 2017, arXiv:1705.08584.
    Gretton et al., "A kernel two-sample test", JMLR 2012.
    Azadi et al., "Discriminator rejection sampling", ICLR 2019, arXiv:1810.06758.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.linear import compute_type
from fivefold.nets.onehots import OneHots
from fivefold.nets.rectified import Rectified
from fivefold.spaces import Batch, Condition, Data, Space

CELLS = 16
"""Cells of a continuous variable, equally likely under N(0, 1)."""
BLUR = 0.15
"""How softly a number falls into its cells."""
REACH = 6.0
"""How far numbers go: of N(0, 1), two in a billion go farther."""
SEEN_AT_ONCE = 1024
"""Features that the quadratic critic sees in one step; where there are more, a random part of the variables."""
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

    Example:
        >>> family = Adversarial(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> family.sample(4, generator=torch.Generator().manual_seed(0)).discrete.shape
        torch.Size([4, 2])
    """

    name: ClassVar[str] = "adversarial"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "none"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(
            epochs=40, batch=1024, rate=3e-3, decay=0.0, betas=(0.5, 0.99), conditional=0.0
        )
    }
    log_pi: Tensor
    owner: Tensor
    feature_owner: Tensor
    centres: Tensor

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
    ) -> None:
        config = {"noise": noise, "width": width, "depth": depth, "gamma": gamma, "lazy": lazy}
        super().__init__(space, **config, pairs=pairs, shown=shown, candidates=candidates)
        self.noise, self.gamma, self.lazy, self.pairs = noise, gamma, lazy, pairs
        self.shown, self.candidates = shown, candidates
        self.hots = OneHots(space.discrete)
        self.variables = space.positions + space.dimensions
        size, dimensions = space.levels + space.dimensions, torch.arange(space.dimensions)
        told = size + self.variables
        self.generator = Rectified(noise, told, width, depth, size, gain=GAIN)
        self.critic = Rectified(size, self.variables, width, max(1, depth - 1), 1, bias=False)
        nn.init.normal_(self.generator.outputs.weight[space.levels :], std=width**-0.5 / GAIN)
        nn.init.normal_(self.critic.outputs.weight, std=0.02)
        nn.init.normal_(self.generator.told.weight[:, :size], std=2 * self.variables**-0.5)
        last = space.positions + dimensions
        owner = torch.cat([self.hots.owner, last])
        feature_owner = torch.cat([self.hots.owner, last.repeat_interleave(CELLS)])
        centres = torch.special.ndtri((torch.arange(CELLS) + 0.5) / CELLS)
        self.register_buffer("log_pi", torch.zeros(space.levels))
        self.register_buffer("owner", owner, persistent=False)
        self.register_buffer("feature_owner", feature_owner, persistent=False)
        self.register_buffer("centres", centres, persistent=False)

    @torch.no_grad()
    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start the symbols at their marginals."""
        self.log_pi.copy_(self.hots.log_marginals(x[:].discrete))
        self.generator.start(self.log_pi)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """Two turns: the critic's loss, then, once it has moved, the generator's."""
        real = self._points(x)
        hidden = self._hide(len(x), generator) if c is None else self._hidden(c)
        given = real if c is None else self._points(c.values)
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
        views = [self._quadratic(p, data, generator) for p, data in pairs if len(p)]
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
        """n data, each chosen by the critic among `candidates` with probability proportional to exp D."""
        k = candidates or self.candidates
        parts, hidden = [], self._hidden(c)
        for start in range(0, n, CHUNK):
            rows = torch.arange(start, min(n, start + CHUNK), device=self.log_pi.device)
            of = None if c is None else c[rows.repeat_interleave(k)]
            given = None if of is None else self._points(of.values)
            _, drawn, point = self._generate(k * len(rows), given, hidden, generator)
            if k > 1:
                score = self._score(point, hidden).view(-1, k)
                gumbel = -torch.empty_like(score).exponential_(generator=generator).log()
                chosen = (score + gumbel).argmax(1) + k * (rows - start)
                drawn, point = drawn[chosen], point[chosen]
            numbers = point[:, self.space.levels :].reshape(len(rows), *self.space.shape)
            parts.append(Batch(numbers, self.hots.decode(drawn)))
        x = Batch.cat(parts)
        return x if c is None else c.impose(x)

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The quadratic critic's best figure: the distance of the moments of as many data made from those of x."""
        chosen = self._choose(generator)
        made = self.sample(max(len(x), 2 * CHUNK), generator=generator, candidates=1)
        here, there = (_second(self._features(self._points(b), chosen)) for b in (x, made))
        scale = torch.exp(-0.5 * self._log_pi()[chosen])
        gap = (here - there).square() * scale[:, None] * scale
        return float(gap.sum().sqrt() / self.variables)

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
        logits, y = self.generator(z, shown).split([self.space.levels, self.space.dimensions], 1)
        p, y = self.hots.softmax(logits), REACH * (y / REACH).tanh()
        drawn = self.hots.draw(p.detach(), generator)
        hard = torch.zeros_like(p).scatter_(1, drawn, 1.0) + (p - p.detach())
        soft, hard = torch.cat([p, y], 1), torch.cat([hard, y], 1)
        if given is not None:
            soft, hard = (torch.where(seen > 0, given, made) for made in (soft, hard))
        return soft, drawn, hard

    def _hide(self, n: int, generator: torch.Generator) -> Tensor:
        """What training hides, (B, L + D): all of the first data, and a random part of the last."""
        u = torch.rand(1 + self.variables, generator=generator, device=self.log_pi.device)
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

    def _quadratic(self, p: Tensor, real: Tensor, generator: torch.Generator) -> Tensor:
        """The quadratic critic's view of the soft points p, with shape (B,)."""
        chosen = self._choose(generator)
        owner, scale = self.feature_owner[chosen], torch.exp(-0.5 * self._log_pi()[chosen])
        between = (owner[:, None] != owner) * scale[:, None] * scale
        phis = (self._features(points, chosen).chunk(2) for points in (p, real))
        halves = list(zip(*phis, strict=True))
        views = []
        for (phi, _), (others, data) in zip(halves, reversed(halves), strict=True):
            with torch.no_grad():
                W = (_second(others) - _second(data)) * between
                w = (others.mean(0) - data.mean(0)) * scale
            f = phi.to(compute_type(phi.device))
            views.append((f * (f @ W.to(f.dtype))).sum(1).float() + 2 * phi @ w)
        return torch.cat(views)

    def _features(self, points: Tensor, chosen: Tensor | slice) -> Tensor:
        """phi with shape (B, F): indicators of symbols, and of the cells of numbers, softly."""
        p, y = points.split([self.space.levels, self.space.dimensions], 1)
        apart = -0.5 * ((y[..., None] - self.centres) / BLUR).square()
        phi = torch.cat([p, apart.softmax(-1).flatten(1)], 1)
        return phi if isinstance(chosen, slice) else phi[:, chosen]

    def _choose(self, generator: torch.Generator) -> Tensor | slice:
        """The features of this step's variables: all, or as many as `SEEN_AT_ONCE` allows."""
        if len(self.feature_owner) <= SEEN_AT_ONCE:
            return slice(None)
        device = self.feature_owner.device
        order = torch.randperm(self.variables, generator=generator, device=device)
        sizes = self.feature_owner.bincount(minlength=self.variables)[order]
        kept = order[sizes.cumsum(0) - sizes < SEEN_AT_ONCE]
        return torch.isin(self.feature_owner, kept).nonzero().flatten()

    def _log_pi(self) -> Tensor:
        even = self.log_pi.new_full((CELLS * self.space.dimensions,), -math.log(CELLS))
        return torch.cat([self.log_pi, even])

    def _points(self, x: Batch) -> Tensor:
        return torch.cat([self.hots.encode(x.discrete), x.continuous.flatten(1)], 1)

    def _hidden(self, c: Condition | None) -> Tensor:
        """1 for each variable that a condition does not show, with shape (L + D,)."""
        if c is None:
            return torch.ones(self.variables, device=self.log_pi.device)
        return 1 - torch.cat([c.discrete[self.hots.order], c.continuous.flatten()]).float()


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """softplus(-(better - worse)): how far the pair is from the right order."""
    return functional.softplus(worse - better)


def _second(phi: Tensor) -> Tensor:
    """E phi phi^T with shape (F, F)."""
    f = phi.to(compute_type(phi.device))
    return (f.T @ f).float() / len(f)
