"""A set of pictures as a table with a row for each: where it is, its name, its class and its caption.

The column `picture` holds paths, files as bytes, or pixels (a tensor of H x W x C bytes); it is gone through one
picture at a time, and nothing is unpacked before. A damaged picture comes as the fault that it is, in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from fivefold.codecs.pictures.files import MODES, Form, Look, Pixels, look, pixels, reform
from fivefold.codecs.places import place
from fivefold.errors import InputError

PICTURE, NAME, CLASS, CAPTION = "picture", "name", "class", "caption"
Source = bytes | str | Pixels
T = TypeVar("T")
STEP = 1_024
MOST_BYTES = 1 << 30
"""Bytes of pixels in one array: Arrow counts some of its operations in 32 bits."""


def looks(table: pa.Table) -> Iterator[Look | InputError]:
    """What the head of each picture says.

    Arguments:
        table: a listing.
    """
    return each(table, _sources, _look)


def pictures(
    table: pa.Table, form: Form, rows: Sequence[int] | None = None
) -> Iterator[Pixels | InputError]:
    """Each picture in a form, with shape (C, H, W).

    Arguments:
        table: a listing.
        form: what they are brought to.
        rows: the rows of the pictures; None for all.
    """
    return each(table, _sources, lambda source, where: read(source, where, form), rows)


def read(source: Source, where: str, form: Form | None = None) -> Pixels:
    """One picture with shape (C, H, W).

    Arguments:
        source: a path, the bytes of a file, or pixels with shape (H, W, C).
        where: its name, for errors.
        form: what it is brought to; None for its own.
    """
    if not isinstance(source, np.ndarray):
        return pixels(source, where, form)
    _look(source, where)
    upright = source.transpose(2, 0, 1)
    return upright if form is None else reform(upright, form)


def _look(source: Source, where: str) -> Look:
    if not isinstance(source, np.ndarray):
        return look(source, where)
    height, width, channels = source.shape
    if channels not in MODES:
        raise InputError(
            f"has {channels:,} channels",
            where=where,
            hint="give 1 (grey), 3 (colour) or 4 (with transparency)",
            code="channels",
        )
    return Look(width, height, channels)


def each(
    table: pa.Table,
    sources: Callable[[pa.Table], Iterator[Any]],
    asked: Callable[[Any, str], T],
    rows: Sequence[int] | None = None,
    thing: str = PICTURE,
) -> Iterator[T | InputError]:
    """What is asked of each row of a listing, or the fault that it is.

    Arguments:
        table: a listing.
        sources: what gives the pictures or sounds of a table.
        asked: of each and its name.
        rows: the rows; None for all.
        thing: what they are.
    """
    source = place(table.schema.metadata)
    some = table if rows is None else table.take(pa.array(rows, pa.int64()))
    names = words(some[NAME]) if NAME in some.column_names else repeat(None)
    numbers = count() if rows is None else iter(rows)
    for picture, name, row in zip(sources(some), names, numbers, strict=False):
        where = f"{source} {name}".strip() if name else place(table.schema.metadata, row)
        try:
            if picture is None:
                raise InputError(
                    f"there is no {thing}",
                    where=where,
                    hint="give it, or leave it out with --skip-bad",
                    code="damaged",
                )
            yield asked(picture, picture if isinstance(picture, str) else where)
        except InputError as fault:
            yield fault


def _sources(table: pa.Table) -> Iterator[Source | None]:
    column = listed(table)
    kind = column.type
    if isinstance(kind, pa.FixedShapeTensorType):
        yield from _tensors(column)
    elif pt.is_string(kind) or pt.is_large_string(kind):
        yield from words(column)
    else:
        yield from (scalar.as_py() for chunk in column.chunks for scalar in chunk)


def listed(table: pa.Table) -> pa.ChunkedArray:
    """The column of pictures.

    Raises:
        InputError: where there is none.
    """
    if PICTURE in table.column_names:
        column = table[PICTURE]
        kind = column.type
        tensor = isinstance(kind, pa.FixedShapeTensorType)
        if tensor and kind.value_type == pa.uint8() and len(kind.shape) == 3:
            return column
        if any(is_(kind) for is_ in (pt.is_string, pt.is_large_string, is_bytes)):
            return column
    raise InputError(
        f"no column {PICTURE!r} of paths, files or pixels",
        where=place(table.schema.metadata),
        hint=f"there are: {', '.join(f'{f.name} ({f.type})' for f in table.schema)[:600]}",
        code="no-column",
    )


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column holds bytes."""
    return bool(pt.is_binary(kind) or pt.is_large_binary(kind) or str(kind) == "binary_view")


def _tensors(column: pa.ChunkedArray) -> Iterator[Pixels | None]:
    """Arrays (H, W, C) that are views of the column."""
    shape = tuple(column.type.shape)
    size = int(np.prod(shape))
    for chunk in column.chunks:
        start = chunk.storage.offset * size
        flat = np.asarray(chunk.storage.values)[start : start + len(chunk) * size]
        there = np.asarray(chunk.storage.is_valid())
        yield from (
            array if present else None
            for array, present in zip(flat.reshape(-1, *shape), there, strict=True)
        )


def words(column: pa.ChunkedArray) -> Iterator[Any]:
    """The words of a long column."""
    for chunk in column.chunks:
        for start in range(0, len(chunk), STEP):
            yield from chunk.slice(start, STEP).to_pylist()


def tensors(array: Pixels) -> pa.ChunkedArray:
    """Pixels with shape (N, H, W, C) as a column, not copied.

    Example:
        >>> tensors(np.zeros((2, 4, 4, 3), np.uint8)).type.shape
        [4, 4, 3]
    """
    shape = array.shape[1:]
    size = int(np.prod(shape))
    kind = pa.fixed_shape_tensor(pa.uint8(), shape)
    step = max(1, MOST_BYTES // max(1, size))
    parts = [
        pa.FixedSizeListArray.from_arrays(pa.array(array[i : i + step].reshape(-1)), size)
        for i in range(0, len(array), step)
    ]
    return pa.chunked_array([pa.ExtensionArray.from_storage(kind, part) for part in parts], kind)
