"""Cells between delimiters: CSV, TSV and their kin.

Arrow reads all columns as words, so that no column fails half way; a column whose words are all numbers then becomes
numbers. What Arrow refuses is read again by Python's `csv`, which is slow but says in which line the fault stands.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from fivefold.codecs.frames import normalise, refuse_twice
from fivefold.codecs.numerals import MISSING, as_numbers
from fivefold.codecs.places import remember
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 1 << 18
csv.field_size_limit(1 << 30)


def read_delimited(
    data: bytes, where: str, *, delimiter: str | None, encoding: str | None, limits: Limits
) -> pa.Table:
    """A table out of the bytes of a text file.

    Arguments:
        data: the bytes.
        where: the name of the file.
        delimiter: what stands between cells; None to find it.
        encoding: how characters are written; None for UTF-8, or UTF-16 and UTF-32 with their mark.
        limits: how much is read.

    Returns:
        Columns of int64, double or string, null where missing.
    """
    data = as_utf8(data, encoding, where)
    if not data.strip():
        raise InputError(
            "is empty", where=where, hint="give a header and at least two rows", code="empty"
        )
    delimiter = delimiter or find_delimiter(data, where)
    names, body = _header(data, delimiter, where)
    if len(names) > limits.columns:
        raise InputError(
            f"has {len(names):,} columns, more than the limit of {limits.columns:,}",
            where=where,
            hint="leave columns out",
            code="too-many-columns",
        )
    if not body.strip() and data.count(b'"') % 2:
        raise _ragged(names, names, data, f"{where}:1")
    if not body.strip():
        raise InputError(
            "has a header but no rows", where=where, hint="give at least two rows", code="no-rows"
        )
    spaced = _spaced(data, delimiter)
    cells = _read(body, names, delimiter, where, data.count(b"\n") - body.count(b"\n"))
    comma = delimiter != ","
    table = pa.table([_typed(column, spaced, comma) for column in cells], names=names)
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    lined = lines == table.num_rows and len(data) == len(body) + data.find(b"\n") + 1
    return normalise(remember(table, where, lined=lined))


def as_utf8(data: bytes, encoding: str | None, where: str) -> bytes:
    """The bytes in UTF-8, without a byte-order mark.

    Arguments:
        data: the bytes of the file.
        encoding: how its characters are written; None to find it.
        where: the name of the file.

    Returns:
        Valid UTF-8; an InputError names the line of the first byte that fits no character.
    """
    mark, marked = next(((m, e) for m, e in MARKS if data.startswith(m)), (b"", None))
    try:
        name = codecs.lookup(encoding or marked or "utf-8").name
        if marked and (encoding is None or name.startswith(marked[:6].rstrip("-"))):
            data, name = data[len(mark) :], marked
        text = data.decode(name)
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise InputError(
            f"byte 0x{data[fault.start]:02x} is no {name} character",
            where=f"{where}:{line}",
            hint="name the encoding, such as --encoding latin-1 or --encoding gb18030",
            code="encoding",
        ) from fault
    except (LookupError, UnicodeError, TypeError) as fault:
        raise InputError(
            f"no encoding of text is called {encoding!r}",
            hint="such as utf-8, latin-1 or gb18030",
            code="encoding",
        ) from fault
    if (zero := text.find("\0")) >= 0:
        raise InputError(
            "a NUL byte stands in the text",
            where=f"{where}:{text.count(chr(10), 0, zero) + 1}",
            hint="remove it, or name the encoding, such as --encoding utf-16-le",
            code="nul-byte",
        )
    if "\r" in text and "\n" not in text:
        return text.replace("\r", "\n").encode()
    return data if name == "utf-8" else text.encode(errors="replace")


def find_delimiter(data: bytes, where: str) -> str:
    r"""The delimiter that cuts the first rows into the same number of cells, the more the better.

    Arguments:
        data: UTF-8.
        where: the name of the file.

    Returns:
        One of comma, semicolon, tab and bar; a comma where none of them is found.

    Example:
        >>> find_delimiter(b"a;b\n1,5;2\n", "data.csv")
        ';'
    """
    sample = data[:SAMPLE]
    if len(data) > SAMPLE:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    text = sample.decode(errors="ignore")
    best, found = (0.0, 1), ","
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _rows(text, delimiter, where, 100) if row]
        if not widths or widths[0] < 2:
            continue
        even = sum(width == widths[0] for width in widths) / len(widths)
        if (score := (round(even, 1), widths[0])) > best:
            best, found = score, delimiter
    return found


def _rows(text: str, delimiter: str, where: str, most: int) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for _, row in zip(range(most), reader, strict=False):
            yield row
    except csv.Error as fault:
        raise InputError(
            f"cannot be cut into cells ({fault})", where=f"{where}:{reader.line_num}", code="csv"
        ) from fault


def _header(data: bytes, delimiter: str, where: str) -> tuple[list[str], bytes]:
    """The names of the columns, and the bytes after them."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    try:
        row = next(row for row in reader if row)
    except csv.Error as fault:
        raise InputError(
            f"the header cannot be read ({fault})", where=f"{where}:1", code="csv"
        ) from fault
    lines = io.BytesIO(data)
    for _ in range(reader.line_num):
        lines.readline()
    names = [name.strip() or f"column_{place + 1}" for place, name in enumerate(row)]
    refuse_twice(names, f"{where}:{reader.line_num}")
    return names, data[lines.tell() :]


