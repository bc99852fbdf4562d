"""The moments of one and two variables at a time: a critic that needs no learning.

A row is a point: its symbols as one-hot vectors, its numbers as they are. With phi the indicators of symbols and of the
cells of numbers, the witness of how the moments of points made and of real ones differ is known in closed form,

    W = E_made phi phi^T - E_real phi phi^T,   w = E_made phi - E_real phi,   view = phi^T S W S phi + 2 phi^T S w,

W taken between different variables and S = diag(pi)^(-1/2) with the frequencies pi of phi, the scale of W's noise. It
is the squared maximum mean discrepancy of a quadratic kernel.

References:
    Gretton et al., "A kernel two-sample test", JMLR 2012.
    Li et al., "MMD GAN: towards deeper understanding of moment matching network", NeurIPS 2017, arXiv:1705.08584.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fivefold.nets.linear import compute_type
from fivefold.nets.onehots import OneHots
from fivefold.spaces import Batch, Space

CELLS = 16
"""Cells of a continuous variable, equally likely under N(0, 1)."""
BLUR = 0.15
"""How softly a number falls into its cells."""
SEEN_AT_ONCE = 1024
"""Features seen in one step; where there are more, a random part of the variables."""


class Moments(nn.Module):
    """Points of a table's rows, and the moments of their variables.

    Arguments:
        space: what one row is.

    Example:
        >>> moments = Moments(Space(continuous=(1,), discrete=(2, 3)))
        >>> x = Batch(torch.randn(8, 1), torch.ones(8, 2, dtype=torch.int64))
        >>> moments.points(x).shape
        torch.Size([8, 6])
        >>> float(moments.distance(x, x, torch.Generator()))
        0.0
    """

    log_pi: Tensor
    owner: Tensor
    centres: Tensor

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        self.hots = OneHots(space.discrete)
        self.variables = space.positions + space.dimensions
        last = space.positions + torch.arange(space.dimensions)
        owner = torch.cat([self.hots.owner, last.repeat_interleave(CELLS)])
        centres = torch.special.ndtri((torch.arange(CELLS) + 0.5) / CELLS)
        self.register_buffer("log_pi", torch.zeros(space.levels))
        self.register_buffer("owner", owner, persistent=False)
        self.register_buffer("centres", centres, persistent=False)

    @torch.no_grad()
    def prepare(self, x: Batch) -> None:
        """Count the symbols of rows."""
        self.log_pi.copy_(self.hots.log_marginals(x.discrete))

    def points(self, x: Batch) -> Tensor:
        """Rows as points, with shape (B, V + D)."""
        return torch.cat([self.hots.encode(x.discrete), x.continuous.flatten(1)], 1)

    def view(self, p: Tensor, real: Tensor, generator: torch.Generator) -> Tensor:
        """How much each point made adds to the distance from the real ones, with shape (B,).

        Symbols of one row being independent given its noise, p may hold their probabilities instead of draws. The
        moments of one half of the rows judge the other half, which makes the estimate unbiased.

        Arguments:
            p: points made, with shape (B, V + D).
            real: as many real points.
            generator: the choice of variables, where not all are seen at once.
        """
        chosen = self.choose(generator)
        owner, scale = self.owner[chosen], torch.exp(-0.5 * self._log_pi()[chosen])
        between = (owner[:, None] != owner) * scale[:, None] * scale
        phis = (self._features(points, chosen).chunk(2) for points in (p, real))
        halves = list(zip(*phis, strict=True))
        views = []
        for (phi, _), (others, data) in zip(halves, reversed(halves), strict=True):
            with torch.no_grad():
                W = (_second(others) - _second(data)) * between
                w = (others.mean(0) - data.mean(0)) * scale
            f = phi.to(compute_type(phi.device))
            views.append((f * (f @ W.to(f.dtype))).sum(1).float() + 2 * phi @ w)
        return torch.cat(views)

    @torch.no_grad()
    def distance(self, x: Batch, made: Batch, generator: torch.Generator) -> float:
        """The distance of the moments of rows made from those of the rows x, a variable."""
        chosen = self.choose(generator)
        here, there = (_second(self._features(self.points(b), chosen)) for b in (x, made))
        scale = torch.exp(-0.5 * self._log_pi()[chosen])
        gap = (here - there).square() * scale[:, None] * scale
        return float(gap.sum().sqrt() / self.variables)

    def choose(self, generator: torch.Generator) -> Tensor | slice:
        """The features of this step's variables: all, or as many as `SEEN_AT_ONCE` allows."""
        if len(self.owner) <= SEEN_AT_ONCE:
            return slice(None)
        device = self.owner.device
        order = torch.randperm(self.variables, generator=generator, device=device)
        sizes = self.owner.bincount(minlength=self.variables)[order]
        kept = order[sizes.cumsum(0) - sizes < SEEN_AT_ONCE]
        return torch.isin(self.owner, kept).nonzero().flatten()

    def _features(self, points: Tensor, chosen: Tensor | slice) -> Tensor:
        """phi with shape (B, F): indicators of symbols, and of the cells of numbers, softly."""
        p, y = points.split([self.space.levels, self.space.dimensions], 1)
        apart = -0.5 * ((y[..., None] - self.centres) / BLUR).square()
        phi = torch.cat([p, apart.softmax(-1).flatten(1)], 1)
        return phi if isinstance(chosen, slice) else phi[:, chosen]

    def _log_pi(self) -> Tensor:
        even = self.log_pi.new_full((CELLS * self.space.dimensions,), -math.log(CELLS))
        return torch.cat([self.log_pi, even])


def _second(phi: Tensor) -> Tensor:
    """E phi phi^T with shape (F, F)."""
    f = phi.to(compute_type(phi.device))
    return (f.T @ f).float() / len(f)
