"""The two stages in which a flow draws a grid: a coarse one cell after cell, finer ones all cells at once.

    coarse    p(v_t | v_<t) of cells t in rows: a causal Transformer over cells
    finer     p(v_t's place p | the first place and places before p of all cells): convolutions over cells

Either gives states of cells; `CellMixtures` says what their numbers are. What a condition shows is known from the
beginning, values and where they are. A stage has

    cells, first                            how its grid is cut, and the first number of a cell that it tells of
    forward(scale, v, seen, told)           mixtures of all numbers of cells v (B, T, D)
    draw(scale, v, seen, u, told, number)   numbers one after another, each by its place u in (0, 1)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.grids.cell_mixtures import CellMixtures
from fivefold.nets.grids.cells import Cells, gathered
from fivefold.nets.grids.surroundings import Surroundings
from fivefold.nets.keyvalue import KeyValueMemory, Weights
from fivefold.nets.linear import Linear
from fivefold.nets.logistics import Scale
from fivefold.nets.transformer import Transformer

HEAD = 64
Number = Callable[[Tensor, Tensor, Tensor, int], Tensor]
"""Numbers (N,) of mixtures that are said (1, 3 K, N) and moved (1, N), at places u (N,), of a channel."""


class Coarse(nn.Module):
    """Cells one after another.

    Arguments:
        cells: how the grid is cut.
        scale: where its numbers lie; it is not kept.
        width: the size of a state.
        depth: blocks of the Transformer.
        hidden: the size of each number's own state.
    """

    table: Tensor
    first = 0

    def __init__(self, cells: Cells, scale: Scale, *, width: int, depth: int, hidden: int) -> None:
        super().__init__()
        self.cells, D, F = cells, cells.numbers, features_of(scale)
        self.register_buffer("table", cells.beside(earlier=True), persistent=False)
        E = self.table.shape[1] * D
        self.enter = Linear(E * F, width)
        self.places = nn.Parameter(0.5 * torch.randn(cells.count, width))
        self.around = Surroundings((F + 1) * D, HEAD, 1, cells.coarse, told=0)
        self.show = Linear(HEAD, width, bias=False)
        self.net = Transformer(width, depth, max(1, width // HEAD))
        self.mixtures = CellMixtures(
            width,
            torch.ones(D, D).triu(1).bool(),
            torch.ones(E, D).bool(),
            features=F,
            hidden=hidden,
            components=scale.components,
        )

    def forward(
        self, scale: Scale, v: Tensor, seen: Tensor | None, told: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The mixtures of all numbers, in a row (D, 3 K, B T) and (D, B T).

        Arguments:
            scale: where the numbers lie.
            v: numbers with shape (B, T, D), of which those seen are known from the beginning.
            seen: which they are, bool with shape (B, T, D); None if none.
            told: what is told of each grid, with shape (B, width), in the type in which to compute.
        """
        known = scale.features(v).flatten(2)
        around = gathered(known, self.table)
        h = self.net(self._enter(around, self._ground(scale, v, seen, told)), causal=True)
        numbers = torch.cat([v, gathered(v, self.table)], 2)
        known = torch.cat([known, around], 2)
        return self.mixtures(h.flatten(0, 1), known.flatten(0, 1), numbers.flatten(0, 1))

    @torch.no_grad()
    def draw(
        self,
        scale: Scale,
        v: Tensor,
        seen: Tensor | None,
        u: Tensor,
        told: Tensor,
        number: Number,
    ) -> Tensor:
        """Numbers (B, T, D) with what is not seen drawn at places u (B, T, D); unseen v are 0."""
        ground, T = self._ground(scale, v, seen, told), self.cells.count
        memory = KeyValueMemory(Weights(self.net, told.dtype), len(v), T)
        v = functional.pad(v, (0, 0, 0, 1))
        known = functional.pad(scale.features(v[:, :-1]).flatten(2), (0, 0, 0, 1))
        for t in range(T):
            beside, around = v[:, self.table[t]].flatten(1), known[:, self.table[t]].flatten(1)
            h = memory.extend(self._enter(around, ground[:, t])[:, None], t)[:, 0]
            for j in self.cells.present[t].nonzero().flatten().tolist():
                features = torch.cat([known[:, t], around], 1)
                said, moved = self.mixtures(h, features, torch.cat([v[:, t], beside], 1), j)
                drawn = number(said, moved, u[:, t, j], j)
                v[:, t, j] = drawn if seen is None else v[:, t, j].where(seen[:, t, j], drawn)
                known[:, t] = scale.features(v[:, t]).flatten(1)
        return v[:, :-1]

    def _ground(self, scale: Scale, v: Tensor, seen: Tensor | None, told: Tensor) -> Tensor:
        """What is known of each cell before any is drawn, with shape (B, T, width)."""
        ground = self.places.to(told.dtype) + told[:, None]
        if seen is None:
            return ground
        return ground + self.show(self.around(shown(scale, v, seen), told))

    def _enter(self, around: Tensor, ground: Tensor) -> Tensor:
        return self.enter(around.to(ground.dtype)) + ground


