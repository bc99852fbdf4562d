"""A folder of pictures or sounds as a listing: no file is opened: a hundred thousand cost no more than their names.

The class of a picture is the first folder that tells pictures apart: folders that all of them lie in say nothing, nor
do those that only part the data (`train`, `test`). Links to folders are not followed, hidden ones not seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from fivefold.codecs.pictures import captions
from fivefold.codecs.pictures.files import ENDINGS
from fivefold.codecs.pictures.listings import CLASS, NAME, PICTURE
from fivefold.codecs.places import filed, noted, remember
from fivefold.errors import InputError

PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev", "holdout"}
"""Folders that part data and tell nothing of them."""
LOOKED = 10_000
"""Files by which a folder's kind is told."""


def walk(folder: Path) -> Iterator[str]:
    """The files of a folder and the folders in it, by their names in it, in order.

    Arguments:
        folder: where to look.

    Yields:
        Names with `/` between folders, and at the end of folders that cannot be looked into.
    """
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(folder / inside) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            yield inside
            continue
        seen = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
        yield from (inside + entry.name for entry in seen if entry.is_file())
        folders = [entry for entry in seen if entry.is_dir(follow_symlinks=False)]
        waiting.extend(f"{inside}{entry.name}/" for entry in reversed(folders))


def is_named(name: str, endings: tuple[str, ...] = ENDINGS) -> bool:
    """Whether a name is that of a picture, or has one of other endings.

    Example:
        >>> is_named("cats/1.PNG"), is_named("cats/1.txt")
        (True, False)
    """
    return name.lower().endswith(endings)


def mostly(folder: Path, endings: tuple[str, ...] = ENDINGS) -> bool:
    """Whether more than half of a folder's files are pictures, or have other endings, by their names."""
    names = [name for name in islice(walk(folder), LOOKED) if name not in captions.FILES]
    return 2 * sum(is_named(name, endings) for name in names) > len(names)


def read_folder(
    folder: Path, thing: str = PICTURE, endings: tuple[str, ...] = ENDINGS
) -> pa.Table:
    """The listing of all pictures or sounds in a folder and the folders in it, in the order of their names.

    Arguments:
        folder: where they are.
        thing: what they are, and the column that they are put into.
        endings: of their names.

    Returns:
        Columns `picture` or `sound` (paths), `name`, and `class` and `caption` where they are told.

    Raises:
        InputError: where there is none.
    """
    names: list[str] = []
    left: list[str] = []
    others = 0
    for name in walk(folder):
        if is_named(name, endings) and _writable(name):
            names.append(name)
        elif name not in captions.FILES:
            others += 1
            left = left or [name]
    if not names:
        raise InputError(
            f"holds no {thing}",
            where=str(folder),
            hint=f"endings: {', '.join(endings)}",
            code="empty",
        )
    columns: dict[str, Any] = {thing: [str(folder / name) for name in names], NAME: names}
    classes, said = classes_of(names)
    if classes is not None:
        columns[CLASS] = classes
    columns = {**captions.beside(folder, names), **columns}
    if left:
        first = left[0].encode(errors="backslashreplace").decode()
        be = f"file is no {thing}" if others == 1 else f"files are no {thing}s"
        said.append(f"{others:,} {be} by name and left out (first: {first})")
    schema = pa.schema([(name, pa.string()) for name in columns])
    table = remember(pa.table(columns, schema), str(folder), lined=False)
    return noted(filed(table, thing), said)


def alone(
    data: bytes | pa.Buffer,
    location: str,
    thing: str = PICTURE,
    endings: tuple[str, ...] = ENDINGS,
) -> pa.Table:
    """The listing of one file: its path where its name says what it is, else its bytes.

    Arguments:
        data: its bytes, unpacked.
        location: its name.
        thing: as in `read_folder`.
        endings: as in `read_folder`.
    """
    names = [PurePosixPath(location.replace("\\", "/")).name]
    if Path(location).is_file() and is_named(location, endings):
        table = pa.table({thing: [location], NAME: names})
        return filed(remember(table, location, lined=False), thing)
    held = pa.array([bytes(data)], pa.large_binary())
    return remember(pa.table({thing: held, NAME: names}), location, lined=False)


def _writable(name: str) -> bool:
    """Whether a name is Unicode: a column of words holds no other."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def classes_of(names: Sequence[str]) -> tuple[list[str | None] | None, list[str]]:
    """The class of each picture by the folders in its name.

    Arguments:
        names: with `/` between folders.

    Returns:
        The classes, None where folders tell nothing; and notices.

    Example:
        >>> classes_of(["all/train/cat/1.png", "all/test/dog/2.png"])[0]
        ['cat', 'dog']
        >>> classes_of(["cat/1.png", "2.png"])[0], classes_of(["one/1.png"])[0]
        (['cat', None], None)
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    same = _shared(folders)
    notices = []
    if all(len(parts) > same and parts[same].lower() in PARTS for parts in folders):
        listed = ", ".join(sorted({parts[same] for parts in folders}))
        notices.append(f"the folders {listed} are taken together: none of them is a class")
        folders = [parts[:same] + parts[same + 1 :] for parts in folders]
        same = _shared(folders)
    classes = [parts[same] if len(parts) > same else None for parts in folders]
    return (None, notices) if len(set(classes)) < 2 else (classes, notices)


def _shared(folders: Sequence[tuple[str, ...]]) -> int:
    """How many of their first names all folders share: the least and the greatest do, or some differ."""
    pairs = zip(min(folders), max(folders), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
