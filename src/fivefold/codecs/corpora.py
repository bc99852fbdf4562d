"""Any source as data of a kind: a table as it is, everything else as one column of strings.

    source -> what kind is it? -> documents, rows of a column, tunes, cases, lines, ... -> (kind, table)

The kind is found by `sniffing` or said by the user; what was left out stands in the notices of the table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs import documents, moleculefile, sniffing
from fivefold.codecs.eventlog import events_of, read_event_log
from fivefold.codecs.fasta import proteins_of, read_fasta
from fivefold.codecs.frames import from_memory
from fivefold.codecs.moleculefile import molecules_of, read_molecules
from fivefold.codecs.places import LANGUAGE, LINED, noted, place, remember
from fivefold.codecs.reading import refuse_foreign, table_from
from fivefold.codecs.shelves import Shelf, load
from fivefold.codecs.sniffing import COLUMNS, KINDS
from fivefold.codecs.sources import Limits
from fivefold.codecs.streams import Rows, rows_of
from fivefold.codecs.tunes import read_abc
from fivefold.data import BUNDLED
from fivefold.data import path as bundled
from fivefold.errors import InputError

PROSE = ("text", "code", "log", "music")
"""The kinds whose strings are taken as they are."""


def read_corpus(
    source: Any,
    kind: str | None,
    column: str | None,
    encoding: str | None,
    limits: Limits,
    memory: int,
) -> tuple[str, pa.Table]:
    """What `reading.read_data` does."""
    if kind is not None and kind not in KINDS:
        raise InputError(
            f"no kind of data is called {kind!r}", hint=f"one of: {', '.join(KINDS)}", code="kind"
        )
    if not isinstance(source, str | os.PathLike):
        if isinstance(source, list | tuple) and all(isinstance(text, str) for text in source):
            source = {COLUMNS.get(kind or "text", "text"): list(source)}
            kind = kind or ("text" if column is None else None)
        return from_rows(Rows.of(from_memory(source)), kind, column, memory)
    location = os.fsdecode(os.fspath(source))
    if location in BUNDLED and not Path(location).exists():
        location = str(bundled(location))
    if location != "-" and Path(location).is_dir():
        from fivefold.codecs.folders import read_folder

        return read_folder(Path(location), kind, column, encoding, limits, memory)
    data = load(location, limits, memory)
    return read_file(data, location, kind, column, encoding, limits, memory)


def read_file(
    data: bytes | pa.Buffer,
    location: str,
    kind: str | None,
    column: str | None,
    encoding: str | None,
    limits: Limits,
    memory: int,
    count: int = documents.MANY,
) -> tuple[str, pa.Table]:
    """The data in one file.

    Arguments:
        data: its bytes, unpacked.
        location: its name.
        kind: as in `reading.read_data`, and so the other arguments that it has.
        count: into about how many sections a long text is cut.
    """
    head = bytes(data[: documents.HEAD])
    seems = sniffing.kind_of_file(location, head)
    if kind == "table":
        return kind, table_from(bytes(data), location, encoding=encoding, limits=limits)
    if kind is None and seems == "binary":
        refuse_foreign(location, head)
    if seems == "table" and not _is_document(kind, column, location, head):
        return from_rows(rows_of(data, location, encoding, limits, memory), kind, column, memory)
    chosen = kind or ("text" if seems == "binary" else seems)
    if chosen in ("text", "code"):
        table = read_documents(data, location, column, encoding, memory, count)
        return chosen, _as_kind(table, chosen, location)
    if column is not None:
        raise InputError(
            f"is a file of kind {chosen}, which has no columns",
            where=location,
            hint="leave --column out, or say another --kind",
            code="no-column",
        )
    return chosen, READERS[chosen](bytes(data), location, encoding)


def _is_document(kind: str | None, column: str | None, location: str, head: bytes) -> bool:
    """Whether a file that looks like a table is wanted as a whole."""
    if kind not in PROSE or (column is not None and column not in documents.UNITS):
        return False
    if sniffing.ending(location) == ".json":
        return kind == "code" or head.lstrip()[:1] != b"["
    return sniffing.ending(location) not in sniffing.TABLES


def read_documents(
    data: bytes | pa.Buffer,
    where: str,
    unit: str | None,
    encoding: str | None,
    memory: int,
    count: int,
) -> pa.Table:
    """The documents in a text file: the file, its sections if it is long, its paragraphs or its lines.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        unit: document, paragraph or line; None for sections.
        encoding: how its characters are written; None to find it.
        memory: as in `reading.read_data`.
        count: into about how many sections a long text is cut.
    """
    if unit is not None and unit not in documents.UNITS:
        raise InputError(
            f"is a text and has no column {unit!r}",
            where=where,
            hint=f"--column may be one of: {', '.join(documents.UNITS)}",
            code="no-column",
        )
    text = documents.plain(data, where, encoding)
    if text.size <= documents.PIECE and not text.to_pybytes().strip():
        raise InputError("is empty", where=where, hint="give a text", code="empty")
    if unit in ("paragraph", "line"):
        shelf = Shelf("text", memory)
        places = documents.sections(text, max(1, text.size // documents.PIECE))
        cut = documents.paragraphs if unit == "paragraph" else documents.lines
        for part in documents.as_array(text, places):
            shelf.add(cut(part.as_py()))
        return remember(shelf.table(), where, lined=False)
    places = documents.sections(text, 1 if unit else count)
    table = remember(pa.table({"text": documents.as_array(text, places)}), where, lined=False)
    if len(places) > 2 and count == documents.MANY:
        said = f"one long text: taken as {len(places) - 1:,} sections, cut at blank lines or lines"
        table = noted(table, [said])
    return table


def _as_kind(table: pa.Table, kind: str, location: str) -> pa.Table:
    """Documents under the column of their kind; code remembers its language."""
    table = table.rename_columns([COLUMNS[kind]])
    if kind == "code":
        language = sniffing.LANGUAGE_OF.get(sniffing.ending(location), "")
        language = "json" if sniffing.ending(location) == ".json" else language
        memory = {**table.schema.metadata, LANGUAGE: language.encode()}
        table = table.replace_schema_metadata(memory if language else table.schema.metadata)
    return table


def _read_log(data: bytes, where: str, encoding: str | None) -> pa.Table:
    table = read_documents(data, where, "line", encoding, 1 << 62, 1)
    return table.rename_columns([COLUMNS["log"]])


def _read_music(data: bytes, where: str, encoding: str | None) -> pa.Table:
    if data.startswith(sniffing.MIDI) or sniffing.ending(where) in (".mid", ".midi"):
        from fivefold.codecs.midi import read_midi

        tune, notices = read_midi(data, where)
        tunes = [tune]
    else:
        text = documents.plain(data, where, encoding).to_pybytes().decode()
        tunes, notices = read_abc(text, where)
    table = pa.table({COLUMNS["music"]: pa.array(tunes, pa.string())})
    return noted(remember(table, where, lined=False), notices)


READERS: dict[str, Callable[[bytes, str, str | None], pa.Table]] = {
    "molecule": read_molecules,
    "protein": read_fasta,
    "events": read_event_log,
    "log": _read_log,
    "music": _read_music,
}
"""Kinds whose files have a form of their own: bytes, name and encoding to a table of one column."""


def from_rows(
    rows: Rows, kind: str | None, column: str | None, memory: int
) -> tuple[str, pa.Table]:
    """The data in the rows of a table.

    Arguments:
        rows: the table, or a large one of which a part is at hand.
        kind: as in `reading.read_data`.
        column: as there.
        memory: as there.
    """
    some = rows.some
    if kind is None:
        kind, found = _kind_by(some, column)
        column = column or found
    if kind == "table":
        return kind, rows.whole()
    if kind == "events":
        return kind, events_of(rows.whole(), column)
    column = _column(some, kind, column)
    if kind == "molecule":
        return kind, molecules_of(rows.whole(), column)
    if kind == "protein":
        return kind, proteins_of(rows.whole(), column)
    return kind, _strings(rows, kind, column, memory)


def _kind_by(some: pa.Table, column: str | None) -> tuple[str, str | None]:
    """The kind, by the whole table or by the column that was named."""
    if column is None:
        return sniffing.kind_of_table(some)
    if "=" in column and column not in some.column_names:
        return "events", column
    kind, found = sniffing.kind_of_table(some.select([_column(some, "text", column)]))
    return ("text" if kind in ("table", "events") else kind), found


def _column(some: pa.Table, kind: str, column: str | None) -> str:
    """The column that was named or that suits the kind; an InputError lists those that are there."""
    words = sniffing.words_of(some)
    found = column
    if column is None:
        found = next((name for name in words if sniffing.named(name, some[name]) == kind), None)
        if found is None and kind == "molecule":
            found = moleculefile.find_column(some)
        elif found is None and kind == "protein":
            found = next((name for name in words if sniffing.is_protein(some[name])), None)
        elif found is None:
            found = sniffing.longest(some)
    if found in words:
        return str(found)
    what = f"no column holds data of kind {kind}" if column is None else f"no column {column!r}"
    if column in some.column_names:
        what = f"column {column!r} holds no words but {some.schema.field(column).type}"
    listed = ", ".join(f"{field.name} ({field.type})" for field in some.schema)
    raise InputError(
        what,
        where=place(some.schema.metadata),
        hint=f"say --column; there are: {listed[:600]}",
        code="no-column",
    )


def _strings(rows: Rows, kind: str, column: str, memory: int) -> pa.Table:
    """One column of strings, without the empty ones."""
    shelf = Shelf(COLUMNS[kind], memory)
    seen = 0
    for part in rows.column(column):
        seen += len(part)
        shelf.add(
            part.filter(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(part), ""), False))
        )
    if not len(shelf):
        raise InputError(
            f"column {column!r} is empty", where=place(rows.some.schema.metadata), code="empty"
        )
    others = [name for name in rows.some.column_names if name != column]
    notices = [f"the column {column!r} is taken as {kind}"] if others else []
    notices[0:] = [f"{notices[0]}; not kept: {', '.join(others[:8])}"] if others else []
    if empty := seen - len(shelf):
        notices.append(f"{empty:,} of {seen:,} rows are empty and were left out")
    held = dict(rows.some.schema.metadata or {})
    held[LINED] = b"0" if empty else held.get(LINED, b"0")
    return noted(shelf.table().replace_schema_metadata(held), notices)
