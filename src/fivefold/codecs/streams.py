"""Rows of tables that may be larger than memory: some of them to look at, one column part by part, or all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from fivefold.codecs.frames import normalise
from fivefold.codecs.jsonlines import read_json
from fivefold.codecs.places import remember
from fivefold.codecs.reading import format_of, table_from
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError

PIECE = 1 << 24
FEW = 1_000
ROWS = 256
"""Rows of a Parquet file that are read at once: each may be a long text."""


@dataclass(frozen=True)
class Rows:
    """A table of which not all may be in memory.

    Arguments:
        some: the first rows.
        whole: gives the table.
        column: gives the strings of a column, part by part.
    """

    some: pa.Table
    whole: Callable[[], pa.Table]
    column: Callable[[str], Iterator[pa.Array]]

    @classmethod
    def of(cls, table: pa.Table) -> Rows:
        """A table that is in memory."""
        return cls(table, lambda: table, lambda name: iter(table[name].chunks))


def rows_of(
    data: bytes | pa.Buffer, location: str, encoding: str | None, limits: Limits, memory: int
) -> Rows:
    """The rows in the bytes of a file.

    Arguments:
        data: the bytes, unpacked; mapped where there are many.
        location: the name of the file.
        encoding: how the characters of a text file are written.
        limits: how much is read.
        memory: from how many bytes on Parquet files and JSON lines are read part by part.
    """
    form = format_of(location, bytes(data[:4096]))

    def whole() -> pa.Table:
        return table_from(bytes(data), location, encoding=encoding, limits=limits)

    if form == "parquet" and _inflated(data) > memory:
        file = pq.ParquetFile(pa.BufferReader(data))
        first = next(file.iter_batches(FEW), None)
        if first is not None:
            some = normalise(remember(pa.Table.from_batches([first]), location, lined=False))
            return Rows(some, whole, lambda name: _from_parquet(file, name))
    lines = form == "json" and encoding is None and bytes(data[:64]).lstrip()[:1] == b"{"
    if lines and len(data) > memory:
        end = bytes(data[:PIECE]).rfind(b"\n") + 1
        some = read_json(bytes(data[: end or len(data)]), location, encoding)
        return Rows(some, whole, lambda name: _from_lines(data, name, location))
    return Rows.of(whole())


def _inflated(data: bytes | pa.Buffer) -> int:
    """The bytes in a Parquet file once they are unpacked; 0 where the file is damaged, as its reader will say."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError):
        return 0
    groups = range(file.metadata.num_row_groups)
    return sum(file.metadata.row_group(group).total_byte_size for group in groups)


def _from_parquet(file: pq.ParquetFile, name: str) -> Iterator[pa.Array]:
    for batch in file.iter_batches(ROWS, columns=[name]):
        array = batch.column(0)
        whole = (
            pt.is_nested(array.type) or pt.is_binary(array.type) or pt.is_large_binary(array.type)
        )
        yield array if whole else array.cast(pa.string())


def _from_lines(data: bytes | pa.Buffer, name: str, where: str) -> Iterator[pa.Array]:
    """The strings under a key of JSON lines, some megabytes of whole lines at a time."""
    start = line = 0
    size = PIECE
    while start < len(data):
        part = bytes(data[start : start + size])
        end = len(part) if start + size >= len(data) else part.rfind(b"\n") + 1
        if not end:
            size *= 2
            continue
        part = part[:end]
        if part.strip():
            yield from _parsed(part, name, where, line)
        start, line, size = start + end, line + part.count(b"\n"), PIECE


def _parsed(part: bytes, name: str, where: str, before: int) -> Iterator[pa.Array]:
    """The strings of some lines, of which `before` stand in the file before them."""
    try:
        table = read_json(part, where, None)
    except InputError as fault:
        place, _, line = fault.where.rpartition(":")
        at = f"{place}:{int(line) + before}" if line.isdigit() else f"{where} near line {before}"
        raise InputError(fault.message, where=at, hint=fault.hint, code=fault.code) from fault
    if name not in table.column_names:
        yield pa.nulls(table.num_rows, pa.string())
        return
    column = table[name]
    if not (pt.is_string(column.type) or pt.is_null(column.type)):
        raise InputError(
            f"the key {name!r} holds {column.type} and no text",
            where=f"{where} near line {before + 1:,}",
            hint="name another key with --column",
            code="no-column",
        )
    yield from column.cast(pa.string()).chunks
