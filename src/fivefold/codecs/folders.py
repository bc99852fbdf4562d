"""Folders as data: every file a document, or a part of one table.

Hidden files and folders, binary and empty files and files of another kind are left out; one notice counts them and
names the first of each sort. The kind of a folder is that of most of its bytes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from fivefold.codecs import documents, sniffing
from fivefold.codecs.corpora import Wanted, read_file
from fivefold.codecs.places import LANGUAGE, NOTICES, noted, remember
from fivefold.codecs.shelves import Shelf, load
from fivefold.codecs.sniffing import COLUMNS
from fivefold.codecs.sources import Limits, pieces
from fivefold.errors import InputError

LEFT = ("hidden", "binary", "empty", "damaged")
OTHER = "of another kind"
LISTED = ("image", "sound")
"""Kinds whose data are listed, whatever they lie in."""
FEW = 8
"""Fewer long texts than this are cut into sections, so that some can be held out."""
NOTED = 5


@dataclass(frozen=True)
class Entry:
    """A file of a folder.

    Arguments:
        name: where it is in the folder.
        size: its bytes.
        kind: what it seems to be; also `hidden`, `binary` or `empty`.
    """

    name: str
    size: int
    kind: str


def walk(folder: Path, limits: Limits) -> Iterator[Entry]:
    """The files of a folder and the folders in it, in the order of their names.

    Arguments:
        folder: where to look; links to folders are not followed, hidden folders not entered.
        limits: how much of a packed file is looked at.
    """
    for place, inner, names in os.walk(folder):
        hidden = [name for name in inner if _is_hidden(name)]
        inner[:] = sorted(set(inner) - set(hidden))
        for name in sorted([*names, *hidden]):
            path = Path(place) / name
            inside = str(path.relative_to(folder))
            if _is_hidden(name):
                yield Entry(inside, 0, "hidden")
            elif path.is_file():
                size = path.stat().st_size
                yield Entry(inside, size, _seems(path, limits) if size else "empty")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


def _seems(path: Path, limits: Limits) -> str:
    with closing(pieces(str(path), limits)) as found:
        return sniffing.kind_of_file(str(path), next(found, b""))


def read_folder(folder: Path, wanted: Wanted) -> tuple[str, pa.Table]:
    """The data in a folder.

    Arguments:
        folder: where they are.
        wanted: what is asked for.

    Returns:
        The kind and the table.
    """
    entries = list(walk(folder, wanted.limits))
    main = wanted.kind or _main_kind(entries)
    chosen = [entry for entry in entries if _suits(entry, main)]
    if not chosen:
        raise InputError(
            f"holds no file of kind {main}" if main else "holds no file that can be read",
            where=str(folder),
            hint=f"there are {_counted((e.kind, e.name) for e in entries) or 'no files'}",
            code="kind",
        )
    taken = set(chosen)
    left = [(e.kind if e.kind in LEFT else OTHER, e.name) for e in entries if e not in taken]
    sections = max(1, documents.MANY // len(chosen)) if len(chosen) < FEW else 1
    wanted = replace(
        wanted, kind=wanted.kind or (None if main == "table" else main), sections=sections
    )
    gathered = Gathered(wanted.memory)
    for entry in chosen:
        path = str(folder / entry.name)
        try:
            data = load(path, wanted.limits, wanted.memory)
            kind, table = read_file(data, path, wanted)
        except InputError as fault:
            if fault.code != "empty" and not (fault.code == "damaged" and main == "music"):
                raise
            left.append((fault.code, entry.name))
            continue
        held = table.nbytes if kind in LISTED else 0
        wanted = replace(wanted, kind=kind, memory=max(0, wanted.memory - held))
        gathered.add(kind, table, entry, path)
    if wanted.kind is None or not gathered.files:
        raise InputError("all its files are empty or damaged", where=str(folder), code="empty")
    said = f"{len(left):,} of {len(entries):,} files were left out: {_counted(left)}"
    return wanted.kind, noted(gathered.table(wanted.kind, str(folder)), [said] if left else [])


def _main_kind(entries: list[Entry]) -> str:
    """The kind of most bytes."""
    sizes: Counter[str] = Counter()
    for entry in entries:
        if entry.kind not in LEFT:
            sizes[entry.kind] += entry.size
    return sizes.most_common(1)[0][0] if sizes else ""


def _suits(entry: Entry, kind: str) -> bool:
    """Whether a file can be read as the kind; every file in letters is a text, and code is JSON too."""
    if kind == "text":
        return entry.kind in ("text", "code", "log")
    if kind == "code" and sniffing.ending(entry.name) == ".json":
        return True
    if kind in LISTED and sniffing.ending(entry.name) in (".parquet", ".pq", ".arrow"):
        return True
    return entry.kind == kind


def _counted(found: Iterable[tuple[str, str]]) -> str:
    """Such as `2 binary (first: a.png), 1 empty (b.txt)`."""
    names: dict[str, list[str]] = {}
    for why, name in found:
        names.setdefault(why, []).append(name)
    return ", ".join(
        f"{len(listed):,} {why} ({'first: ' if len(listed) > 1 else ''}{listed[0]})"
        for why, listed in names.items()
    )


class Gathered:
    """What was read of a folder so far.

    Arguments:
        memory: as in `reading.read_data`.
    """

    def __init__(self, memory: int) -> None:
        self.memory, self.files = memory, 0
        self.shelf: Shelf | None = None
        self.tables: list[pa.Table] = []
        self.notices: dict[str, list[str]] = {}
        self.languages: Counter[bytes] = Counter()

    def add(self, kind: str, table: pa.Table, entry: Entry, path: str) -> None:
        """Put the data of a file behind those that are there."""
        memory = table.schema.metadata or {}
        self.files += 1
        for notice in json.loads(memory.get(NOTICES, b"[]")):
            self.notices.setdefault(notice.removeprefix(f"{path}: "), []).append(entry.name)
        self.languages[memory.get(LANGUAGE, b"")] += entry.size
        if kind in ("table", *LISTED):
            self.tables.append(table.replace_schema_metadata(None))
            return
        self.shelf = self.shelf or Shelf(COLUMNS[kind], self.memory)
        for part in table.column(0).chunks:
            self.shelf.add(part)

    def table(self, kind: str, where: str) -> pa.Table:
        """All of it as one table."""
        table = self._joined(where) if self.shelf is None else self.shelf.table()
        table = noted(remember(table, where, lined=False), self._said())
        language = max(self.languages, key=self.languages.__getitem__)
        if kind == "code" and language:
            table = table.replace_schema_metadata({**table.schema.metadata, LANGUAGE: language})
        if len(self.languages) > 1:
            shares = self.languages.most_common(NOTED)
            said = ", ".join(f"{name.decode()} {size:,}" for name, size in shares)
            table = noted(table, [f"bytes in each language: {said}"])
        return table

    def _said(self) -> list[str]:
        """The notices of the files, each sentence once."""
        said = [
            f"{names[0]}: {notice}"
            if len(names) == 1
            else f"{len(names):,} files (first: {names[0]}): {notice}"
            for notice, names in self.notices.items()
        ]
        more = len(said) - NOTED
        return [*said[:NOTED], f"and {more:,} more of such notices"] if more > 0 else said

    def _joined(self, where: str) -> pa.Table:
        """The tables one below the other."""
        try:
            return pa.concat_tables(self.tables, promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as fault:
            raise InputError(
                f"its tables do not fit together ({fault})",
                where=where,
                hint="give files with the same columns",
                code="ragged-columns",
            ) from fault
