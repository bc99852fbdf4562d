"""Diffusion model: a datum forgets its numbers in noise and its symbols behind masks; a net learns to recall them.

Every variable is noised on its own, all by one time t in (0, 1):

    continuous   x_t = x + sigma(t) eps,  eps ~ N(0, I),    log sigma(t) = s log(t / (1 - t)), held within two ends;
    discrete     x_t,l = mask with probability t, else x_l.

At t = 1 nothing is known of either sort. One net sees all of x_t and answers with P(x_l | x_t) for each masked
symbol and with the denoised numbers D(x_t) = c_skip x_t + c_out F(c_in x_t), where c_skip = 1 / (sigma^2 + 1),
c_out = sigma / sqrt(sigma^2 + 1) and c_in = 1 / sqrt(sigma^2 + 1). The variables being noised apart, the bound on
the likelihood is a sum over both sorts (n counts masked symbols, L all, a set of n drawn uniformly):

    log p(x) >= sum_{n=1}^{L} E [ (1/n) sum_{l masked} log P(x_l | x_t) ]                          discrete
                - int sigma^-2 E |x - D(x_t)|^2 dlog sigma - KL(q(x_1) | p(x_1)) + E log p(x | x_0)  continuous

A condition's variables are never noised: their symbols stay, their sigma is 0 and an input says so.

References:
    Karras et al., "Elucidating the design space of diffusion-based generative models", NeurIPS 2022, arXiv:2206.00364.
    Austin et al., "Structured denoising diffusion models in discrete state-spaces", NeurIPS 2021, arXiv:2107.03006.
    Sahoo et al., "Simple and effective masked diffusion language models", NeurIPS 2024, arXiv:2406.07524.
    Shi et al., "Simplified and generalized masked diffusion for discrete data", NeurIPS 2024, arXiv:2406.04329.
    Kingma et al., "Variational diffusion models", NeurIPS 2021, arXiv:2107.00630 (the continuous bound).
    Lu et al., "DPM-Solver++", 2022, arXiv:2211.01095 (the second-order step).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import Packed, draw, log_marginals
from fivefold.nets.linear import compute_type
from fivefold.nets.mlp import MLP
from fivefold.spaces import Batch, Condition, Space

LEAST, MOST = 0.004, 40.0


class Diffusion(Family):
    name: ClassVar[str] = "diffusion"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    recipe: ClassVar[Recipe] = Recipe(epochs=40, batch=512, rate=2e-3, conditional=0.1)

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = 512,
        depth: int = 3,
        spread: float = 1.3,
        balance: float = 1.0,
        waves: int = 4,
    ) -> None:
        config = {"embedding": embedding, "width": width, "depth": depth}
        super().__init__(space, **config, spread=spread, balance=balance, waves=waves)
        self.spread, self.balance = spread, balance
        D, sizes = space.dimensions, space.discrete  # noqa: N806
        self.packed = Packed(sizes)
        self.embed = nn.Embedding(space.levels + len(sizes), embedding)
        self.register_buffer("starts", torch.tensor((0, *[v + 1 for v in sizes])).cumsum(0)[:-1], persistent=False)
        self.register_buffer("masks", self.starts + torch.tensor(sizes, dtype=torch.int64), persistent=False)
        self.register_buffer("pitch", math.pi / 2 * 2.0 ** torch.arange(waves), persistent=False)
        self.register_buffer("dependence", torch.zeros(len(sizes), len(sizes)))
        inputs = len(sizes) * embedding + D * (2 + 2 * waves) + (1 + 2 * waves) * (D > 0)
        self.net = MLP(inputs, width, depth, D + space.levels)
        self.register_buffer("prior", torch.zeros(space.levels))
        self.bias = nn.Parameter(torch.zeros(space.levels))

    @torch.no_grad()
    def prepare(self, x: Batch, generator: torch.Generator) -> None:
        """Start each symbol at its marginal, and measure which symbols depend on each other."""
        self.bias.copy_(log_marginals(x.discrete, self.space.discrete))
        self.dependence.copy_(mutual_information(x.discrete, self.packed))

    def _features(self, known: Tensor, y: Tensor, seen: Tensor, t: Tensor) -> Tensor:
        parts = [self.embed(known).flatten(1)]
        if self.space.dimensions:
            clock = self.log_sigma(t) / self.spread
            parts += [y, seen.expand_as(y).to(y.dtype), clock]
            angle = torch.cat([y, clock / 4], 1)[..., None] * self.pitch
            parts += [angle.sin().flatten(1), angle.cos().flatten(1)]
        return torch.cat(parts, 1).to(compute_type(known.device))

    def log_sigma(self, t: Tensor) -> Tensor:
        return (self.spread * torch.logit(t)).clamp(math.log(LEAST), math.log(MOST))

    def angle(self, t):
        return (self.spread * torch.logit(t)).clamp(min=math.log(LEAST)).exp().arctan()

    def time(self, phi):
        return torch.sigmoid(phi.tan().log() / self.spread)

    def states(self, symbols, hidden, z, t, seen):
        """Trunk states; z numbers noisy (B, D), t (B,1)"""
        known = torch.where(hidden, self.masks, symbols + self.starts)
        sigma = torch.where(seen, 0.0, self.log_sigma(t).exp())
        y = z * torch.rsqrt(1 + sigma.square())
        return self.net.states(self._features(known, y, seen, t)), sigma

    def answers(self, states):
        out = self.net.outputs(states).float()
        D = self.space.dimensions
        return out[:, :D], out[:, D:] + self.bias

    def _seen(self, c, like):
        if c is None:
            z = torch.zeros(self.space.dimensions, dtype=torch.bool, device=like.device)
            return z, torch.zeros(self.space.positions, dtype=torch.bool, device=like.device)
        return c.continuous.flatten(), c.discrete

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        B, L, D = len(x), self.space.positions, self.space.dimensions
        still, shown = self._seen(c, x)
        t = (torch.rand(1, generator=generator) + torch.arange(B)[torch.randperm(B, generator=generator)] / B)[:, None] % 1
        t = t.clamp(1e-5, 1 - 1e-5)
        r = torch.rand(B, L, generator=generator)
        r[:, shown] = 2.
        hidden = r < t
        if not D and L:
            hidden |= (r == r.amin(1, keepdim=True)) & (r < 1.5)
        z = x.continuous.flatten(1)
        eps = torch.randn(z.shape, generator=generator)
        sigma = torch.where(still, 0.0, self.log_sigma(t).exp())
        states, sigma = self.states(x.discrete, hidden, z + sigma * eps, t, still)
        F, logits = self.answers(states)
        loss = torch.zeros(B)
        if L:
            n = hidden.sum(1)
            free = int((~shown).sum())
            if D:
                weight = (free + 1) / n.clamp(min=1)
            else:
                weight = (free + 1) / n.clamp(min=1) * torch.where(n == 1, .5, 1.)
            loss = loss - weight * (self.packed.log_prob(logits, x.discrete) * hidden).sum(1)
        if D:
            v = (sigma * z - eps) * torch.rsqrt(1 + sigma.square())
            loss = loss + self.balance * ((F - v).square() * ~still).sum(1)
        yield self, loss

    def validate(self, x: Batch, generator: torch.Generator) -> float:
        return sum(super(Diffusion, self).validate(x, generator) for _ in range(4)) / 4

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, steps: int = 8, order: str = "mi", second: bool = True, fixed=False, last='D', churn=0., rho=1., skip=False, **how: Any
    ) -> Batch:
        still, shown = self._seen(c, self.bias)
        L, D = self.space.positions, self.space.dimensions
        groups = self.plan(shown, steps, order, generator, fixed)
        symbols = torch.zeros(n, L, dtype=torch.int64)
        hidden = ~shown[None]
        y = torch.randn(n, D, generator=generator)
        x0 = y
        if c is not None:
            symbols = torch.where(shown, c.values.discrete, symbols)
            x0 = c.values.continuous.flatten(1)
        times = torch.linspace(1, 0, steps + 1) ** rho
        before = None
        W, b = self.net.outputs.weight, self.net.outputs.bias
        for i in range(steps):
            first = i == 0 and c is None
            rows = slice(0, 1) if first else slice(None)
            t = times[i].reshape(1, 1)
            phi = self.angle(t)
            if churn and i:
                up = phi + churn * (self.angle(times[i - 1]) - phi); a = up.cos() / phi.cos(); y = a * y + (1 - a * a).sqrt() * torch.randn(y.shape, generator=generator); phi = up; t = self.time(phi)
            yy = torch.where(still, x0, y)[rows] * (0 if first else 1)
            states = self.net.states(self._features(torch.where(hidden, self.masks, symbols[rows] + self.starts), yy, still, t.expand(len(yy), 1)))
            if D:
                v = -(nn.functional.linear(states, W[:D].to(states.dtype)).float() + b[:D])
                if i == steps - 1:
                    new = phi.cos() * y - phi.sin() * v if last == 'D' else y - phi * v
                else:
                    phi2 = self.angle(times[i + 1])
                    h = phi - phi2
                    lead = v
                    if second and before is not None and not (skip and groups[i-1]):
                        lead = v + (v - before) * h / (2 * h0)
                    new = y - h * lead
                    before, h0 = v, h
                y = new
            for l in groups[i]:
                cols = slice(D + int(self.starts[l]) - l, D + int(self.starts[l]) - l + self.space.discrete[l])
                logits = nn.functional.linear(states, W[cols].to(states.dtype)).float() + b[cols] + self.bias[cols.start - D:cols.stop - D]
                symbols[:, l] = draw(logits.expand(n, -1), generator)
                hidden = hidden.clone(); hidden[:, l] = False
        x = Batch(y.reshape(n, *self.space.shape), symbols)
        return x if c is None else c.impose(x)

    def plan(self, shown, steps, order, generator, fixed=False):
        free = (~shown).nonzero().flatten()
        free = free[torch.randperm(len(free), generator=generator)]
        sizes = [0] * steps
        for k in range(len(free)):
            sizes[k * steps // len(free)] += 1
        if order == "random":
            return [g.tolist() for g in free.split(sizes)]
        groups = [[] for _ in sizes]
        M = self.dependence
        free = sorted(free.tolist(), key=lambda l: -float(M[l].sum()))
        for l in free:
            room = [g for g in range(steps) if len(groups[g]) < sizes[g]]
            cost = [float(M[l, groups[g]].sum()) for g in room]
            least = min(cost)
            best = [g for g, k in zip(room, cost) if k <= least + 1e-9]
            groups[best[int(torch.randint(len(best), (), generator=generator))] if not fixed else best[0]].append(l)
        if not fixed and steps >= 1:
            perm = torch.randperm(steps, generator=generator).tolist()
            groups = [groups[p] for p in perm]
        return groups


def mutual_information(x: Tensor, packed: Packed) -> Tensor:
    hot = packed.one_hot(x[:16384])
    joint = hot.T @ hot / len(hot)
    p = joint.diagonal()
    term = joint * (joint.clamp(min=1e-12).log() - p.clamp(min=1e-12).log()[:, None] - p.clamp(min=1e-12).log())
    owner = torch.arange(len(packed.sizes)).repeat_interleave(torch.tensor(packed.sizes))
    L = len(packed.sizes)
    rows = torch.zeros(L, len(p)).index_add_(0, owner, term)
    return torch.zeros(L, L).index_add_(1, owner, rows).fill_diagonal_(0)
