"""Bytes from a path or an address, unpacked while they are counted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pyarrow as pa

from fivefold.errors import FivefoldError, InputError, MissingExtraError


@dataclass(frozen=True)
class Limits:
    """How much is read before the reader says that it is too much.

    Arguments:
        size: bytes, after unpacking.
        columns: columns.
        cells: rows times columns.
    """

    size: int = 8 << 30
    columns: int = 100_000
    cells: int = 4_000_000_000


PACKED: dict[bytes, tuple[str, Callable[[bytes], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda data: gzip.GzipFile(fileobj=io.BytesIO(data))),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda data: pa.input_stream(pa.py_buffer(data), "zstd")),
    b"BZh": ("bzip2", lambda data: bz2.BZ2File(io.BytesIO(data))),
    b"\xfd7zXZ\x00": ("xz", lambda data: lzma.LZMAFile(io.BytesIO(data))),  # noqa: SIM115
}
ENDINGS = (".gz", ".zst", ".bz2", ".xz")
PIECE = 1 << 22
DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "http": "aiohttp", "https": "aiohttp", "abfs": "adlfs"}
"""The packages that fsspec needs for an address."""


def is_address(location: str) -> bool:
    """Whether a location is a URL that fsspec opens."""
    head, mark, _ = location.partition("://")
    return bool(mark) and head.replace("+", "").replace("-", "").replace("::", "").isalnum()


def bare_name(location: str) -> str:
    """The name of a file in small letters, without the ending of its compression.

    Example:
        >>> bare_name("s3://bucket/Data.CSV.gz")
        'data.csv'
    """
    name = PurePosixPath(location.replace("\\", "/")).name.lower()
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def fetch(location: str, limits: Limits) -> bytes:
    """All bytes at a path or address, unpacked.

    Arguments:
        location: a path, `-` for standard input, or a URL.
        limits: how many bytes at most.

    Returns:
        The bytes.
    """
    try:
        with _open(location) as stream:
            data = stream.read(limits.size + 1)
    except FivefoldError:
        raise
    except Exception as fault:
        if not isinstance(fault, OSError) and not is_address(location):
            raise
        what = getattr(fault, "strerror", None) or fault
        raise InputError(
            f"cannot be read ({what})", where=location, hint="check it", code="cannot-read"
        ) from fault
    if len(data) > limits.size:
        raise _too_large(location, limits)
    return unpack(data, location, limits)


def _open(location: str) -> BinaryIO:
    if location == "-":
        return sys.stdin.buffer
    if is_address(location):
        return _open_address(location)
    path = Path(location)
    if "\0" in location or not path.exists():
        raise InputError("no such file", where=location, hint="check the path", code="no-file")
    if path.is_dir():
        raise InputError(
            "is a folder", where=location, hint="name a file inside it", code="is-a-folder"
        )
    return path.open("rb")


def _open_address(location: str) -> BinaryIO:
    import fsspec

    try:
        stream: BinaryIO = fsspec.open(location, "rb").open()
    except ImportError as fault:
        scheme = location.partition("://")[0]
        package = DRIVERS.get(scheme, f"a driver for {scheme}")
        raise MissingExtraError(package, "remote", f"reading {scheme}:// addresses") from fault
    except FileNotFoundError as fault:
        raise InputError(
            "no such file", where=location, hint="check the address", code="no-file"
        ) from fault
    except Exception as fault:
        raise InputError(
            f"cannot be opened ({fault})", where=location, hint="check the address", code="address"
        ) from fault
    return stream


def unpack(data: bytes, where: str, limits: Limits) -> bytes:
    """The bytes, unpacked if they are packed.

    Arguments:
        data: bytes that may be gzip, zstd, bzip2 or xz.
        where: the name of the file.
        limits: how many bytes at most come out; counted while they come.

    Returns:
        The bytes inside.
    """
    for magic, (name, opened) in PACKED.items():
        if data.startswith(magic):
            return _inflate(opened, data, name, where, limits)
    return data


def _inflate(
    opened: Callable[[bytes], Any], data: bytes, name: str, where: str, limits: Limits
) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        with opened(data) as stream:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > limits.size:
                    raise _too_large(where, limits)
                pieces.append(piece)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(
            f"the {name} data are damaged or cut off ({fault})",
            where=where,
            hint="fetch or pack the file again",
            code="damaged",
        ) from fault
    return b"".join(pieces)


def _too_large(where: str, limits: Limits) -> InputError:
    return InputError(
        f"holds more than the limit of {limits.size:,} bytes",
        where=where,
        hint="give a part of it, or Parquet",
        code="too-large",
    )
