"""Grids as what a game is played over: labels are drawn first, numbers are made as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.grids.game import GridGame, some
from fivefold.nets.grids.glances import distance
from fivefold.nets.grids.labels import Labels
from fivefold.spaces import Batch, Condition, Data, Space

NOISE, WIDTH = 32, 64
GUESSES = 4.0
"""What a nat of labels weighs beside a deviation of features, in the figure by which weights are kept."""
REGIONS = 7
"""Parts of a batch, of each of which something else is shown to what guesses labels."""


class GridRows(nn.Module):
    """Grids, and how their labels come about.

    Arguments:
        space: what one datum is.
        recalls: the weight of what the generator is to recall.

    Example:
        >>> rows = GridRows(Space.grid(1, (8, 8), labels=(3,)))
        >>> c = rows.asked(2, 3, None, torch.Generator().manual_seed(0))
        >>> c.values.discrete.shape
        torch.Size([6, 1])
    """

    def __init__(self, space: Space, *, recalls: float = 3.0) -> None:
        super().__init__()
        self.space = space
        self.config: dict[str, Any] = {"recalls": recalls}
        self.labels = Labels(space, 0)
        self.game = GridGame(space, recalls)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The width grows with the size."""
        return {
            "noise": NOISE,
            "width": max(16, 16 * round(size * WIDTH / 16)),
            "depth": 2,
            "gamma": 5.0,
            "lazy": 1,
            "thin": 4,
            "candidates": 1,
        }

    def prepare(self, x: Data) -> None:
        """Start the labels at their frequencies."""
        self.labels.prepare(some(x))

    def turns(
        self, x: Batch, c: Condition | None, generator: torch.Generator
    ) -> Iterator[tuple[nn.Module, Tensor]]:
        """One turn: how hard the labels are to guess, in nats, from nothing and from parts of what is labelled."""
        if self.space.positions:
            yield self.labels, -self._guesses(x, generator)

    def encode(self, x: Batch, generator: torch.Generator) -> Batch:
        """The data themselves."""
        return x

    def decode(
        self, y: Batch, c: Condition | None, generator: torch.Generator, **how: Any
    ) -> Batch:
        """The data themselves, with what a condition shows imposed."""
        return y if c is None else c.impose(y)

    def given(self, c: Condition | None) -> Condition | None:
        """All that the condition shows."""
        return c

    def asked(self, n: int, k: int, c: Condition | None, generator: torch.Generator) -> Condition:
        """What k candidates for each of n data are told: labels, drawn where they are not shown, and the rest."""
        labels = self.labels.draw(n, c, generator)
        if c is None:
            numbers = torch.zeros(n, *self.space.shape, device=labels.device)
            seen = torch.zeros(self.space.shape, dtype=torch.bool, device=labels.device)
        else:
            numbers, seen = c.values.continuous, c.continuous
        every = torch.ones(self.space.positions, dtype=torch.bool, device=labels.device)
        told = Condition(Batch(numbers, labels), seen, every)
        return told[torch.arange(n, device=labels.device).repeat_interleave(k)]

    def candidates(self, c: Condition | None) -> int:
        """One: what a condition shows is told."""
        return 1

    def agreement(self, y: Batch, c: Condition | None) -> Tensor:
        """Zero: a condition shows nothing beyond."""
        return y.continuous.new_zeros(len(y))

    def judged(self, x: Batch) -> int:
        """As many as there are: made of their codes."""
        return len(x)

    def distance(self, x: Batch, made: Batch, generator: torch.Generator) -> float:
        """The distance of features, and how hard labels are to guess."""
        nats = -self._guesses(x, generator).mean()
        return distance(x.continuous, made.continuous) + GUESSES * float(nats)

    def _guesses(self, x: Batch, generator: torch.Generator) -> Tensor:
        """log p(labels) with shape (B,): of the first data by themselves, of the others given one part or another."""
        alone = -(-len(x) // (1 + REGIONS))
        first, rest = x[:alone], x[alone:]
        if not len(rest):
            return self.labels.log_prob(first)
        parts = [Condition.draw(part, generator) for part in rest.parts(alone)]
        numbers = torch.cat([c.continuous.expand(len(c), *self.space.shape) for c in parts])
        labels = torch.cat([c.discrete.expand(len(c), -1) for c in parts])
        told = self.labels.log_prob(rest, Condition(rest, numbers, labels))
        return torch.cat([self.labels.log_prob(first), told])
