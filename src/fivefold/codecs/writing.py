"""Tables into files: streamed, whole or not at all, safe to open in a spreadsheet.

A file is written beside its place, flushed to the disk and renamed; on an error or an interruption the unfinished
file is removed and an older one stays as it was. Memory does not grow with the number of rows.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from fivefold.codecs.reading import FORMATS
from fivefold.codecs.rows import Cells, Objects
from fivefold.codecs.sources import bare_name, is_address
from fivefold.errors import InputError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Sheet(Protocol):
    """What writes a table in one format."""

    def write_table(self, table: pa.Table) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what comes after the last row."""


class TableWriter:
    """An open file that takes rows.

    Arguments:
        sheet: what writes the format.
        schema: the columns of every part.
        location: the name of the file, for errors.
    """

    def __init__(self, sheet: Sheet, schema: pa.Schema, location: str) -> None:
        self._sheet, self.schema, self.location = sheet, schema, location
        self.rows = 0

    def write(self, table: pa.Table | pa.RecordBatch) -> None:
        """Write some rows.

        Arguments:
            table: rows with the columns of the schema.
        """
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        if table.column_names != self.schema.names:
            raise InputError(
                f"columns {table.column_names[:8]} where {self.schema.names[:8]} were announced",
                where=self.location,
                code="columns",
            )
        self._sheet.write_table(table.cast(self.schema))
        self.rows += table.num_rows


@contextmanager
def open_writer(
    path: str | os.PathLike[str],
    schema: pa.Schema,
    *,
    metadata: Mapping[str, str] | None = None,
    escape_formulas: bool = True,
) -> Iterator[TableWriter]:
    """Open a file for rows; leaving the context puts it in its place.

    Arguments:
        path: where to; the ending says the format (`.csv`, `.tsv`, `.parquet`, `.jsonl`, `.arrow`) and the packing
            (`.gz`, `.zst`, `.bz2`, `.xz`); `-` for CSV on standard output; or a URL that fsspec knows.
        schema: the columns.
        metadata: words kept in the file, for Parquet and Arrow.
        escape_formulas: whether text that a spreadsheet would run gets an apostrophe before it (CSV and TSV).

    Returns:
        A context with a writer.

    Example:
        >>> table = pa.table({"age": [39, 50]})
        >>> with open_writer("ages.csv", table.schema) as writer:  # doctest: +SKIP
        ...     writer.write(table)
    """
    location = os.fspath(path)
    form, packing = _form(location)
    if metadata:
        schema = schema.with_metadata({**(schema.metadata or {}), **metadata})
    try:
        with _place(location) as stream:
            packed = _packed(stream, packing)
            try:
                with _opened(form, packed, schema, escape_formulas) as sheet:
                    yield TableWriter(sheet, schema, location)
            finally:
                if packed is not stream:
                    packed.close()
    except BrokenPipeError:
        raise
    except OSError as fault:
        if isinstance(fault, InputError):
            raise
        full = fault.errno in FULL
        raise InputError(
            "the disk is full" if full else f"cannot be written ({fault.strerror or fault})",
            where=location,
            hint="make room or write elsewhere; nothing was changed"
            if full
            else "write elsewhere",
            code="disk-full" if full else "cannot-write",
        ) from fault


def write_table(
    table: pa.Table,
    path: str | os.PathLike[str],
    *,
    metadata: Mapping[str, str] | None = None,
    escape_formulas: bool = True,
) -> None:
    """Write a table into a file, whole or not at all.

    Arguments:
        table: the rows.
        path: as in `open_writer`.
        metadata: as in `open_writer`.
        escape_formulas: as in `open_writer`.
    """
    schema = table.schema.remove_metadata()
    with open_writer(path, schema, metadata=metadata, escape_formulas=escape_formulas) as writer:
        for batch in table.to_batches(max_chunksize=1 << 17):
            writer.write(batch)


def check_place(path: str | os.PathLike[str]) -> None:
    """Refuse a place that no table can be written to.

    Raises:
        InputError: where the ending names no format, or there is no such folder.
    """
    location = os.fspath(path)
    _form(location)
    if location != "-" and not is_address(location):
        _refuse(Path(location).resolve(), location)


def _form(location: str) -> tuple[str, str]:
    """The format and the packing that a name asks for."""
    if location == "-":
        return "csv", ""
    name = bare_name(location)
    ending = PurePosixPath(name).suffix
    if ending not in FORMATS:
        endings = ".csv, .tsv, .parquet, .jsonl or .arrow"
        raise InputError(
            f"its ending {ending!r} names no format" if ending else "its name has no ending",
            where=location,
            hint=f"end it with {endings}, for text also .gz or .zst after that",
            code="format",
        )
    whole = location.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return FORMATS[ending], whole.removeprefix(name)


@contextmanager
def _opened(
    form: str, stream: BinaryIO, schema: pa.Schema, escape_formulas: bool
) -> Iterator[Sheet]:
    """What writes the format, closed in either case: what a failure leaves is thrown away."""
    sheet: Sheet = _sheet(form, stream, schema, escape_formulas)
    try:
        yield sheet
    except BaseException:
        with suppress(Exception):
            sheet.close()
        raise
    sheet.close()


def _sheet(form: str, stream: BinaryIO, schema: pa.Schema, escape_formulas: bool) -> Any:
    if form == "parquet":
        return pq.ParquetWriter(stream, schema, compression="zstd")
    if form == "arrow":
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        return pa.ipc.new_file(stream, schema, options=options)
    if form == "json":
        return Objects(stream, schema)
    return Cells(stream, schema, "\t" if form == "tsv" else ",", escape_formulas)


class Kept(io.RawIOBase):
    """A stream that stays open when what packs into it is closed."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Pass bytes on."""
        return self.stream.write(data)


def _packed(stream: BinaryIO, packing: str) -> Any:
    """The stream, packed as the ending says; the same rows give the same bytes."""
    if packing == ".gz":
        return gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0, compresslevel=6)
    if packing == ".zst":
        return pa.CompressedOutputStream(Kept(stream), "zstd")
    if packing == ".bz2":
        return bz2.BZ2File(stream, "wb")
    return lzma.LZMAFile(stream, "wb") if packing == ".xz" else stream


@contextmanager
def _place(location: str) -> Iterator[BinaryIO]:
    """A stream whose bytes stand at the location once the context is left without an error."""
    if location == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_address(location):
        with _remote(location) as stream:
            yield stream
    else:
        path = Path(location).resolve()
        _refuse(path, location)
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as stream:
                yield stream
        else:
            with _local(path) as stream:
                yield stream


def _refuse(path: Path, location: str) -> None:
    if path.is_dir():
        raise InputError("is a folder", where=location, hint="name a file", code="is-a-folder")
    if not path.parent.is_dir():
        raise InputError(
            f"the folder {path.parent} does not exist",
            where=location,
            hint="make it first",
            code="no-folder",
        )


@contextmanager
def _local(path: Path) -> Iterator[BinaryIO]:
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        with beside.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _remote(location: str) -> Iterator[BinaryIO]:
    """A file on this machine that is sent once it is whole."""
    import fsspec

    try:
        system, target = fsspec.core.url_to_fs(location)
    except (ImportError, ValueError) as fault:
        raise InputError(
            f"cannot be written ({fault})",
            where=location,
            hint="check the address",
            code="address",
        ) from fault
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "table"
        with beside.open("wb") as stream:
            yield stream
        try:
            system.put_file(str(beside), target)
        except Exception as fault:
            raise InputError(
                f"cannot be written ({fault})", where=location, code="cannot-write"
            ) from fault
