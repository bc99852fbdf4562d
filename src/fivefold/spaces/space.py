"""What one datum is.

A datum x = (x_c, x_d) has a continuous array x_c in R^S and a discrete sequence x_d in {0..V_1-1} x ... x
{0..V_L-1}; either may be empty. Every family is written against this one description: a table row has both parts,
an image only the first, a text only the second.

A *condition* is a datum seen in part: the values that are given and two masks that say which. Class labels,
prompts, known columns and the rest of a damaged picture are all the same thing: what is seen of x.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Space:
    """The shape of one datum.

    Arguments:
        continuous: the shape S of the continuous part, or None where there is none.
        discrete: the vocabulary size V_l of each discrete position, () where there is none.

    Example:
        >>> space = Space(continuous=(2,), discrete=(3, 5))
        >>> space.dimensions, space.positions, space.levels
        (2, 2, 8)
    """

    continuous: tuple[int, ...] | None
    discrete: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape S of the continuous part; (0,) where there is none."""
        return (0,) if self.continuous is None else self.continuous

    @property
    def dimensions(self) -> int:
        """The number of continuous variables."""
        return math.prod(self.shape)

    @property
    def positions(self) -> int:
        """The number of discrete variables L."""
        return len(self.discrete)

    @property
    def levels(self) -> int:
        """The number of discrete values over all positions, the sum of V_l."""
        return sum(self.discrete)

    def to_dict(self) -> dict[str, list[int] | None]:
        """The space as JSON can hold it."""
        shape = None if self.continuous is None else list(self.continuous)
        return {"continuous": shape, "discrete": list(self.discrete)}

    @classmethod
    def from_dict(cls, state: dict[str, list[int] | None]) -> Space:
        """The space that `to_dict` described."""
        shape = state["continuous"]
        return cls(None if shape is None else tuple(shape), tuple(state["discrete"] or ()))


@dataclass(frozen=True)
class Batch:
    """B data of one space, as tensors.

    Arguments:
        continuous: float32 with shape (B, *S); (B, 0) where the space has no continuous part.
        discrete: int64 with shape (B, L); (B, 0) where the space has no discrete part.

    Example:
        >>> batch = Batch(torch.zeros(4, 2), torch.ones(4, 3, dtype=torch.int64))
        >>> len(batch), len(batch[:3])
        (4, 3)
    """

    continuous: Tensor
    discrete: Tensor

    def __len__(self) -> int:
        return self.continuous.shape[0]

    def __getitem__(self, index: slice | Tensor) -> Batch:
        return Batch(self.continuous[index], self.discrete[index])

    def parts(self, size: int) -> Iterator[Batch]:
        """The batch in order, in parts of at most this size."""
        return (self[start : start + size] for start in range(0, len(self), size))

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.continuous.device

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        return Batch(self.continuous.to(device), self.discrete.to(device))

    @staticmethod
    def cat(batches: Sequence[Batch]) -> Batch:
        """The batches one after another."""
        return Batch(
            torch.cat([b.continuous for b in batches]), torch.cat([b.discrete for b in batches])
        )


@dataclass(frozen=True)
class Condition:
    """B data seen in part: content is generated for what is not seen.

    Arguments:
        values: a batch whose unseen entries are ignored.
        continuous: bool with shape S, true where the continuous variable is seen.
        discrete: bool with shape (L,), true where the discrete variable is seen.

    One condition sees the same variables in all of its data; their values differ.

    Example:
        >>> values = Batch(torch.zeros(4, 2), torch.ones(4, 3, dtype=torch.int64))
        >>> c = Condition(values, torch.tensor([True, False]), torch.tensor([False, False, True]))
        >>> len(c), c.seen
        (4, 2)
    """

    values: Batch
    continuous: Tensor
    discrete: Tensor

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: slice | Tensor) -> Condition:
        return Condition(self.values[index], self.continuous, self.discrete)

    @property
    def seen(self) -> int:
        """The number of variables seen."""
        return int(self.continuous.sum() + self.discrete.sum())

    def to(self, device: torch.device | str) -> Condition:
        """The same condition on another device."""
        return Condition(
            self.values.to(device), self.continuous.to(device), self.discrete.to(device)
        )

    def impose(self, x: Batch) -> Batch:
        """The batch x with its seen entries replaced by the values of the condition."""
        return Batch(
            torch.where(self.continuous, self.values.continuous, x.continuous),
            torch.where(self.discrete, self.values.discrete, x.discrete),
        )

    @classmethod
    def draw(cls, x: Batch, generator: torch.Generator) -> Condition:
        """A random part of the data x, small parts more often: each variable is seen with chance u^2, u uniform."""
        share = torch.rand((), generator=generator, device=x.device).square()
        shape, positions = x.continuous.shape[1:], x.discrete.shape[1:]
        return cls(
            x,
            torch.rand(shape, generator=generator, device=x.device) < share,
            torch.rand(positions, generator=generator, device=x.device) < share,
        )
