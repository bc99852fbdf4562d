"""The variables of a series: which columns hold numbers that change and say something."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import whole
from fivefold.codecs.places import place
from fivefold.codecs.recognise import digits_of, recognise
from fivefold.errors import InputError

PARTS = {
    "year": (1, 9999),
    "quarter": (1, 4),
    "month": (1, 12),
    "week": (0, 53),
    "weekday": (0, 7),
    "dayofweek": (0, 7),
    "dayofyear": (1, 366),
    "yday": (0, 366),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 59),
    "second": (0, 60),
}
"""Whole numbers that say again what the time says."""


def bare(name: str) -> str:
    """A name without all that is not a letter or a digit.

    Example:
        >>> bare("Station ID")
        'stationid'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_number(kind: pa.DataType) -> bool:
    """Whether values of a type are numbers."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def variable(
    name: str, values: pa.ChunkedArray, memory: dict[Any, Any] | None, *, asked: bool
) -> tuple[Column | None, str]:
    """The description of a variable, or why a column is none.

    Arguments:
        name: its name.
        values: its values, with shape (n,).
        memory: the metadata of the table, for error messages.
        asked: whether the column was named as one: it is then taken if it holds numbers.

    Raises:
        InputError: where a column that was named holds no numbers, or a word stands among numbers.
    """
    column = recognise(name, values, memory)
    if column.kind == "constant" and (is_number(values.type) or not asked):
        return column, ""
    if column.kind in ("integer", "decimal"):
        if not asked and _is_part(name, values):
            return None, "says again what the time says"
        return column, ""
    if pt.is_boolean(values.type):
        return Column(name=name, kind="integer", dtype="bool"), ""
    if is_number(values.type) and (asked or column.kind in ("boolean", "date")):
        if pt.is_integer(values.type):
            return Column(name=name, kind="integer", dtype=str(values.type)), ""
        real = np.asarray(whole(values).drop_null().cast(pa.float64(), safe=False))
        digits = digits_of(real, values.type)
        return Column(name=name, kind="decimal", dtype=str(values.type), digits=digits), ""
    if asked:
        raise InputError(
            f"holds no numbers but is {column.kind}",
            where=place(memory, column=name),
            hint="leave it out of values=",
            code="not-numeric",
        )
    return None, column.note or f"{column.kind}: only numbers are learned"


def _is_part(name: str, values: pa.ChunkedArray) -> bool:
    """Whether a column is a part of the date, such as its hour."""
    if bare(name) not in PARTS or not pt.is_integer(values.type):
        return False
    low, high = PARTS[bare(name)]
    span = pc.min_max(values)
    return bool(low <= span["min"].as_py() and span["max"].as_py() <= high)
