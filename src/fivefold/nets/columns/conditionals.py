"""What each column of a table is, given those before it: a net a column, categories and mixtures of logistics.

    p(x_j | x_1..x_{j-1}, x_S),   the discrete columns first

A discrete x_j has a categorical distribution, a continuous one a mixture of logistics. What a condition S shows moves
to the front: x_j then sees the earlier columns and everything shown. The same distributions are read in two ways: as
densities (`log_prob`, `draw`), and as monotone maps onto the unit interval (`encode`, `decode`).

A symbol's map is a linear spline whose knots are the edges of its cells, C_k at the lower edge of cell k and C_k + P_k
at the upper. A number's is the distribution function of its mixture, after the numbers seen have drawn it along.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from fivefold.nets.categories import PositionHeads, draw, log_marginals
from fivefold.nets.columns.positions import PositionNets, affordable, sees
from fivefold.nets.linear import compute_type
from fivefold.nets.mixtures import of_column
from fivefold.nets.numbers import MixtureHeads, NumberFeatures
from fivefold.spaces import Batch, Condition, Data, Space

EDGE = 1e-9
BLOCK = 2_048
WIDTH = 128


class ColumnConditionals(nn.Module):
    """The conditional distributions of a table's columns.

    Arguments:
        space: what one row is.
        embedding: the size of an embedded variable.
        width: the hidden size of each variable's net.
        depth: the number of residual blocks of each net.
        components: the number of logistics in a number's mixture.

    Example:
        >>> space = Space(continuous=(1,), discrete=(2, 3))
        >>> conditionals = ColumnConditionals(space, width=16)
        >>> x = conditionals.draw(4, generator=torch.Generator().manual_seed(0))
        >>> conditionals.log_prob(x).shape
        torch.Size([4, 3])
    """

    starts: Tensor

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = WIDTH,
        depth: int = 1,
        components: int = 24,
    ) -> None:
        super().__init__()
        self.space = space
        self.config = {
            "embedding": embedding,
            "width": width,
            "depth": depth,
            "components": components,
        }
        starts = torch.tensor((0, *space.discrete)).cumsum(0)[:-1]
        self.register_buffer("starts", starts, persistent=False)
        self.symbols = nn.Embedding(space.levels, embedding)
        self.numbers = NumberFeatures(space.dimensions, embedding)
        self.nets = PositionNets(space.positions + space.dimensions, embedding, width, depth)
        self.heads = PositionHeads(space.discrete, width)
        self.mixtures = MixtureHeads(space.dimensions, width, components)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Every variable has a net of its own, which sees all the others: many variables, small nets."""
        width = affordable(space.positions + space.dimensions, WIDTH)
        return {"width": max(16, 16 * round(size * width / 16))}

    def prepare(self, x: Data) -> None:
        """Start each categorical distribution at its marginal."""
        self.heads.prepare(log_marginals(x[:].discrete, self.space.discrete))

    @property
    def likelihood(self) -> Literal["exact", "bound"]:
        """What `log_prob` is: exact."""
        return "exact"

    def settle(self, x: Data) -> None:
        """Close the gap between mean predictions and frequencies, in one pass over the data."""
        L, visible = self.space.positions, sees(self._seen(None))
        self.heads.calibrate(
            (self.nets(self._embed(part), visible)[:L], part.discrete) for part in x.parts(BLOCK)
        )

    def approximate(self, c: Condition | None) -> bool:
        """Whether draws under the condition are from an order that training saw rarely."""
        return c is not None and c.seen > 0

    def log_prob(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log p of each variable given those before it and those seen, 0 where seen, with shape (B, L + D)."""
        L, seen, visible = self.space.positions, self._seen(c), sees(self._seen(c))
        states = self.nets(self._embed(x), visible)
        categories = self.heads.log_prob(states[:L], x.discrete)
        numbers = self.mixtures.log_prob(states[L:], x.continuous.flatten(1), visible[L:, L:])
        return torch.cat([categories, numbers]).T * ~seen

    @torch.no_grad()
    def draw(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data, drawn variable by variable after those that the condition shows."""
        L, x, e, seen = self._begin(n, c)
        z, visible = x.continuous.flatten(1).clone(), sees(seen)
        for j in (~seen).nonzero().flatten().tolist():
            state = self.nets.at(j, e)
            if j < L:
                x.discrete[:, j] = draw(self.heads.at(j, state), generator)
                e[:, j] = self.symbols(x.discrete[:, j] + self.starts[j])
            else:
                z[:, j - L] = self.mixtures.draw(j - L, state, z, visible[j, L:], generator)
                e[:, j] = self.numbers.at(j - L, z[:, j - L])
        return Batch(z.reshape(n, *self.space.shape), x.discrete)

    def encode(self, x: Batch, u: Tensor, r: Tensor, c: Condition | None = None) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L + D); what is seen keeps its u.

        Arguments:
            x: the data.
            u: the points of the unit cube that the data are, with shape (B, L + D).
            r: places inside the cells of the symbols, with shape (B, L).
            c: what is seen.
        """
        y, seen = [*u.unbind(1)], self._seen(c)
        e, visible = self._embed(x), sees(seen)
        L, z = self.space.positions, x.continuous.flatten(1)
        for j in (~seen).nonzero().flatten().tolist():
            state = self.nets.at(j, e * visible[j][:, None].to(e.dtype))
            if j < L:
                upper, share = self._spline(j, state)
                k = x.discrete[:, j : j + 1]
                y[j] = (upper - share * (1 - r[:, j : j + 1])).gather(1, k).squeeze(1)
            else:
                mixture = of_column(self.mixtures, j - L, state)
                shift = self.mixtures.shift(j - L, z, visible[j, L:])
                y[j] = mixture.cdf(z[:, j - L].double() - shift)
        return torch.stack(y, 1)

    @torch.no_grad()
    def decode(self, y: Tensor, c: Condition | None = None, **how: Any) -> Batch:
        """The data that the base noise y (B, L + D) belongs to: the inverse of `encode`."""
        L, x, e, seen = self._begin(len(y), c)
        symbols, z, visible = x.discrete, x.continuous.flatten(1).clone(), sees(seen)
        for j in (~seen).nonzero().flatten().tolist():
            state = self.nets.at(j, e)
            if j < L:
                upper, _ = self._spline(j, state)
                symbols[:, j] = (upper[:, :-1] <= y[:, j, None]).sum(1)
                e[:, j] = self.symbols(symbols[:, j] + self.starts[j]).to(e.dtype)
            else:
                mixture = of_column(self.mixtures, j - L, state)
                residual = mixture.inverse(y[:, j].clamp(EDGE, 1 - EDGE))
                z[:, j - L] = (residual + self.mixtures.shift(j - L, z, visible[j, L:])).float()
                e[:, j] = self.numbers.at(j - L, z[:, j - L]).to(e.dtype)
        return Batch(z.reshape(len(y), *self.space.shape), symbols)

    def _begin(self, n: int, c: Condition | None) -> tuple[int, Batch, Tensor, Tensor]:
        """L, data of which only what is seen is filled in, their embedding with the rest zero, and what is seen."""
        L, device, seen = self.space.positions, self.starts.device, self._seen(c)
        numbers = torch.zeros(n, *self.space.shape, device=device)
        x = Batch(numbers, torch.zeros(n, L, dtype=torch.int64, device=device))
        x = x if c is None else c.impose(x)
        e = self._embed(x)
        return L, x, e * seen[:, None].to(e.dtype), seen

    def _seen(self, c: Condition | None) -> Tensor:
        if c is None:
            count = self.space.positions + self.space.dimensions
            return torch.zeros(count, dtype=torch.bool, device=self.starts.device)
        return torch.cat([c.discrete, c.continuous.flatten()])

    def _spline(self, j: int, state: Tensor) -> tuple[Tensor, Tensor]:
        """The spline of symbol j: its value at the upper edges, and its rise in each cell, both (B, V_j)."""
        share = self.heads.at(j, state).double().softmax(-1)
        return share.cumsum(-1), share

    def _embed(self, x: Batch) -> Tensor:
        symbols = self.symbols(x.discrete + self.starts)
        numbers = self.numbers(x.continuous.flatten(1))
        return torch.cat([symbols, numbers], 1).to(compute_type(x.device))
