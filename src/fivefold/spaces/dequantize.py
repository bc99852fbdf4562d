"""From discrete to continuous: a symbol seen as a cell of the unit interval.

Symbol k of position l owns the cell [a_lk, a_lk + w_lk) of (0, 1), where w_lk is its smoothed share of the training
data (all positions of a sequence share their cells); a number z has u = Phi(z). Every datum becomes a point u of the
unit cube, uniform in each variable:

    u_l = a_lk + w_lk r,   r ~ U(0, 1);        u_i = Phi(z_i).

A density of u gives one of x, log p(x) = log int_{cell(x)} p(u) du. Variational dequantization bounds it from below by
E_r log p(u) + sum_l log w_lk + sum_i log N(z_i; 0, 1); where p(u) is constant inside every cell, as it is under a
monotone spline whose knots are the cells' edges, the two are equal: the bound is the likelihood.

References:
    Theis et al., "A note on the evaluation of generative models", ICLR 2016, arXiv:1511.01844.
    Ho et al., "Flow++: improving flow-based generative models with variational dequantization", ICML 2019,
    arXiv:1902.00275.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fivefold.spaces.space import Batch, Data, Space

EDGE = 1e-7
BLOCK = 2_048


class Dequantize(nn.Module):
    """The bridge from a space to the unit cube.

    Arguments:
        space: any space; its L symbols come first in u, its D numbers after them.

    Example:
        >>> bridge = Dequantize(Space((1,), (2,)))
        >>> x = Batch(torch.zeros(1, 1), torch.ones(1, 1, dtype=torch.int64))
        >>> bridge.encode(x, torch.tensor([[0.5]]))
        tensor([[0.7500, 0.5000]], dtype=torch.float64)
    """

    lower: Tensor
    width: Tensor
    starts: Tensor
    owners: Tensor

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        shared = space.sort == "sequence"
        self.sizes = (space.alphabet,) if shared else space.discrete
        owners = torch.zeros(space.positions) if shared else torch.arange(space.positions)
        self.register_buffer("owners", owners.long(), persistent=False)
        starts = torch.tensor((0, *self.sizes)).cumsum(0)[self.owners]
        self.register_buffer("starts", starts, persistent=False)
        widths = [1 / size for size in self.sizes for _ in range(size)]
        lowers = [k / size for size in self.sizes for k in range(size)]
        self.register_buffer("width", torch.tensor(widths, dtype=torch.float64))
        self.register_buffer("lower", torch.tensor(lowers, dtype=torch.float64))

    @torch.no_grad()
    def fit(self, x: Data) -> None:
        """Give every symbol of the data a cell as wide as its smoothed share."""
        counts = torch.full_like(self.width, 0.5)
        for part in x.parts(BLOCK):
            index = part.discrete + self.starts[: part.discrete.shape[1]]
            counts += torch.bincount(index[part.mask], minlength=len(counts))
        for start, size in self._own():
            own = slice(start, start + size)
            width = counts[own] / counts[own].sum()
            self.width[own], self.lower[own] = width, width.cumsum(0) - width

    def encode(self, x: Batch, r: Tensor) -> Tensor:
        """The points u of the cube, float64 with shape (B, L + D), with places r (B, L) inside the cells."""
        index = x.discrete + self.starts
        cells = self.lower[index] + self.width[index] * r
        return torch.cat([cells, torch.special.ndtr(x.continuous.flatten(1).double())], 1)

    def decode(self, u: Tensor) -> Batch:
        """The data in whose cells the points u (B, L + D) lie."""
        symbols, _ = self.locate(u)
        z = torch.special.ndtri(u[:, self.space.positions :].clamp(EDGE, 1 - EDGE)).float()
        return Batch(z.reshape(len(u), *self.space.shape), symbols)

    def locate(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The symbols (B, L) and the places r (B, L) inside their cells of the points u (B, L + D)."""
        sizes = torch.tensor(self.sizes, device=u.device, dtype=torch.int64)
        edges = self.lower + torch.arange(len(sizes), device=u.device).repeat_interleave(sizes)
        own = u[:, : self.space.positions]
        index = torch.searchsorted(edges, (own + self.owners).contiguous(), right=True) - 1
        last = self.starts + sizes[self.owners] - 1
        index = torch.minimum(torch.maximum(index, self.starts), last)
        r = ((own - self.lower[index]) / self.width[index]).clamp(0, 1)
        return index - self.starts, r

    def log_volume(self, x: Batch) -> Tensor:
        """log p(x) - log p(u) of each variable, with shape (B, L + D); 0 where absent."""
        z = x.continuous.flatten(1)
        normal = -0.5 * z.square() - 0.5 * math.log(2 * math.pi)
        index = x.discrete + self.starts[: x.discrete.shape[1]]
        return torch.cat([self.width[index].log().to(normal) * x.mask, normal], 1)

    def _own(self) -> list[tuple[int, int]]:
        """Where the cells of each vocabulary start, and how many they are."""
        return [(sum(self.sizes[:k]), size) for k, size in enumerate(self.sizes)]
