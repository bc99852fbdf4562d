"""The tables that come with fivefold, by name."""

from __future__ import annotations

from pathlib import Path

from fivefold.errors import InputError

BUNDLED = {"adult": "adult.csv.gz"}


def path(name: str) -> Path:
    """Where a bundled table lies.

    Arguments:
        name: a key of `BUNDLED`.

    Returns:
        The file, which `fivefold.compare`, `fivefold.fit` and the commands read.

    Example:
        >>> path("adult").name
        'adult.csv.gz'
    """
    if name not in BUNDLED:
        known = ", ".join(BUNDLED)
        raise InputError(f"no bundled table {name!r}", hint=f"one of: {known}", code="no-table")
    return Path(__file__).with_name(BUNDLED[name])
