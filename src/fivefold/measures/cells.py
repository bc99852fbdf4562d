"""The cells of one column as numbers or codes, whatever type the table holds them in.

The real table's column decides what is meant. What cannot be meant stops the measuring: a word where a number must
stand is no missing value, and a figure computed without it would flatter the table.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from fivefold.codecs.dates import parse
from fivefold.codecs.lattice import absent, whole
from fivefold.codecs.numerals import MISSING
from fivefold.codecs.scales import PAIRS
from fivefold.codecs.schema import Column
from fivefold.errors import InputError

FloatArray = NDArray[np.float64]
CodeArray = NDArray[np.int64]

TRUTH = {word: "true" for _, word in PAIRS} | {word: "false" for word, _ in PAIRS}


def numbers_of(values: pa.ChunkedArray, column: Column, owner: str = "") -> FloatArray:
    """A numeric column as float64.

    Arguments:
        values: the column, with shape (n,).
        column: what the real table's column is.
        owner: whose column it is, for the error message.

    Returns:
        Numbers; nanoseconds since 1970 or since midnight for dates and times; NaN where missing or infinite.

    Example:
        >>> numbers_of(pa.chunked_array([["7", "", "1e2"]]), Column(name="x", kind="integer"))
        array([  7.,  nan, 100.])
    """
    array = _plain(values, column, MISSING)
    read = _instants if column.kind in ("date", "datetime", "time") else _amounts
    try:
        numbers = read(array, column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as fault:
        shown = next((str(value) for value in array.to_pylist() if value is not None), "")
        raise InputError(
            f"is no {column.kind} throughout (its first value is {shown[:40]!r})",
            where=f"{owner} column {column.name}".strip(),
            hint=f"the real table has {column.kind}s there: give the same, or another kind in the schema",
            code="wrong-type",
        ) from fault
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def codes_of(
    columns: Sequence[pa.ChunkedArray], column: Column
) -> tuple[list[CodeArray], tuple[str, ...]]:
    """The same categorical column of several tables as codes of one list of labels, in order of first sight.

    Arguments:
        columns: the column of each table.
        column: what the real table's column is.

    Returns:
        The codes of each table, -1 where missing, and the labels.

    Example:
        >>> real, made = pa.chunked_array([["yes", "no"]]), pa.chunked_array([[True, None]])
        >>> codes_of([real, made], Column(name="x", kind="boolean"))
        ([array([0, 1]), array([ 0, -1])], ('true', 'false'))
    """
    arrays = [_plain(values, column, ()) for values in columns]
    numeric = any(is_number(array.type) for array in arrays)
    seen: dict[str, int] = {}
    coded = []
    for array in arrays:
        packed = pc.dictionary_encode(array)
        place = np.array(pc.fill_null(packed.indices, -1).to_numpy(zero_copy_only=False), np.int64)
        texts = [_label(value, column, numeric) for value in packed.dictionary.to_pylist()]
        codes = [-1 if text is None else seen.setdefault(text, len(seen)) for text in texts]
        coded.append(np.array([*codes, -1], dtype=np.int64)[place])
    return coded, tuple(seen)


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds numbers."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def _plain(values: pa.ChunkedArray, column: Column, missing: Sequence[str]) -> pa.Array:
    """The column in one piece; text is trimmed, and empty text and words for missing are null."""
    array = whole(values)
    if pt.is_string(array.type):
        array = absent(pc.utf8_trim_whitespace(array), column)
        gone = pc.is_in(array, pa.array(["", *missing], pa.string()))
        array = pc.if_else(gone, pa.scalar(None, pa.string()), array)
    return array


def _amounts(array: pa.Array, column: Column) -> FloatArray:
    if pt.is_duration(array.type):
        array = array.cast(pa.int64())
    number = pc.cast(array, pa.float64(), safe=pt.is_string(array.type))
    return np.array(pc.fill_null(number, float("nan")), dtype=np.float64)


def _instants(array: pa.Array, column: Column) -> FloatArray:
    """Microseconds, read in the column's own format or as Arrow reads them, in nanoseconds."""
    missing = np.asarray(pc.is_null(array))
    if missing.all():
        return np.full(len(array), np.nan)
    micro = None
    if column.format and (pt.is_string(array.type) or pt.is_integer(array.type)):
        words, good = parse(array.cast(pa.string()), column.format)
        micro = words if (good | missing).all() else None
    if micro is None:
        micro = np.asarray(pc.fill_null(_moments(array, column.kind).cast(pa.int64()), 0))
    return np.where(missing, np.nan, micro.astype(np.float64) * 1_000.0)


def _moments(array: pa.Array, kind: str) -> pa.Array:
    if is_number(array.type):
        raise ValueError("a number is no date")
    if kind == "time" or pt.is_time(array.type):
        return array.cast(pa.time64("us"), safe=False)
    if not pt.is_string(array.type):
        zone = array.type.tz if pt.is_timestamp(array.type) else None
        return array.cast(pa.timestamp("us", zone), safe=False)
    try:
        return array.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return array.cast(pa.timestamp("us", "UTC"))


def _label(value: object, column: Column, numeric: bool) -> str | None:
    """One spelling of a category, whatever type it came in."""
    if value is None or value != value:
        return None
    text = str(value)
    if numeric and not isinstance(value, bool):
        try:
            number = float(text)
            text = str(int(number)) if number.is_integer() else repr(number)
        except (ValueError, OverflowError):
            pass
    return TRUTH.get(text.lower(), text) if column.kind == "boolean" else text
