"""A shallow mixture: the plainest model that is not a straw man, printed beside the five families.

Latent class analysis: one hidden class k with probability pi_k; given it all variables are independent,

    p(x) = sum_k pi_k prod_l theta_k,l(x_l) prod_d N(x_d; mu_k,d, s_k,d^2),

fitted by expectation and maximisation on the whole data. It trains in seconds; a family that does not beat it has
not earned its cost.

References:
    Dempster, Laird & Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 1977.
    Lazarsfeld & Henry, "Latent structure analysis", 1968.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.families.family import Family, Recipe
from fivefold.nets.categories import Packed
from fivefold.spaces import Batch, Condition, Data, Space

PRIOR = 0.1
SMALLEST = 0.05
BLOCK = 8_192


class Mixture(Family):
    """A mixture of products over a space, fitted by `prepare` alone.

    Arguments:
        space: what one datum is.
        classes: the number of hidden classes K.
        rounds: of expectation and maximisation.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> x = Batch(torch.randn(64, 1, generator=g), torch.randint(0, 3, (64, 2), generator=g))
        >>> mixture = Mixture(Space((1,), (3, 3)), classes=2)
        >>> mixture.prepare(x, g)
        >>> mixture.log_prob(x).shape
        torch.Size([64])
    """

    log_pi: Tensor
    log_theta: Tensor
    mu: Tensor
    s: Tensor

    name: ClassVar[str] = "mixture"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {"columns": Recipe()}

    def __init__(self, space: Space, *, classes: int = 128, rounds: int = 40) -> None:
        super().__init__(space, classes=classes, rounds=rounds)
        self.rounds = rounds
        self.packed = Packed(space.discrete)
        self.register_buffer("log_pi", torch.zeros(classes))
        self.register_buffer("log_theta", torch.zeros(classes, space.levels))
        self.register_buffer("mu", torch.zeros(classes, space.dimensions))
        self.register_buffer("s", torch.ones(classes, space.dimensions))

    @property
    def counted(self) -> int:
        """How many numbers are fitted."""
        return sum(buffer.numel() for buffer in self.buffers())

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Fit by expectation and maximisation from random responsibilities."""
        classes = len(self.log_pi)
        total = torch.zeros(self.space.levels, device=x.device)
        for start in range(0, len(x), BLOCK):
            total += self.packed.one_hot(x[:].discrete[start : start + BLOCK]).sum(0)
        marginal = total / max(1, len(x))
        seeds = torch.randperm(len(x), generator=generator, device=x.device)[:classes]
        order = seeds[torch.arange(classes, device=x.device) % len(seeds)]
        self.mu = x[:].continuous.flatten(1)[order].clone()
        near = 0.5 * self.packed.one_hot(x[:].discrete[order]) + 0.5 * marginal
        self.log_theta = near.clamp_min(1e-6).log()
        self.log_pi = torch.full_like(self.log_pi, -math.log(classes))
        for _ in range(self.rounds):
            self._round(x[:], marginal)

    def _round(self, x: Batch, marginal: Tensor) -> None:
        classes, z = len(self.log_pi), x.continuous.flatten(1)
        weight = torch.zeros(classes, device=x.device)
        counts = torch.zeros(classes, self.space.levels, device=x.device)
        first, second = torch.zeros_like(self.mu), torch.zeros_like(self.mu)
        for start in range(0, len(x), BLOCK):
            block = x[start : start + BLOCK]
            r = self._joint(block).softmax(-1)
            weight += r.sum(0)
            counts += r.T @ self.packed.one_hot(block.discrete)
            first += r.T @ z[start : start + BLOCK]
            second += r.T @ z[start : start + BLOCK].square()
        self.log_pi = ((weight + PRIOR) / (weight + PRIOR).sum()).log()
        share = (counts + PRIOR * marginal + 1e-9) / (weight + PRIOR)[:, None]
        self.log_theta = share.clamp_min(1e-12).log()
        self.mu = first / (weight + PRIOR)[:, None]
        variance = (second + PRIOR) / (weight + PRIOR)[:, None] - self.mu.square()
        self.s = variance.clamp_min(SMALLEST**2).sqrt()

    def _joint(self, x: Batch) -> Tensor:
        z = x.continuous.flatten(1)
        a = -0.5 / self.s.square()
        square = z.square() @ a.T + z @ (-2 * a * self.mu).T + (a * self.mu.square()).sum(1)
        normal = square - (self.s.log() + 0.5 * math.log(2 * math.pi)).sum(1)
        return self.log_pi + self.packed.one_hot(x.discrete) @ self.log_theta.T + normal

    def losses(self, x: Batch, c: Condition | None = None, *, generator: torch.Generator) -> Any:
        """No turns: the mixture is fitted by `prepare`."""
        return iter(())

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x), exact, with shape (B,); a condition is not supported."""
        return self._joint(x).logsumexp(-1)

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data: a class each, then every variable alone."""
        k = torch.multinomial(self.log_pi.exp(), n, replacement=True, generator=generator)
        noise = torch.randn(n, self.mu.shape[1], generator=generator, device=k.device)
        z = self.mu[k] + self.s[k] * noise
        return Batch(
            z.reshape(n, *self.space.shape), self.packed.draw(self.log_theta[k], generator)
        )
