"""What one datum is.

A datum x = (x_c, x_d) has a continuous array x_c in R^S and a discrete part x_d in {0..V_1-1} x ... x {0..V_L-1};
either may be empty. Every family is written against this one description: a table row has both parts, an image only
the first, a text only the second.

Discrete positions are of one of two sorts. In *columns* each position means something of its own and has a vocabulary
of its own: a table row. In a *sequence* all share one vocabulary, a position is a place in an order, and the last ones
may be absent: a text, a molecule. Symbol 0 of a sequence is the end; position 0 of a datum holds the symbol that it
goes on from (the end, where something new begins) and is always seen.

A continuous array whose entries are neighbours of one another is a *grid*: channels first, then one, two or three
extents, as a series has one, a picture two, a volume three. What it is labelled with (a class, an entity) are its
discrete positions, each of its own as in columns. Where its numbers are read off a scale, as the levels of a pixel are,
`quantum` is the step of the scale.

A *condition* is a datum seen in part: the values that are given and two masks that say which. Class labels,
prompts, known columns and the rest of a damaged picture are all the same thing: what is seen of x.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Space:
    """The shape of one datum.

    Arguments:
        continuous: the shape S of the continuous part, or None where there is none.
        discrete: the vocabulary size V_l of each discrete position, () where there is none.
        sort: whether the positions are columns or places of a sequence, or the array a grid.
        quantum: the step between neighbouring values of a grid, None where any number may occur.

    Example:
        >>> space = Space(continuous=(2,), discrete=(3, 5))
        >>> space.dimensions, space.positions, space.levels
        (2, 2, 8)
        >>> text = Space.sequence(alphabet=256, length=128)
        >>> text.sort, text.positions, text.alphabet
        ('sequence', 128, 256)
        >>> picture = Space.grid(3, (32, 32), labels=(10,), quantum=2 / 255)
        >>> picture.sort, picture.shape, picture.channels, picture.extent
        ('grid', (3, 32, 32), 3, (32, 32))
    """

    continuous: tuple[int, ...] | None
    discrete: tuple[int, ...] = ()
    sort: Literal["columns", "sequence", "grid"] = "columns"
    quantum: float | None = None

    @classmethod
    def sequence(cls, alphabet: int, length: int) -> Space:
        """The space of sequences of at most `length` symbols, the given first one counted, of one alphabet."""
        return cls(None, (alphabet,) * length, "sequence")

    @classmethod
    def grid(
        cls,
        channels: int,
        extent: Sequence[int],
        labels: Sequence[int] = (),
        quantum: float | None = None,
    ) -> Space:
        """The space of grids of so many channels and such an extent, with labels of so many values each."""
        return cls((channels, *extent), tuple(labels), "grid", quantum)

    @property
    def channels(self) -> int:
        """The number of channels C of a grid."""
        return self.shape[0]

    @property
    def extent(self) -> tuple[int, ...]:
        """The sizes of a grid's sides: (L,), (H, W) or (T, H, W)."""
        return self.shape[1:]

    @property
    def alphabet(self) -> int:
        """The number of symbols V that all positions of a sequence share."""
        return self.discrete[0]

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

    @property
    def given(self) -> Tensor:
        """Which discrete positions are always seen, bool with shape (L,): the first one of a sequence."""
        places = torch.arange(self.positions)
        return places < (1 if self.sort == "sequence" else 0)

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON can hold it."""
        if self.sort == "sequence":
            return {"alphabet": self.alphabet, "length": self.positions}
        if self.sort == "grid":
            quantum = {} if self.quantum is None else {"quantum": self.quantum}
            return {"grid": list(self.shape), "labels": list(self.discrete), **quantum}
        shape = None if self.continuous is None else list(self.continuous)
        return {"continuous": shape, "discrete": list(self.discrete)}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Space:
        """The space that `to_dict` described."""
        if "alphabet" in state:
            return cls.sequence(state["alphabet"], state["length"])
        if "grid" in state:
            channels, *extent = state["grid"]
            return cls.grid(channels, extent, state["labels"], state.get("quantum"))
        shape = state["continuous"]
        return cls(None if shape is None else tuple(shape), tuple(state["discrete"] or ()))


class Data(Protocol):
    """Data of one space, of which a part can be had as a batch: what training asks of them."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | Tensor) -> Batch: ...

    @property
    def device(self) -> torch.device:
        """Where batches are."""
        ...

    def parts(self, size: int) -> Iterator[Batch]:
        """The data in order, in batches of at most this size."""
        ...

    def digest(self) -> str:
        """A digest of the content."""
        ...


