"""What a code says of its data, as figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

ACTIVE = 0.01


@dataclass(frozen=True)
class Information:
    """What the posterior of a latent variable model says of data.

    Arguments:
        nats: the mean KL(q(z | x) || p(z)) of each part of the code, in nats a datum; 0 where it says nothing.
        active: how many Gaussian units have a posterior mean that moves with the datum (Burda et al. 2016).
        recalled: the share of symbols that the decoder finds again from the posterior mean, each its likeliest;
            NaN where a datum has no symbols.

    Example:
        >>> Information({"z": 6.0}, active=12, recalled=0.5).total
        6.0
    """

    nats: Mapping[str, float]
    active: int
    recalled: float

    @property
    def total(self) -> float:
        """Nats of the whole code."""
        return sum(self.nats.values())


def divergence(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)) with shape (B,), of means and log-deviations (B, d)."""
    return 0.5 * (mu.square() + (2 * log_sigma).exp() - 1).sum(1) - log_sigma.sum(1)


def active(mu: Tensor) -> int:
    """How many columns of the posterior means (B, d) vary."""
    return int((mu.var(0, correction=0) > ACTIVE).sum())
