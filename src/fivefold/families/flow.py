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

On symbols this is said plainly: an autoregressive flow whose cells are the symbols has the likelihood of the
autoregressive family with the same net, no more and no less, and draws the same sequences at the same cost. What it
adds is the code: every sequence has base noise y in the cube, from which it comes back exactly; y is uniform where the
model is right, which is a test of fit, and two sequences can be joined by a path between their codes. The code of a
sequence has as many places as the space; the absent ones hold fresh noise.

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
from torch import Tensor
from torch.nn import functional

from fivefold.families.candidates import resample
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.conditionals import CONDITIONALS
from fivefold.spaces import Batch, Condition, Data, Dequantize, Space


class Flow(Family):
    """The flow family over a space.

    Arguments:
        space: what one datum is.
        config: of the conditionals of this sort of space (`ColumnConditionals`, `SequenceConditionals`).

    Example:
        >>> family = Flow(Space(continuous=(1,), discrete=(2, 3)), width=16)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = family.sample(4, generator=g)
        >>> torch.equal(family.decode(family.encode(x, generator=g)).discrete, x.discrete)
        True
    """

    name: ClassVar[str] = "flow"
    likelihood: ClassVar[Literal["exact", "bound", "none"]] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "columns": Recipe(epochs=10, batch=512, rate=4e-3, conditional=0.5),
        "sequence": Recipe(
            batch=16, length=128, optimiser="muon", rate=3e-3, ema=0.1, conditional=0.0
        ),
    }

    def __init__(self, space: Space, **config: Any) -> None:
        super().__init__(space)
        self.dequantize = Dequantize(space)
        self.conditionals = CONDITIONALS[space.sort](space, **config)
        self.config = self.conditionals.config

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration of the conditionals at a scale."""
        return CONDITIONALS[space.sort].sized(space, size)

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Cut the cells, and start the conditionals where the data are."""
        self.dequantize.fit(x)
        self.conditionals.prepare(x)

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Close the gap between mean predictions and frequencies of the symbols."""
        self.conditionals.settle(x)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: the negative log-likelihood -log p(x | c) of each datum, in nats."""
        yield self, -self.log_prob(x, c)

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c), exact, with shape (B,): slopes of the map times volumes of the cells, as one."""
        return self.conditionals.log_prob(x, c).sum(1)

    def log_slopes(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log dF_j/du_j of each variable that is not seen, with shape (B, L + D)."""
        return self.conditionals.log_prob(x, c) - self.dequantize.log_volume(x)

    def encode(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L + D); what is seen keeps its u."""
        L = self.space.positions
        r = torch.rand(len(x), L, generator=generator, device=x.device).double()
        wide = Batch(
            x.continuous, functional.pad(x.discrete, (0, L - x.discrete.shape[1])), x.lengths
        )
        return self.conditionals.encode(x, self.dequantize.encode(wide, r), r, c)

    @torch.no_grad()
    def decode(self, y: Tensor, c: Condition | None = None, **how: Any) -> Batch:
        """The data that the base noise y (B, L + D) belongs to: the inverse of `encode`."""
        return self.conditionals.decode(y, c)

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
        """n data, decoded from uniform noise; where a condition makes draws approximate, each kept of several."""

        def propose(many: int, c: Condition | None) -> Batch:
            places = self.space.positions + self.space.dimensions
            device = self.dequantize.width.device
            y = torch.rand(many, places, generator=generator, device=device, dtype=torch.float64)
            return self.conditionals.decode(y, c, dtype=None, **how)

        if c is None or candidates == 1 or not self.conditionals.approximate(c):
            return propose(n, c)
        return resample(self, lambda some: propose(len(some), some), c, candidates, generator)
