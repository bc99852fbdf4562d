"""A tar of pictures as a listing, in WebDataset's form: `1.png`, `1.cls` and `1.txt` or `1.json` are one datum.

What a member is called is only ever a word: nothing is written under it, links are not followed. Members of one datum
stand one behind the other. Where no `.cls` and no `.json` tells the class, folders do.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa

from fivefold.codecs.pictures.captions import COLUMNS, first
from fivefold.codecs.pictures.folders import classes_of, is_named
from fivefold.codecs.pictures.listings import CAPTION, CLASS, NAME, PICTURE
from fivefold.codecs.places import noted, remember
from fivefold.codecs.shelves import Shelf
from fivefold.errors import InputError

MARK, PLACE = b"ustar", 257
TOLD = (".cls", ".txt", ".json")
PIECE, TOGETHER = 1 << 22, 256
"""Bytes of pictures, and pictures, that are put away at once."""
LARGEST_WORDS = 1 << 20
"""Bytes of a member that tells of a picture."""


@dataclass
class Datum:
    """What stands in a tar under one key.

    Arguments:
        key: what the names of its members begin with.
        name: the picture's member.
        start: where the picture begins.
        size: its bytes.
        words: what else is told, by column.
    """

    key: str
    name: str | None = None
    start: int = 0
    size: int = 0
    words: dict[str, str] = field(default_factory=dict)

    def tell(self, ending: str, content: bytes) -> None:
        """Take what a member tells; a JSON that is none tells nothing."""
        text = content.decode("utf-8", "replace").strip()
        if ending == ".cls":
            self.words[CLASS] = text
        elif ending == ".txt":
            self.words[CAPTION] = text
        else:
            with suppress(ValueError, RecursionError):
                row = json.loads(text)
                for column, names in COLUMNS.items():
                    if isinstance(row, dict) and (found := first(row, names)) is not None:
                        self.words.setdefault(column, found)


def is_tar(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a tar."""
    return head[PLACE : PLACE + len(MARK)] == MARK


def has_pictures(head: bytes) -> bool:
    """Whether there is a picture among the members that the first bytes of a tar name."""
    try:
        return any(is_named(name) for name, _, _ in members(pa.py_buffer(head), ""))
    except InputError:
        return False


def members(data: pa.Buffer, where: str) -> Iterator[tuple[str, int, int]]:
    """The plain files in a tar: name, where the content begins, how long it shall be.

    Arguments:
        data: the bytes of the tar, or the first of them.
        where: its name.

    Raises:
        InputError: where it is damaged or goes on elsewhere.
    """
    last = -1
    try:
        with tarfile.open(fileobj=pa.BufferReader(data), mode="r:") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # or every head would be kept
                if member.size < 0 or tar.offset <= last:
                    raise tarfile.ReadError("a member that ends before it begins")
                last = tar.offset
                if member.isreg() and not member.issparse():
                    name = member.name.encode(errors="backslashreplace").decode()
                    yield name, member.offset_data, member.size
    except (tarfile.TarError, OSError, ValueError, RecursionError) as fault:
        if isinstance(fault, InputError):
            raise
        raise _damaged(where, str(fault)) from fault


def _damaged(where: str, why: str) -> InputError:
    return InputError(
        f"is a damaged tar ({why})", where=where, hint="fetch or pack it again", code="damaged"
    )


def read_tar(data: bytes | pa.Buffer, where: str, memory: int) -> pa.Table:
    """The listing of the pictures in a tar.

    Arguments:
        data: its bytes.
        where: its name.
        memory: pictures beyond so many bytes are put into a file that is mapped.

    Raises:
        InputError: where it is damaged or holds no picture.
    """
    buffer = pa.py_buffer(data)
    shelf = Shelf(PICTURE, memory, pa.large_binary())
    names: list[str] = []
    held: list[bytes] = []
    told: dict[str, list[str | None]] = {CLASS: [], CAPTION: []}
    left: list[str] = []
    for datum in _data(buffer, where, left):
        if datum.name is not None:
            names.append(datum.name)
            held.append(bytes(buffer[datum.start : datum.start + datum.size]))
            if sum(map(len, held)) > PIECE or len(held) > TOGETHER:
                shelf.add(held)
                held = []
            for column, values in told.items():
                values.append(datum.words.get(column))
    shelf.add(held)
    if not names:
        raise InputError("holds no picture", where=where, hint="give another", code="empty")
    said = [f"{len(left):,} members were left out (first: {left[0]})"] if left else []
    if not any(told[CLASS]):
        classes, notices = classes_of(names)
        told[CLASS], said = classes or [], [*notices, *said]
    table = shelf.table().append_column(NAME, pa.array(names, pa.string()))
    for column, values in told.items():
        if any(values):
            table = table.append_column(column, pa.array(values, pa.string()))
    return noted(remember(table, where, lined=False), said)


def _data(buffer: pa.Buffer, where: str, left: list[str]) -> Iterator[Datum]:
    """The data in a tar; the names of members that are none of a datum's are put to those left out."""
    datum = Datum("")
    for name, start, size in members(buffer, where):
        if start + size > len(buffer):
            raise _damaged(where, f"{name} is cut off")
        key, ending = _parted(name)
        if key != datum.key:
            yield datum
            datum = Datum(key)
        if is_named(name) and datum.name is None:
            datum.name, datum.start, datum.size = name, start, size
        elif ending in TOLD and size <= LARGEST_WORDS:
            datum.tell(ending, bytes(buffer[start : start + size]))
        else:
            left.append(name)
    yield datum


def _parted(name: str) -> tuple[str, str]:
    """The key of a datum, which ends at the first point of the last name, and the ending."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0], "." + last.rpartition(".")[2].lower()
