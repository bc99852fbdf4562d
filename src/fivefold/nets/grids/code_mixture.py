"""A mixture of Gaussians over codes, fitted to the posteriors of data: the prior that a decoder is sampled from.

    p(z | y) = sum_k pi_yk N(z; m_yk, S_yk)

Codes of data are not N(0, I), which training asks them to be; where they are not, what is drawn from N(0, I) decodes to
nothing that was ever seen. Of all mixtures the one is wanted under which the bound is highest: expectation and
maximisation climb sum_x E_q(z | x) log p(z | y), for Gaussians q = N(mu, diag s^2) in closed form, so that no draw is
needed. Each group y of data has a mixture of its own; where a group has too few data, its mixture is that of all.
Covariances are full, and drawn a little to that of the group.

References:
    Tomczak & Welling, "VAE with a VampPrior", AISTATS 2018, arXiv:1705.07120.
    Ghosh et al., "From variational to deterministic autoencoders", ICLR 2020, arXiv:1903.12436 (a prior fitted
        afterwards).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fivefold.nets.categories import draw

GROUPS = 64
ROUNDS, SORTINGS = 40, 10
FEWEST, DATA_A_COMPONENT = 4, 10
"""Posteriors that a group must have, and that one of its components must have, for each number of a code."""
FLOOR = 1e-4
SHUT = -60.0


class CodeMixture(nn.Module):
    """Mixtures of Gaussians over codes, one for each group; N(0, I) until it is fitted.

    Arguments:
        groups: how many groups G there are.
        components: the most Gaussians K of a group.
        latent: the size d of a code.

    Example:
        >>> prior = CodeMixture(1, 2, 3)
        >>> z = prior.draw(torch.zeros(5, dtype=torch.int64), torch.Generator().manual_seed(0))
        >>> z.shape, prior.log_prob(z, torch.zeros(5, dtype=torch.int64)).shape
        (torch.Size([5, 3]), torch.Size([5]))
    """

    logits: Tensor
    means: Tensor
    factors: Tensor
    fitted: Tensor

    def __init__(self, groups: int, components: int, latent: int) -> None:
        super().__init__()
        self.components, self.latent = components, latent
        self.register_buffer("logits", torch.zeros(groups, components))
        self.register_buffer("means", torch.zeros(groups, components, latent))
        factors = torch.eye(latent).expand(groups, components, -1, -1).clone()
        self.register_buffer("factors", factors)
        self.register_buffer("fitted", torch.zeros((), dtype=torch.bool))

    def log_prob(self, z: Tensor, group: Tensor) -> Tensor:
        """log p(z | y) with shape (B,), of codes z (B, d) of groups (B,)."""
        if not self.fitted:
            return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1)
        found = z.new_zeros(len(z))
        for y in group.unique().tolist():
            own = (group == y).nonzero()[:, 0]
            found = found.index_copy(0, own, self._terms(y, z[own], None).logsumexp(1))
        return found

    @torch.no_grad()
    def draw(self, group: Tensor, generator: torch.Generator) -> Tensor:
        """A code for each of the groups (B,), with shape (B, d)."""
        k = draw(self.logits[group], generator)
        noise = torch.randn(len(group), self.latent, generator=generator, device=group.device)
        return self.means[group, k] + (self.factors[group, k] @ noise[..., None])[..., 0]

    @torch.no_grad()
    def fit(self, mu: Tensor, sigma: Tensor, group: Tensor, generator: torch.Generator) -> None:
        """Fit every group to posteriors of means and deviations (N, d), of groups (N,)."""
        enough = FEWEST * self.latent
        counts = group.bincount(minlength=len(self.logits))
        if bool((counts < enough).any()):
            whole = self._climb(mu, sigma, generator)
        for y, count in enumerate(counts.tolist()):
            own = group == y
            found = whole if count < enough else self._climb(mu[own], sigma[own], generator)
            for kept, new in zip((self.logits, self.means, self.factors), found, strict=True):
                kept[y] = new
        self.fitted.fill_(True)

    def _climb(
        self, mu: Tensor, sigma: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (K,), means (K, d) and Cholesky factors (K, d, d); components that are not needed are shut."""
        N, d = mu.shape
        count = max(1, min(self.components, N // (DATA_A_COMPONENT * d)))
        wide = _covariance(mu, sigma, mu.new_ones(N, 1))[1][0]
        wide = wide + FLOOR * torch.eye(d, device=mu.device)
        r = _sorted(mu, count, generator)
        for _ in range(ROUNDS):
            means, spread = _covariance(mu, sigma, r)
            n = r.sum(0)[:, None, None]
            factors = torch.linalg.cholesky((n * spread + d * wide) / (n + d))
            logits = (r.sum(0) / N).clamp_min(1e-6).log()
            r = _terms(logits, means, factors, mu, sigma).softmax(1)
        missing = self.components - count
        logits = torch.cat([logits, logits.new_full((missing,), SHUT)])
        means = torch.cat([means, means.new_zeros(missing, d)])
        return logits, means, torch.cat([factors, factors[:1].expand(missing, -1, -1)])

    def _terms(self, y: int, z: Tensor, sigma: Tensor | None) -> Tensor:
        logits, means, factors = self.logits[y], self.means[y], self.factors[y]
        live = logits > SHUT
        return _terms(logits[live].log_softmax(0), means[live], factors[live], z, sigma)


def grouping(sizes: Sequence[int]) -> tuple[int, ...]:
    """The sizes of the first labels, as many as have not too many values together: they decide about the group.

    Example:
        >>> grouping((10, 4, 7)), grouping(())
        ((10, 4), ())
    """
    found: tuple[int, ...] = ()
    for size in sizes:
        if math.prod(found) * size > GROUPS:
            break
        found = (*found, size)
    return found


def numbered(y: Tensor, sizes: Sequence[int]) -> Tensor:
    """The number of the group that labels (B, L) are of, with shape (B,).

    Example:
        >>> numbered(torch.tensor([[1, 2, 5]]), (3, 4))
        tensor([6])
    """
    found = y.new_zeros(len(y))
    for symbols, size in zip(y.T, sizes, strict=False):
        found = found * size + symbols
    return found


def _terms(
    logits: Tensor, means: Tensor, factors: Tensor, mu: Tensor, sigma: Tensor | None
) -> Tensor:
    """log pi_k + E log N(z; m_k, L_k L_k^T) with shape (N, K), for z of means mu and deviations sigma (N, d)."""
    d = mu.shape[1]
    inverse = torch.linalg.solve_triangular(
        factors, torch.eye(d, device=mu.device).expand_as(factors), upper=False
    )
    turned = mu @ inverse.mT - (inverse @ means[..., None]).mT
    far = turned.square().sum(2)
    if sigma is not None:
        far = far + inverse.square().sum(1) @ sigma.square().T
    size = factors.diagonal(dim1=1, dim2=2).log().sum(1)
    return (logits - size - 0.5 * d * math.log(2 * math.pi))[None] - 0.5 * far.T


def _covariance(mu: Tensor, sigma: Tensor, r: Tensor) -> tuple[Tensor, Tensor]:
    """Means (K, d) and covariances (K, d, d) of posteriors with responsibilities r (N, K)."""
    share = r / r.sum(0).clamp_min(1e-6)
    means = share.T @ mu
    second = torch.stack([(mu * w[:, None]).T @ mu for w in share.T])
    spread = second - means[:, :, None] * means[:, None, :]
    return means, spread + torch.diag_embed(share.T @ sigma.square())


def _sorted(mu: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Means sorted to the nearest of so many centres, as responsibilities (N, K)."""
    first = torch.randperm(len(mu), generator=generator, device=mu.device)[:count]
    centres = mu[first]
    for _ in range(SORTINGS):
        hot = nn.functional.one_hot(torch.cdist(mu, centres).argmin(1), count).to(mu)
        n = hot.sum(0)[:, None]
        centres = torch.where(n > 0, hot.T @ mu / n.clamp_min(1), centres)
    return hot
