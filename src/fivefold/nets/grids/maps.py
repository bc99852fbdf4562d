"""An invertible map of grids to the unit cube, drawn from coarse to fine.

    y_l = the place in its cell of label l, given the labels before
    y_i = F_i(x_i | labels, numbers before i),   log p(x) = log p(labels) + sum_i log dF_i/dx_i

Every other place of the grid, and of these every other again until they are few, make a coarse grid, which is drawn
cell after cell by a causal Transformer; around it the finer grids are drawn, each by one pass of a net and in as many
steps as a cell has numbers. F_i is the distribution function of a mixture of logistics; of levels it is linear in each
cell, so that the likelihood of levels is exact and needs no noise. The map is triangular: it inverts exactly, and its
log-determinant is the sum of the log densities.

Numbers of one place of a finer grid are drawn without knowing of each other, only of all that came before. That costs
likelihood, less the smoother grids are, and buys speed: a picture of 28 x 28 takes 49 steps of the Transformer where
pixels one after another would take 784.

References:
    Reed et al., "Parallel multiscale autoregressive density estimation", ICML 2017, arXiv:1703.03664.
    Menick & Kalchbrenner, "Generating high fidelity images with subscale pixel networks and multidimensional
        upscaling", ICLR 2019, arXiv:1812.01608.
    Papamakarios et al., "Masked autoregressive flow for density estimation", NeurIPS 2017, arXiv:1705.07057.
    Ho et al., "Flow++: improving flow-based generative models with variational dequantization and architecture
        design", ICML 2019, arXiv:1902.00275.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.decoding import decoding_type
from fivefold.nets.grids.cells import Cells, pyramid
from fivefold.nets.grids.labels import Labels
from fivefold.nets.grids.logistic_maps import place, snapped
from fivefold.nets.grids.stages import Coarse, Finer
from fivefold.nets.linear import compute_type
from fivefold.nets.logistics import Scale
from fivefold.nets.mixtures import Logistics
from fivefold.spaces import Batch, Condition, Data, Grids, Space

MOST = 128
"""The most cells that are drawn one after another."""
TOGETHER, BLOCK = 256, 2_048
HEAD, ROOM = 64, 1_536


class GridMap(nn.Module):
    """The invertible map of a space of grids.

    Arguments:
        space: what one datum is.
        width: the size of a state of the coarse grid.
        depth: blocks of its Transformer.
        fine: the size of a state of finer grids.
        layers: residual blocks of their nets.
        hidden: the size of each number's own state.
        components: logistics in a mixture.

    Example:
        >>> space = Space.grid(1, (6, 6), labels=(3,))
        >>> maps = GridMap(space, width=64, depth=1)
        >>> g = torch.Generator().manual_seed(0)
        >>> y = torch.rand(2, 37, generator=g, dtype=torch.float64)
        >>> bool((maps.encode(maps.decode(y), generator=g)[:, 1:] - y[:, 1:]).abs().max() < 1e-5)
        True
    """

    order: Tensor

    def __init__(
        self,
        space: Space,
        *,
        width: int = 128,
        depth: int = 4,
        fine: int = 64,
        layers: int = 2,
        hidden: int = 48,
        components: int = 8,
    ) -> None:
        super().__init__()
        self.space = space
        self.config = {
            "width": width,
            "depth": depth,
            "fine": fine,
            "layers": layers,
            "hidden": hidden,
            "components": components,
        }
        self.labels = Labels(space, width)
        self.scale = Scale(space.channels, space.quantum, components)
        *finer, coarse = interlaced(space)
        self.coarse = Coarse(coarse, self.scale, width=width, depth=depth, hidden=hidden)
        told = width if space.positions else 0
        self.finer = nn.ModuleList(
            Finer(cells, self.scale, told, width=fine, depth=layers, hidden=hidden)
            for cells in finer
        )
        self.register_buffer("order", self._order(), persistent=False)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size; many numbers to a cell have small nets.

        Example:
            >>> GridMap.sized(Space.grid(1, (28, 28)), 1.0)
            {'width': 128, 'depth': 4, 'fine': 64, 'hidden': 48}
        """
        numbers = interlaced(space)[-1].numbers
        return {
            "width": HEAD * max(1, round(2 * size)),
            "depth": max(2, round(4 * size**0.5)),
            "fine": 16 * max(1, round(4 * size)),
            "hidden": 16 * max(1, min(3, round(ROOM / numbers / 16))),
        }

    @property
    def stages(self) -> list[Coarse | Finer]:
        """The stages in the order in which they draw."""
        finer = [stage for stage in self.finer if isinstance(stage, Finer)]
        return [self.coarse, *reversed(finer)]

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Find where the scale ends, and start the labels at their frequencies."""
        ends = [
            torch.aminmax(p.continuous.transpose(0, 1).flatten(1), dim=1) for p in x.parts(BLOCK)
        ]
        low, high = (torch.stack(found) for found in zip(*ends, strict=True))
        self.scale.prepare(torch.cat([low, high])[..., None])
        assert isinstance(x, Batch | Grids)
        self.labels.prepare(x)

    def settle(self, x: Data) -> None:
        """Nothing: what is predicted depends on more than the place."""

    def approximate(self, c: Condition | None) -> bool:
        """Whether draws under the condition ignore that the joint distribution has another order."""
        if c is None:
            return False
        labels = c.discrete.expand(len(c), -1)
        seen = torch.cat([labels, c.continuous.expand(len(c), *self.space.shape).flatten(1)], 1)
        first = torch.where(seen, len(self.order), self.order).amin(1, keepdim=True)
        return bool((seen & (self.order > first)).any())

    def log_prob(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log p(x | c), exact, with shape (B,)."""
        told = self.labels(x.discrete).to(compute_type(x.device))
        found = self.labels.log_prob(x, c)
        for stage, v, seen in self._cut(x.continuous, c):
            said, moved = stage(self.scale, v, seen, told)
            rows = v[..., stage.first :].flatten(0, 1).mT
            terms = self.scale.log_prob(said, rows, moved).mT.unflatten(0, v.shape[:2])
            wanted = stage.cells.present if seen is None else stage.cells.present & ~seen
            found = found + torch.where(wanted[..., stage.first :], terms, 0.0).sum((1, 2))
        return found

    def encode(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Tensor:
        """Base noise y of the data, float64 in (0, 1) with shape (B, L + D); symbols and levels fill their cells.

        What is seen has no noise of its own, and keeps a place: Phi(x) for a number.
        """
        L, D = self.space.positions, self.space.dimensions
        r = torch.rand(len(x), L + D, generator=generator, device=x.device, dtype=torch.float64)
        told, grid = self.labels(x.discrete).double(), x.continuous.double()
        y = torch.special.ndtr(grid)
        noise = pyramid(y, len(self.finer))
        inside = pyramid(r[:, L:].view(y.shape), len(self.finer))
        for (stage, v, seen), u, q in zip(self._cut(grid, c), noise, inside, strict=True):
            said, moved = stage(self.scale, v, seen, told)
            rows, r_rows = (
                z[..., stage.first :].flatten(0, 1).mT for z in (v, stage.cells.cut(q))
            )
            found = place(self.scale, Logistics.of(said, moved), rows, r_rows)
            places = stage.cells.cut(u)
            own = found.mT.unflatten(0, v.shape[:2])
            kept = places[..., stage.first :]
            own = own if seen is None else kept.where(seen[..., stage.first :], own)
            u.copy_(stage.cells.join(torch.cat([places[..., : stage.first], own], 2)))
        return torch.cat([self._placed(x, c, r[:, :L]), y.flatten(1)], 1)

    @torch.no_grad()
    def decode(
        self,
        y: Tensor,
        c: Condition | None = None,
        *,
        dtype: torch.dtype | None = torch.float64,
        temperature: float = 1.0,
    ) -> Batch:
        """The data that the base noise y (B, L + D) belongs to: the inverse of `encode`.

        Arguments:
            y: places in the unit cube.
            c: what is seen; it is kept.
            dtype: the type in which to compute: float64 to invert exactly, None for what is fastest.
            temperature: below 1 what is likely is taken more often than the model says.
        """
        kind = dtype or decoding_type(len(y), y.device)
        parts = [
            self._decode(y[i : i + TOGETHER], c and c[i : i + TOGETHER], kind, temperature)
            for i in range(0, len(y), TOGETHER)
        ]
        return Batch.cat(parts) if parts else self._decode(y, c, kind, temperature)

    def _decode(
        self, y: Tensor, c: Condition | None, kind: torch.dtype, temperature: float
    ) -> Batch:
        """As `decode`, of few rows."""
        L = self.space.positions
        labels = self.labels.write(len(y), c, lambda logits, j: cell_of(logits, y[:, j]))
        told = self.labels(labels).to(kind)

        def number(said: Tensor, moved: Tensor, u: Tensor, j: int) -> Tensor:
            z = Logistics.of(said, moved, temperature).inverse(u[None])
            return snapped(self.scale, z.mT, j % self.space.channels)[:, 0]

        exact = torch.promote_types(kind, torch.float32)
        x = torch.zeros(len(y), *self.space.shape, dtype=exact, device=y.device)
        if c is not None:
            x = torch.where(c.continuous, c.values.continuous.to(x), x)
        places = pyramid(y[:, L:].view(x.shape), len(self.finer))
        for (stage, v, seen), grid, u in zip(
            self._cut(x, c), pyramid(x, len(self.finer)), places, strict=True
        ):
            grid.copy_(
                stage.cells.join(stage.draw(self.scale, v, seen, stage.cells.cut(u), told, number))
            )
        found = Batch(x.float(), labels)
        return found if c is None else c.impose(found)

    def draw(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n data, decoded from uniform noise in the type that is fastest."""
        y = torch.rand(n, len(self.order), generator=generator, device=self.order.device)
        return self.decode(y, c, dtype=None, **how)

    def _placed(self, x: Batch, c: Condition | None, r: Tensor) -> Tensor:
        """Places (B, L) of the labels in the unit interval, at places r (B, L) of their cells."""
        places = x.discrete / torch.tensor(self.space.discrete, device=x.device)
        places = places.double()

        def keep(logits: Tensor, j: int) -> Tensor:
            k, share = x.discrete[:, j : j + 1], logits.double().softmax(-1)
            upper = share.cumsum(-1)
            places[:, j] = (upper - share * (1 - r[:, j : j + 1])).gather(1, k).squeeze(1)
            return x.discrete[:, j]

        self.labels.write(len(x), c, keep)
        return places

    def _cut(
        self, x: Tensor, c: Condition | None
    ) -> Iterator[tuple[Coarse | Finer, Tensor, Tensor | None]]:
        """Each stage with the numbers of its cells (B, T, D) and what a condition shows of them, None if nothing.

        The numbers are cut when they are asked for, so that a stage finds what the one before has written.
        """
        levels = len(self.finer)
        grids = pyramid(x, levels)
        given: list[Tensor] | list[None] = [None] * len(grids)
        if c is not None and c.continuous.any():
            given = pyramid(c.continuous.expand(len(x), *self.space.shape), levels)
        for stage, grid, seen in zip(self.stages, grids, given, strict=True):
            v = snapped(self.scale, stage.cells.cut(grid)) * stage.cells.present
            yield stage, v, None if seen is None else stage.cells.cut(seen)

    def _order(self) -> Tensor:
        """When each variable is drawn, with shape (L + D,)."""
        L, start = self.space.positions, self.space.positions
        numbers = torch.zeros(1, *self.space.shape, dtype=torch.int64)
        for stage, grid in zip(self.stages, pyramid(numbers, len(self.finer)), strict=True):
            cells = stage.cells
            when = torch.arange(cells.numbers).expand(1, cells.count, -1) + start
            if isinstance(stage, Coarse):
                when = when + cells.numbers * torch.arange(cells.count)[:, None]
            earlier = cells.cut(grid)[..., : stage.first]
            grid.copy_(cells.join(torch.cat([earlier, when[..., stage.first :]], 2)))
            start += cells.numbers * cells.count
        return torch.cat([torch.arange(L), numbers.flatten()])


def interlaced(space: Space) -> list[Cells]:
    """How the grid is cut, from the finest to the coarsest: into cells of two places along each side.

    Example:
        >>> [cells.coarse for cells in interlaced(Space.grid(3, (32, 40)))]
        [(16, 20), (8, 10)]
    """
    found, extent = [], space.extent
    while True:
        found.append(Cells(space.channels, extent, [min(2, n) for n in extent]))
        if found[-1].count <= MOST:
            return found
        extent = found[-1].coarse


def cell_of(logits: Tensor, y: Tensor) -> Tensor:
    """The symbols, int64 with shape (B,), in whose cells places y (B,) lie."""
    upper = logits.double().softmax(-1).cumsum(-1)
    return (upper[:, :-1] <= y[:, None]).sum(1)
