"""Positions on the Earth as channels: where a window begins, and the steps that follow.

The first point p0 of a window is a unit vector, three channels that stay the same. The others lie in the plane that
touches the sphere in p0 (see `sphere`), at P_t = (east, north); their steps are two channels,

    s_t = P_t - P_(t-1)  for t >= 1,        s_0 = s_1 + P_0,

so that nothing breaks at a pole or where longitude jumps. The plane is that of p0 as it is decoded from single
precision, and every step makes good what the rounding of those before it has cost: errors do not add up.
A window that goes on to the other side of the Earth and past the point opposite to p0 makes one great step there.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Flags, Floats, from_lattice
from fivefold.codecs.timelines.sphere import degrees, from_plane, to_plane, unit

LEAST = (1e-6, 1e-6, 1e-6, 1e-2, 1e-2)
"""The smallest scales of the channels: about 6 m for the start, a centimetre for the steps."""
Mean = Annotated[float, Field(ge=-1e9, le=1e9)]
Scale = Annotated[float, Field(gt=0, le=1e9)]
NOISE = 0.2
"""The width of the noise on the channels of the start; its mean over a window is 0."""


class Path(BaseModel):
    """Latitude and longitude as five channels.

    Arguments:
        latitude, longitude: the columns, in degrees.
        west: the least longitude that is written, -180 or 0.
        mean, sigma: of the three channels of the start and the two of the steps.
        flagged: whether a channel of flags says where the position is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["path"] = "path"
    latitude: Column
    longitude: Column
    west: Literal[-180, 0] = -180
    mean: tuple[Mean, ...] = Field(default=(0.0,) * 5, min_length=5, max_length=5)
    sigma: tuple[Scale, ...] = Field(default=(1.0,) * 5, min_length=5, max_length=5)
    flagged: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it holds."""
        return (self.latitude, self.longitude)

    @property
    def periods(self) -> tuple[float, ...]:
        """After how much each column begins again, on its lattice; 0 for never."""
        return (0.0, 360.0 * self._cells[1])

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of its channels."""
        return ("start x", "start y", "start z", "east", "north")

    @property
    def _cells(self) -> tuple[float, float]:
        """The cells of the lattices in a degree."""
        return 10.0 ** (self.latitude.digits or 0), 10.0 ** (self.longitude.digits or 0)

    def settled(self, windows: Floats) -> Self:
        """The same, scaled for windows of positions on their lattices with shape (2, W, T)."""
        p = self._unit(windows)
        start = p[:, :, 0]
        steps = np.diff(to_plane(p, start), axis=-1)
        mean = (*start.mean(1).tolist(), *steps.mean((1, 2)).tolist())
        spread = (*start.std(1).tolist(), *steps.std((1, 2)).tolist())
        sigma = tuple(max(least, s) for least, s in zip(LEAST, spread, strict=True))
        return self.model_copy(update={"mean": mean, "sigma": sigma})

    def encode(self, m: Floats, draw: np.random.Generator) -> Floats:
        """Windows of positions on their lattices, with shape (2, *, T), as x with shape (5, *, T)."""
        p = self._unit(m)
        shape = p.shape[1:]
        mean, sigma = self._scales(len(shape))
        noise = NOISE * draw.random((3, *shape))
        noise -= noise.mean(-1, keepdims=True)
        start = _single((p[..., :1] - mean[:3]) / sigma[:3] + noise)
        there = to_plane(p, self._start(start))
        steps = _single((np.diff(there, axis=-1, prepend=0) - mean[3:]) / sigma[3:])
        mean, sigma = mean[3:, ..., 0], sigma[3:, ..., 0]
        ahead = mean + sigma * steps[..., 1]
        steps[..., 0] = _single((there[..., 0] + ahead - mean) / sigma)
        at = mean + sigma * steps[..., 0]
        for t in range(2, shape[-1]):
            steps[..., t] = _single((there[..., t] - at - mean) / sigma)
            at = at + mean + sigma * steps[..., t]
        return np.concatenate([start, steps])

    def decode(self, x: Floats) -> Floats:
        """x with shape (5, *, T) as positions on their lattices with shape (2, *, T)."""
        mean, sigma = self._scales(x.ndim - 1)
        return self._degrees(from_plane(_places(x[3:] * sigma[3:] + mean[3:]), self._start(x[:3])))

    def log_slope(self, x: Floats) -> Floats:
        """What the scaling of all channels weighs, with shape (*, T): densities of steps are per square metre."""
        return np.full(x.shape[1:], -sum(math.log(s) for s in self.sigma))

    def seen(self, known: Flags) -> Flags:
        """Which channels are seen where positions with shape (*, T) are known, with shape (5, *, T).

        The start is, if its point is; a step is, if both its ends are.
        """
        first = np.broadcast_to(known[..., :1], known.shape)
        steps = known & np.concatenate([known[..., 1:2], known[..., :-1]], -1)
        return np.stack([first] * 3 + [steps] * 2)

    def joined(self, made: Floats, given: Floats, known: Flags) -> Floats:
        """A path that was made, bent so that it goes through the points that are known.

        Arguments:
            made: positions on their lattices, with shape (2, B, T).
            given: likewise.
            known: where the given ones hold, with shape (B, T).
        """
        p, q = self._unit(made), self._unit(given)
        start = p[..., 0]
        there, off = to_plane(p, start), to_plane(q, start) - to_plane(p, start)
        places = np.arange(known.shape[-1])
        for row in range(len(known)):
            if known[row].any():
                held = np.flatnonzero(known[row])
                for axis in (0, 1):
                    there[axis, row] += np.interp(places, held, off[axis, row, held])
        return self._degrees(from_plane(there, start))

    def write(self, m: Floats, present: Flags) -> list[pa.Array]:
        """Positions on their lattices, with shape (2, n), as the columns are written; null where not present."""
        whole = np.rint(m).astype(np.int64)
        return [from_lattice(row, present, c) for row, c in zip(whole, self.columns, strict=True)]

    def _scales(self, sides: int) -> tuple[Floats, Floats]:
        shape = (5, *[1] * sides)
        return np.reshape(self.mean, shape), np.reshape(self.sigma, shape)

    def _start(self, x: Floats) -> Floats:
        """The unit vector that channels with shape (3, *, T) stand for, with shape (3, *)."""
        mean, sigma = self._scales(x.ndim - 1)
        p = (x * sigma[:3] + mean[:3]).mean(-1)
        length = np.linalg.norm(p, axis=0)
        found: Floats = p / np.maximum(length, 1e-12)
        return found

    def _unit(self, m: Floats) -> Floats:
        return unit(m[0] / self._cells[0], m[1] / self._cells[1])

    def _degrees(self, p: Floats) -> Floats:
        latitude, longitude = degrees(p)
        longitude = (longitude - self.west) % 360 + self.west
        a, b = self._cells
        return np.stack([np.rint(latitude * a), np.rint(longitude * b)])


def _single(x: Floats) -> Floats:
    """Numbers as single precision holds them."""
    rounded: Floats = x.astype(np.float32).astype(np.float64)
    return rounded


def _places(steps: Floats) -> Floats:
    """Where steps with shape (2, *, T) lead."""
    first = steps[..., :1] - steps[..., 1:2]
    return np.concatenate([first, first + np.cumsum(steps[..., 1:], -1)], -1)
