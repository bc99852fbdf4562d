"""Long columns in parts: texts are taken a few megabytes at a time, and symbols wait on disk where memory is short."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.alphabets import content
from fivefold.errors import InputError

PART = 1 << 22
SEAM = 1 << 16
"""How far back a blank is looked for where a long text is cut."""


def parts(texts: pa.ChunkedArray, size: int = PART) -> Iterator[tuple[pa.Array, bool]]:
    """Texts in parts of at most about `size` bytes; null is an empty text.

    Arguments:
        texts: strings, with shape (n,).
        size: bytes, at least 4; a longer text is cut behind a line break or blank, never inside a character.

    Returns:
        Pairs of some texts, and whether the last of them ends with the part; if not, it goes on in the next part.

    Example:
        >>> [(p.to_pylist(), e) for p, e in parts(pa.chunked_array([["a", "b", "to be cut"]]), 4)]
        [(['a', 'b'], True), (['to '], False), (['be '], False), (['cut'], True)]
    """
    for chunk in texts.chunks:
        chunk = pc.fill_null(chunk, "") if chunk.null_count else chunk
        offsets = content(chunk)[1]
        row = 0
        while row < len(chunk):
            last = int(np.searchsorted(offsets, offsets[row] + size, "right")) - 1
            if last > row:
                yield chunk.slice(row, last - row), True
            else:
                last = row + 1
                yield from _cut(chunk.slice(row, 1), size)
            row = last


def _cut(text: pa.Array, size: int) -> Iterator[tuple[pa.Array, bool]]:
    """One long text in parts."""
    data = content(text)[0]
    start = 0
    while len(data) - start > size:
        end = _seam(data[start : start + size + 1], size) + start
        yield pa.array([bytes(data[start:end]).decode()], text.type), False
        start = end
    yield pa.array([bytes(data[start:]).decode()], text.type), True


def _seam(data: NDArray[np.uint8], size: int) -> int:
    """Where to cut before or at `size`: behind the last line break, else the last blank, else between characters."""
    tail = bytes(data[max(0, size - SEAM) : size])
    for mark in (b"\n", b" "):
        if (place := tail.rfind(mark)) >= 0:
            return size - len(tail) + place + 1
    while size > 1 and data[size] & 0xC0 == 0x80:
        size -= 1
    return size


class Spool:
    """Symbols that are added part by part: in memory up to a limit, beyond it in a file that is removed with them.

    Arguments:
        dtype: the type of the symbols.
        memory: how many bytes are kept in memory.

    Example:
        >>> spool = Spool(np.uint16, memory=2)
        >>> spool.add(np.array([1, 2])); spool.add(np.array([3]))
        >>> found = spool.whole()
        >>> found.tolist(), type(found).__name__
        ([1, 2, 3], 'memmap')
    """

    def __init__(self, dtype: Any, memory: int) -> None:
        self.dtype, self.memory = np.dtype(dtype), memory
        self._file: Any = None
        self._held: list[NDArray[Any]] = []
        self._size = 0

    def add(self, symbols: NDArray[Any]) -> None:
        """Put symbols behind those that are there."""
        self._held.append(symbols.astype(self.dtype, copy=False))
        self._size += self._held[-1].nbytes
        if self._file is None and self._size > self.memory:
            self._file = tempfile.TemporaryFile(prefix="fivefold-")  # noqa: SIM115
        if self._file is not None:
            for part in self._held:
                self._file.write(part.tobytes())
            self._held = []

    def whole(self) -> NDArray[Any]:
        """All symbols with shape (N,): an array, or a memory map that may only be read. Nothing is added after."""
        if self._file is None:
            return np.concatenate([*self._held, np.zeros(0, self.dtype)])
        with self._file as file:
            file.flush()
            return np.memmap(file, self.dtype, "r")


def refuse_full(size: int, memory: int, things: str, hint: str) -> None:
    """Stop before so many bytes are unpacked that the disk would not hold.

    Arguments:
        size: bytes.
        memory: how many are kept in memory.
        things: what is unpacked.
        hint: what else can be done.

    Raises:
        InputError: where there is no room.
    """
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > memory and size > free:
        raise InputError(
            f"the {things} take {size / 1e9:,.1f} GB unpacked, and {free / 1e9:,.1f} GB are free",
            where=tempfile.gettempdir(),
            hint=f"make room, set TMPDIR to another disk, or {hint}",
            code="disk-full",
        )
