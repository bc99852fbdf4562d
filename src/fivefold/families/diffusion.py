"""Diffusion model: a datum's numbers sink in noise and its symbols behind masks; one net learns to recall both.

One time t in (0, 1) rules both sorts; every variable is hidden on its own:

    continuous   y = cos(phi) x + sin(phi) eps,   eps ~ N(0, I),   tan phi(t) = (t / (1 - t))^s;
    discrete     masked with probability t.

At t = 1 nothing is known. This is Karras's x + sigma eps with sigma = tan phi, scaled by its c_in for data of unit
variance, and the net answers with his F, here the velocity v = dy/dphi, from which x is guessed as
cos(phi) y - sin(phi) v; with it come the logits of every masked symbol. The bound is a sum over both sorts (n of L
symbols masked, each set of n as likely; phi_0 the least angle, where x is read off as N(y / cos phi_0, tan^2 phi_0)):

    log p(x) >= sum_{n=1}^{L} E (1/n) sum_{l masked} log P(x_l | y, the rest)                             discrete
                - int_{phi_0}^{pi/2} E |v - v(y)|^2 dlog sin(phi) - D (1/2 log(2 pi e) + log tan phi_0)   continuous

Training weighs the numbers' term evenly in t instead. Sampling steps down in t: numbers by dy = v dphi, where
Euler's step is exact for N(0, 1) data (on correlated numbers it kept their spread better than a second-order multistep
rule of 8 to 16 steps), and symbols in groups, drawn together only if they tell little of each other.
What a condition shows is never hidden: its symbols stay, its numbers have phi = 0, and an input says so.

References:
    Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, arXiv:2206.00364.
    Lu & Song, "Simplifying, stabilizing and scaling continuous-time consistency models", 2024, arXiv:2410.11081.
    Austin et al., "Structured denoising diffusion models in discrete state-spaces", 2021, arXiv:2107.03006.
    Sahoo et al., "Simple and effective masked diffusion language models", 2024, arXiv:2406.07524.
    Shi et al., "Simplified and generalized masked diffusion for discrete data", 2024, arXiv:2406.04329.
    Kingma et al., "Variational diffusion models", 2021, arXiv:2107.00630 (the continuous bound).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import Packed, draw, log_marginals
from fivefold.nets.linear import compute_type
from fivefold.nets.mlp import MLP
from fivefold.spaces import Batch, Condition, Data, Space

LEAST = math.log(0.004)
WAVES = 4
DRAWS = 16
BLOCK = 2048
CROWD = 1e-3


class Diffusion(Family):
    """The diffusion family over a space.

    Arguments:
        space: what one datum is.
        embedding: the size of an embedded symbol.
        width: the hidden size of the net.
        depth: the number of its residual blocks.
        spread: the exponent s, the range of noise that the time runs through.

    Example:
        >>> family = Diffusion(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g, steps=3)
        >>> family.log_prob(x).shape
        torch.Size([4])
    """

    offsets: Tensor
    masks: Tensor
    dependence: Tensor
    name: ClassVar[str] = "diffusion"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "bound"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=40, batch=1024, rate=3e-3, conditional=0.2)
    }

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = 384,
        depth: int = 2,
        spread: float = 1.3,
    ) -> None:
        super().__init__(space, embedding=embedding, width=width, depth=depth, spread=spread)
        self.spread = spread
        D, sizes = space.dimensions, space.discrete
        self.packed = Packed(sizes)
        offsets = torch.tensor((0, *(size + 1 for size in sizes))).cumsum(0)
        self.register_buffer("offsets", offsets[:-1], persistent=False)
        self.register_buffer("masks", offsets[1:] - 1, persistent=False)
        self.register_buffer("dependence", torch.zeros(len(sizes), len(sizes)))
        self.embed = nn.Embedding(space.levels + len(sizes), embedding)
        numbers = (2 * D + 1 + 2 * WAVES * (D + 1)) if D else 0
        self.net = MLP(len(sizes) * embedding + numbers, width, depth, D + space.levels)

    @torch.no_grad()
    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start each symbol at its marginal, and measure which symbols depend on each other."""
        self.net.outputs.bias[self.space.dimensions :] = log_marginals(
            x[:].discrete, self.space.discrete
        )
        self.dependence.copy_(mutual_information(x[:].discrete, self.packed))

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: L/n-weighted cross-entropy of the masked symbols and |v - v(y)|^2, at stratified times."""
        still, shown = self._seen(c)
        device, rows = x.device, len(x)
        start = torch.rand((), generator=generator, device=device)
        t = (torch.randperm(rows, generator=generator, device=device)[:, None] + start) / rows
        hidden = torch.rand(x.discrete.shape, generator=generator, device=device) < t
        terms, errors = self._errors(x, t, hidden & ~shown, still, generator)
        n = (hidden & ~shown).sum(1).clamp(min=1)
        yield self, errors - ((~shown).sum() + 1) / n * terms

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The mean loss over several times for each datum."""
        return sum(super(Diffusion, self).validate(x, generator) for _ in range(4)) / 4

    @torch.no_grad()
    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """A lower bound on log p(x | c) with shape (B,), averaged over random times and masks."""
        g = torch.Generator(x.device).manual_seed(0) if generator is None else generator
        still, shown = self._seen(c)
        free, dimensions = int((~shown).sum()), int((~still).sum())
        bound = x.continuous.new_full((len(x),), -dimensions * _read_off())
        for k in range(DRAWS):
            u = (torch.rand(len(x), 1, generator=g, device=x.device) + k) / DRAWS
            r = torch.rand(x.discrete.shape, generator=g, device=x.device)
            if free:
                rank = torch.where(shown, 2.0, r).argsort(1).argsort(1)
                n = 1 + (u * free).long().clamp(max=free - 1)
                last = (r * (rank == n - 1)).sum(1, keepdim=True)
                terms, _ = self._errors(x, last, rank < n, still, g)
                bound = bound + free / n[:, 0] * terms / DRAWS
            if dimensions:
                depth = -math.log(math.sin(math.atan(math.exp(LEAST))))
                t = self._time(torch.asin((-depth * u).exp()))
                _, errors = self._errors(x, t, (r < t) & ~shown, still, g)
                bound = bound - depth * errors / DRAWS
        return bound

    @torch.no_grad()
    def sample(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        steps: int | None = None,
        **how: Any,
    ) -> Batch:
        """n data, from nothing known to all known in so many steps; each block has its own order of symbols."""
        L, D = self.space.positions, self.space.dimensions
        steps = steps or max(min(4 * (1 + D), 16), min(1 + math.ceil(L / 2), 32))
        blocks = [
            self._block(
                min(BLOCK, n - i), None if c is None else c[i : i + BLOCK], steps, generator
            )
            for i in range(0, n, BLOCK)
        ]
        return Batch.cat(blocks) if blocks else Batch(*self._nothing(0))

    def _block(self, n: int, c: Condition | None, steps: int, generator: torch.Generator) -> Batch:
        still, shown = self._seen(c)
        y, symbols = self._nothing(n)
        y = torch.randn(y.shape, generator=generator, device=y.device)
        if c is not None:
            y = c.impose(Batch(y, symbols)).continuous
            symbols = c.impose(Batch(y, symbols)).discrete
        y, hidden = y.flatten(1), ~shown[None]
        times = torch.linspace(1, 0, steps + 1, device=y.device)
        groups = self._plan(shown, steps, generator)
        for step, group in enumerate(groups):
            t, blank = times[step].reshape(1, 1), step == 0 and c is None
            states = (
                self._states(symbols[:1], hidden, 0 * y[:1], t, still)
                if blank
                else self._states(symbols, hidden, y, t.expand(n, 1), still)
            )
            y = torch.where(still, y, self._descend(y, states, t, times[step + 1]))
            for position in group:
                logits = self._logits(states, position).expand(n, -1)
                symbols[:, position] = draw(logits, generator)
            hidden = hidden.clone()
            hidden[:, group] = False
        x = Batch(y.reshape(n, *self.space.shape), symbols)
        return x if c is None else c.impose(x)

    def _descend(self, y: Tensor, states: Tensor, t: Tensor, following: Tensor) -> Tensor:
        v = self._answer(states, slice(0, self.space.dimensions))
        phi = self._phi(t)
        if following == 0:
            return phi.cos() * y - phi.sin() * v
        return y - (phi - self._phi(following)) * v

    def _plan(self, shown: Tensor, steps: int, generator: torch.Generator) -> list[list[int]]:
        """Which positions are revealed in each step: greedily, with the least dependence inside a step."""
        total = self.dependence.sum(1)
        free = [j for j in total.argsort(descending=True).tolist() if not shown[j]]
        cost = 1e-6 * torch.rand(steps, len(total), generator=generator, device=total.device)
        plan: list[list[int]] = [[] for _ in range(steps)]
        for j in free:
            step = int(cost[:, j].argmin())
            plan[step].append(j)
            cost[step] += self.dependence[j] + CROWD
        return plan

    def _errors(
        self, x: Batch, t: Tensor, hidden: Tensor, still: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """At times t (B, 1): the sum of log P over hidden symbols and of |v - v(y)|^2, each with shape (B,)."""
        z = x.continuous.flatten(1)
        eps = torch.randn(z.shape, generator=generator, device=z.device)
        phi = torch.where(still, 0.0, self._phi(t))
        y, v = phi.cos() * z + phi.sin() * eps, phi.cos() * eps - phi.sin() * z
        out = self._answer(self._states(x.discrete, hidden, y, t, still), slice(None))
        terms = self.packed.log_prob(out[:, z.shape[1] :], x.discrete) * hidden
        return terms.sum(1), ((out[:, : z.shape[1]] - v).square() * ~still).sum(1)

    def _states(
        self, symbols: Tensor, hidden: Tensor, y: Tensor, t: Tensor, still: Tensor
    ) -> Tensor:
        """The net's last layer, of symbols (B, L) hidden in part and noisy numbers (B, D), at times (B, 1)."""
        known = torch.where(hidden, self.masks, symbols + self.offsets)
        kind = compute_type(y.device)
        parts = [nn.functional.embedding(known, self.embed.weight.to(kind)).flatten(1)]
        if self.space.dimensions:
            numbers = torch.cat([y, self._log_tan(t).clamp(max=-LEAST) / 2], 1)
            pitch = math.pi / 2 * 2.0 ** torch.arange(WAVES, device=y.device)
            angle = (numbers[..., None] * pitch).flatten(1)
            waves = torch.cat([numbers, still.expand_as(y).to(y), angle.sin(), angle.cos()], 1)
            parts.append(waves.to(kind))
        return self.net.states(torch.cat(parts, 1))

    def _answer(self, states: Tensor, columns: slice) -> Tensor:
        head = self.net.outputs
        product = nn.functional.linear(states, head.weight[columns].to(states.dtype))
        return product.float() + head.bias[columns]

    def _logits(self, states: Tensor, position: int) -> Tensor:
        sizes = self.space.discrete
        start = self.space.dimensions + sum(sizes[:position])
        return self._answer(states, slice(start, start + sizes[position]))

    def _log_tan(self, t: Tensor) -> Tensor:
        return (self.spread * torch.logit(t)).clamp(min=LEAST)

    def _phi(self, t: Tensor) -> Tensor:
        return self._log_tan(t).exp().atan()

    def _time(self, phi: Tensor) -> Tensor:
        return torch.sigmoid(phi.tan().log() / self.spread)

    def _nothing(self, n: int) -> tuple[Tensor, Tensor]:
        device = self.masks.device
        symbols = torch.zeros(n, self.space.positions, dtype=torch.int64, device=device)
        return torch.zeros(n, *self.space.shape, device=device), symbols

    def _seen(self, c: Condition | None) -> tuple[Tensor, Tensor]:
        """Which numbers (D,) and which symbols (L,) a condition shows."""
        shown = self.seen(c)
        return shown[self.space.positions :], shown[: self.space.positions]


def _read_off() -> float:
    """The cost of a number read off at the least angle, 1/2 log(2 pi e) + log tan phi_0."""
    return 0.5 * math.log(2 * math.pi * math.e) + LEAST


def mutual_information(x: Tensor, packed: Packed, *, most: int = 2048) -> Tensor:
    """What symbols tell of each other, in nats with shape (L, L); zero where the vocabulary is too large to count."""
    sizes = torch.tensor(packed.sizes, device=x.device, dtype=torch.int64)
    L = len(sizes)
    if not L or int(sizes.sum()) > most:
        return torch.zeros(L, L, device=x.device)
    hot = packed.one_hot(x[:16_384])
    joint = hot.T @ hot / len(hot)
    log_p = joint.diagonal().clamp(min=1e-12).log()
    terms = joint * (joint.clamp(min=1e-12).log() - log_p[:, None] - log_p)
    owner = torch.arange(L, device=x.device).repeat_interleave(sizes)
    rows = terms.new_zeros(L, len(owner)).index_add_(0, owner, terms)
    found = terms.new_zeros(L, L).index_add_(1, owner, rows)
    return found.fill_diagonal_(0)
