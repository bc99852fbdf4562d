"""Numbers with few distinct values: one discrete position of ascending levels.

A value of the lattice that holds at least m = max(k, 0.05% of the rows) rows is a level of its own. The rarer values
between two such levels are gathered, in ascending order, into levels of at least m rows; what does not suffice joins a
neighbour. Level l therefore covers lattice values a_l..b_l with a distribution

    p(v | l) = w_l(v) + r_l / (b_l - a_l + 1),       sum over v of w_l(v) + r_l = 1,

where w_l(v) > 0 only for values that occurred at least m times, and r_l is the share of all rarer ones: a rare value is
not reproduced with its own frequency, only with that of its neighbourhood. Missing is one more level, the last.

log volume: the mean of log p(v | l) under p(. | l), that is minus its entropy; 0 where the level is one value. So
E[log p(v)] = E[log p(l) + log volume(l)] holds in the mean over the values of a level.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.lattice import LARGEST, Flags, Floats, Grid, Ints

SHARE = 0.0005
"""The share of the rows that a level holds at least."""
DISTINCT = 256
"""More distinct values than this are a continuous variable."""
MOST = 128
"""More levels than this are a continuous variable."""
EXACT = 0.5
"""The share of the rows that must fall on levels of a single value."""


class Levels(BaseModel):
    """The levels of a numeric column with few distinct values.

    Arguments:
        grid: the lattice of the column.
        low: the smallest lattice value a_l of each level, ascending.
        high: the largest lattice value b_l of each level.
        level: for every piece of the distribution, its level, ascending.
        start: the first lattice value of the piece.
        width: the number of lattice values over which the piece is uniform.
        weight: the number of training rows in the piece.
        missing: whether there is a level for missing values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["levels"] = "levels"
    grid: Grid = Grid()
    low: tuple[int, ...] = Field(min_length=1, max_length=DISTINCT)
    high: tuple[int, ...]
    level: tuple[int, ...] = Field(max_length=4 * DISTINCT)
    start: tuple[int, ...]
    width: tuple[int, ...]
    weight: tuple[int, ...]
    missing: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.high) != len(self.low) or not (
            len(self.level) == len(self.start) == len(self.width) == len(self.weight)
        ):
            raise ValueError("levels and pieces must have one entry each")
        ends = [end for pair in zip(self.low, self.high, strict=True) for end in pair]
        if sorted(ends) != ends or len(set(self.low)) < len(self.low) or abs(ends[0]) >= LARGEST:
            raise ValueError("levels must ascend")
        if abs(ends[-1]) >= LARGEST or any(
            a == b for a, b in zip(self.high, self.low[1:], strict=False)
        ):
            raise ValueError("levels must not touch")
        if sorted(self.level) != list(self.level) or set(self.level) != set(range(len(self.low))):
            raise ValueError("every level needs a piece")
        for level, start, width in zip(self.level, self.start, self.width, strict=True):
            if width < 1 or start < self.low[level] or start + width - 1 > self.high[level]:
                raise ValueError("a piece lies outside its level")
        if not all(1 <= weight <= 1 << 53 for weight in self.weight):
            raise ValueError("the weights of levels must be counts")
        return self

    @classmethod
    def fit(cls, lattice: Ints, present: Flags, rare: int) -> Self | None:
        """The levels of a column.

        Arguments:
            lattice: the values on their lattice, with shape (n,).
            present: which are not missing, with shape (n,).
            rare: a level holds at least so many rows.

        Returns:
            The levels; None where the column is better a continuous variable.
        """
        grid = Grid.fit(lattice[present])
        values, counts = np.unique(grid.coarse(lattice[present]), return_counts=True)
        least = max(rare, int(np.ceil(SHARE * len(lattice))))
        frequent = counts >= least
        if len(values) > DISTINCT or counts[frequent].sum() < EXACT * counts.sum():
            return None
        groups = _gather(counts, frequent, least)
        if len(groups) > MOST:
            return None
        pieces: list[tuple[int, int, int, int]] = []
        for level, (first, last) in enumerate(groups):
            inside = range(first, last + 1)
            pieces += [(level, int(values[i]), 1, int(counts[i])) for i in inside if frequent[i]]
            rest = int(sum(counts[i] for i in inside if not frequent[i]))
            if rest:
                span = int(values[last] - values[first]) + 1
                pieces.append((level, int(values[first]), span, rest))
        level_, start, width, weight = zip(*pieces, strict=True)
        return cls(
            grid=grid,
            low=tuple(int(values[first]) for first, _ in groups),
            high=tuple(int(values[last]) for _, last in groups),
            level=level_,
            start=start,
            width=width,
            weight=weight,
            missing=not present.all(),
        )

    @property
    def continuous(self) -> int:
        """The number of continuous variables."""
        return 0

    @property
    def discrete(self) -> tuple[int, ...]:
        """The vocabulary sizes."""
        return (len(self.low) + self.missing,)

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest lattice value that can be asked for."""
        low, high = self.grid.fine(np.asarray([self.low[0], self.high[-1]], np.int64)).tolist()
        return low, high

    @cached_property
    def _arrays(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        fields = (self.low, self.high, self.level, self.start, self.width)
        low, high, level, start, width = (np.asarray(field, np.int64) for field in fields)
        return low, high, level, start, width

    @cached_property
    def _edges(self) -> Floats:
        """Where each piece ends on a line on which level l covers [l, l + 1)."""
        level, weight = self._arrays[2], np.asarray(self.weight, np.float64)
        total = np.bincount(level, weight)
        share = weight / total[level]
        before = np.cumsum(share) - share
        first = np.searchsorted(level, np.arange(len(total)))
        edges = level + (before - before[first][level]) + share
        edges[np.append(first[1:] - 1, -1)] = np.arange(1, len(total) + 1)
        return edges

    @property
    def _exact(self) -> bool:
        return len(self.level) == len(self.low) and max(self.width) == 1

    def encode(self, lattice: Ints, present: Flags) -> Ints:
        """Lattice values as levels, with shape (n,): between two levels the nearer one counts."""
        low, high, *_ = self._arrays
        lattice = self.grid.coarse(lattice)
        level = np.maximum(np.searchsorted(low, lattice, "right") - 1, 0)
        above = np.minimum(level + 1, len(low) - 1)
        between = lattice > high[level]
        nearer = between & (low[above] - lattice < lattice - high[level])
        level = np.where(nearer, above, level)
        absent = len(low) if self.missing else int(np.argmax(np.bincount(self.level, self.weight)))
        return np.where(present, level, absent)

    def decode(self, level: Ints, draw: np.random.Generator) -> tuple[Ints, Flags | None]:
        """Levels as lattice values and which are present, each with shape (n,)."""
        low, _, _, start, width = self._arrays
        present = None
        if self.missing:
            present = level < len(low)
            level = np.minimum(level, len(low) - 1)
        if self._exact:
            return self.grid.fine(low[level]), present
        piece = level
        if len(start) > len(low):
            piece = np.searchsorted(self._edges, level + draw.random(len(level)), "right")
            piece = np.minimum(piece, len(start) - 1)
        offset = np.floor(draw.random(len(level)) * width[piece]).astype(np.int64)
        return self.grid.fine(start[piece] + offset), present

    @cached_property
    def _volumes(self) -> Floats:
        """Minus the entropy of p(. | l) for every level, and 0 for missing."""
        low, high, level, start, width = self._arrays
        weight = np.asarray(self.weight, np.float64)
        share = weight / np.bincount(level, weight)[level]
        single = width == 1
        volume = np.zeros(len(low) + 1)
        for one in range(len(low)):
            mine = level == one
            ground = float(share[mine & ~single].sum()) / (int(high[one] - low[one]) + 1)
            spikes = {int(v): 0.0 for v in start[mine & single]}
            for v, p in zip(start[mine & single], share[mine & single], strict=True):
                spikes[int(v)] += float(p)
            masses = np.array([p + ground for p in spikes.values()])
            volume[one] = np.sum(masses * np.log(masses))
            if ground:
                volume[one] += (
                    (int(high[one] - low[one]) + 1 - len(spikes)) * ground * np.log(ground)
                )
        return volume

    def log_volume(self, level: Ints) -> Floats:
        """The mean of log p(v | level), with shape (n,)."""
        return self._volumes[level]


def _gather(counts: Ints, frequent: Flags, least: int) -> list[tuple[int, int]]:
    """Groups (first, last) of neighbouring values that hold at least `least` rows where they can."""
    groups: list[list[int]] = []
    sizes: list[int] = []
    open_group = False
    for index, count in enumerate(counts.tolist()):
        if open_group and not frequent[index]:
            groups[-1][1] = index
            sizes[-1] += count
        else:
            groups.append([index, index])
            sizes.append(count)
        open_group = sizes[-1] < least
    while len(groups) > 1 and min(sizes) < least:
        small = sizes.index(min(sizes))
        beside = [other for other in (small - 1, small + 1) if 0 <= other < len(groups)]
        joined = min(beside, key=lambda other: sizes[other])
        left, right = sorted((small, joined))
        groups[left] = [groups[left][0], groups[right][1]]
        sizes[left] += sizes[right]
        del groups[right], sizes[right]
    return [(first, last) for first, last in groups]
