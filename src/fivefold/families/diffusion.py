"""Diffusion model: a datum's numbers sink in noise and its symbols behind masks; one net learns to recall both.

One time t in (0, 1) rules both sorts; every variable is hidden on its own:

    continuous   y = cos(phi) x + sin(phi) eps,   eps ~ N(0, I),   tan phi(t) = (t / (1 - t))^s;
    discrete     masked with probability t.

At t = 1 nothing is known. This is Karras's x + sigma eps with sigma = tan phi, scaled by its c_in for data of unit
variance, and the net answers with his F, here the velocity v = dy/dphi, from which x is guessed as
cos(phi) y - sin(phi) v; with it come the logits of every masked symbol. The bound is a sum over both sorts (n of L
symbols masked, each set of n as likely; phi_0 the least angle, where x is read off as N(y / cos phi_0, tan^2 phi_0),
and levels of a scale are told from each other by the same density):

    log p(x) >= sum_{n=1}^{L} E (1/n) sum_{l masked} log P(x_l | y, the rest)                             discrete
                - int_{phi_0}^{pi/2} E |v - v(y)|^2 dlog sin(phi) - D (1/2 log(2 pi e) + log tan phi_0)   continuous

Training weighs the numbers' term evenly in t instead. The L/n of the bound makes most of a gradient out of the few
symbols of the data that hide least; for sequences (1 + e) (L/n)^(1 - e) has less variance, and what is best at each n
stays best (e is the denoiser's, 0 gives the bound). Sampling steps down in t: numbers by dy = v dphi, where rules of
one and of two velocities are exact for N(0, 1) data (`families.path`; on a table's correlated numbers Euler's kept
their spread better, on pictures the other needs fewer steps), and symbols in groups, drawn together only if they tell
little of each other. What a condition shows is never hidden: its symbols stay, its numbers have phi = 0, and an input
says so. Nor is what the space shows: of a sequence, its first symbol and how many there are, of a grid its labels; log
p of these is a term of the bound.

Where training hides also what is shown from the net for some of the data, sampling can be guided: with u the velocity
found without what is shown, u + g (v - u) takes the place of v, which for g > 1 follows the labels further.

Trained at one time t alone, about 0.15 to 0.4, this is BERT's masked-token training: good for what is to be understood
of the data, at the cost of samples, whose first symbols are revealed where nearly all is hidden.

References:
    Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, arXiv:2206.00364.
    Lu & Song, "Simplifying, stabilizing and scaling continuous-time consistency models", 2024, arXiv:2410.11081.
    Austin et al., "Structured denoising diffusion models in discrete state-spaces", 2021, arXiv:2107.03006.
    Sahoo et al., "Simple and effective masked diffusion language models", 2024, arXiv:2406.07524.
    Shi et al., "Simplified and generalized masked diffusion for discrete data", 2024, arXiv:2406.04329.
    Ho & Salimans, "Classifier-free diffusion guidance", 2022, arXiv:2207.12598.
    Kingma et al., "Variational diffusion models", 2021, arXiv:2107.00630 (the continuous bound).
    Devlin et al., "BERT: pre-training of deep bidirectional Transformers", NAACL 2019, arXiv:1810.04805 (one level).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from fivefold.families.family import Family, Recipe, Turn
from fivefold.families.path import Path
from fivefold.nets.denoisers import DENOISERS
from fivefold.spaces import Batch, Condition, Data, Space

FINEST, TOLD = 0.004, 5.0
"""The least tan phi; where numbers are levels, these are at most so many deviations of that noise apart."""
DRAWS = 16
NEAR = 8
"""How many levels to each side of the right one what is left of a number could be taken for."""
CODING = 64
"""Steps from data to noise and back."""


class Diffusion(Family):
    """The diffusion family over a space.

    Arguments:
        space: what one datum is.
        spread: the exponent s, the range of noise that the time runs through; as suits the space if None.
        times: the least and the greatest time that training draws; (0, 1) trains for samples and likelihood, one level
            such as (0.3, 0.3) is BERT's training for what is understood of data.
        config: of the denoiser of this sort of space (`ColumnDenoiser`, `SequenceDenoiser`, `GridDenoiser`).

    Example:
        >>> family = Diffusion(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g, steps=3)
        >>> family.log_prob(x).shape
        torch.Size([4])
        >>> text = Diffusion(Space.sequence(alphabet=5, length=16), width=64, depth=1)
        >>> text.log_prob(text.sample(3, generator=g)).shape
        torch.Size([3])
    """

    name: ClassVar[str] = "diffusion"
    likelihood: Literal["exact", "bound", "none"] = "bound"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=40, batch=1024, rate=3e-3, conditional=0.2),
        "sequence": Recipe(
            epochs=20, batch=32, length=128, optimiser="muon", rate=3e-3, conditional=0.0
        ),
        "grid": Recipe(
            epochs=20, batch=32, optimiser="muon", rate=5e-3, muon_rate=0.04, conditional=0.2
        ),
    }

    def __init__(
        self,
        space: Space,
        *,
        spread: float | None = None,
        times: Sequence[float] = (0.0, 1.0),
        **config: Any,
    ) -> None:
        net = DENOISERS[space.sort](space, **config)
        spread = net.spread if spread is None else spread
        super().__init__(space, spread=spread, times=list(times), **net.config)
        self.spread, self.times, self.net = spread, tuple(times), net
        self.least = math.log(max(FINEST, (space.quantum or 0.0) / TOLD))

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration at a scale: `size` times the width that the denoiser has by default."""
        return DENOISERS[space.sort].sized(space, size)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Start each symbol at its frequency, and measure what the order of revealing asks for."""
        self.net.prepare(x)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: weighted cross-entropy of the masked symbols and |v - v(y)|^2, at stratified times."""
        x = self.net.inside(x)
        still, shown = self._still(c), self.net.shown(x, c)
        device, rows = x.device, len(x)
        start = torch.rand((), generator=generator, device=device)
        u = (torch.randperm(rows, generator=generator, device=device)[:, None] + start) / rows
        t = self.times[0] + (self.times[1] - self.times[0]) * u
        hidden = torch.rand(x.discrete.shape, generator=generator, device=device) < t
        hidden = hidden & ~shown
        if self.net.blind:
            kept = torch.rand((rows, 1), generator=generator, device=device) < self.net.blind
            hidden = hidden | (kept & shown)
        terms, errors = self._errors(x, t, hidden, still, c, generator)
        n, e = (hidden & ~shown).sum(1).clamp(min=1), self.net.evenness
        yield self, errors - (1 + e) * (((~shown).sum(1) + 1) / n) ** (1 - e) * terms

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The mean loss over several times for each datum."""
        looks = self.net.looks
        return sum(super(Diffusion, self).validate(x, generator) for _ in range(looks)) / looks

    @torch.no_grad()
    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """A lower bound on log p(x | c) with shape (B,), averaged over random times and masks."""
        g = torch.Generator(x.device).manual_seed(0) if generator is None else generator
        places = [slice(i, i + self.net.block) for i in range(0, len(x), self.net.block)]
        parts = [self._bound(x[i], None if c is None else c[i], g) for i in places]
        return torch.cat(parts or [x.continuous.new_zeros(0)])

    def _bound(self, x: Batch, c: Condition | None, g: torch.Generator) -> Tensor:
        x = self.net.inside(x)
        still, shown = self._still(c), self.net.shown(x, c)
        free, dimensions = (~shown).sum(1, keepdim=True), (~still).sum(-1)
        bound = self.net.extent(x, c) + (self._read_off(x, g) * ~still).sum(1)
        for k in range(DRAWS):
            u = (torch.rand(len(x), 1, generator=g, device=x.device) + k) / DRAWS
            r = torch.rand(x.discrete.shape, generator=g, device=x.device)
            if free.any():
                rank = torch.where(shown, 2.0, r).argsort(1).argsort(1)
                n = 1 + (u * free).long().minimum((free - 1).clamp(min=0))
                last = (r * (rank == n - 1)).sum(1, keepdim=True)
                terms, _ = self._errors(x, last, (rank < n) & ~shown, still, c, g)
                bound = bound + free[:, 0] / n[:, 0] * terms / DRAWS
            if dimensions.any():
                depth = -math.log(math.sin(math.atan(math.exp(self.least))))
                t = self._time(torch.asin((-depth * u).exp()))
                _, errors = self._errors(x, t, (r < t) & ~shown, still, c, g)
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
        temperature: float = 1.0,
        guidance: float | None = None,
        **how: Any,
    ) -> Batch:
        """n data, from nothing known to all known in so many steps; each block has its own order of symbols.

        Arguments:
            n: how many.
            c: what is seen of each of them.
            generator: of the randomness.
            steps: how many; as many as suit the space if None.
            temperature: at which symbols are drawn.
            guidance: how far numbers follow the symbols shown: 1 as far as the data do, 0 not at all, more than 1
                further than they do; as suits the space if None.
            how: what other families take.
        """
        steps, size = steps or self.net.steps, self.net.block
        guidance = self.net.guidance if guidance is None else guidance
        blocks = []
        for i in range(0, n, size):
            part = None if c is None else c[i : i + size]
            x = self.net.draft(min(size, n - i), part, generator)
            shown, eps = (
                self.net.shown(x, part),
                torch.randn(x.continuous.shape, generator=generator, device=x.device),
            )
            blocks.append(
                self._block(
                    x,
                    eps.flatten(1),
                    shown,
                    self._still(part),
                    steps,
                    temperature,
                    guidance,
                    generator,
                )
            )
        return self.net.outside(Batch.cat(blocks or [self.net.draft(0, None, generator)]))

    @torch.no_grad()
    def encode(self, x: Batch, *, generator: torch.Generator, steps: int = CODING) -> Tensor:
        """The noise that data of columns or grids come from, behind their symbols as one-hot vectors, (B, V + D).

        The way of `sample` is gone backwards, so exactly as its steps are short.
        """
        x, times = self.net.inside(x), torch.linspace(0, 1, steps + 1, device=x.device)
        y, phi = x.continuous.flatten(1), self._phi(times)
        nothing, still = torch.zeros_like(x.discrete, dtype=torch.bool), self._still(None)
        for t, here, there in zip(times, phi, phi[1:], strict=False):
            level = self._level(t.view(1, 1)).expand(len(x), 1)
            v = self.net.velocity(self.net(x, nothing, y, level, still))
            y = (there - here).cos() * y + (there - here).sin() * v
        sizes = zip(x.discrete.T, self.net.inner.discrete, strict=True)
        return torch.cat([*(functional.one_hot(k, size).to(y) for k, size in sizes), y], 1)

    @torch.no_grad()
    def decode(self, y: Tensor, *, steps: int = CODING) -> Batch:
        """The data that noise behind symbols (B, V + D) leads to."""
        *hots, noise = y.float().split([*self.net.inner.discrete, self.space.dimensions], 1)
        symbols = [hot.argmax(1) for hot in hots]
        labels = torch.stack(symbols, 1) if symbols else y[:, :0].long()
        x = Batch(noise.new_zeros(len(y), *self.space.shape), labels)
        shown, g = (
            torch.ones_like(labels[:1], dtype=torch.bool),
            torch.Generator(y.device).manual_seed(0),
        )
        return self.net.outside(
            self._block(x, noise, shown, self._still(None), steps, 1.0, 1.0, g)
        )

    def _block(
        self,
        x: Batch,
        y: Tensor,
        shown: Tensor,
        still: Tensor,
        steps: int,
        temperature: float,
        guidance: float,
        generator: torch.Generator,
    ) -> Batch:
        """The data that a draft x and noise y (B, D) lead to, where symbols shown and numbers still stay."""
        n, device = len(x), x.device
        y = torch.where(still, x.continuous.flatten(1), y)
        times = torch.linspace(1, 0, steps + 1, device=device)
        plan = self.net.plan(shown, steps, generator)
        alike = not shown.any() and not still.any() and self.net.order == 1
        guided = guidance != 1 and y.shape[1] > 0 and bool(shown.any())
        path = Path(self._phi(times), self.net.order)
        for step in range(steps):
            t, chosen = times[step].reshape(1, 1), plan == step
            if y.shape[1] == 0 and not chosen.any():
                continue
            blank = slice(1) if step == 0 and alike else slice(n)
            seen = 0 * y[:1] if step == 0 and alike else y
            level = self._level(t).expand(len(seen), 1)
            states = self.net(x[blank], (plan >= step)[blank], seen, level, still)
            v = self.net.velocity(states)
            if guided:
                blind = self.net(x[blank], ((plan >= step) | shown)[blank], seen, level, still)
                v = torch.lerp(self.net.velocity(blind), v, guidance)
            y = torch.where(still, y, path.descend(y, v))
            symbols = self.net.reveal(states, x, chosen, generator, temperature)
            x = Batch(x.continuous, symbols, x.lengths)
        return Batch(y.reshape(n, *self.space.shape), x.discrete, x.lengths)

    def _errors(
        self,
        x: Batch,
        t: Tensor,
        hidden: Tensor,
        still: Tensor,
        c: Condition | None,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """At times t (B, 1): the sum of log P over hidden symbols and of |v - v(y)|^2, each with shape (B,)."""
        z = x.continuous.flatten(1)
        eps = torch.randn(z.shape, generator=generator, device=z.device)
        phi = torch.where(still, 0.0, self._phi(t))
        y, v = phi.cos() * z + phi.sin() * eps, phi.cos() * eps - phi.sin() * z
        states = self.net(x, hidden, y, self._level(t), still)
        terms, found = self.net.recall(states, x, hidden, c)
        return terms, ((found - v).square() * ~still).sum(1)

    def _level(self, t: Tensor) -> Tensor:
        return self._log_tan(t).clamp(max=-self.least)

    def _log_tan(self, t: Tensor) -> Tensor:
        return (self.spread * torch.logit(t)).clamp(min=self.least)

    def _phi(self, t: Tensor) -> Tensor:
        return self._log_tan(t).exp().atan()

    def _time(self, phi: Tensor) -> Tensor:
        return torch.sigmoid(phi.tan().log() / self.spread)

    def _read_off(self, x: Batch, g: torch.Generator) -> Tensor:
        """log p of each number given what is left of it at the least angle, with shape (B, D) or (1, D).

        A number that may be any is read off as N(y / cos phi_0, tan^2 phi_0); a level of a scale is told from the other
        levels by the same density, and is one `quantum` wide.
        """
        shape, quantum = (len(x), self.space.dimensions), self.space.quantum
        if quantum is None:
            return x.continuous.new_full(
                (1, shape[1]), -0.5 * math.log(2 * math.pi * math.e) - self.least
            )
        eps = torch.randn(shape, generator=g, device=x.device)
        apart = torch.arange(-NEAR, NEAR + 1, device=x.device) * (quantum * math.exp(-self.least))
        near = -(eps[..., None] + apart).square() / 2
        return near[..., NEAR] - near.logsumexp(-1) - math.log(quantum)

    def _still(self, c: Condition | None) -> Tensor:
        """Which numbers a condition shows, with shape (D,), or (B, D) where data differ."""
        if c is not None:
            return c.continuous.flatten(c.continuous.dim() - len(self.space.shape))
        device = next(self.parameters()).device
        return torch.zeros(self.space.dimensions, dtype=torch.bool, device=device)
