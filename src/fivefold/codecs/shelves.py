"""Files and texts that may be larger than memory: beyond a limit they are on disk and mapped."""

from __future__ import annotations

import atexit
import os
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from fivefold.codecs.sources import Limits, bare_name, pieces

CHUNK = 1 << 24
"""Bytes of texts that are put into one array."""


class Shelf:
    """Texts that are added part by part: in memory up to a limit, beyond it in a file that is mapped.

    Arguments:
        column: the name of the column.
        memory: how many bytes are kept in memory.
        kind: the type of the column, None for strings.

    Example:
        >>> shelf = Shelf("text", memory=4)
        >>> shelf.add(["to be", "or"]); shelf.add(["not"])
        >>> shelf.table().to_pydict()
        {'text': ['to be', 'or', 'not']}
    """

    def __init__(self, column: str, memory: int, kind: pa.DataType | None = None) -> None:
        self.schema, self.memory = pa.schema([(column, kind or pa.string())]), memory
        self._held: list[pa.Array] = []
        self._size = self._count = self._loose = self._bound = 0
        self._path: Path | None = None
        self._writer: Any = None

    def __len__(self) -> int:
        return self._count

    def add(self, texts: list[Any] | pa.Array) -> None:
        """Put texts behind those that are there."""
        kind = self.schema.types[0]
        array = texts if isinstance(texts, pa.Array) else pa.array(texts, kind)
        if pt.is_large_string(array.type):
            self.schema = pa.schema([(self.schema.names[0], pa.large_string())])
        self._held.append(array)
        self._size += array.nbytes
        self._loose += array.nbytes
        self._count += len(array)
        if self._loose > CHUNK:
            self._bind()
        if self._size > self.memory:
            self._put_away()

    def _bind(self) -> None:
        """Make one array of those that came last: many small ones are slow to go through."""
        kind = self.schema.types[0]
        whole, loose = self._held[: self._bound], self._held[self._bound :]
        large = [array for array in loose if array.nbytes > CHUNK]
        if len(loose) > 1 and not large:
            loose = [pa.concat_arrays([array.cast(kind) for array in loose])]
        self._held = [*whole, *loose]
        self._bound, self._loose = len(self._held), 0

    def _put_away(self) -> None:
        if self._writer is None:
            handle, name = tempfile.mkstemp(prefix="fivefold-", suffix=".arrow")
            os.close(handle)
            self._path = Path(name)
            self._writer = pa.ipc.new_file(name, self.schema)
        for array in self._held:
            self._writer.write_batch(
                pa.record_batch([array.cast(self.schema.types[0])], self.schema)
            )
        self._held = []
        self._size = self._bound = self._loose = 0

    def table(self) -> pa.Table:
        """All texts as a table of one column. Nothing is added after."""
        self._bind()
        if self._writer is None or self._path is None:
            arrays = [array.cast(self.schema.types[0]) for array in self._held]
            return pa.table([pa.chunked_array(arrays, self.schema.types[0])], self.schema)
        self._put_away()
        self._writer.close()
        return pa.ipc.open_file(pa.BufferReader(mapped(self._path, own=True))).read_all()


def mapped(path: Path, *, own: bool = False) -> pa.Buffer:
    """The bytes of a file, mapped into memory.

    Arguments:
        path: a file that is not empty.
        own: whether it is ours, to be removed when it is no longer used.
    """
    buffer = pa.memory_map(str(path)).read_buffer()
    if own:
        try:
            path.unlink()
        except OSError:
            atexit.register(path.unlink, missing_ok=True)
    return buffer


def load(location: str, limits: Limits, memory: int) -> bytes | pa.Buffer:
    """The bytes at a path or address, unpacked: in memory, or mapped where there are more than `memory` of them.

    Arguments:
        location: as in `sources.fetch`.
        limits: how many bytes at most.
        memory: how many are kept in memory.
    """
    held: list[bytes] = []
    size = 0
    found = pieces(location, limits)
    for piece in found:
        held.append(piece)
        size += len(piece)
        if size > memory:
            break
    else:
        return b"".join(held)
    path = Path(location)
    if path.is_file() and bare_name(location) == path.name.lower():
        found.close()
        return mapped(path)
    with tempfile.NamedTemporaryFile(prefix="fivefold-", delete=False) as file:
        for piece in chain(held, found):
            file.write(piece)
    return mapped(Path(file.name), own=True)
