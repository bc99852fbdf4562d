"""Directions as two channels: a heading has no end at north.

An angle a of a circle of k cells is the point x = sqrt(2) r (sin a, cos a) with r ~ U(3/4, 5/4), so that a density of x
is finite; its area element is 2 r dr da.
"""

from __future__ import annotations

import math
import re
from typing import Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import LARGEST, Flags, Floats, from_lattice

RADII = (0.75, 1.25)
HEADING = re.compile(
    r"(^|[^a-z])(heading|hdg|course|cog|bearing|azimuth|track|track_angle|direction|wind_dir)([^a-z]|$)",
    re.I,
)


class Angle(BaseModel):
    """A direction in degrees as two channels, sine and cosine.

    Arguments:
        column: its description.
        turn: the cells of the lattice in a full turn.
        least: the smallest value written, 0 or the width of one cell.
        flagged: whether a channel of flags says where it is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["angle"] = "angle"
    column: Column
    turn: int = Field(ge=1, lt=LARGEST)
    least: int = Field(default=0, ge=0, le=1)
    flagged: bool = False

    @classmethod
    def suits(cls, column: Column, m: Floats) -> bool:
        """Whether a column is named like a direction and has values from 0 to 360 of which not both ends mean north."""
        turn = 360 * 10.0 ** (column.digits or 0)
        ends = np.any(m == 0) and np.any(m == turn)
        return bool(
            turn < LARGEST
            and HEADING.search(column.name)
            and m.min() >= 0
            and m.max() <= turn
            and not ends
        )

    @classmethod
    def fit(cls, column: Column, m: Floats, *, flagged: bool = False) -> Self:
        """The channels of a direction, as in `Number.fit`."""
        turn = 360 * 10 ** (column.digits or 0)
        return cls(column=column, turn=turn, least=int(np.any(m == turn)), flagged=flagged)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it holds."""
        return (self.column,)

    @property
    def periods(self) -> tuple[float, ...]:
        """As in `Number`."""
        return (float(self.turn),)

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of its channels."""
        return (f"{self.column.name} sine", f"{self.column.name} cosine")

    def settled(self, windows: Floats) -> Self:
        """As in `Number`."""
        return self

    def encode(self, m: Floats, draw: np.random.Generator) -> Floats:
        """Values of the lattice with shape (1, *) as x with shape (2, *)."""
        inside, r = draw.random(m[0].shape) - 0.5, draw.uniform(*RADII, m[0].shape)
        x = self._point(m[0] + inside, r)
        off = (self.decode(x)[0] - m[0]) % self.turn != 0
        return np.where(off, self._point(m[0], r), x)

    def _point(self, m: Floats, r: Floats) -> Floats:
        """The points of directions and radii, as single precision holds them, with shape (2, *)."""
        a = 2 * np.pi * m / self.turn
        x = math.sqrt(2) * r * np.stack([np.sin(a), np.cos(a)])
        rounded: Floats = x.astype(np.float32).astype(np.float64)
        return rounded

    def decode(self, x: Floats) -> Floats:
        """x with shape (2, *) as values of the lattice with shape (1, *)."""
        cells = np.rint(np.arctan2(x[0], x[1]) * self.turn / (2 * np.pi))
        found: Floats = (cells - self.least) % self.turn + self.least
        return found[None]

    def log_slope(self, x: Floats) -> Floats:
        """log of 2 r da / dv over the density of r, with shape (*), for x with shape (2, *)."""
        r = np.hypot(x[0], x[1]) / math.sqrt(2)
        slope: Floats = np.log(2 * np.maximum(r, 1e-6)) + math.log(
            np.pi / 180 * (RADII[1] - RADII[0])
        )
        return slope

    def seen(self, known: Flags) -> Flags:
        """As in `Number`, with shape (2, *, T)."""
        return np.stack([known, known])

    def joined(self, made: Floats, given: Floats, known: Flags) -> Floats:
        """As in `Number`."""
        found: Floats = (np.where(known, given, made) - self.least) % self.turn + self.least
        return found

    def write(self, m: Floats, present: Flags) -> list[pa.Array]:
        """As in `Number`."""
        return [from_lattice(m[0].astype(np.int64), present, self.column)]
