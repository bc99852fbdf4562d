"""What a code says of its data, as figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

ACTIVE, COLLAPSED = 0.01, 0.1


@dataclass(frozen=True)
class Information:
    """What the posterior of a latent variable model says of data.

    Arguments:
        nats: the mean KL(q(z | x) || p(z)) of each part of the code, in nats a datum; 0 where it says nothing.
        mutual: by how many nats codes tell these data apart, log of their number at most; of a row, its class.
        active: how many Gaussian units have a posterior mean that moves with the datum (Burda et al. 2016).
        recalled: the share of symbols that the decoder finds again from the posterior mean, each its likeliest;
            NaN where a datum has no symbols.

    Example:
        >>> found = Information({"z": 6.0}, mutual=5.5, active=12, recalled=0.5)
        >>> found.total, found.collapsed
        (6.0, False)
    """

    nats: Mapping[str, float]
    mutual: float
    active: int
    recalled: float

    @property
    def total(self) -> float:
        """Nats of the whole code."""
        return sum(self.nats.values())

    @property
    def collapsed(self) -> bool:
        """Whether codes hardly tell data apart: the decoder has learned to do without them."""
        return self.mutual < COLLAPSED


def divergence(mu: Tensor, sigma: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)) with shape (B,), of means and deviations (B, d)."""
    return 0.5 * (mu.square() + sigma.square() - 1).sum(1) - sigma.log().sum(1)


def mutual(log_q: Tensor) -> float:
    """The nats by which codes tell N data apart, log N at most: E log q(z | x) - log 1/N sum_x' q(z | x').

    Arguments:
        log_q: log q(z_i | x_j) with shape (N, N), of codes z_i drawn from q(z | x_i).

    References:
        Hoffman & Johnson, "ELBO surgery", 2016.
    """
    return float((log_q.diagonal() - log_q.logsumexp(1)).mean()) + math.log(len(log_q))


def active(mu: Tensor) -> int:
    """How many columns of the posterior means (B, d) vary."""
    return int((mu.var(0, correction=0) > ACTIVE).sum())
