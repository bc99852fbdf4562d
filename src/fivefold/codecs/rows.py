"""Rows as text, a whole batch at a time: cells between delimiters, and one JSON object a line."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.lattice import whole
from fivefold.codecs.numerals import NUMBER
from fivefold.errors import InputError

FORMULA = r"^[=+\-@\t\r]"


def as_words(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Any column as words, null where missing."""
    array = whole(column)
    if pt.is_string(array.type):
        return array
    try:
        return array.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as fault:
        raise InputError(
            f"values of type {array.type} cannot be written as text",
            hint="write Parquet",
            code="format",
        ) from fault


def harmless(words: pa.Array) -> pa.Array:
    """Words with an apostrophe before those that a spreadsheet would run; plain numbers stay.

    Example:
        >>> harmless(pa.array(["=1+1", "-5", "a=b"])).to_pylist()
        ["'=1+1", '-5', 'a=b']
    """
    risky = pc.fill_null(pc.match_substring_regex(words, FORMULA), False)
    if not pc.any(risky, min_count=0).as_py():
        return words
    number = pc.fill_null(pc.match_substring_regex(words, NUMBER), False)
    marked = pc.binary_join_element_wise("'", words, "")
    return pc.if_else(pc.and_(risky, pc.invert(number)), marked, words)


class Cells:
    """Cells between delimiters, quoted where they must be.

    Arguments:
        stream: where to.
        schema: the columns.
        delimiter: what stands between cells.
        escape_formulas: whether text that a spreadsheet would run is made harmless.
    """

    def __init__(
        self, stream: BinaryIO, schema: pa.Schema, delimiter: str, escape_formulas: bool
    ) -> None:
        self.stream, self.delimiter, self.escape = stream, delimiter, escape_formulas
        self.alone = len(schema) == 1
        names = self._cell(pa.array(schema.names, pa.string()), text=True)
        self.stream.write((delimiter.join(names.to_pylist()) + "\n").encode())

    def write_table(self, table: pa.Table) -> None:
        """Write some rows."""
        cells = [
            self._cell(as_words(column), text=not _safe(column.type)) for column in table.columns
        ]
        if table.num_rows:
            _write_lines(self.stream, pc.binary_join_element_wise(*cells, self.delimiter))

    def close(self) -> None:
        """Nothing comes after the last row."""

    def _cell(self, words: pa.Array, *, text: bool) -> pa.Array:
        if text:
            words = harmless(words) if self.escape else words
            special = f'["\\r\\n{self.delimiter}]|^$|^ | $'
            unsafe = pc.fill_null(pc.match_substring_regex(words, special), False)
            if pc.any(unsafe, min_count=0).as_py():
                doubled = pc.replace_substring(words, '"', '""')
                quoted = pc.binary_join_element_wise('"', doubled, '"', "")
                words = pc.if_else(unsafe, quoted, words)
        return pc.fill_null(words, '""' if self.alone else "")


class Objects:
    """One JSON object a line.

    Arguments:
        stream: where to.
        schema: the columns.
    """

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self.stream = stream
        self.keys = [json.dumps(name, ensure_ascii=False) + ": " for name in schema.names]

    def write_table(self, table: pa.Table) -> None:
        """Write some rows."""
        members = [
            pc.binary_join_element_wise(key, _json(column), "")
            for key, column in zip(self.keys, table.columns, strict=True)
        ]
        if table.num_rows:
            inside = pc.binary_join_element_wise(*members, ", ")
            _write_lines(self.stream, pc.binary_join_element_wise("{", inside, "}", ""))

    def close(self) -> None:
        """Nothing comes after the last row."""


def _safe(kind: pa.DataType) -> bool:
    """Whether words of a type never need quotes: numbers, truths, dates."""
    plain = pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind)
    return bool(plain or pt.is_boolean(kind) or pt.is_temporal(kind))


def _json(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    if pt.is_floating(kind):
        finite = pc.is_finite(column)
        column = pc.if_else(finite, column, pa.scalar(None, kind))
    words = as_words(column)
    if not (pt.is_integer(kind) or pt.is_floating(kind) or pt.is_boolean(kind)):
        coded = words.dictionary_encode()
        spelled = [json.dumps(word, ensure_ascii=False) for word in coded.dictionary.to_pylist()]
        words = pa.array(spelled, pa.string()).take(coded.indices)
    return pc.fill_null(words, "null")


def _write_lines(stream: BinaryIO, lines: pa.Array) -> None:
    """The bytes of all lines with their ends, without a Python object a row."""
    ended = pc.binary_join_element_wise(lines, "", "\n").cast(pa.large_string())
    _, offsets, data = ended.buffers()
    ends = memoryview(offsets).cast("q")
    first, last = ends[ended.offset], ends[ended.offset + len(ended)]
    stream.write(memoryview(data)[first:last])