def _spaced(data: bytes, delimiter: str) -> bool:
    """Whether blanks stand beside a delimiter or at the ends of a line."""
    mark = delimiter.encode()
    return any(pair in data for pair in (mark + b" ", b" " + mark, b" \n", b"\n ", b" \r"))


def _read(
    body: bytes, names: list[str], delimiter: str, where: str, before: int
) -> list[pa.ChunkedArray]:
    """The cells as words, a column at a time."""
    if delimiter.encode() + b' "' in body:
        return _read_slowly(body, names, delimiter, where, before)
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(body),
            read_options=pa_csv.ReadOptions(
                column_names=[str(place) for place in range(len(names))],
                block_size=min(max(len(body) // 4 + 1, 1 << 16), 1 << 26),
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=b'"' in body,
                ignore_empty_lines=len(names) > 1,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={str(place): pa.string() for place in range(len(names))},
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return _read_slowly(body, names, delimiter, where, before)
    return list(table.columns)


def _read_slowly(
    body: bytes, names: list[str], delimiter: str, where: str, before: int
) -> list[pa.ChunkedArray]:
    reader = csv.reader(
        io.StringIO(body.decode(), newline=""), delimiter=delimiter, skipinitialspace=True
    )
    rows: list[list[str]] = []
    last = before
    try:
        for row in reader:
            if row and len(row) != len(names):
                raise _ragged(row, names, body, f"{where}:{last + 1}")
            if row:
                rows.append(row)
            last = before + reader.line_num
    except csv.Error as fault:
        raise InputError(
            f"cannot be cut into cells ({fault})", where=f"{where}:{last + 1}", code="csv"
        ) from fault
    columns = zip(*rows, strict=True)
    return [pa.chunked_array([pa.array(column, pa.string())]) for column in columns]


def _ragged(row: list[str], names: list[str], body: bytes, where: str) -> InputError:
    """What to say of a row with too few or too many cells."""
    if body.count(b'"') % 2:
        return InputError(
            "a quote is opened and never closed",
            where=where,
            hint='close it, or write a quote inside a cell as ""',
            code="quote",
        )
    return InputError(
        f"{len(row)} cell{'s' * (len(row) != 1)} where the header has {len(names)}",
        where=where,
        hint="mend the row; a cell that holds the delimiter needs quotes",
        code="ragged-row",
    )


def _typed(words: pa.ChunkedArray, spaced: bool, comma: bool) -> pa.ChunkedArray:
    """Words as int64 or double where all of them are numbers, without the words for missing."""
    if spaced:
        words = pc.utf8_trim_whitespace(words)
    coded = words.combine_chunks().dictionary_encode()
    missing = pc.is_in(coded.dictionary, pa.array(MISSING))
    present = coded.dictionary.filter(pc.invert(missing))
    numbers = as_numbers(present, comma=comma)
    if numbers is None and not pc.any(missing, min_count=0).as_py():
        return words
    distinct = present if numbers is None else numbers
    place = pc.subtract(pc.cumulative_sum(pc.cast(pc.invert(missing), pa.int32())), 1)
    index = pc.if_else(missing, pa.scalar(None, pa.int32()), place)
    return pa.chunked_array([distinct.take(index.take(coded.indices))])


def is_text(data: bytes) -> bool:
    """Whether bytes look like text rather than a binary format."""
    return re.search(rb"[\x00-\x08\x0e-\x1f]", data[:4096]) is None


__all__ = ["as_utf8", "find_delimiter", "is_text", "read_delimited"]
