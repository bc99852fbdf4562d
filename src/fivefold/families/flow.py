"""Normalizing flow: a datum turned into uniform noise by an invertible map, one variable given those before it.

The datum becomes a point u of the unit cube (`Dequantize`: a symbol is a cell, a number is u = Phi(z)); the flow
sends u to base noise y, uniform on the cube, by a monotone map of each u_j that depends on the earlier variables:

    y_j = F_j(u_j | u_<j),    log p(x) = sum_j log dF_j/du_j + log dx-volume,    p(y) = 1.

A symbol's F_j is a linear spline whose knots are the edges of the cells, C_k at the lower edge of cell k and
C_k + P_k at its upper: its slope P_k / w_k is constant in a cell and later variables see the cell alone, so the
bound of dequantization is tight and the likelihood exact. A number's F_j is two steps in z: the numbers seen draw it
along linearly, z'_j = z_j - sum_{i<j} A_ji z_i (of slope 1), then comes the distribution function of a mixture of
logistics. On diamonds, splines of 64 knots in u were a nat worse than mixtures, and leaving A out cost 0.2 nats. A
condition moves what it shows to the front, as in the autoregressive family.

References:
    Ho et al., "Flow++: improving flow-based generative models with variational dequantization and architecture
    design", ICML 2019, arXiv:1902.00275 (mixture distribution functions).
    Papamakarios et al., "Masked autoregressive flow for density estimation", NeurIPS 2017, arXiv:1705.07057.
    Müller et al., "Neural importance sampling", 2019, arXiv:1808.03856 (linear splines on the unit interval).
    Durkan et al., "Neural spline flows", NeurIPS 2019, arXiv:1906.04032.
    Theis et al., "A note on the evaluation of generative models", ICLR 2016, arXiv:1511.01844.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.families.candidates import resample
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.categories import PositionHeads, log_marginals
from fivefold.nets.linear import compute_type
from fivefold.nets.mixtures import Mixture
from fivefold.nets.numbers import MixtureHeads, NumberFeatures
from fivefold.nets.positions import PositionNets, affordable, sees
from fivefold.spaces import Batch, Condition, Data, Dequantize, Space

EDGE = 1e-9
BLOCK = 2_048


class Flow(Family):
    """The flow family over a space.

    Arguments:
        space: what one datum is.
        embedding: the size of an embedded variable.
        width: the hidden size of each variable's net.
        depth: the number of residual blocks of each net.
        components: the number of logistics in a number's mixture.

    Example:
        >>> family = Flow(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> torch.equal(family.decode(family.encode(x, generator=g)).discrete, x.discrete)
        True
    """

    starts: Tensor
    name: ClassVar[str] = "flow"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=10, batch=512, rate=4e-3, conditional=0.5)
    }

    def __init__(
        self,
        space: Space,
        *,
        embedding: int = 16,
        width: int = 128,
        depth: int = 1,
        components: int = 24,
    ) -> None:
        config = {"embedding": embedding, "width": width, "depth": depth}
        super().__init__(space, **config, components=components)
        L, D = space.positions, space.dimensions
        self.dequantize = Dequantize(space)
        self.register_buffer("starts", self.dequantize.starts, persistent=False)
        self.symbols = nn.Embedding(space.levels, embedding)
        self.numbers = NumberFeatures(D, embedding)
        self.nets = PositionNets(L + D, embedding, width, depth)
        self.cells = PositionHeads(space.discrete, width)
        self.mixtures = MixtureHeads(D, width, components)

    @classmethod
    def affordable(cls, space: Space, width: int) -> int:
        """Every variable has a net of its own, which sees all the others: many variables, small nets."""
        return affordable(space.positions + space.dimensions, width)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Cut the cells, and start each symbol at its marginal."""
        self.dequantize.fit(x[:].discrete)
        self.cells.prepare(log_marginals(x[:].discrete, self.space.discrete))

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies of the symbols, in one pass over the data."""
        L, visible = self.space.positions, sees(self.seen(None))
        self.cells.calibrate(
            (self.nets(self._embed(part), visible)[:L], part.discrete) for part in x.parts(BLOCK)
        )

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c), exact, with shape (B,): slopes of the map and volumes of the cells."""
        hidden = ~self.seen(c)
        return (self.log_slopes(x, c) + self.dequantize.log_volume(x))[:, hidden].sum(1)

    def log_slopes(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log dF_j/du_j of each variable, with shape (B, L + D)."""
        L, z = self.space.positions, x.continuous.flatten(1)
        visible = sees(self.seen(c))
        states = self.nets(self._embed(x), visible)
        cells = self.cells.log_prob(states[:L], x.discrete)
        mixtures = self.mixtures.log_prob(states[L:], z, visible[L:, L:])
        return torch.cat([cells, mixtures]).T - self.dequantize.log_volume(x)

    def encode(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L + D); what is seen keeps its u."""
        r = torch.rand(x.discrete.shape, generator=generator, device=x.device)
        y = [*self.dequantize.encode(x, r.double()).unbind(1)]
        e, visible = self._embed(x), sees(self.seen(c))
        L, z = self.space.positions, x.continuous.flatten(1)
        for j in (~self.seen(c)).nonzero().flatten().tolist():
            state = self.nets.at(j, e * visible[j][:, None].to(e.dtype))
            if j < L:
                upper, share = self._spline(j, state)
                k = x.discrete[:, j : j + 1]
                y[j] = (upper - share * (1 - r[:, j : j + 1])).gather(1, k).squeeze(1)
            else:
                mixture = Mixture.of(self.mixtures, j - L, state)
                shift = self.mixtures.shift(j - L, z, visible[j, L:])
                y[j] = mixture.cdf(z[:, j - L].double() - shift)
        return torch.stack(y, 1)

    @torch.no_grad()
    def decode(self, y: Tensor, c: Condition | None = None) -> Batch:
        """The data that the base noise y (B, L + D) belongs to: the inverse of `encode`."""
        L, n = self.space.positions, len(y)
        symbols = torch.zeros(n, L, dtype=torch.int64, device=y.device)
        x = Batch(torch.zeros(n, *self.space.shape, device=y.device), symbols)
        x = x if c is None else c.impose(x)
        symbols, z = x.discrete, x.continuous.flatten(1)
        seen = self.seen(c)
        visible = sees(seen)
        e = self._embed(x)
        e = e * seen[:, None].to(e.dtype)
        for j in (~seen).nonzero().flatten().tolist():
            state = self.nets.at(j, e)
            if j < L:
                upper, _ = self._spline(j, state)
                symbols[:, j] = (upper[:, :-1] <= y[:, j, None]).sum(1)
                e[:, j] = self.symbols(symbols[:, j] + self.starts[j]).to(e.dtype)
            else:
                residual = Mixture.of(self.mixtures, j - L, state).inverse(
                    y[:, j].clamp(EDGE, 1 - EDGE)
                )
                z[:, j - L] = (residual + self.mixtures.shift(j - L, z, visible[j, L:])).float()
                e[:, j] = self.numbers.at(j - L, z[:, j - L]).to(e.dtype)
        return Batch(z.reshape(n, *self.space.shape), symbols)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        candidates: int = 8,
        **how: Any,
    ) -> Batch:
        """n data, decoded from uniform noise; under a condition, each kept of several candidates."""
        if c is None or c.seen == 0 or candidates == 1:
            return self.decode(self._noise(n, generator), c)

        def propose(many: Condition) -> Batch:
            return self.decode(self._noise(len(many), generator), many)

        return resample(self, propose, c, candidates, generator)

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        size, device = len(self.seen(None)), self.starts.device
        return torch.rand(n, size, generator=generator, device=device, dtype=torch.float64)

    def _spline(self, j: int, state: Tensor) -> tuple[Tensor, Tensor]:
        """The spline of symbol j: its value at the upper edges, and its rise in each cell, both (B, V_j)."""
        share = self.cells.at(j, state).double().softmax(-1)
        return share.cumsum(-1), share

    def _embed(self, x: Batch) -> Tensor:
        symbols = self.symbols(x.discrete + self.starts)
        numbers = self.numbers(x.continuous.flatten(1))
        return torch.cat([symbols, numbers], 1).to(compute_type(x.device))
