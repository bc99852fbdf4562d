"""The latent code of a grid: a Gaussian vector, told the labels, with a prior that is fitted after training.

    p(x) = p(y) int p(z | y) p(numbers | z, y) dz,      q(z | x, y) = N(mu(x, y), diag s(x, y)^2)

Labels y come first (`grids.labels`); code and labels say what the numbers are (`grids.numbers`). Training asks codes
to be N(0, I), which they become only roughly. `settle` fits mixtures of Gaussians to the posteriors of the training
data (`grids.code_mixture`), one for each class where labels are few; from then on they are the prior p(z | y), of the
bound as well as of samples.

A condition shows x_S. The encoder reads any part of a grid; q(z | x_S, y) is trained to cover the posteriors of whole
data. Samples take z_1..z_M from r = (q(z | x_S, y) + p(z | y)) / 2, of which one is chosen by its weight
w = p(z | y) p(x_S | z, y) / r(z), in which what is left of unseen numbers counts as 0, so that labels alone, a single
number and nearly everything all lead to codes that suit them. With z_1 drawn from q(z | x, y) and the others from r,

    E log [ p(z_1 | y) p(x_S | z_1, y) p(x | x_S, z_1, y) / (q(z_1 | x, y) * 1/M sum_m w_m) ]

is a bound on log p(x | x_S, y) of the distribution that these samples have.

What is drawn: a code from p(z | y), and given it the numbers from their logistics, which is a draw from the p(x) of the
bound. Of levels, as pictures have, the logistics' middles are taken instead unless a temperature is given:
what differs from one pixel to the next has no room in a code, and people and classifiers take it for dirt.

References:
    Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114.
    Dai & Wipf, "Diagnosing and enhancing VAE models", ICLR 2019, arXiv:1903.05789 (a prior fitted in a second stage).
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020, arXiv:1903.12436.
    Ivanov et al., "Variational autoencoder with arbitrary conditioning", ICLR 2019, arXiv:1806.02382.
    Kingma et al., "Improved variational inference with inverse autoregressive flow", NeurIPS 2016,
        arXiv:1606.04934 (free bits).
    Cremer, Morris & Duvenaud, "Reinterpreting importance-weighted autoencoders", 2017, arXiv:1704.02916.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.categories import draw
from fivefold.nets.grids.code_mixture import CodeMixture, grouping, numbered
from fivefold.nets.grids.codes import GridEncoder
from fivefold.nets.grids.labels import Labels
from fivefold.nets.grids.numbers import GridNumbers
from fivefold.nets.information import Information, active, mutual
from fivefold.spaces import Batch, Condition, Data, Space

WIDTH, TOLD, UNIT = 96, 32, 16
COMPONENTS, FEWEST_COMPONENTS = 128, 4
NUMBERS, POSTERIORS = 2**19, 20_000
"""Numbers of grids that go through a net at once, and the posteriors that a prior is fitted to."""
WITNESSES = 512
LET_GO = (
    "the codes of the variational model hardly tell data apart (posterior collapse): "
    "samples will be near the mean of all data"
)
FREE = 0.1
"""Nats that each number of a code may say at no cost, in the mean of a batch."""
FIRST_LOG_SIGMA, LEAST_LOG_SIGMA, FURTHEST = -1.0, -7.0, 8.0


class GridLatents(nn.Module):
    """Prior, encoder and decoder of a grid's code.

    Arguments:
        space: what one grid is.
        latent: the size of z; as suits the space if None.
        width: channels of the coarse scale of encoder and decoder.
        components: Gaussians of the fitted prior, all groups together.
        candidates: the number M of codes of which a condition chooses one.

    Example:
        >>> latents = GridLatents(Space.grid(1, (8, 6), labels=(3,)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = latents.draw(4, generator=g)
        >>> latents.weigh(x, None, 2, g).shape
        torch.Size([2, 4])
    """

    def __init__(
        self,
        space: Space,
        *,
        latent: int | None = None,
        width: int = WIDTH,
        components: int = COMPONENTS,
        candidates: int = 16,
    ) -> None:
        super().__init__()
        latent = latent or fitting(space)
        self.space, self.latent, self.candidates = space, latent, candidates
        config = {"latent": latent, "width": width, "components": components}
        self.config: dict[str, Any] = {**config, "candidates": candidates}
        self.labels = Labels(space, TOLD)
        self.encoder = GridEncoder(space.channels, space.extent, TOLD, 2 * latent, width)
        self.numbers = GridNumbers(space, latent + TOLD, width)
        self.grouping = grouping(space.discrete)
        groups = math.prod(self.grouping)
        self.prior = CodeMixture(groups, max(FEWEST_COMPONENTS, components // groups), latent)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Channels in whole 16s, and a code that suits the space."""
        return {"width": UNIT * max(1, round(size * WIDTH / UNIT)), "latent": fitting(space)}

    @property
    def block(self) -> int:
        """As many data at a time as have a certain number of numbers together."""
        return max(1, NUMBERS // self.space.dimensions)

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Start labels at their frequencies, and numbers at their means."""
        rows = torch.linspace(0, len(x) - 1, min(len(x), 4 * self.block), device=x.device).long()
        some = x[rows]
        self.labels.prepare(some)
        self.numbers.prepare(some.continuous)

    @torch.no_grad()
    def settle(self, x: Data, generator: torch.Generator) -> list[str]:
        """Fit the prior to the posteriors of data; a notice where they say nothing."""
        order = torch.randperm(len(x), generator=generator, device=x.device)[:POSTERIORS]
        found = []
        for rows in order.split(self.block):
            b = x[rows]
            found.append((*self._posterior(b), self._group(b.discrete)))
        mu, sigma, group = (torch.cat(parts) for parts in zip(*found, strict=True))
        self.prior.fit(mu, sigma, group, generator)
        said = self.information(x[order[:WITNESSES]])
        return [] if not said.collapsed else [LET_GO]

    def weigh(
        self, x: Batch, c: Condition | None, draws: int, generator: torch.Generator
    ) -> Tensor:
        """log p(y) p(z | y) p(x | z, y) / q(z | x, y) with shape (draws, B), for z drawn from q."""
        mu, sigma = self._posterior(x)
        labels, weights = self.labels.log_prob(x, c), []
        for _ in range(draws):
            z = mu + sigma * self._noise(mu, generator)
            terms = self._log_prob(z, x)
            if c is not None:
                terms = torch.where(c.continuous, self._log_prob(z, x, c.continuous), terms)
            found = self._prior(z, x) + terms.flatten(1).sum(1)
            weights.append(
                found - _gaussian(z, mu, sigma) + labels - self._seen(z, x, c, generator)
            )
        return torch.stack(weights)

    def objective(self, x: Batch, c: Condition | None, generator: torch.Generator) -> Tensor:
        """What training maximises, with shape (B,): the bound with p(z) = N(0, I), its KL in closed form.

        Where a part is seen, how well z is told from it is added; labels also learn from parts that are drawn here.
        A number of the code that costs less than some nats in the mean is free, lest it be let go before it is used.
        """
        mu, sigma = self._posterior(x)
        z = mu + sigma * self._noise(mu, generator)
        kl = 0.5 * (mu.square() + sigma.square() - 1) - sigma.log()
        kl = torch.where(kl.mean(0) < FREE, 0.0, kl)
        found = self._log_prob(z, x).flatten(1).sum(1) - kl.sum(1)
        if _partly(c):
            found = found + _gaussian(z.detach(), *self._posterior(x, c))
        part = Condition.draw(x, generator)
        return found + self.labels.log_prob(x) + self.labels.log_prob(x, c or part)

    @torch.no_grad()
    def draw(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        temperature: float | None = None,
        candidates: int | None = None,
        **how: Any,
    ) -> Batch:
        """n data from prior and decoder; what a condition shows chooses among candidates for the code.

        The temperature is of the noise of single numbers: 0 for none, 1 for draws from p(x). If None it is 0 of levels
        and 1 of other numbers.
        """
        if temperature is None:
            temperature = 1.0 if self.space.quantum is None else 0.0
        y = self.labels.draw(n, c, generator)
        if c is None or not _partly(c):
            z = self.prior.draw(self._group(y), generator)
        else:
            some = Batch(c.values.continuous, y)
            z, w = self._candidates(some, c, candidates or self.candidates, generator)
            chosen = draw(w.T, generator)
            z = z[chosen, torch.arange(n, device=z.device)]
        x = Batch(self.numbers.draw(self._told(z, y), temperature, generator, c), y)
        return x if c is None else c.impose(x)

    @torch.no_grad()
    def encode(self, x: Batch, generator: torch.Generator) -> Tensor:
        """Codes drawn from the posterior, each behind its labels as one-hot vectors, with shape (B, V + d)."""
        mu, sigma = self._posterior(x)
        hots = [
            nn.functional.one_hot(symbols, size).to(mu)
            for symbols, size in zip(x.discrete.T, self.space.discrete, strict=True)
        ]
        return torch.cat([*hots, mu + sigma * self._noise(mu, generator)], 1)

    @torch.no_grad()
    def decode(self, code: Tensor, c: Condition | None = None) -> Batch:
        """The data of codes (B, V + d): of each label its greatest number, of the logistics their middles."""
        hots, z = code.float().split([self.space.levels, self.latent], 1)
        y = torch.zeros(len(z), self.space.positions, dtype=torch.int64, device=z.device)
        for j, counts in enumerate(hots.split(self.space.discrete, 1)):
            y[:, j] = counts.argmax(1)
        generator = torch.Generator(z.device).manual_seed(0)
        x = Batch(self.numbers.draw(self._told(z, y), 0.0, generator), y)
        return x if c is None else c.impose(x)

    @torch.no_grad()
    def information(self, x: Batch) -> Information:
        """What z says of the data, its prior as it is now."""
        mu, sigma = self._posterior(x)
        generator = torch.Generator(x.device).manual_seed(0)
        z = mu + sigma * self._noise(mu, generator)
        nats = (_gaussian(z, mu, sigma) - self._prior(z, x)).mean()
        apart = -0.5 * ((z[:, None] - mu) / sigma).square().sum(2) - sigma.log().sum(1)
        return Information({"z": float(nats)}, mutual(apart), active(mu), math.nan)

    def _posterior(self, x: Batch, c: Condition | None = None) -> tuple[Tensor, Tensor]:
        """Mean and deviation of q(z | x, y), or of q(z | x_S, y), with shape (B, d)."""
        numbers = x.continuous
        seen = torch.ones_like(numbers, dtype=torch.bool) if c is None else c.continuous
        numbers = torch.where(seen, numbers, 0.0)
        shown = seen.expand_as(numbers).to(numbers)
        mu, log_sigma = self.encoder(numbers, shown, self.labels(x.discrete)).chunk(2, 1)
        return FURTHEST * torch.tanh(mu / FURTHEST), (log_sigma + FIRST_LOG_SIGMA).clamp(
            LEAST_LOG_SIGMA, 1.0
        ).exp()

    def _log_prob(self, z: Tensor, x: Batch, seen: Tensor | None = None) -> Tensor:
        """log p of each number given code, labels and the seen ones before it, with shape (B, C, *extent)."""
        return self.numbers.log_prob(self._told(z, x.discrete), x.continuous, seen)

    def _told(self, z: Tensor, y: Tensor) -> Tensor:
        """What the decoder is told: codes and labels."""
        return torch.cat([z, self.labels(y)], 1)

    def _prior(self, z: Tensor, x: Batch) -> Tensor:
        return self.prior.log_prob(z, self._group(x.discrete))

    def _seen(
        self, z: Tensor, x: Batch, c: Condition | None, generator: torch.Generator
    ) -> Tensor | float:
        """log of the mean weight of z and other codes that a condition on numbers would choose among."""
        if c is None or not _partly(c):
            return 0.0
        _, w = self._candidates(x, c, self.candidates, generator, z)
        return w.logsumexp(0) - math.log(len(w))

    def _candidates(
        self,
        x: Batch,
        c: Condition,
        count: int,
        generator: torch.Generator,
        first: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Codes (M, B, d) from r, the first one given or not, and logarithms of their weights (M, B)."""
        mu, sigma = self._posterior(x, c)
        group, codes, weights = self._group(x.discrete), [], []
        for m in range(count):
            z = mu + sigma * self._noise(mu, generator)
            other = self.prior.draw(group, generator)
            coin = torch.rand(len(z), 1, generator=generator, device=z.device) < 0.5
            z = torch.where(coin, z, other)
            if m == 0 and first is not None:
                z = first
            p = self.prior.log_prob(z, group)
            r = torch.logaddexp(_gaussian(z, mu, sigma), p) - math.log(2)
            shown = self._log_prob(z, x, c.continuous)
            shown = torch.where(c.continuous, shown, 0.0).flatten(1).sum(1)
            codes.append(z)
            weights.append(p + shown - r)
        return torch.stack(codes), torch.stack(weights)

    def _group(self, y: Tensor) -> Tensor:
        return numbered(y, self.grouping)

    def _noise(self, mu: Tensor, generator: torch.Generator) -> Tensor:
        return torch.randn(mu.shape, generator=generator, device=mu.device)


def fitting(space: Space) -> int:
    """The size of a code: the root of how many numbers there are, in whole 8s.

    Example:
        >>> [fitting(Space.grid(c, sides)) for c, sides in ((1, (4, 4)), (1, (28, 28)), (3, (64, 64)))]
        [8, 32, 64]
    """
    return 8 * max(1, min(8, round(space.dimensions**0.5 / 7)))


def _partly(c: Condition | None) -> bool:
    return c is not None and bool(c.continuous.any())


def _gaussian(z: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    """log N(z; mu, diag sigma^2) with shape (B,)."""
    return (-0.5 * ((z - mu) / sigma).square() - sigma.log() - 0.5 * math.log(2 * math.pi)).sum(1)
