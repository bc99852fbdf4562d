"""The latent code of a table row: a class, what bends, and what is linear.

The code z = (k, v, w) has three parts: a class k in 1..K, and two Gaussians.

    p(k) = pi_k,    p(v) = N(0, I),    p(w) = N(0, I)                                        (learned prior)
    p(x | z) = prod_l Cat(x_l; l(k, v))  N(x_c; m(k, v) + W(k, v) w, diag s(k, v)^2)          (decoder)

One net maps (e_k, v), with a learned vector e_k for each class, to l, m, s and W. Given (k, v) all variables share a
likelihood in closed form, w integrated out: p(x | k, v) is a product of categories and a factor analyser. The class
takes what is of several kinds, W what is linear, v what bends. The encoder is

    q(k, v | x) = r(k | x) N(v; mu(x, k), sigma(x, k)^2),    r(k | x) proportional to pi_k p(x | k, v = 0),

where r is Bayes' rule over all classes, one matrix product, so that no class starves, and mu, sigma are a net. What the
code says alone is log sum_k pi_k p(x | k, v = 0): trained, it makes r a good proposal.

A condition shows x_S. As p(x_S | k, v) is in closed form too, r(k | x_S) is known, the encoder reads any part of a
datum, and q(k, v | x_S) takes the place of the prior in both bound and sampling. w | x_S, k, v is Gaussian.

References:
    Dilokthanakul et al., "Deep unsupervised clustering with Gaussian mixture VAEs", 2016, arXiv:1611.02648.
    Ghahramani & Hinton, "The EM algorithm for mixtures of factor analyzers", CRG-TR-96-1, 1996.
    Correia et al., "Continuous mixtures of tractable probabilistic models", AAAI 2023, arXiv:2209.10584.
    Ivanov, Figurnov & Vetrov, "Variational autoencoder with arbitrary conditioning", ICLR 2019, arXiv:1806.02382.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from fivefold.nets.categories import Packed, log_marginals
from fivefold.nets.columns.factors import Factors, Part, draw_factors, log_own, log_pairs
from fivefold.nets.columns.mlp import MLP
from fivefold.nets.information import Information, active, divergence
from fivefold.nets.linear import compute_type
from fivefold.spaces import Batch, Condition, Data, Space

LARGEST_LOGIT = 60.0
UNIT = 0.54  # softplus(0.54) is 1, the deviation of every continuous variable
TINY = 1e-30
SHUT = -60.0
FEWEST_CLASSES, DATA_A_CLASS = 16, 8
FIRST_LOG_SIGMA = -1.0
WIDTH = 128


@dataclass(frozen=True)
class Found:
    """What is known of the codes of data before any is drawn.

    Arguments:
        whole: the data.
        part: what a condition shows of them, or None.
        alone: log p(x | c) of the classes, v = 0, with shape (B,).
        r: r(k | x) with shape (B, K).
        log_prior: log p(k | c) with shape (B, K).
    """

    whole: Part
    part: Part | None
    alone: Tensor
    r: Tensor
    log_prior: Tensor


class ColumnLatents(nn.Module):
    """Prior, encoder and decoder of a table row's code.

    Arguments:
        space: what one row is.
        classes: the number of latent classes K.
        latent: the size of the Gaussian v.
        rank: the size of the Gaussian w, at most one less than the number of continuous variables.
        width: the hidden size of decoder and encoder.
        depth: the number of their residual blocks.
        code: the size of a class's vector e_k.
        floor: the smallest scale s of a continuous variable (whose own deviation is 1).

    Example:
        >>> latents = ColumnLatents(Space(continuous=(2,), discrete=(2, 3)), classes=8, width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = latents.draw(4, generator=g)
        >>> latents.weigh(x, None, 2, g).shape
        torch.Size([2, 4])
    """

    block: ClassVar[int] = 1024
    member: Tensor

    def __init__(
        self,
        space: Space,
        *,
        classes: int = 1024,
        latent: int = 4,
        rank: int = 4,
        width: int = WIDTH,
        depth: int = 1,
        code: int = 32,
        floor: float = 0.01,
    ) -> None:
        super().__init__()
        config = {"classes": classes, "latent": latent, "rank": rank, "width": width}
        self.space, self.config = space, {**config, "depth": depth, "code": code, "floor": floor}
        V, D = space.levels, space.dimensions
        self.latent, self.floor, self.rank = latent, floor, max(0, min(rank, D - 1))
        self.packed = Packed(space.discrete)
        self.prior = nn.Parameter(torch.zeros(classes))
        self.codes = nn.Parameter(torch.randn(classes, code))
        self.decoder = MLP(code + latent, width, depth, V + D * (2 + self.rank))
        self.encoder = MLP(code + V + 2 * D, width, depth, 2 * latent)
        sizes, level = torch.tensor(space.discrete, dtype=torch.int64), torch.arange(V)[:, None]
        ends = sizes.cumsum(0)
        member = ((level < ends) & (level >= ends - sizes)).float()
        self.register_buffer("member", member, persistent=False)
        self._start(code)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration at a scale: `size` times the width that the constructor has by default."""
        return {"width": max(16, 16 * round(size * WIDTH / 16))}

    @torch.no_grad()
    def _start(self, code: int) -> None:
        """Begin with a posterior that says much and a decoder that listens, lest v be lost before it is used."""
        nn.init.normal_(self.decoder.outputs.weight, std=0.05)
        nn.init.normal_(self.decoder.inputs.weight[:, code:], std=self.latent**-0.5)
        nn.init.constant_(self.encoder.outputs.bias[self.latent :], FIRST_LOG_SIGMA)
        to_mu = self.encoder.outputs.weight[: self.latent]
        nn.init.normal_(to_mu, std=to_mu.shape[1] ** -0.5)

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Start every class near the marginals, and shut those that so few data could not feed."""
        start = log_marginals(x[:].discrete, self.space.discrete)
        self.decoder.outputs.bias[: self.space.levels] = start
        self.prior[max(FEWEST_CLASSES, len(x) // DATA_A_CLASS) :] = SHUT

    def settle(self, x: Data, generator: torch.Generator) -> list[str]:
        """Nothing: all is learned."""
        return []

    def weigh(
        self, x: Batch, c: Condition | None, draws: int, generator: torch.Generator
    ) -> Tensor:
        """log p(k, v | c) p(x | k, v, c) / q(k, v | x) with shape (draws, B), for k and v drawn from q."""
        found = self._infer(x, c)
        return torch.stack([self._weigh(found, generator) for _ in range(draws)])

    def objective(self, x: Batch, c: Condition | None, generator: torch.Generator) -> Tensor:
        """What training maximises, with shape (B,): the mean of the bound and of log p(x | c) of the classes alone."""
        found = self._infer(x, c)
        return (self._weigh(found, generator) + found.alone) / 2

    @torch.no_grad()
    def draw(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data from prior and decoder; what a condition shows decides about the code."""
        device = self.codes.device
        v = torch.randn(n, self.latent, generator=generator, device=device)
        w = torch.randn(n, self.rank, generator=generator, device=device)
        if c is None:
            k = _draw(self.prior.softmax(0)[None], n, generator)[0]
            p = self._decode(self.codes[k], v)
        else:
            part = self._part(c.values, c)
            k = _draw(self._classes(part).softmax(1), 1, generator)[:, 0]
            mu, log_sigma = self._encode(part, k)
            p = self._decode(self.codes[k], mu + log_sigma.exp() * v)
            w = draw_factors(p, part, w)
        noise = torch.randn(p.mean.shape, generator=generator, device=device)
        z = p.mean + (p.loadings @ w[..., None])[..., 0] + p.scale * noise
        x = Batch(z.reshape(n, *self.space.shape), self.packed.draw(p.logits, generator))
        return x if c is None else c.impose(x)

    @torch.no_grad()
    def information(self, x: Batch) -> Information:
        """What class and v say of the data; both are zero where the posterior has let go."""
        part, log_prior = self._part(x, None), self.prior.log_softmax(0)
        log_r = self._classes(part).log_softmax(1)
        classes = (log_r.exp() * (log_r - log_prior)).sum(1)
        k = log_r.argmax(1)
        mu, log_sigma = self._encode(part, k)
        parts = self._decode(self.codes[k], mu).logits.split(self.space.discrete, 1)
        likeliest = [part.argmax(1) for part in parts]
        nats = {"class": float(classes.mean()), "v": float(divergence(mu, log_sigma.exp()).mean())}
        right = [found == given for found, given in zip(likeliest, x.discrete.T, strict=True)]
        recalled = float(torch.stack(right).float().mean()) if right else math.nan
        mean = log_r.logsumexp(0) - math.log(len(log_r))
        apart = float((log_r.exp() * (log_r - mean)).sum(1).mean())
        return Information(nats, apart, active(mu), recalled)

    def _infer(self, x: Batch, c: Condition | None) -> Found:
        """q(k | x), p(k | c) and log p(x | c) of the classes alone."""
        whole, part = self._part(x, None), None
        joint = self._classes(whole)
        alone = joint.logsumexp(1)
        r = (joint.detach() - alone.detach()[:, None]).exp()
        prior = self.prior.log_softmax(0).expand(len(x), -1)
        if c is not None:
            part = self._part(c.values, c)
            prior = self._classes(part)
            before = prior.logsumexp(1)
            alone, prior = alone - before, prior - before[:, None]
        return Found(whole, part, alone, r, prior)

    def _weigh(self, found: Found, generator: torch.Generator) -> Tensor:
        """One draw's weights, with shape (B,)."""
        k = _draw(found.r, 1, generator)
        ratio = found.log_prior.gather(1, k) - found.r.gather(1, k).clamp(min=TINY).log()
        return ratio[:, 0] + self._weight(found.whole, found.part, k[:, 0], generator)

    def _weight(
        self, whole: Part, part: Part | None, k: Tensor, generator: torch.Generator
    ) -> Tensor:
        """log p(v) p(x | k, v) / q(v | x, k) with shape (B,), for v drawn from q."""
        mu, log_sigma = self._encode(whole, k)
        noise = torch.randn(mu.shape, generator=generator, device=mu.device)
        v = mu + log_sigma.exp() * noise
        p = self._decode(nn.functional.embedding(k, self.codes), v)
        ratio = 0.5 * noise.square() + log_sigma
        if part is None:
            return (ratio - 0.5 * v.square()).sum(1) + log_own(p, whole)
        mu, log_sigma = self._encode(part, k)
        ratio = ratio - 0.5 * ((v - mu) / log_sigma.exp()).square() - log_sigma
        return ratio.sum(1) + log_own(p, whole) - log_own(p, part)

    def _classes(self, x: Part) -> Tensor:
        """log pi_k p(x | k, v = 0) for all data and classes, with shape (B, K)."""
        zero = self.codes.new_zeros(len(self.codes), self.latent)
        return log_pairs(self._decode(self.codes, zero), x, self.prior.log_softmax(0))

    def _decode(self, codes: Tensor, v: Tensor) -> Factors:
        y = self.decoder(torch.cat([codes, v], 1).to(compute_type(codes.device))).float()
        D, r = self.space.dimensions, self.rank
        logits, mean, scale, loadings = y.split([self.space.levels, D, D, D * r], 1)
        # Sums over the levels of a position as one product; the clamp keeps every exponential finite.
        logits = logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
        logits = logits - (logits.exp() @ self.member).log() @ self.member.T
        scale = self.floor + nn.functional.softplus(scale + UNIT)
        return Factors(logits, mean, scale, loadings.view(len(y), D, r))

    def _encode(self, x: Part, k: Tensor) -> tuple[Tensor, Tensor]:
        shown = x.numbers.new_zeros(self.space.dimensions).index_fill(0, x.seen, 1.0)
        codes = nn.functional.embedding(k, self.codes)
        h = [codes, x.indicators, x.numbers, shown.expand(len(k), -1)]
        y = self.encoder(torch.cat(h, 1).to(compute_type(codes.device))).float()
        mu, log_sigma = y.split(self.latent, 1)
        return mu, log_sigma

    def _part(self, x: Batch, c: Condition | None) -> Part:
        """All of x, or what the condition c shows."""
        z, hot = x.continuous.flatten(1), self.packed.one_hot(x.discrete)
        if c is None:
            return Part(hot, z, torch.arange(z.shape[1], device=z.device))
        seen, places = c.continuous.flatten(), c.discrete.float()
        return Part(hot * (self.member @ places), torch.where(seen, z, 0.0), seen.nonzero()[:, 0])


def _draw(r: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """n classes from each of R distributions r (R, K), with shape (R, n)."""
    total = r.cumsum(1)
    u = torch.rand(len(r), n, generator=generator, device=r.device)
    return torch.searchsorted(total, u * total[:, -1:]).clamp(max=r.shape[1] - 1)
