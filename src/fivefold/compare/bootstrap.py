"""The humble model beside the families on series: blocks of the training data put together anew, in season.

    x = x_{w1}[0, b) x_{w2}[b, 2b) ...    with w1, w2, ... windows whose labels (hour, weekday, month, entity) are alike

A window is cut into blocks, and each block comes from the same place of another training window that begins at the same
place of the calendar, so far as there is one. Nothing is learned but which windows are alike; a family that does not
beat it has found no more than the season and what happens within a block.

References:
    Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 1989.
    Politis, "Resampling time series with seasonal components", 2001: blocks that keep their place in the season.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from fivefold.families.family import Family, Recipe
from fivefold.spaces import Batch, Condition, Data, Space

BLOCKS = 4
NUMBERS = 2**25
"""At most so many numbers of the data are kept."""


class SeasonalBootstrap(Family):
    """Blocks of the training data put together anew.

    Arguments:
        space: what one window is.
        blocks: into how many blocks a window is cut.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> x = Batch(torch.randn(9, 2, 12, generator=g), torch.randint(0, 3, (9, 1), generator=g))
        >>> model = SeasonalBootstrap(Space.grid(2, (12,), (3,)))
        >>> model.prepare(x, g)
        >>> model.sample(5, generator=g).continuous.shape
        torch.Size([5, 2, 12])
    """

    name: ClassVar[str] = "bootstrap"
    likelihood: Literal["exact", "bound", "none"] = "none"
    recipes: ClassVar[Mapping[str, Recipe]] = {"grid": Recipe()}

    def __init__(self, space: Space, *, blocks: int = BLOCKS) -> None:
        super().__init__(space, blocks=blocks)
        self.blocks = blocks
        self.kept = Batch(torch.zeros(0, *space.shape), torch.zeros(0, space.positions).long())

    @property
    def counted(self) -> int:
        """How many numbers are kept."""
        return self.kept.continuous.numel()

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Keep the windows, or a random part of them."""
        rows = torch.randperm(len(x), generator=generator)
        self.kept = x[rows[: max(1, NUMBERS // self.space.dimensions)]]

    def losses(self, x: Batch, c: Condition | None = None, *, generator: torch.Generator) -> Any:
        """No turns: there is nothing to learn."""
        return iter(())

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n windows: one at random each, and blocks of others that are like it."""
        first = torch.randint(len(self.kept), (n,), generator=generator)
        found = self.kept[first].continuous.clone()
        alike = self._alike(self.kept.discrete[first])
        for places in torch.arange(self.space.extent[0]).chunk(self.blocks)[1:]:
            chosen = torch.multinomial(alike, 1, generator=generator)[:, 0]
            found[..., places] = self.kept.continuous[chosen][..., places]
        return Batch(found, self.kept.discrete[first])

    def _alike(self, labels: Tensor) -> Tensor:
        """Weights of the kept windows for each of some labels, with shape (n, N): 1 for those most alike."""
        common = (labels[:, None] == self.kept.discrete).sum(-1)
        return (common == common.amax(1, keepdim=True)).float()
