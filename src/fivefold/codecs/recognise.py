"""How the kind of a column is found, cautiously: what is not sure is said in the column's note.

| found | when |
|---|---|
| constant | one value, never missing; or always missing |
| boolean | two words that are a known pair, or the numbers 0 and 1 |
| integer, decimal | Arrow numbers; text is turned into numbers while it is read |
| date, datetime, time | Arrow types; text where every word is a date in one known format |
| identifier | nearly all distinct *and* a running number, a UUID or one shape with digits; a number only if named so |
| ordered | a known scale (low, medium, high; XS to XL; agreement), ranges (`10-19`, `20-29`), numbered words |
| text | long, or mostly distinct |
| category | all other text |
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.dates import known, parse
from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import LARGEST, NANOSECONDS, Floats, Ints, absent, unit_of, whole
from fivefold.codecs.numerals import NUMBER, matches
from fivefold.codecs.places import place
from fivefold.codecs.scales import scale_of
from fivefold.codecs.wording import ANEW, DISTINCT, formats_of, recognise_words, sort_of
from fivefold.errors import InputError

NAMED = re.compile(
    r"(^|[\W_])(id|ids|key|uuid|guid|nr|no|num|number|index|idx|rownames?|row)$|(?-i:[a-z]I[Dd]$)|^$"
    r"|^column_1$|^unnamed",
    re.IGNORECASE,
)


def recognise(name: str, values: pa.ChunkedArray, memory: dict[Any, Any] | None = None) -> Column:
    """Find the kind of one column.

    Arguments:
        name: its name.
        values: its values, with shape (n,).
        memory: the metadata of the table, for error messages.

    Returns:
        The description, complete.

    Example:
        >>> recognise("when", pa.chunked_array([["2024-01-31", "2024-02-29"]])).format
        '%Y-%m-%d'
    """
    array = whole(values)
    dtype = str(array.type)
    if array.null_count == len(array) and not pt.is_nested(array.type):
        note = "every value is missing" if len(array) else ""
        return Column(name=name, kind="constant", dtype=dtype, note=note)
    found = _by_type(name, array, dtype, memory, ordered=_ranked(values))
    if not array.null_count and found.kind != "text" and pc.count_distinct(array).as_py() == 1:
        return Column(name=name, kind="constant", dtype=dtype)
    return found


def _ranked(values: pa.ChunkedArray) -> tuple[str, ...] | None:
    """The order of an ordered dictionary, such as an ordered pandas categorical."""
    if not pt.is_dictionary(values.type) or not values.type.ordered or not values.num_chunks:
        return None
    return tuple(str(word) for word in values.unify_dictionaries().chunk(0).dictionary.to_pylist())


def _by_type(
    name: str,
    array: pa.Array,
    dtype: str,
    memory: dict[Any, Any] | None,
    ordered: tuple[str, ...] | None,
) -> Column:
    kind = array.type
    if ordered:
        return Column(name=name, kind="ordered", dtype=dtype, order=ordered)
    if pt.is_boolean(kind):
        return Column(name=name, kind="boolean", dtype=dtype)
    if pt.is_integer(kind) or pt.is_duration(kind):
        return _whole_numbers(name, array, dtype)
    if pt.is_floating(kind) or pt.is_decimal(kind):
        return _decimals(name, array, dtype)
    if pt.is_temporal(kind):
        return _temporal(name, array, dtype)
    if pt.is_string(kind):
        return recognise_words(name, array, memory)
    note = f"values of type {kind} are kept out: only numbers, words, dates and truths are learned"
    return Column(name=name, kind="text", dtype=dtype, note=note)


def complete(column: Column, values: pa.ChunkedArray, memory: dict[Any, Any] | None) -> Column:
    """Fill what a user's description leaves open.

    Arguments:
        column: the description, at least a name and a kind.
        values: the values, with shape (n,).
        memory: the metadata of the table, for error messages.

    Returns:
        The description, complete; an InputError where the kind cannot be.
    """
    array = absent(whole(values), column)
    filled: dict[str, Any] = {"dtype": column.dtype or str(array.type)}
    if pt.is_string(array.type) and not column.dtype and column.kind in ("integer", "decimal"):
        filled["dtype"] = "int64" if column.kind == "integer" else "double"
    if column.kind == "decimal" and column.digits is None:
        filled["digits"] = digits_of(_as_real(array), array.type)
    elif column.kind in ("date", "datetime", "time") and pt.is_temporal(array.type):
        found = _temporal(column.name, array, str(array.type))
        filled |= {"unit": column.unit or found.unit, "zone": found.zone}
    elif column.kind in ("date", "datetime", "time"):
        filled |= _given_format(column, array, memory)
    elif column.kind == "ordered" and column.order is None:
        words = sorted(pc.unique(array.drop_null().cast(pa.string())).to_pylist())
        filled["order"] = scale_of(words) or _numeric_order(array) or tuple(words)
    return column.model_copy(update=filled)


def _numeric_order(array: pa.Array) -> tuple[str, ...] | None:
    """The distinct numbers of an Arrow number column, lowest first, as words."""
    if not (pt.is_integer(array.type) or pt.is_floating(array.type)):
        return None
    distinct = pc.unique(array.drop_null())
    return tuple(distinct.take(pc.sort_indices(distinct)).cast(pa.string()).to_pylist())


def _given_format(
    column: Column, array: pa.Array, memory: dict[Any, Any] | None
) -> dict[str, Any]:
    words = pc.unique(array.drop_null().cast(pa.string()))
    form = column.format
    if form is None:
        forms = [form for form in formats_of(words) if sort_of(form) == column.kind]
        form = forms[0] if forms else None
    if form is None or not known(form):
        raise InputError(
            f"no format for this {column.kind}" if form is None else f"{form!r} is no format",
            where=place(memory, column=column.name),
            hint="give its format in the schema, such as %d/%m/%Y",
            code="date-format",
        )
    micro, good = parse(words, form)
    unit = column.unit or unit_of(micro[good] * 1, 1000)
    return {"format": form, "unit": "D" if column.kind == "date" else unit}


def _whole_numbers(name: str, array: pa.Array, dtype: str) -> Column:
    values = array.drop_null()
    span = pc.min_max(
        values.cast(pa.int64(), safe=False) if pt.is_duration(array.type) else values
    )
    low, high = span["min"].as_py(), span["max"].as_py()
    if max(abs(low), abs(high)) >= LARGEST:
        note = "integers beyond 2^62 are codes, not quantities: kept out"
        return Column(name=name, kind="text", dtype=dtype, note=note)
    if (low, high) == (0, 1):
        return Column(name=name, kind="boolean", dtype=dtype)
    if pt.is_integer(array.type):
        if pattern := _integer_identifier(name, array, low, high):
            return Column(name=name, kind="identifier", dtype=dtype, pattern=pattern, note=ANEW)
        if _compact_dates(values, low, high):
            return Column(name=name, kind="date", dtype=dtype, format="%Y%m%d", unit="D")
    return Column(name=name, kind="integer", dtype=dtype)


def _compact_dates(values: pa.Array, low: int, high: int) -> bool:
    """Whether integers are dates such as 20240229: all of them exist, over more than one year."""
    if low < 19_000_101 or high > 21_001_231 or high - low < 10_000:
        return False
    return bool(parse(pc.unique(values).cast(pa.string()), "%Y%m%d")[1].all())


def _integer_identifier(name: str, array: pa.Array, low: int, high: int) -> Any:
    """`sequence` for a column that counts the rows, `spread` for numbers called an id, else None."""
    size = len(array) - array.null_count
    distinct = pc.count_distinct(array.drop_null()).as_py()
    if array.null_count or distinct < max(DISTINCT * size, min(size, 50)) or size < 3:
        return None
    named, dense = bool(NAMED.search(name)), high - low < 1.1 * size
    year = low >= 1500 and high <= 2200
    ascending = bool(np.all(np.diff(np.asarray(array).astype(np.int64)) == 1))
    if dense and (named or (size >= 20 and not year and (low in (0, 1) or ascending))):
        return "sequence"
    return "spread" if named else None


def _as_real(array: pa.Array) -> Floats:
    values = array.drop_null()
    if pt.is_string(values.type):
        values = values.filter(matches(values, NUMBER))
    real: Floats = np.asarray(values.cast(pa.float64(), safe=False))
    finite: Floats = real[np.isfinite(real)]
    return finite


def _decimals(name: str, array: pa.Array, dtype: str) -> Column:
    real = _as_real(array)
    if pt.is_decimal(array.type) and array.type.scale > 0:
        return Column(name=name, kind="decimal", dtype=dtype, digits=array.type.scale)
    if np.all(real == np.rint(real)) and np.abs(real).max(initial=0) < 2**53:
        if set(np.unique(real[:1000])) <= {0.0, 1.0} and set(np.unique(real)) == {0.0, 1.0}:
            return Column(name=name, kind="boolean", dtype=dtype)
        return Column(name=name, kind="integer", dtype=dtype)
    return Column(name=name, kind="decimal", dtype=dtype, digits=digits_of(real, array.type))


def digits_of(real: Floats, kind: pa.DataType) -> int:
    """The digits after the point of decimals.

    Arguments:
        real: the values, with shape (n,).
        kind: their Arrow type.

    Returns:
        The fewest digits that write every value to the last bits; where none do, as many as the type carries.

    Example:
        >>> digits_of(np.array([0.25, 1.5]), pa.float64())
        2
    """
    single = pt.is_float32(kind) or pt.is_float16(kind)
    largest = np.abs(real).max(initial=0)
    carried = (9 if single else 15) - (int(np.floor(np.log10(largest))) + 1 if largest else 0)
    carried = max(-300, min(300, carried))
    sample = real[:: max(1, len(real) // 1000)]
    for digits in range(min(16, carried + 1)):
        for part in (sample, real):
            back = np.rint(part * 10.0**digits) / 10.0**digits
            fine = np.spacing(part.astype(np.float32)) if single else np.spacing(part)
            if np.any(np.abs(back - part) > 2 * np.abs(fine)):
                break
        else:
            return digits
    return carried


def _temporal(name: str, array: pa.Array, dtype: str) -> Column:
    kind, values = array.type, array.drop_null()
    if pt.is_date(kind):
        days = np.asarray(values.cast(pa.date32()).cast(pa.int32())).astype(np.int64)
        return _ranged(Column(name=name, kind="date", dtype=dtype, unit="D"), days, "D")
    width = pa.int32() if pt.is_time32(kind) else pa.int64()
    number = np.asarray(values.cast(width)).astype(np.int64)
    unit = unit_of(number, NANOSECONDS[kind.unit])
    if pt.is_time(kind):
        return Column(name=name, kind="time", dtype=dtype, unit=unit)
    found = Column(name=name, kind="datetime", dtype=dtype, unit=unit, zone=kind.tz)
    return _ranged(found, number, kind.unit)


def _ranged(column: Column, number: Ints, unit: str) -> Column:
    """The column, if all of its dates lie in the years 1 to 9999."""
    year = NANOSECONDS["D"] // NANOSECONDS[unit]
    days = number // year
    if len(days) and (days.min() < -719_162 or days.max() > 2_932_896):
        raise InputError(
            "a date lies outside the years 1 to 9999",
            where=f"column {column.name}",
            hint="correct it or leave the cell empty",
            code="date-range",
        )
    return column
