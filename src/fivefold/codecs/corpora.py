"""Any source as data of a kind: a table as it is, everything else as one column of strings.

    source -> what kind is it? -> documents, rows of a column, tunes, cases, lines, ... -> (kind, table)

The kind is found by `sniffing` or said by the user; what was left out stands in the notices of the table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs import documents, moleculefile, sniffing
from fivefold.codecs.eventlog import events_of, read_event_log
from fivefold.codecs.fasta import proteins_of, read_fasta
from fivefold.codecs.frames import from_memory
from fivefold.codecs.moleculefile import molecules_of, read_molecules
from fivefold.codecs.pictures import folders, sets
from fivefold.codecs.pictures.rows import named, picture_column, pictures_of
from fivefold.codecs.places import LANGUAGE, LINED, noted, place, remember
from fivefold.codecs.reading import MEMORY, refuse_foreign
from fivefold.codecs.shelves import Shelf, load
from fivefold.codecs.sniffing import COLUMNS, KINDS
from fivefold.codecs.sounds import sets as sounds
from fivefold.codecs.sources import Limits
from fivefold.codecs.streams import Rows, rows_of
from fivefold.codecs.timelines.roles import is_said, with_roles
from fivefold.codecs.timelines.signs import kind_of_series
from fivefold.codecs.tunes import read_abc
from fivefold.data import BUNDLED
from fivefold.data import path as bundled
from fivefold.errors import InputError

PROSE = ("text", "code", "log", "music")
"""The kinds whose strings are taken as they are."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a reading: see `reading.read_data`.

    Arguments:
        kind: one of `KINDS`; None to find it.
        column: a column, or document, paragraph or line of a text file; None to find it.
        encoding: how the characters of text files are written; None to find it.
        limits: how much is read.
        memory: texts beyond so many bytes are mapped from files.
        sections: into about how many sections a long text is cut.
    """

    kind: str | None = None
    column: str | None = None
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)
    memory: int = MEMORY
    sections: int = documents.MANY


def read_corpus(source: Any, wanted: Wanted) -> tuple[str, pa.Table]:
    """The data of any source.

    Arguments:
        source: as in `reading.read_data`.
        wanted: what is asked for.

    Returns:
        The kind and the table.
    """
    if wanted.kind is not None and wanted.kind not in KINDS:
        known = ", ".join(KINDS)
        raise InputError(
            f"no kind of data is called {wanted.kind!r}", hint=f"one of: {known}", code="kind"
        )
    pictures = sets.from_memory(source, wanted.kind, wanted.memory)
    if pictures is not None:
        return sets.KIND, pictures
    heard = sounds.from_memory(source, wanted.kind, wanted.memory)
    if heard is not None:
        return sounds.KIND, heard
    if isinstance(source, list | tuple) and source and all(isinstance(x, str) for x in source):
        kind = wanted.kind if wanted.kind in COLUMNS else "text"
        source = {COLUMNS[kind]: list(source)}
        wanted = replace(wanted, kind=kind)
    if not isinstance(source, str | os.PathLike):
        return from_rows(Rows.of(from_memory(source)), wanted)
    location = os.fsdecode(os.fspath(source))
    if location in BUNDLED and not Path(location).exists():
        location = str(bundled(location))
    if location != "-" and Path(location).is_dir():
        from fivefold.codecs.folders import read_folder

        if sets.is_set_folder(Path(location), wanted.kind):
            return sets.KIND, folders.read_folder(Path(location))
        if sounds.is_set_folder(Path(location), wanted.kind):
            return sounds.KIND, sounds.read_folder(Path(location))
        return read_folder(Path(location), wanted)
    return read_file(load(location, wanted.limits, wanted.memory), location, wanted)


def read_file(data: bytes | pa.Buffer, location: str, wanted: Wanted) -> tuple[str, pa.Table]:
    """The data in one file.

    Arguments:
        data: its bytes, unpacked; mapped where there are many.
        location: its name.
        wanted: what is asked for.
    """
    kind, column = wanted.kind, wanted.column
    head = bytes(data[: documents.HEAD])
    seems = sniffing.kind_of_file(location, head)
    heard = sounds.is_set(location, data) if kind is None else kind == sounds.KIND
    if heard and (seems != "table" or kind is None) and column is None:
        return sounds.KIND, sounds.read_set(data, location, wanted.limits, wanted.memory)
    pictures = sets.is_set(location, head) if kind is None else kind == sets.KIND
    if pictures and seems != "table" and column is None:
        return sets.KIND, sets.read_set(data, location, wanted.limits, wanted.memory)
    if seems == "binary" and kind is None:
        refuse_foreign(location, head)
    if kind in ("table", *sniffing.SERIES) or (
        seems == "table" and not _is_document(wanted, location, head)
    ):
        rows = rows_of(data, location, wanted.encoding, wanted.limits, wanted.memory)
        found, table = from_rows(rows, wanted)
        return found, named(table, data) if found in (sets.KIND, sounds.KIND) else table
    chosen = kind or ("text" if seems == "binary" else seems)
    if chosen in ("text", "code"):
        return chosen, _as_kind(read_documents(data, location, wanted), chosen, location)
    if column is not None:
        raise InputError(
            f"is a file of kind {chosen}, which has no columns",
            where=location,
            hint="leave --column out, or say another --kind",
            code="no-column",
        )
    return chosen, READERS[chosen](bytes(data), location, wanted.encoding)


def _is_document(wanted: Wanted, location: str, head: bytes) -> bool:
    """Whether a file that looks like a table is wanted as a whole."""
    in_rows = wanted.column is not None and wanted.column not in documents.UNITS
    if wanted.kind not in PROSE or in_rows:
        return False
    if sniffing.ending(location) == ".json":
        return wanted.kind == "code" or head.lstrip()[:1] != b"["
    return sniffing.ending(location) not in sniffing.TABLES


def read_documents(data: bytes | pa.Buffer, where: str, wanted: Wanted) -> pa.Table:
    """The documents in a text file: the file, its sections if it is long, its paragraphs or its lines.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        wanted: what is asked for; its `column` is document, paragraph, line, or None for sections.
    """
    unit = wanted.column
    if unit is not None and unit not in documents.UNITS:
        raise InputError(
            f"is a text and has no column {unit!r}",
            where=where,
            hint=f"--column may be one of: {', '.join(documents.UNITS)}",
            code="no-column",
        )
    text = documents.plain(data, where, wanted.encoding)
    head = text[: documents.PIECE].to_pybytes()
    if text.size <= len(head) and not head.strip():
        raise InputError("is empty", where=where, hint="give a text", code="empty")
    listed = unit is None and wanted.kind != "code" and wanted.sections > 1
    if listed and sniffing.ending(where) in ("", ".txt") and documents.is_list(head):
        table = remember(_cut(text, "line", wanted.memory), where, lined=False)
        return noted(table, ["every line is taken as a document (--column document: the file)"])
    if unit in documents.CUTS:
        return remember(_cut(text, unit, wanted.memory), where, lined=False)
    places = documents.sections(text, 1 if unit else wanted.sections)
    table = remember(pa.table({"text": documents.as_array(text, places)}), where, lined=False)
    cut = f"{len(places) - 1:,} sections, cut at blank lines or lines"
    return noted(table, [f"one long text: taken as {cut}"]) if len(places) > 2 else table


def _cut(text: pa.Buffer, unit: str, memory: int) -> pa.Table:
    """The paragraphs or lines of a text, some megabytes at a time."""
    shelf = Shelf("text", memory)
    places = documents.sections(text, max(1, text.size // documents.PIECE))
    for part in documents.as_array(text, places):
        shelf.add(documents.CUTS[unit](part.as_py()))
    return shelf.table()


def _as_kind(table: pa.Table, kind: str, location: str) -> pa.Table:
    """Documents under the column of their kind, with what the table remembers; code remembers its language."""
    memory = table.schema.metadata or {}
    ending = sniffing.ending(location)
    language = "json" if ending == ".json" else sniffing.LANGUAGE_OF.get(ending)
    if kind == "code" and language:
        memory = {**memory, LANGUAGE: language.encode()}
    return table.rename_columns([COLUMNS[kind]]).replace_schema_metadata(memory)


def _read_log(data: bytes, where: str, encoding: str | None) -> pa.Table:
    return _as_kind(read_documents(data, where, Wanted("log", "line", encoding)), "log", where)


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


def from_rows(rows: Rows, wanted: Wanted) -> tuple[str, pa.Table]:
    """The data in the rows of a table.

    Arguments:
        rows: the table, or a large one of which a part is at hand.
        wanted: what is asked for.
    """
    kind, column = wanted.kind, wanted.column
    if kind is None:
        kind, found = _kind_by(rows.some, column)
        column = column or found
    if kind == "table":
        return kind, rows.whole()
    if kind == "events":
        return kind, events_of(rows.whole(), column)
    if kind in sniffing.SERIES:
        return kind, with_roles(rows.whole(), column)
    if kind == sets.KIND:
        return kind, pictures_of(rows, column, wanted.memory)
    if kind == sounds.KIND:
        return kind, sounds.sounds_of(rows, column, wanted.memory)
    column = _column(rows.some, kind, column)
    if kind == "molecule":
        return kind, molecules_of(rows.whole(), column)
    if kind == "protein":
        return kind, proteins_of(rows.whole(), column)
    return kind, _strings(rows, kind, column, wanted.memory)


def _kind_by(some: pa.Table, column: str | None) -> tuple[str, str | None]:
    """The kind, by the whole table or by the column that was named."""
    if column is None:
        return sniffing.kind_of_table(some)
    if column in some.column_names and picture_column(some.select([column])):
        return sets.KIND, column
    if column in some.column_names and sounds.sound_column(some.select([column])):
        return sounds.KIND, column
    if "=" in column and column not in some.column_names:
        return (kind_of_series(some, column) or "series" if is_said(column) else "events"), column
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
    kept_out = f"; not kept: {', '.join(others[:8])}"
    notices = [f"the column {column!r} is taken as {kind}{kept_out}"] if others else []
    if empty := seen - len(shelf):
        notices.append(f"{empty:,} of {seen:,} rows are empty and were left out")
    held = dict(rows.some.schema.metadata or {})
    held[LINED] = b"0" if empty else held.get(LINED, b"0")
    return noted(shelf.table().replace_schema_metadata(held), notices)
