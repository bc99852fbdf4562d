"""What kind of data a file or a table is: by its ending, its first bytes, the names and values of its columns.

A file is one of the kinds of `COLUMNS`, or a table in which the kind has still to be looked for. What is in doubt is a
table or a text, never a kind that needs more: a molecule has a column with its name and nine of ten words that could be
SMILES, an event log has the names of one, a series has the same time between nearly all its rows.
"""

from __future__ import annotations

import csv
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs import moleculefile
from fivefold.codecs.delimited import DELIMITERS
from fivefold.codecs.documents import HEAD, binary
from fivefold.codecs.eventtable import is_event_table
from fivefold.codecs.pictures.rows import picture_column
from fivefold.codecs.pictures.sets import is_collection
from fivefold.codecs.sounds.sets import sound_column
from fivefold.codecs.sources import bare_name
from fivefold.codecs.timelines.signs import kind_of_series
from fivefold.codecs.tunes import is_abc
from fivefold.codecs.xes import is_xes

COLUMNS = {
    "text": "text",
    "code": "code",
    "molecule": "smiles",
    "protein": "protein",
    "events": "trace",
    "log": "line",
    "music": "tune",
}
"""The kinds that are sequences, and the column that holds each."""
SERIES = ("series", "track")
"""The kinds that are tables of times and numbers."""
KINDS = ("table", *COLUMNS, "image", *SERIES, "sound")

