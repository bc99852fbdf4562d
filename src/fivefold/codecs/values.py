"""Numbers with many values: one continuous variable z with a standard normal marginal, and a mode where one is needed.

A lattice value m stands for the cell [m, m + 1). With u ~ U(0, 1) it becomes x = m + u, and

    z = Phi^-1(F(x)),       F piecewise linear through knots (q_j, p_j),  q integers,  p_0 = 0, p_K = 1,

with the knots of `quantiles`. Decoding floors F^-1(Phi(z)) to the lattice.

A *spike* is a value held by at least max(k, 0.5% of the rows) rows and by three times as many as the values beside it
(zero, most often). Spikes and missing values are levels of a discrete *mode*: 0 is "the value", then the spikes in
ascending order, then missing. Where the mode is not the value, z is noise from N(0, 1), so that no family needs a mask.

log volume, from log p(m) = log of the integral of p_z(z(m + u)) |dz/dx| over u >= E_u[log p_z(z) + log |dz/dx|]:

    log f(x) - log phi(z)      where the mode is the value, f = F' the probability of the cell under the knots,
    -log phi(z)                where z is noise, since p(mode) >= exp E_z[log p(mode, z) - log phi(z)].
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise
from typing import Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.lattice import LARGEST, Flags, Floats, Grid, Ints
from fivefold.codecs.quantiles import KNOTS, quantiles

SPIKE = 0.005
"""The share of the rows from which a value is a spike."""
PROUD = 3
"""How many times more rows a spike holds than the middle one of the ten values beside it."""
SPIKES = 64
"""The most spikes of a column."""
EDGE = 1e-9
"""F is kept between EDGE and 1 - EDGE, that is |z| below 6.0."""


class Values(BaseModel):
    """A numeric column as a continuous variable.

    Arguments:
        grid: the lattice of the column.
        knots: the lattice values q_0 < ... < q_K.
        heights: F at the knots, 0 = p_0 < ... < p_K = 1.
        spikes: the lattice values that are levels of the mode, ascending.
        missing: whether missing is a level of the mode.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["values"] = "values"
    grid: Grid = Grid()
    knots: tuple[int, ...] = Field(min_length=2, max_length=8 * KNOTS)
    heights: tuple[float, ...]
    spikes: tuple[int, ...] = Field(default=(), max_length=SPIKES)
    missing: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.knots) != len(self.heights):
            raise ValueError("every knot needs a height")
        for ends in (self.knots, self.spikes):
            if any(a >= b for a, b in pairwise(ends)):
                raise ValueError("knots and spikes must ascend")
            if any(abs(end) >= LARGEST for end in ends):
                raise ValueError("a knot lies beyond 2^62")
        if (
            self.heights[0] != 0
            or self.heights[-1] != 1
            or not all(a < b for a, b in pairwise(self.heights))
        ):
            raise ValueError("heights must ascend from 0 to 1")
        return self

    @classmethod
    def fit(cls, lattice: Ints, present: Flags, rare: int) -> Self | None:
        """The knots and spikes of a column.

        Arguments:
            lattice: the values on their lattice, with shape (n,).
            present: which are not missing, with shape (n,).
            rare: the least number of rows in an interval or a spike.

        Returns:
            The encoding; None where fewer than `rare` rows are left beside the spikes.
        """
        grid = Grid.fit(lattice[present])
        values, counts = np.unique(grid.coarse(lattice[present]), return_counts=True)
        spikes = _spikes(counts, max(rare, 2, math.ceil(SPIKE * len(lattice))))
        rest = np.ones(len(values), np.bool_)
        rest[spikes] = False
        if counts[rest].sum() < max(rare, 2):
            return None
        knots, heights = quantiles(values[rest], counts[rest], max(rare, 2))
        return cls(
            grid=grid,
            knots=tuple(knots.tolist()),
            heights=tuple(heights.tolist()),
            spikes=tuple(values[spikes].tolist()),
            missing=not present.all(),
        )

    @property
    def continuous(self) -> int:
        """The number of continuous variables."""
        return 1

    @property
    def discrete(self) -> tuple[int, ...]:
        """The vocabulary sizes: none, or that of the mode."""
        modes = 1 + len(self.spikes) + self.missing
        return (modes,) if modes > 1 else ()

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest lattice value that can be asked for."""
        ends = np.asarray([self.knots[0], self.knots[-1] - 1, *self.spikes], np.int64)
        low, high = self.grid.fine(np.asarray([ends.min(), ends.max()])).tolist()
        return low, high

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats, Ints]:
        """The knots from the first, the heights, log f in each interval, the spikes."""
        knots = np.asarray([knot - self.knots[0] for knot in self.knots], np.float64)
        heights = np.asarray(self.heights)
        slopes = np.log(np.diff(heights)) - np.log(np.diff(knots))
        return knots, heights, slopes, np.asarray(self.spikes, np.int64)

    def encode(
        self, lattice: Ints, present: Flags, draw: np.random.Generator
    ) -> tuple[Floats, Ints]:
        """Lattice values as z and modes, each with shape (n,).

        A missing value where none was seen in training becomes a value drawn from the marginal.
        """
        spikes, lattice = self._arrays[3], self.grid.coarse(lattice)
        mode = np.zeros(len(lattice), np.int64)
        if len(spikes):
            place = np.minimum(np.searchsorted(spikes, lattice), len(spikes) - 1)
            mode = np.where(spikes[place] == lattice, place + 1, 0)
        noise = draw.standard_normal(len(lattice))
        z = self._normal(lattice, draw.random(len(lattice)))
        off = np.flatnonzero(self._lattice(z) != lattice)
        z[off] = self._normal(lattice[off], np.full(len(off), 0.5))
        hidden = ~present | (mode > 0)
        z[hidden] = noise[hidden]
        return z, np.where(present, mode, len(spikes) + 1 if self.missing else 0)

    def decode(self, z: Floats, mode: Ints | None) -> tuple[Ints, Flags | None]:
        """z and modes as lattice values and which are present, each with shape (n,)."""
        lattice, spikes = self._lattice(z), self._arrays[3]
        if mode is None:
            return self.grid.fine(lattice), None
        if len(spikes):
            held = (mode > 0) & (mode <= len(spikes))
            lattice = np.where(held, spikes[np.clip(mode - 1, 0, len(spikes) - 1)], lattice)
        present = mode <= len(spikes) if self.missing else None
        return self.grid.fine(lattice), present

    def _normal(self, lattice: Ints, u: Floats) -> Floats:
        """z of lattice values, rounded to single precision as a batch holds it."""
        knots, heights, *_ = self._arrays
        inside = np.clip(lattice, self.knots[0], self.knots[-1] - 1) - self.knots[0]
        height = np.interp(inside + u, knots, heights)
        z = torch.special.ndtri(torch.from_numpy(np.clip(height, EDGE, 1 - EDGE)))
        rounded: Floats = z.float().double().numpy()
        return rounded

    def _lattice(self, z: Floats) -> Ints:
        knots, heights, *_ = self._arrays
        height = torch.special.ndtr(torch.from_numpy(z)).numpy()
        x = np.floor(np.interp(height, heights, knots)).astype(np.int64)
        lattice: Ints = self.knots[0] + np.clip(x, 0, self.knots[-1] - 1 - self.knots[0])
        return lattice

    def log_volume(self, z: Floats, mode: Ints | None) -> Floats:
        """The log volume above, with shape (n,)."""
        _, heights, slopes, _ = self._arrays
        normal = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
        height = torch.special.ndtr(torch.from_numpy(z)).numpy()
        cell = slopes[np.clip(np.searchsorted(heights, height, "right") - 1, 0, len(slopes) - 1)]
        return (cell if mode is None else np.where(mode == 0, cell, 0.0)) - normal


def _spikes(counts: Ints, least: int) -> Ints:
    """The places of the values that stand out from their neighbours, ascending."""
    often = np.flatnonzero(counts >= least)
    proud = [
        place
        for place in often.tolist()
        if len(counts) == 1 or counts[place] >= PROUD * np.median(_beside(counts, place))
    ]
    found = np.asarray(proud, np.int64)
    return np.sort(found[np.argsort(-counts[found], kind="stable")][:SPIKES])


def _beside(counts: Ints, place: int) -> Ints:
    return np.concatenate([counts[max(0, place - 5) : place], counts[place + 1 : place + 6]])
