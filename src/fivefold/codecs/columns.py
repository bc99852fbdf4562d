"""One encoding a column, chosen by its kind and its data.

| kind | encoding | in the space |
|---|---|---|
| category, ordered, boolean | `Categories` | one discrete position |
| numeric, few distinct values | `Levels` | one discrete position |
| numeric, many | `Values` | one continuous variable, and a discrete mode if it has spikes or missing values |
| identifier | `Identifiers` | nothing: made anew |
| constant | `Constant` | nothing: repeated |
| text, or too few values to show any | `Omitted` | nothing: kept out |
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from pydantic import BaseModel, ConfigDict, Field

from fivefold.codecs.categories import Categories
from fivefold.codecs.identifiers import Identifiers
from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import absent, to_lattice, whole
from fivefold.codecs.levels import Levels
from fivefold.codecs.values import Values
from fivefold.errors import InputError

MOSTLY = 0.5
"""A column of more rare values than this share is kept out: what is left would not be like it."""


class Constant(BaseModel):
    """A column of one value, as a word; None where every value is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["constant"] = "constant"
    word: str | None = None

    def make(self, rows: int, column: Column) -> pa.Array:
        """The value, repeated, with shape (rows,)."""
        kind = arrow_type(column.dtype)
        if self.word is None:
            return pa.nulls(rows, kind)
        return pa.repeat(pa.scalar(self.word, pa.string()), rows).cast(kind)


class Omitted(BaseModel):
    """A column that is kept out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["omitted"] = "omitted"


Encoding = Annotated[
    Categories | Levels | Values | Identifiers | Constant | Omitted, Field(discriminator="type")
]
Learned = Categories | Levels | Values


def choose(
    column: Column, values: pa.ChunkedArray, rare: int, memory: dict[Any, Any] | None
) -> tuple[Encoding, str]:
    """The encoding of a column.

    Arguments:
        column: its description.
        values: its training values, with shape (n,).
        rare: what occurs fewer times is not shown.
        memory: the metadata of the table, for error messages.

    Returns:
        The encoding, and a notice where something of the column is left out, else an empty string.
    """
    if column.kind == "text":
        return Omitted(), column.note or "free text: kept out"
    if column.kind == "identifier":
        return Identifiers.fit(whole(values), column), column.note
    if column.kind == "constant":
        return _repeated(values, column)
    if column.categorical:
        return _named(column, names(values, column), rare)
    lattice, present = to_lattice(values, column, memory)
    found = Levels.fit(lattice, present, rare) or Values.fit(lattice, present, rare)
    if found is None:
        return Omitted(), f"fewer than {rare} rows to learn from: kept out"
    return found, column.note


def names(values: pa.ChunkedArray | pa.Array, column: Column) -> pa.Array:
    """A categorical column as words with nulls, with shape (n,)."""
    array = absent(whole(values), column)
    if pt.is_string(array.type):
        return array
    kind = arrow_type(column.dtype)
    if array.type != kind and (pt.is_floating(array.type) or pt.is_integer(array.type)):
        with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            array = array.cast(kind)
    return array.cast(pa.string())


def _named(column: Column, words: pa.Array, rare: int) -> tuple[Encoding, str]:
    found = Categories.fit(words, column, rare)
    if found is None:
        return Omitted(), (
            f"no category occurs {rare} times: kept out (a smaller `rare` lets it in, unprotected)"
        )
    if found.pooled > MOSTLY * (len(words) - words.null_count):
        share = found.pooled / (len(words) - words.null_count)
        return Omitted(), f"{share:.0%} of its values are rare categories: kept out"
    if not found.pooled:
        return found, column.note
    pooled = f"{found.pooled:,} values of rare categories are pooled and not reproduced"
    return found, f"{column.note}; {pooled}" if column.note else pooled


def _repeated(values: pa.ChunkedArray, column: Column) -> tuple[Encoding, str]:
    present = whole(values).drop_null()
    if not len(present):
        return Constant(word=None), column.note
    try:
        words = pc.unique(present.cast(pa.string()))
        words.cast(arrow_type(column.dtype))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return Omitted(), f"constant of type {present.type}: kept out"
    if len(words) > 1:
        raise InputError(
            f"is no constant but has {len(words):,} values",
            where=f"column {column.name}",
            hint="give the column another kind in the schema",
            code="misfit",
        )
    return Constant(word=words[0].as_py()), column.note or "constant: repeated, not learned"