LANGUAGES = {
    "python": "py pyi",
    "javascript": "js jsx mjs",
    "typescript": "ts tsx",
    "java": "java",
    "c": "c h",
    "c++": "cc cpp cxx hpp hh",
    "c#": "cs",
    "go": "go",
    "rust": "rs",
    "ruby": "rb",
    "php": "php",
    "swift": "swift",
    "kotlin": "kt",
    "scala": "scala",
    "shell": "sh bash zsh",
    "perl": "pl pm",
    "r": "r",
    "julia": "jl",
    "lua": "lua",
    "sql": "sql",
    "haskell": "hs",
    "ocaml": "ml mli",
    "fortran": "f90 f95 for",
    "lisp": "lisp clj el scm",
    "verilog": "v sv",
    "css": "css",
}
LANGUAGE_OF = {f".{end}": name for name, ends in LANGUAGES.items() for end in ends.split()}
TEXTS = (
    *(".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".html", ".htm", ".xml", ".srt"),
    *(".org", ".adoc", ".eml", ".yaml", ".yml", ".toml", ".ini", ".cfg"),
)
TABLES = (
    *(".csv", ".tsv", ".tab", ".parquet", ".pq", ".arrow", ".feather", ".ipc"),
    *(".jsonl", ".ndjson", ".json"),
)
ENDINGS = (
    dict.fromkeys(TABLES, "table")
    | dict.fromkeys(LANGUAGE_OF, "code")
    | dict.fromkeys(moleculefile.ENDINGS, "molecule")
    | dict.fromkeys((".fasta", ".fa", ".faa", ".fas"), "protein")
    | dict.fromkeys((".abc", ".mid", ".midi"), "music")
    | {".xes": "events", ".log": "log"}
)
SHEETS = (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")
FOREIGN = (
    b"PK\x03\x04",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Obj\x01",
    b"ORC",
    b"FEA1",
)
MIDI = b"MThd"
STAMP = re.compile(
    rb"\d{4}[-./]\d\d[-./]\d\d|\d\d[-./]\w{2,3}[-./]\d{4}|\d\d:\d\d:\d\d|\b\d{6} \d{6}\b"
)
FASTA = re.compile(rb"\s*(?:;[^\n]*\n)*>[^\n]*\n\s*[A-Za-z*\n\r.-]{8,}")
PROTEINS = ("protein", "proteins", "sequence", "seq", "aa_sequence", "protein_sequence", "peptide")
PROSE = (
    *("text", "texts", "content", "document", "body", "article", "story", "poem", "review"),
    *("comment", "message", "sentence", "abstract", "post", "tweet", "lyrics", "passage"),
)
PROGRAMS = ("code", "source_code", "program", "solution", "canonical_solution", "func_code_string")
TUNES = ("abc", "tune", "abc_notation")
LONG = 30
"""The mean number of characters from which a lone column of words is a text."""
SHARE = 0.8
"""The share of a table's characters from which a column named like a text is what the table is about."""
SAMPLE = 1_000


def ending(location: str) -> str:
    """The ending of a file's name, without that of its packing.

    Example:
        >>> ending("Corpus.TXT.gz")
        '.txt'
    """
    name = bare_name(location)
    return name[name.rfind(".") :] if "." in name[1:] else ""


def kind_of_file(location: str, head: bytes) -> str:
    r"""The kind that a file seems to be; `binary` where it is none.

    Arguments:
        location: its name.
        head: its first bytes, unpacked.

    Returns:
        A kind; `table` also for a file whose rows have still to be looked at.

    Example:
        >>> kind_of_file("a.py", b""), kind_of_file("a", b">p\nMKVLAAGI"), kind_of_file("a.txt", b"O, Romeo")
        ('code', 'protein', 'text')
    """
    head = head[:HEAD]
    if is_collection(location, head):
        return "image"
    if any(head.startswith(magic) for magic in SHEETS):
        return "table"
    if any(head.startswith(magic) for magic in FOREIGN):
        return "binary"
    if head.startswith(MIDI):
        return "music"
    if head and is_xes(head):
        return "events"
    known = ENDINGS.get(ending(location))
    if known:
        return known
    if binary(head):
        return "binary"
    return "text" if ending(location) in TEXTS[1:] else _kind_of_text(head)


def _kind_of_text(head: bytes) -> str:
    """The kind of a text without an ending that says it."""
    whole = head[: head.rfind(b"\n") + 1] if len(head) == HEAD else head
    if FASTA.match(whole):
        return "protein"
    text = whole.decode(errors="replace").lstrip("\ufeff")
    if is_abc(text):
        return "music"
    if _is_log(whole):
        return "log"
    if is_grid(text) or (text.lstrip()[:1] in ("{", "[") and '"' in text):
        return "table"
    rows = [line.split()[0] for line in text.split("\n")[:SAMPLE] if line.strip()]
    single = all(len(line.split()) <= 2 for line in text.split("\n")[:SAMPLE])
    if single and len(rows) > 1 and moleculefile.is_smiles(pa.chunked_array([rows])):
        return "molecule"
    return "text"


def _is_log(head: bytes) -> bool:
    """Whether nearly all lines, the first among them, begin with a time."""
    rows = [line[:48] for line in head.split(b"\n")[:SAMPLE] if line.strip()]
    stamped = [bool(STAMP.search(row)) for row in rows]
    return len(rows) >= 3 and stamped[0] and sum(stamped) >= 0.9 * len(rows)


def is_grid(text: str) -> bool:
    r"""Whether the first lines of a text are cells of a table: the same number in every line, under short names.

    Example:
        >>> is_grid("age,job\n39,clerk\n50,none\n"), is_grid("O, Romeo\nRomeo!\n\nDeny, I say\n")
        (True, False)
    """
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(text.splitlines()[:100], delimiter=delimiter))
        except csv.Error:
            continue
        widths = {len(row) for row in rows if row}
        names = [cell.strip() for cell in rows[0]] if rows else []
        named = len(set(names)) == len(names) and all(0 < len(name) <= 40 for name in names)
        if len(rows) >= 3 and len(widths) == 1 and len(names) > 1 and named:
            return True
    return False


def kind_of_table(table: pa.Table) -> tuple[str, str | None]:
    """The kind of data that the rows of a table are, and the column that holds them.

    Arguments:
        table: its first rows are looked at.

    Returns:
        The kind, and a column where the kind has one; `table` in all cases of doubt.

    Example:
        >>> kind_of_table(pa.table({"SMILES": ["CC(=O)O", "c1ccccc1"], "split": ["train", "test"]}))
        ('molecule', 'SMILES')
        >>> kind_of_table(pa.table({"age": [39, 50]}))
        ('table', None)
    """
    if (pictures := picture_column(table)) is not None:
        return "image", pictures
    if (sounds := sound_column(table)) is not None:
        return "sound", sounds
    if is_event_table(table):
        return "events", None
    some = table.slice(0, SAMPLE)
    for name in words_of(table):
        if kind := named(name, some[name]):
            return kind, name
    kind, column = _prose(some)
    return (kind, column) if column else (kind_of_series(table) or kind, None)


def named(name: str, values: pa.ChunkedArray) -> str | None:
    """The kind of a column whose name says it and whose values are like it; None for most columns."""
    bare = name.lower().strip().replace(" ", "_")
    if bare in moleculefile.NAMES and moleculefile.is_smiles(values):
        return "molecule"
    if bare in PROTEINS and is_protein(values):
        return "protein"
    if bare in PROGRAMS and _mean_length(values) > LONG:
        return "code"
    if bare in TUNES and any(is_abc(tune) for tune in values.drop_null().to_pylist()[:10]):
        return "music"
    return None


def _prose(some: pa.Table) -> tuple[str, str | None]:
    """A text, where all columns are prose or one that is named so is nearly all there is."""
    name = longest(some)
    if name is None or not _is_prose(some[name]):
        return "table", None
    words = words_of(some)
    sizes = {column: _size(some[column]) for column in some.column_names}
    main = name.lower() in PROSE and sizes[name] >= SHARE * sum(sizes.values())
    alone = len(words) == len(sizes) and all(_is_prose(some[column]) for column in words)
    return ("text", name) if alone or main else ("table", None)


def _is_prose(values: pa.ChunkedArray) -> bool:
    """Whether words are long, mostly different, and several in a cell."""
    spaced = pc.cast(pc.match_substring_regex(values, r"\s|[^\x00-\x7f]"), pa.float64())
    distinct = pc.count_distinct(values).as_py() > len(values) / 2
    return bool(distinct and _mean_length(values) > LONG and (pc.mean(spaced).as_py() or 0) >= 0.9)


def words_of(table: pa.Table) -> list[str]:
    """The columns of words."""
    return [f.name for f in table.schema if pt.is_string(f.type) or pt.is_large_string(f.type)]


def longest(table: pa.Table) -> str | None:
    """The column with the longest words, None where there is no column of words."""
    some = table.slice(0, SAMPLE)
    return max(words_of(table), key=lambda name: _mean_length(some[name]), default=None)


def _mean_length(values: pa.ChunkedArray) -> float:
    return float(pc.mean(pc.utf8_length(values)).as_py() or 0.0)


def _size(values: pa.ChunkedArray) -> int:
    """The characters of a column as it would be written; 8 a value that is no word."""
    if pt.is_string(values.type) or pt.is_large_string(values.type):
        return int(pc.sum(pc.utf8_length(values)).as_py() or 0)
    return 8 * len(values)


def is_protein(values: pa.ChunkedArray) -> bool:
    """Whether nine of ten words are letters of amino acids and nothing else, and some have more than bases."""
    some = values.slice(0, SAMPLE).drop_null()
    if not len(some) or _mean_length(some) < 5:
        return False
    fit = np.mean(np.asarray(pc.match_substring_regex(some, r"^[A-Z]+\*?$")))
    acids = np.mean(np.asarray(pc.match_substring_regex(some, r"[DEFHIKLMPQRSVWY]")))
    return bool(fit > 0.9 and acids > 0.5)
