"""Tables that are in memory already: Arrow tables, pandas and polars frames, dictionaries, lists of records.

Frames come through the Arrow capsule (`__arrow_c_stream__`), so neither pandas nor polars is needed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.places import LINED, SOURCE, place
from fivefold.errors import InputError

INDEX = re.compile(r"__index_level_\d+__")


def from_memory(source: Any) -> pa.Table:
    """A table out of whatever holds one.

    Arguments:
        source: an Arrow table or batch, a frame with the Arrow capsule, a dictionary of columns, or a list of records.

    Returns:
        The table, normalised.

    Example:
        >>> from_memory([{"a": 1}, {"a": 2, "b": "x"}]).to_pydict()
        {'a': [1, 2], 'b': [None, 'x']}
    """
    if isinstance(source, pa.Table):
        return normalise(source)
    if isinstance(source, pa.RecordBatch):
        return normalise(pa.Table.from_batches([source]))
    if hasattr(source, "__arrow_c_stream__"):
        return normalise(_from_frame(source))
    if isinstance(source, Mapping):
        return normalise(from_columns({str(name): values for name, values in source.items()}))
    listed = isinstance(source, Sequence) and not isinstance(source, (str, bytes))
    if listed and all(isinstance(row, Mapping) for row in source):
        return normalise(from_records(source))
    raise InputError(
        f"a {type(source).__name__} is no table",
        hint="give a path, a frame, an Arrow table, a dictionary of columns or a list of records",
        code="not-a-table",
    )


def _from_frame(frame: Any) -> pa.Table:
    """A frame through its capsule; column by column where one column has values of several types."""
    names = [str(name) for name in getattr(frame, "columns", [])]
    refuse_twice(names, "")
    try:
        table = pa.table(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as fault:
        if not hasattr(frame, "columns"):
            raise InputError(f"the frame cannot be read ({fault})", code="frame") from fault
        return from_columns(
            {name: list(frame[key]) for name, key in zip(names, frame.columns, strict=True)}
        )
    return table.drop_columns([name for name in table.column_names if INDEX.fullmatch(name)])


def from_records(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Records as a table: a key that a record lacks is missing."""
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    return from_columns({name: [row.get(name) for row in rows] for name in names})


def from_columns(columns: Mapping[str, Any]) -> pa.Table:
    """Columns of Python values as a table: a column of several types becomes words."""
    arrays = {name: _array(name, values) for name, values in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise InputError(
            f"column {short!r} has {lengths[short]} values, column {long!r} {lengths[long]}",
            hint="give columns of one length",
            code="ragged-columns",
        )
    return pa.table(arrays)


def _array(name: str, values: Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InputError(
            f"column {name!r} is a single value",
            hint="give a list of values for every column",
            code="ragged-columns",
        )
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_word(value) for value in values], pa.string())


def _word(value: Any) -> str | None:
    """A value among values of other types, as a word."""
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        return None
    return str(value)


def refuse_twice(names: Sequence[str], where: str) -> None:
    """Stop where two columns have one name.

    Arguments:
        names: the names of the columns.
        where: the file.
    """
    for name, count in Counter(names).items():
        if count > 1:
            places = [str(place + 1) for place, other in enumerate(names) if other == name]
            raise InputError(
                f"{count} columns are called {name!r} (columns {', '.join(places)})",
                where=where,
                hint="give every column a name of its own",
                code="duplicate-column",
            )


def normalise(table: pa.Table) -> pa.Table:
    """The table with one type for each sort of value, and one way to be missing.

    Arguments:
        table: any Arrow table.

    Returns:
        The table: no dictionaries but ordered ones, plain strings, null for NaN. An infinite number is an InputError.

    Example:
        >>> normalise(pa.table({"x": [1.0, float("nan")]})).column("x").null_count
        1
    """
    memory = {
        key: value
        for key, value in (table.schema.metadata or {}).items()
        if key in (SOURCE, LINED)
    }
    refuse_twice(table.column_names, place(memory))
    columns = [
        _normal(name, column, memory)
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, names=table.column_names, metadata=memory or None)


def _normal(name: str, column: pa.ChunkedArray, memory: dict[Any, Any]) -> pa.ChunkedArray:
    kind = column.type
    if pt.is_dictionary(kind):
        if kind.ordered and pt.is_string(kind.value_type):
            return column
        column = column.cast(kind.value_type)
        kind = column.type
    if pt.is_large_string(kind) or str(kind) == "string_view":
        return column.cast(pa.string())
    if pt.is_floating(kind):
        return _finite(name, column, memory)
    return column


def _finite(name: str, column: pa.ChunkedArray, memory: dict[Any, Any]) -> pa.ChunkedArray:
    if pt.is_float16(column.type):
        column = column.cast(pa.float32())
    infinite = pc.fill_null(pc.is_inf(column), False)
    if pc.any(infinite).as_py():
        row = int(np.argmax(np.asarray(infinite)))
        raise InputError(
            "is infinite",
            where=place(memory, row, name),
            hint="correct it or leave the cell empty",
            code="infinite",
        )
    unknown = pc.is_nan(column)
    if pc.any(unknown).as_py():
        return pc.if_else(pc.fill_null(unknown, False), pa.scalar(None, column.type), column)
    return column
