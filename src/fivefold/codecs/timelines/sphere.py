"""Points on a sphere and the plane that touches it: great circles, exact both ways.

A point of latitude phi and longitude lambda is the unit vector p = (cos phi cos lambda, cos phi sin lambda, sin phi).
The plane that touches the sphere in p0 has the axes E (east) and N (north); the point at distance d from p0 along the
great circle that sets out in direction (e, n) / d is

    p = cos(d / R) p0 + sin(d / R) (e E + n N) / d,         d = |(e, n)|,

and (e, n) is found again from p, for all points but the one opposite to p0. Neither the poles nor the line where
longitude jumps are special: distances and directions from p0 are all there is. The Earth is taken for a sphere.
"""

from __future__ import annotations

import numpy as np

from fivefold.codecs.lattice import Floats

RADIUS = 6_371_008.8
"""The mean radius of the Earth in metres."""


def unit(latitude: Floats, longitude: Floats) -> Floats:
    """Degrees as unit vectors.

    Arguments:
        latitude: with shape (*).
        longitude: likewise.

    Returns:
        Vectors with shape (3, *).

    Example:
        >>> unit(np.array(0.0), np.array(90.0)).round(6).tolist()
        [0.0, 1.0, 0.0]
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def degrees(p: Floats) -> tuple[Floats, Floats]:
    """Vectors of any length as degrees of latitude and of longitude, -180 to 180, with shape (3, *) and (*)."""
    latitude = np.degrees(np.arctan2(p[2], np.hypot(p[0], p[1])))
    return latitude, np.degrees(np.arctan2(p[1], p[0]))


def axes(p: Floats) -> tuple[Floats, Floats]:
    """East and north in points p, each with shape (3, *); on a pole those of longitude 0."""
    lam = np.arctan2(p[1], p[0])
    phi = np.arctan2(p[2], np.hypot(p[0], p[1]))
    east = np.stack([-np.sin(lam), np.cos(lam), np.zeros_like(lam)])
    north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
    return east, north


def to_plane(p: Floats, start: Floats) -> Floats:
    """Points in metres east and north of a start.

    Arguments:
        p: unit vectors, with shape (3, *, T).
        start: unit vectors, with shape (3, *).

    Returns:
        Metres with shape (2, *, T).

    Example:
        >>> there = unit(np.array([[0.0]]), np.array([[180.0 + 1e-5]]))
        >>> to_plane(there, unit(np.array([0.0]), np.array([180.0]))).round(3).tolist()
        [[[1.112]], [[0.0]]]
    """
    p0 = start[..., None]
    along = (p * p0).sum(0)
    beside = p - along * p0
    sine = np.linalg.norm(beside, axis=0)
    angle = np.arctan2(sine, along)
    ratio = np.where(sine > 0, angle / np.where(sine > 0, sine, 1), 1.0)
    return RADIUS * ratio * np.stack([(beside * axis[..., None]).sum(0) for axis in axes(start)])


def from_plane(metres: Floats, start: Floats) -> Floats:
    """The points that lie so many metres east and north of a start: the inverse of `to_plane`.

    Arguments:
        metres: with shape (2, *, T).
        start: unit vectors, with shape (3, *).

    Returns:
        Unit vectors with shape (3, *, T).
    """
    east, north = (axis[..., None] for axis in axes(start))
    angle = np.hypot(metres[0], metres[1]) / RADIUS
    ratio = np.sinc(angle / np.pi) / RADIUS
    return np.cos(angle) * start[..., None] + ratio * (metres[0] * east + metres[1] * north)


def distance(one: Floats, other: Floats) -> Floats:
    """Metres along the great circle between unit vectors, with shape (3, *) and (*)."""
    apart = np.linalg.norm(np.cross(one, other, axis=0), axis=0)
    found: Floats = RADIUS * np.arctan2(apart, (one * other).sum(0))
    return found
