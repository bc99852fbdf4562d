"""The humble model beside the families on grids: normal distributions on principal components.

    x = m + U s + r,    s ~ sum_k pi_k N(mu_k, diag s_k^2) with labels y ~ theta_k,    r ~ N(0, v (I - U U^T))

U are the first principal components of the numbers, found on a part of the data; scores s and labels have one hidden
class k, fitted by expectation and maximisation, and what the components leave is noise of one variance v across them.
It takes seconds; a family that does not beat it has not earned its cost.

References:
    Tipping & Bishop, "Mixtures of probabilistic principal component analysers", Neural Computation 1999.
    Halko, Martinsson & Tropp, "Finding structure with randomness", SIAM Review 2011, arXiv:0909.4061.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.compare.mixture import Mixture
from fivefold.families.family import Family, Recipe
from fivefold.spaces import Batch, Condition, Data, Space

COMPONENTS, CLASSES = 64, 64
NUMBERS = 2**24
"""At most so many numbers of the data are looked at."""
TINY = 1e-3


class Components(Family):
    """A mixture on the principal components of grids, fitted by `prepare` alone.

    Arguments:
        space: what one grid is.
        components: how many principal components.
        classes: hidden classes of the mixture.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> x = Batch(torch.randn(64, 1, 4, 4, generator=g), torch.randint(0, 3, (64, 1), generator=g))
        >>> model = Components(Space.grid(1, (4, 4), (3,)), components=3, classes=2)
        >>> model.prepare(x, g)
        >>> model.log_prob(model.sample(5, generator=g)).shape
        torch.Size([5])
    """

    middle: Tensor
    basis: Tensor
    spread: Tensor
    rest: Tensor

    name: ClassVar[str] = "components"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {"grid": Recipe()}

    def __init__(
        self, space: Space, *, components: int = COMPONENTS, classes: int = CLASSES
    ) -> None:
        super().__init__(space, components=components, classes=classes)
        numbers = space.dimensions
        count = min(components, numbers)
        self.mixture = Mixture(Space((count,), space.discrete), classes=classes)
        self.register_buffer("middle", torch.zeros(numbers))
        self.register_buffer("basis", torch.zeros(numbers, count))
        self.register_buffer("spread", torch.ones(count))
        self.register_buffer("rest", torch.ones(()))

    @property
    def counted(self) -> int:
        """How many numbers are fitted."""
        own = sum(buffer.numel() for buffer in (self.middle, self.basis, self.spread, self.rest))
        return own + self.mixture.counted

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Find the components, then fit the mixture to the scores."""
        most = max(64, NUMBERS // self.space.dimensions)
        rows = torch.randperm(len(x), generator=generator, device=x.device)[:most]
        some = x[rows]
        z = some.continuous.flatten(1)
        self.middle = z.mean(0)
        z = z - self.middle
        count = self.basis.shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
            basis = torch.svd_lowrank(z, q=min(count + 8, *z.shape), niter=4)[2]
        count = min(count, basis.shape[1])
        self.basis[:, :count] = basis[:, :count]
        scores = z @ self.basis
        self.spread = scores.std(0).clamp(min=TINY)
        off = (z - scores @ self.basis.T).square().sum(1).mean()
        self.rest = (off / max(1, self.space.dimensions - count)).clamp(min=TINY**2)
        self.mixture.prepare(Batch(scores / self.spread, some.discrete), generator)

    def losses(self, x: Batch, c: Condition | None = None, *, generator: torch.Generator) -> Any:
        """No turns: the model is fitted by `prepare`."""
        return iter(())

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x), exact, with shape (B,); a condition is not supported."""
        z = x.continuous.flatten(1) - self.middle
        scores = z @ self.basis
        left = self.space.dimensions - self.basis.shape[1]
        off = (z - scores @ self.basis.T).square().sum(1) / self.rest
        noise = -0.5 * (off + left * (self.rest.log() + math.log(2 * math.pi)))
        own = self.mixture.log_prob(Batch(scores / self.spread, x.discrete))
        return own - self.spread.log().sum() + noise * (left > 0)

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data: scores and labels from the mixture, then noise."""
        made = self.mixture.sample(n, generator=generator)
        noise = torch.randn(n, len(self.middle), generator=generator) * self.rest.sqrt()
        noise = noise - noise @ self.basis @ self.basis.T
        z = self.middle + (made.continuous * self.spread) @ self.basis.T + noise
        return Batch(z.reshape(n, *self.space.shape), made.discrete)