class Finer(nn.Module):
    """All cells at once, the first place of each known.

    Arguments:
        cells: how the grid is cut.
        scale: where its numbers lie; it is not kept.
        told: the size of what is told of each grid, 0 if nothing is.
        width: the size of a state.
        depth: residual blocks.
        hidden: the size of each number's own state.
    """

    table: Tensor
    known: Tensor

    def __init__(
        self, cells: Cells, scale: Scale, told: int, *, width: int, depth: int, hidden: int
    ) -> None:
        super().__init__()
        self.cells, D, F = cells, cells.numbers, features_of(scale)
        self.first = cells.channels
        self.register_buffer("table", cells.beside(earlier=False), persistent=False)
        self.net = Surroundings((F + 1) * D, width, depth, cells.coarse, told=told)
        self.register_buffer("known", torch.arange(D) < self.first, persistent=False)
        numbers, places = torch.arange(D), cells.place
        self.mixtures = CellMixtures(
            width,
            numbers[:, None] < numbers[self.first :],
            (places[:, None] < places[self.first :]).repeat(self.table.shape[1], 1),
            features=F,
            hidden=hidden,
            components=scale.components,
        )

    def forward(
        self, scale: Scale, v: Tensor, seen: Tensor | None, told: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The mixtures of all numbers but those of the first place, in a row (D - C, 3 K, B T) and (D - C, B T).

        Arguments:
            scale: where the numbers lie.
            v: numbers with shape (B, T, D), of which those seen are known from the beginning.
            seen: which they are, bool with shape (B, T, D); None if none.
            told: what is told of each grid, with shape (B, told), in the type in which to compute.
        """
        return self.mixtures(self._states(scale, v, seen, told), *self._numbers(scale, v))

    @torch.no_grad()
    def draw(
        self,
        scale: Scale,
        v: Tensor,
        seen: Tensor | None,
        u: Tensor,
        told: Tensor,
        number: Number,
    ) -> Tensor:
        """Numbers (B, T, D) with what is not seen drawn at places u (B, T, D); unseen v are 0 but at first places."""
        h, v = self._states(scale, v, seen, told), v.clone()
        for j in range(self.first, v.shape[2]):
            said, moved = self.mixtures(h, *self._numbers(scale, v), j - self.first)
            drawn = number(said, moved, u[:, :, j].flatten(), j).view(v.shape[:2])
            drawn = drawn * self.cells.present[:, j]
            v[:, :, j] = drawn if seen is None else v[:, :, j].where(seen[:, :, j], drawn)
        return v

    def _states(self, scale: Scale, v: Tensor, seen: Tensor | None, told: Tensor) -> Tensor:
        known = self.known.expand_as(v) if seen is None else self.known | seen
        h: Tensor = self.net(shown(scale, v, known), told)
        return h.flatten(0, 1)

    def _numbers(self, scale: Scale, v: Tensor) -> tuple[Tensor, Tensor]:
        """The features of cells and of those beside them (B T, N F), and their numbers (B T, N)."""
        known = scale.features(v).flatten(2)
        features = torch.cat([known, gathered(known, self.table)], 2)
        return features.flatten(0, 1), torch.cat([v, gathered(v, self.table)], 2).flatten(0, 1)


def features_of(scale: Scale) -> int:
    """How many features a number has."""
    return scale.features(scale.ends).shape[-1]


def shown(scale: Scale, v: Tensor, known: Tensor) -> Tensor:
    """The features of the numbers v (B, T, D) that are known, zero elsewhere, and which they are: (B, T, (F + 1) D)."""
    features = scale.features(v) * known[..., None]
    return torch.cat([features.flatten(2), known.to(v)], 2)
