"""Values that a user asks for, checked against what a column knows before anything is generated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs.categories import Categories
from fivefold.codecs.columns import Constant, Encoding, Omitted
from fivefold.codecs.dates import DAY, candidates, parse
from fivefold.codecs.identifiers import Identifiers
from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import Ints, from_lattice, to_lattice
from fivefold.codecs.levels import Levels
from fivefold.codecs.numerals import MISSING
from fivefold.codecs.schema import nearest
from fivefold.codecs.values import Values
from fivefold.errors import InputError


def wished(column: Column, encoding: Encoding, values: Sequence[object]) -> pa.Array:
    """The values asked for, in the column's type.

    Arguments:
        column: the description.
        encoding: what it has learned.
        values: what is asked for: values, or words as a command line gives them; None for missing.

    Returns:
        An array with shape (n,); an InputError names what is allowed where a value is not known.
    """
    where = f"column {column.name}"
    if isinstance(encoding, Identifiers | Omitted):
        raise InputError(
            f"is {column.kind}, which is not learned",
            where=where,
            hint="leave it out of the condition",
            code="not-learned",
        )
    distinct = list(dict.fromkeys(values))
    if isinstance(encoding, Categories | Constant):
        known = _words(encoding)
        made = {value: _word(value, known, column, encoding) for value in distinct}
        return pa.array([made[value] for value in values], pa.string()).cast(
            arrow_type(column.dtype)
        )
    array = _numbers(distinct, column, encoding)
    index = {value: place for place, value in enumerate(distinct)}
    return array.take(pa.array([index[value] for value in values], pa.int64()))


def _words(encoding: Categories | Constant) -> list[str]:
    if isinstance(encoding, Constant):
        return [] if encoding.word is None else [encoding.word]
    return list(encoding.words)


def _word(
    value: object, known: list[str], column: Column, encoding: Categories | Constant
) -> str | None:
    spelled = "" if value is None else pa.array([value]).cast(pa.string())[0].as_py()
    for word in (spelled, str(value)):
        if value is not None and word in known:
            return str(word)
    missing = not known if isinstance(encoding, Constant) else encoding.missing
    if missing and (value is None or value in MISSING):
        return None
    raise InputError(
        "has no missing values" if value is None else f"{value!r} is not known",
        where=f"column {column.name}",
        hint=nearest(str(value), known),
        code="unknown-value",
    )


def _numbers(distinct: list[object], column: Column, encoding: Levels | Values) -> pa.Array:
    """The distinct numbers or dates asked for, each within the range that was learned."""
    where = f"column {column.name}"
    low, high = encoding.span
    lattice = np.zeros(len(distinct), np.int64)
    present = np.ones(len(distinct), np.bool_)
    for place, value in enumerate(distinct):
        found = _placed(value, column)
        if found is None and not encoding.missing:
            raise InputError("has no missing values", where=where, code="unknown-value")
        if found is not None and not low <= found <= high:
            raise InputError(
                f"{value!r} lies outside of what was learned",
                where=where,
                hint=f"give a value between {_show(low, column)} and {_show(high, column)}",
                code="unknown-value",
            )
        lattice[place], present[place] = found or 0, found is not None
    return from_lattice(lattice, present, column)


def _placed(value: object, column: Column) -> int | None:
    """A value on the lattice of its column; None where it is missing."""
    word = str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
    if value is None or word in MISSING:
        return None
    dated = column.kind in ("date", "datetime", "time")
    array = moment(word, column) if dated else pa.array([word])
    try:
        lattice, present = to_lattice(array, column)
    except InputError as fault:
        example = "2024-02-29" if column.kind == "date" else "12"
        raise InputError(
            f"{value!r} is no {column.kind}",
            where=f"column {column.name}",
            hint=f"write it as {column.format or example}",
            code="unknown-value",
        ) from fault
    return int(lattice[0]) if present[0] else None


def moment(word: str, column: Column) -> pa.Array:
    """A date or time in any known format as Arrow's; as it is where the column's own format reads it."""
    if column.format is not None and parse(pa.array([word]), column.format)[1][0]:
        return pa.array([word])
    said = pa.array([word])
    form = next((form for form in candidates(word) if parse(said, form)[1][0]), None)
    if form is None:
        return said
    micro = parse(said, form)[0]
    if column.kind == "time":
        return pa.array(micro % DAY).cast(pa.time64("us"))
    moment = pa.array(micro).cast(pa.timestamp("us"))
    if column.zone and "%z" not in form:
        return pc.assume_timezone(
            moment, column.zone, ambiguous="earliest", nonexistent="earliest"
        )
    return moment


def _show(lattice: int, column: Column) -> str:
    values: Ints = np.array([lattice], np.int64)
    return str(from_lattice(values, None, column)[0].as_py())
