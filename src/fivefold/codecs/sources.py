"""Bytes from a path or an address, unpacked while they are counted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Generator, Iterator
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


PACKED: dict[bytes, tuple[str, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda stream: pa.CompressedInputStream(stream, "zstd")),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
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
    return b"".join(pieces(location, limits))


def pieces(location: str, limits: Limits) -> Generator[bytes, None, None]:
    """The bytes at a path or address, unpacked, a few megabytes at a time.

    Arguments:
        location: as in `fetch`.
        limits: how many bytes at most come out.

    Yields:
        Bytes, never none.
    """
    try:
        with _open(location) as stream:
            yield from _unpacked(stream, location, limits)
    except FivefoldError:
        raise
    except Exception as fault:
        if not isinstance(fault, OSError) and not is_address(location):
            raise
        what = getattr(fault, "strerror", None) or fault
        raise InputError(
            f"cannot be read ({what})", where=location, hint="check it", code="cannot-read"
        ) from fault


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


def _unpacked(stream: BinaryIO, where: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of a stream, out of gzip, zstd, bzip2 or xz if they are in it; counted while they come."""
    head = stream.read(PIECE)
    packing = next((found for magic, found in PACKED.items() if head.startswith(magic)), None)
    if packing is None:
        yield from _counted(stream, head, where, limits)
        return
    name, opened = packing
    whole: Any = io.BufferedReader(Rejoined(head, stream), PIECE)
    try:
        with opened(whole) as inner:
            yield from _counted(inner, inner.read(PIECE), where, limits)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(
            f"the {name} data are damaged or cut off ({fault})",
            where=where,
            hint="fetch or pack the file again",
            code="damaged",
        ) from fault


def _counted(stream: Any, piece: bytes, where: str, limits: Limits) -> Iterator[bytes]:
    """A piece and all that follow it; an InputError where they are too many."""
    size = 0
    while piece:
        size += len(piece)
        if size > limits.size:
            raise InputError(
                f"holds more than the limit of {limits.size:,} bytes",
                where=where,
                hint="give a part of it, or Parquet",
                code="too-large",
            )
        yield piece
        piece = stream.read(PIECE)


class Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already.

    Arguments:
        head: those bytes.
        stream: what follows.
    """

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self.head, self.stream = head, stream

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, room: Any) -> int:
        """Fill a buffer, first from the head."""
        found = self.head[: len(room)] or self.stream.read(len(room))
        self.head = self.head[len(found) :] if self.head else b""
        room[: len(found)] = found
        return len(found)
