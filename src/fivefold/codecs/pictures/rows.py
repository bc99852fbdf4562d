"""Tables with a column of pictures or sounds as a listing: files, Hugging Face's `{bytes, path}`, tensors, paths.

A path in a table that came from a file is never opened: whoever wrote the file would choose what is read. Paths count
only where the table is in memory and pictures are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from fivefold.codecs.pictures.arrays import layout, levels, stacked
from fivefold.codecs.pictures.captions import COLUMNS
from fivefold.codecs.pictures.files import is_picture
from fivefold.codecs.pictures.listings import CLASS, NAME, PICTURE, is_bytes, tensors
from fivefold.codecs.places import SOURCE, noted, place
from fivefold.codecs.shelves import Shelf
from fivefold.errors import InputError

if TYPE_CHECKING:
    from fivefold.codecs.streams import Rows

FILE = "bytes"
LOOKED = 100
"""Rows in which a picture is looked for."""


def picture_column(some: pa.Table) -> str | None:
    r"""The first column that holds pictures, None where there is none.

    Example:
        >>> picture_column(pa.table({"label": [3], "image": [{"bytes": b"\x89PNG\r\n\x1a\n", "path": "a.png"}]}))
        'image'
    """
    return next((f.name for f in some.schema if _holds(some[f.name].slice(0, LOOKED))), None)


def _holds(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if isinstance(kind, pa.FixedShapeTensorType):
        return kind.value_type == pa.uint8() and layout((1, *kind.shape)) is not None
    return begins(column, is_picture)


def begins(column: pa.ChunkedArray, known: Callable[[bytes], bool]) -> bool:
    """Whether a column holds files, and the first of them is known by its first bytes."""
    files = _files(column) if is_file(column.type) else None
    first = None if files is None else next((s for s in files if s.is_valid), None)
    return first is not None and known(first.as_py()[:32])


def is_file(kind: pa.DataType) -> bool:
    """Whether a column holds the bytes of files."""
    named = pt.is_struct(kind) and kind.get_field_index(FILE) >= 0
    return is_bytes(kind) or (named and is_bytes(kind.field(FILE).type))


def _files(column: Any) -> Any:
    return pc.struct_field(column, FILE) if pt.is_struct(column.type) else column


def pictures_of(rows: Rows, column: str | None, memory: int) -> pa.Table:
    """The listing of the pictures in a table.

    Arguments:
        rows: the table, or a large one of which a part is at hand.
        column: the one that holds the pictures; None to find it.
        memory: files beyond so many bytes are put into one that is mapped.

    Raises:
        InputError: where no column holds pictures.
    """
    some = rows.some
    name = column or picture_column(some) or (PICTURE if PICTURE in some.column_names else None)
    if name is None or name not in some.column_names:
        raise no_column(some, "no column holds pictures")
    kind = some.schema.field(name).type
    if isinstance(kind, pa.FixedShapeTensorType):
        table = pa.table({PICTURE: _pixels(rows.whole()[name], name, memory)})
    elif is_file(kind):
        table = shelved(rows, name, memory)
    elif pt.is_string(kind) and SOURCE not in (some.schema.metadata or {}):
        table = pa.table({PICTURE: rows.whole()[name]})
    else:
        raise no_column(some, f"column {name!r} holds no pictures but {kind}")
    return beside(table, rows, name, PICTURE)


def beside(table: pa.Table, rows: Rows, name: str, thing: str) -> pa.Table:
    """The listing with what stands beside its column in the table that it came from: names, classes, captions.

    Arguments:
        table: the listing.
        rows: the table.
        name: of the column.
        thing: what it holds, and what the listing calls it.
    """
    some, told = rows.some, {thing: name}
    for kept, names in {NAME: (NAME,), **COLUMNS}.items():
        found = next((n for n in names if _is_words(some, n) and n != name), None)
        if found is not None and kept not in table.column_names:
            table = table.append_column(kept, _words(rows.column(found)))
            told[kept] = found
    others = [n for n in some.column_names if n not in told.values()]
    table = table.replace_schema_metadata(some.schema.metadata)
    said = f"the column {name!r} is taken as {thing}s; not kept: {', '.join(others[:8])}"
    return noted(table, [said] if others else [])


def no_column(some: pa.Table, what: str) -> InputError:
    """That no column is what was asked for, with those that there are."""
    return InputError(
        what,
        where=place(some.schema.metadata),
        hint=f"say --column; there are: {', '.join(f'{f.name} ({f.type})' for f in some.schema)[:600]}",
        code="no-column",
    )


def _is_words(some: pa.Table, name: str) -> bool:
    if name not in some.column_names:
        return False
    kind = some.schema.field(name).type
    return any(is_(kind) for is_ in (pt.is_string, pt.is_integer, pt.is_boolean))


def _words(parts: Iterator[pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array([part.cast(pa.string()) for part in parts], pa.string())


def shelved(rows: Rows, name: str, memory: int, thing: str = PICTURE) -> pa.Table:
    """The files of a column, and the names that stand beside them."""
    shelf = Shelf(thing, memory, pa.large_binary())
    names: list[str | None] = []
    for part in rows.column(name):
        shelf.add(_files(part).cast(pa.large_binary()))
        if pt.is_struct(part.type) and part.type.get_field_index("path") >= 0:
            paths = pc.struct_field(part, "path").cast(pa.string()).to_pylist()
            names += [None if path is None else PurePosixPath(path).name for path in paths]
    table = shelf.table()
    return table.append_column(NAME, pa.array(names, pa.string())) if any(names) else table


def _pixels(column: pa.ChunkedArray, name: str, memory: int) -> pa.ChunkedArray:
    """A column of tensors as one of levels (H, W, C)."""
    kind = column.type
    if kind.value_type == pa.uint8() and len(kind.shape) == 3 and kind.shape[2] in (1, 3, 4):
        return column
    if column.null_count:
        raise InputError("there are rows without pictures", where=f"column {name}", code="damaged")
    flat = [np.asarray(chunk.storage.flatten()) for chunk in column.chunks]
    whole = np.concatenate(flat).reshape(-1, *kind.shape)
    return tensors(levels(stacked(whole, f"column {name}"), f"column {name}", memory)[0])


def named(table: pa.Table, data: bytes | pa.Buffer) -> pa.Table:
    """The listing with classes under the names that a Parquet of Hugging Face's remembers for their numbers.

    Arguments:
        table: a listing.
        data: the file that it was read from.
    """
    if CLASS not in table.column_names or bytes(data[:4]) != b"PAR1":
        return table
    try:
        memory = pq.read_schema(pa.BufferReader(data)).metadata or {}
        features = json.loads(memory.get(b"huggingface", b"{}"))["info"]["features"]
        names = next(
            features[n]["names"] for n in COLUMNS[CLASS] if "names" in features.get(n, {})
        )
        words = {str(number): str(word) for number, word in enumerate(names)}
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return table
    kept = pa.array([words.get(old, old) for old in table[CLASS].to_pylist()], pa.string())
    return table.set_column(table.column_names.index(CLASS), CLASS, kept)
