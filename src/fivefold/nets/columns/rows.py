"""Rows of a table, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.row_game import RowGame
from fivefold.spaces import Batch, Condition, Data, Space

FEWEST = 8192


class ColumnRows(nn.Module):
    """Rows of a table, as they are.

    Arguments:
        space: what one row is.

    Example:
        >>> rows = ColumnRows(Space(continuous=None, discrete=(2, 3)))
        >>> x = Batch(torch.zeros(4, 0), torch.ones(4, 2, dtype=torch.int64))
        >>> rows.decode(rows.encode(x, torch.Generator()), None, torch.Generator()) is x
        True
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        self.config: dict[str, Any] = {}
        self.game = RowGame(space)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Nothing to size."""
        return {}

    def prepare(self, x: Data) -> None:
        """Count the symbols."""
        self.game.moments.prepare(x[:])

    def turns(
        self, x: Batch, c: Condition | None, generator: torch.Generator
    ) -> Iterator[tuple[nn.Module, Tensor]]:
        """None: there is nothing to learn."""
        return iter(())

    def encode(self, x: Batch, generator: torch.Generator) -> Batch:
        """The data themselves."""
        return x

    def decode(
        self, y: Batch, c: Condition | None, generator: torch.Generator, **how: Any
    ) -> Batch:
        """The rows themselves, with what a condition shows imposed."""
        return y if c is None else c.impose(y)

    def given(self, c: Condition | None) -> Condition | None:
        """All that the condition shows."""
        return c

    def asked(
        self, n: int, k: int, c: Condition | None, generator: torch.Generator
    ) -> Condition | None:
        """All that the condition shows."""
        if c is None:
            return None
        return c[torch.arange(n, device=c.continuous.device).repeat_interleave(k)]

    def candidates(self, c: Condition | None) -> int:
        """One: what a condition shows is told."""
        return 1

    def agreement(self, y: Batch, c: Condition | None) -> Tensor:
        """Zero: a condition shows nothing beyond."""
        return y.continuous.new_zeros(len(y))

    def judged(self, x: Batch) -> int:
        """Rows are cheap."""
        return max(len(x), FEWEST)

    def distance(self, x: Batch, made: Batch, generator: torch.Generator) -> float:
        """The distance of the moments."""
        return self.game.moments.distance(x, made, generator)
