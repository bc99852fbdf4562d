"""Any file, address or frame as a table.

| format | by its ending | or by its first bytes |
|---|---|---|
| CSV, TSV | `.csv`, `.tsv`, `.tab`, `.txt` | what is nothing else |
| Parquet | `.parquet`, `.pq` | `PAR1` |
| Arrow (Feather), file or stream | `.arrow`, `.feather`, `.ipc` | `ARROW1` |
| JSON lines, or an array of objects | `.jsonl`, `.ndjson`, `.json` | `{`, `[` |

each of them plain or packed by gzip, zstd, bzip2 or xz, on disk or at an address that fsspec knows. In text formats
these words mean a missing value: an empty cell, `?`, `NA`, `N/A`, `n/a`, `#N/A`, `<NA>`, `NaN`, `nan`, `NULL`, `null`,
`None`. Blanks around a cell are stripped; columns of numbers become int64 or double, dates stay words until their kind
is known.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fivefold.codecs.delimited import is_text, read_delimited
from fivefold.codecs.frames import from_memory, normalise
from fivefold.codecs.jsonlines import read_json
from fivefold.codecs.places import remember
from fivefold.codecs.sources import Limits, bare_name, fetch
from fivefold.data import BUNDLED
from fivefold.data import path as bundled
from fivefold.errors import InputError

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}
MEMORY = 1 << 28
"""Texts beyond so many bytes are mapped from files."""
FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF document",
    b"FEA1": "a Feather file of version 1",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"7z\xbc\xaf": "a 7z archive",
}


def read_table(
    source: Any, *, encoding: str | None = None, limits: Limits | None = None
) -> pa.Table:
    """Read a table.

    Arguments:
        source: a path, a URL, the name of a bundled table, `-` for standard input, a frame, an Arrow table, a
            dictionary of columns or a list of records.
        encoding: how the characters of a text file are written; None for UTF-8, or UTF-16 with its mark.
        limits: how much is read; None for 8 GiB, 100,000 columns, 4,000,000,000 cells.

    Returns:
        The table; an InputError says what is wrong, in which row and column, and what to do.

    Example:
        >>> read_table({"age": [39, 50]}).schema.field("age").type
        DataType(int64)
    """
    if not isinstance(source, (str, os.PathLike)):
        return from_memory(source)
    location = os.fspath(source)
    if not isinstance(location, str):
        location = os.fsdecode(location)
    if location in BUNDLED and not Path(location).exists():
        location = str(bundled(location))
    limits = limits or Limits()
    return table_from(fetch(location, limits), location, encoding=encoding, limits=limits)


def read_data(
    source: Any,
    *,
    kind: str | None = None,
    column: str | None = None,
    encoding: str | None = None,
    limits: Limits | None = None,
    memory: int = MEMORY,
) -> tuple[str, pa.Table]:
    """Read data of any kind, and say which kind they are.

    Arguments:
        source: as in `read_table`; also a folder of files, a list of texts, or arrays of pictures.
        kind: one of table, text, code, molecule, protein, events, log, music, image, sound, ...; None to find it.
        column: the column that holds the texts, molecules, ...; of a text file: document, paragraph or line; of an
            event log such as `case=ID,activity=STEP,time=WHEN`; None to find it.
        encoding: as in `read_table`.
        limits: as in `read_table`.
        memory: texts beyond so many bytes are not held in memory but in files that are mapped.

    Returns:
        The kind, and the table; of kinds that are sequences it has one column of strings, with the name that the codec
        of the kind gives it. An InputError says what is wrong and what is there.

    Example:
        >>> kind, table = read_data(["To be, or not to be", "That is the question"])
        >>> kind, table.column_names
        ('text', ['text'])
    """
    from fivefold.codecs.corpora import Wanted, read_corpus

    return read_corpus(source, Wanted(kind, column, encoding, limits or Limits(), memory))


def table_from(data: bytes, location: str, *, encoding: str | None, limits: Limits) -> pa.Table:
    """The table in the bytes of a file.

    Arguments:
        data: the bytes, unpacked.
        location: the name of the file.
        encoding: as in `read_table`.
        limits: as in `read_table`.
    """
    form = format_of(location, data)
    if form == "json":
        table = read_json(data, location, encoding)
    elif form in ("csv", "tsv"):
        delimiter = "\t" if form == "tsv" else None
        table = read_delimited(
            data, location, delimiter=delimiter, encoding=encoding, limits=limits
        )
    else:
        read = _parquet if form == "parquet" else _arrow
        table = _binary(read, data, location, limits)
    if not table.num_rows:
        raise InputError(
            "has no rows", where=location, hint="give at least two rows", code="no-rows"
        )
    return table


def format_of(location: str, data: bytes) -> str:
    """The format of a file: binary formats by their first bytes, the others by ending, then by first bytes."""
    if data[:4] == b"PAR1":
        return "parquet"
    if data[:6] == b"ARROW1" or data[:4] == b"\xff\xff\xff\xff":
        return "arrow"
    refuse_foreign(location, data)
    ending = PurePosixPath(bare_name(location)).suffix
    if ending in FORMATS:
        return FORMATS[ending]
    return "json" if data.lstrip()[:1] in (b"{", b"[") and is_text(data) else "csv"


def refuse_foreign(location: str, data: bytes) -> None:
    """Stop where the first bytes are those of a format that is not read."""
    for magic, name in FOREIGN.items():
        if data.startswith(magic):
            raise InputError(
                f"is {name}",
                where=location,
                hint="save it as CSV, Parquet, JSON lines or Arrow",
                code="format",
            )


def _binary(
    read: Callable[[bytes, str, Limits], pa.Table], data: bytes, where: str, limits: Limits
) -> pa.Table:
    name = "Parquet" if read is _parquet else "Arrow"
    if not data:
        raise InputError("is empty", where=where, hint="write the file again", code="empty")
    try:
        table = read(data, where, limits)
        if table.num_columns:
            table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as fault:
        if isinstance(fault, InputError):
            raise
        what = (str(fault).splitlines() or [""])[0][:200]
        raise InputError(
            f"is no {name} that can be read ({what})",
            where=where,
            hint="write the file again",
            code="damaged",
        ) from fault
    if not table.num_columns:
        raise InputError("has no columns", where=where, code="no-columns")
    return normalise(remember(table, where, lined=False))


def _parquet(data: bytes, where: str, limits: Limits) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(data))
    _refuse_many(file.metadata.num_rows, file.metadata.num_columns, where, limits)
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
    if size > limits.size:
        raise InputError(
            f"holds {size:,} bytes, more than the limit of {limits.size:,}",
            where=where,
            hint="give a part of it",
            code="too-large",
        )
    return file.read()


def _arrow(data: bytes, where: str, limits: Limits) -> pa.Table:
    buffer = pa.BufferReader(data)
    kept = data[:6] == b"ARROW1"
    table = pa.ipc.open_file(buffer).read_all() if kept else pa.ipc.open_stream(buffer).read_all()
    _refuse_many(table.num_rows, table.num_columns, where, limits)
    if table.nbytes > limits.size:
        raise InputError(
            f"holds more than the limit of {limits.size:,} bytes", where=where, code="too-large"
        )
    return table


def _refuse_many(rows: int, columns: int, where: str, limits: Limits) -> None:
    if columns > limits.columns or rows * columns > limits.cells:
        raise InputError(
            f"has {rows:,} rows of {columns:,} columns, more than the limit of {limits.cells:,} "
            f"cells or {limits.columns:,} columns",
            where=where,
            hint="give a part of it",
            code="too-large",
        )