@dataclass(frozen=True)
class Batch:
    """B data of one space, as tensors.

    Arguments:
        continuous: float32 with shape (B, *S); (B, 0) where the space has no continuous part.
        discrete: int64 with shape (B, L); (B, 0) where the space has no discrete part.
        lengths: int64 with shape (B,), how many positions are present, or None where all are. What is absent is 0.

    A batch of sequences may be narrower than its space: L is then the largest length in it.

    Example:
        >>> batch = Batch(torch.zeros(4, 2), torch.ones(4, 3, dtype=torch.int64))
        >>> len(batch), len(batch[:3])
        (4, 3)
        >>> Batch(torch.zeros(2, 0), torch.ones(2, 3, dtype=torch.int64), torch.tensor([1, 3])).mask
        tensor([[ True, False, False],
                [ True,  True,  True]])
    """

    continuous: Tensor
    discrete: Tensor
    lengths: Tensor | None = None

    def __len__(self) -> int:
        return self.continuous.shape[0]

    def __getitem__(self, index: slice | Tensor) -> Batch:
        lengths = None if self.lengths is None else self.lengths[index]
        return Batch(self.continuous[index], self.discrete[index], lengths)

    @property
    def mask(self) -> Tensor:
        """Which discrete positions are present, bool with shape (B, L)."""
        if self.lengths is None:
            return torch.ones_like(self.discrete, dtype=torch.bool)
        return torch.arange(self.discrete.shape[1], device=self.device) < self.lengths[:, None]

    def digest(self) -> str:
        """A digest of the content."""
        found = hashlib.sha256()
        for tensor in (self.continuous, self.discrete, self.lengths):
            if tensor is not None:
                found.update(tensor.cpu().numpy().tobytes())
        return found.hexdigest()

    def parts(self, size: int) -> Iterator[Batch]:
        """The batch in order, in parts of at most this size."""
        return (self[start : start + size] for start in range(0, len(self), size))

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.continuous.device

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        lengths = None if self.lengths is None else self.lengths.to(device)
        return Batch(self.continuous.to(device), self.discrete.to(device), lengths)

    @staticmethod
    def cat(batches: Sequence[Batch]) -> Batch:
        """The batches one after another; narrower ones are widened by absent positions."""
        width = max(b.discrete.shape[1] for b in batches)
        wide = [nn.functional.pad(b.discrete, (0, width - b.discrete.shape[1])) for b in batches]
        continuous = torch.cat([b.continuous for b in batches])
        if all(b.lengths is None and b.discrete.shape[1] == width for b in batches):
            return Batch(continuous, torch.cat(wide))
        return Batch(continuous, torch.cat(wide), torch.cat([b.mask.sum(1) for b in batches]))


@dataclass(frozen=True)
class Condition:
    """B data seen in part: content is generated for what is not seen.

    Arguments:
        values: a batch whose unseen entries are ignored.
        continuous: bool with shape S, true where the continuous variable is seen; (B, *S) where data differ in what
            is seen of them (windows that lack different stretches).
        discrete: bool with shape (L,), true where the discrete variable is seen; (B, L) where data differ (prompts of
            unequal length).

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
        own = self.continuous.dim() == self.values.continuous.dim()
        return Condition(
            self.values[index],
            self.continuous[index] if own else self.continuous,
            self.discrete[index] if self.discrete.dim() == 2 else self.discrete,
        )

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
            x.lengths,
        )

    @classmethod
    def draw(cls, x: Batch, generator: torch.Generator) -> Condition:
        """A random part of the data x, small parts more often: each variable is seen with chance u^2, u uniform.

        Of a grid it is a region: neighbours tell each other's values, so that single numbers would ask for nothing.
        """
        share = torch.rand((), generator=generator, device=x.device).square()
        shape, positions = x.continuous.shape[1:], x.discrete.shape[1:]
        grid = len(shape) > 1
        seen = torch.rand(shape, generator=generator, device=x.device) < share
        labels = torch.rand(positions, generator=generator, device=x.device) < share
        return cls(x, _region(shape, generator, x.device) if grid else seen, labels)


def _region(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """A part of a grid of shape (C, *extent): a box or all but a box, of all channels or of some."""

    def uniform(*size: int) -> Tensor:
        return torch.rand(size, generator=generator, device=device)

    inside = torch.ones(shape, dtype=torch.bool, device=device)
    for axis, side in enumerate(shape[1:], 1):
        ends = (uniform(2) * (side + 1)).long().sort().values
        if uniform() < 0.5:
            ends[0] = 0
        places = torch.arange(side, device=device)
        within = (places >= ends[0]) & (places < ends[1])
        inside &= within.view(-1, *[1] * (len(shape) - 1 - axis))
    region = inside if uniform() < 0.5 else ~inside
    some = uniform(shape[0]) < uniform()
    return region | some.view(-1, *[1] * (len(shape) - 1)) if uniform() < 0.25 else region
