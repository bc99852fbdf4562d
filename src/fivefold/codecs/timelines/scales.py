r"""The numbers of a series as channels of about zero mean and unit variance, and back.

A number v stands on the lattice of its column, at m (see `lattice`). With u ~ U(-1/2, 1/2) and the width w of a cell,

    x = (g(m + w u) - mu) / sigma,       g(m) = m,  or  sign(m - c) log(1 + |m - c| / s)  where tails are heavy,

so that decoding, which rounds to the nearest cell, gives back m, and a density of x is one of the values' cells:

    log p(v) >= E_u[log p(x) + log g'(m + w u) - log sigma] + log of the cell's width.

What is missing has a channel of its own, x = 2 b - 1 + u for the flag b.
"""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import LARGEST, Flags, Floats, Grid, from_lattice

HEAVY = 10.0
"""The excess kurtosis from which a signed logarithm is tried."""
FINE = 1e-5
"""Cells narrower than this share of the spread are not filled with noise."""
HELD = 0.005
"""The share of the rows that an outermost value must hold to be a bound."""
FLOORS, ROOFS = (-1.0, 0.0), (0.0, 1.0, 100.0, 360.0)
"""Where numbers often end; taken for a bound by data that come close."""
CLOSE = 0.1


class Number(BaseModel):
    """A variable as one channel.

    Arguments:
        column: its description.
        grid: the values of the lattice that occur.
        middle: c.
        spread: s; 0 where tails are not heavy and g(m) = m.
        mean, sigma: mu and sigma.
        low, high: the least and the greatest value, on the lattice.
        noisy: whether cells are filled with noise.
        flagged: whether a channel of flags says where it is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["number"] = "number"
    column: Column
    grid: Grid = Grid()
    middle: float = Field(default=0.0, ge=-LARGEST, le=LARGEST)
    spread: float = Field(default=0.0, ge=0, le=LARGEST)
    mean: float = Field(default=0.0, ge=-LARGEST, le=LARGEST)
    sigma: float = Field(default=1.0, gt=0, le=LARGEST)
    low: float = Field(default=-float(LARGEST), ge=-LARGEST)
    high: float = Field(default=float(LARGEST), le=LARGEST)
    noisy: bool = True
    flagged: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"{self.column.name!r} has its bounds the wrong way round")
        return self

    @classmethod
    def fit(
        cls, column: Column, m: Floats, *, spread: float | None = None, flagged: bool = False
    ) -> Self:
        """The channel of a variable.

        Arguments:
            column: its description.
            m: the values that are there, on their lattice, with shape (n,).
            spread: s; None to find out whether tails are heavy.
            flagged: as above.

        Example:
            >>> Number.fit(Column(name="x", kind="integer", dtype="int64"), np.array([0.0, 10.0, 20.0])).grid.step
            10
        """
        low, high = _bounds(m, 10.0 ** (column.digits or 0), column)
        found = cls(column=column, grid=_grid(m), low=low, high=high, flagged=flagged)
        if spread is None:
            middle = 0.0 if m.min() >= 0 else float(np.median(m))
            away = np.abs(m - middle)
            bent = found.model_copy(
                update={
                    "middle": middle,
                    "spread": max(1.0, float(np.median(away[away > 0])) if away.any() else 1.0),
                }
            )
            plain = _kurtosis(m)
            if plain > HEAVY and _kurtosis(bent._bend(m)) < plain:
                found = bent
        else:
            found = found.model_copy(update={"spread": spread})
        draw = np.random.default_rng(len(m))
        width = found.grid.step
        filled = m + width * (draw.random(len(m)) - 0.5)
        noisy = bool(width > FINE * filled.std())
        y = found._bend(filled if noisy else m)
        update = {"mean": float(y.mean()), "sigma": float(y.std()) or 1.0, "noisy": noisy}
        return found.model_copy(update=update)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it holds."""
        return (self.column,)

    @property
    def periods(self) -> tuple[float, ...]:
        """After how much each column begins again; 0 for never."""
        return (0.0,)

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of its channels."""
        return (self.column.name,)

    def settled(self, windows: Floats) -> Self:
        """The same, fitted to windows of its columns with shape (1, W, T): numbers need no windows."""
        return self

    def encode(self, m: Floats, draw: np.random.Generator) -> Floats:
        """Values of the lattice with shape (1, *) as x with shape (1, *)."""
        if not self.noisy:
            return (self._bend(m) - self.mean) / self.sigma
        width = self.grid.step
        filled = m + width * (draw.random(m.shape) - 0.5)
        x = _single((self._bend(filled) - self.mean) / self.sigma)
        off = np.abs(self._unbend(x * self.sigma + self.mean) - m) > 0.499 * width
        return np.where(off, (self._bend(m) - self.mean) / self.sigma, x)

    def decode(self, x: Floats) -> Floats:
        """x as the nearest values of the lattice within bounds, both with shape (1, *)."""
        origin, width = self.grid.origin, self.grid.step
        m = self._unbend(x * self.sigma + self.mean)
        least, most = (
            math.ceil((self.low - origin) / width),
            math.floor((self.high - origin) / width),
        )
        found: Floats = origin + width * np.clip(np.rint((m - origin) / width), least, most)
        return found

    def log_slope(self, x: Floats) -> Floats:
        """log |dx / dv| with shape (*), v in units of the column, for x with shape (1, *)."""
        y = x[0] * self.sigma + self.mean
        bent = -np.abs(y) - math.log(self.spread) if self.spread else np.zeros_like(y)
        slope: Floats = bent - math.log(self.sigma) + math.log(10) * (self.column.digits or 0)
        return slope

    def seen(self, known: Flags) -> Flags:
        """Which of its channels are seen where the values with shape (*, T) are: with shape (1, *, T)."""
        return known[None]

    def joined(self, made: Floats, given: Floats, known: Flags) -> Floats:
        """Values that were made, and given ones where they are known, all with shape (1, *, T) or (*, T)."""
        return np.where(known, given, made)

    def write(self, m: Floats, present: Flags) -> list[pa.Array]:
        """Values of the lattice with shape (1, n) as its columns are written; null where not present."""
        return [from_lattice(m[0].astype(np.int64), present, self.column)]

    def _bend(self, m: Floats) -> Floats:
        if not self.spread:
            return m
        away = m - self.middle
        return np.sign(away) * np.log1p(np.abs(away) / self.spread)

    def _unbend(self, y: Floats) -> Floats:
        if not self.spread:
            return y
        size = np.expm1(np.minimum(np.abs(y), 600.0)) * self.spread
        return self.middle + np.sign(y) * size


def flags(missing: Flags, draw: np.random.Generator) -> Floats:
    """Flags as a channel, with the shape of the flags."""
    found: Floats = 2.0 * missing - 0.5 + draw.random(missing.shape) - 1.0
    return found


def flagged(x: Floats) -> Flags:
    """A channel as flags."""
    found: Flags = x > 0
    return found


LOG_FLAG = math.log(2)
"""log |dx / db| of a channel of flags."""


def _single(x: Floats) -> Floats:
    """Numbers as single precision holds them: what is at the very edge of a cell may leave it."""
    rounded: Floats = x.astype(np.float32).astype(np.float64)
    return rounded


def _kurtosis(m: Floats) -> float:
    """How much heavier tails are than those of a normal distribution."""
    away = m - m.mean()
    variance = float(np.mean(away**2))
    return float(np.mean(away**4)) / variance**2 - 3 if variance > 0 else 0.0


def _grid(m: Floats) -> Grid:
    """The coarsest lattice that all values lie on, told without any of them."""
    grid = Grid.fit(m.astype(np.int64))
    return Grid(origin=grid.origin % grid.step, step=grid.step)


def _bounds(m: Floats, units: float, column: Column) -> tuple[float, float]:
    """Between which values of the lattice the variable stays.

    A bound is an outermost value that many rows hold, or one of `FLOORS` or `ROOFS` that the data come close to; else
    the data may go on about as far again as they reach. No single record can be read off a bound.
    """
    low, high = float(m.min()), float(m.max())
    reach = high - low
    many = max(10, math.ceil(HELD * len(m)))
    floors = [end * units for end in FLOORS if 0 <= low - end * units <= CLOSE * reach]
    roofs = [end * units for end in ROOFS if 0 <= end * units - high <= CLOSE * reach]
    floors, roofs = floors + [0.0] * (low >= 0), roofs + [0.0] * (high <= 0)
    round_ = 10.0 ** math.floor(math.log10(max(reach, 1.0)))
    far = math.floor((low - reach) / round_) * round_, math.ceil((high + reach) / round_) * round_
    below = low if np.sum(m == low) >= many else max(floors, default=far[0])
    above = high if np.sum(m == high) >= many else min(roofs, default=far[1])
    least, most = _storable(column)
    return max(below, least), min(above, most)


def _storable(column: Column) -> tuple[float, float]:
    """The least and the greatest value of the lattice that the column's type holds."""
    kind: Any = arrow_type(column.dtype) if column.dtype else pa.int64()
    if pt.is_integer(kind):
        signed = pt.is_signed_integer(kind)
        bits = kind.bit_width - signed
        most = float(2.0**bits - 1) if bits < 53 else float(LARGEST // 2)
        return (-most - 1 if signed else 0.0), most
    return -float(LARGEST // 2), float(LARGEST // 2)
