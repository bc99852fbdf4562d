"""Where a value stands, so that an error can name its file, row and column.

A table read from a file remembers the file's name, and whether row i stands in line i + 2 of it (a text file with a
header and no line break inside a cell). The memory is Arrow metadata; decoded tables do not have it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

SOURCE = b"fivefold.source"
LINED = b"fivefold.lined"
NOTICES = b"fivefold.notices"
"""What the reading left out, as a JSON list of sentences."""
ROLES = b"fivefold.roles"
"""Which columns of a series were named on reading, such as `time=when,entity=station`."""
FILES = b"fivefold.files"
"""The column whose words are paths of files that are the data."""
RATE = b"fivefold.rate"
"""How many samples of a sound are taken a second."""
LANGUAGE = b"fivefold.language"
"""The programming language that most of the code is in."""


def remember(table: pa.Table, source: str, *, lined: bool) -> pa.Table:
    """The table with the memory of where it came from.

    Arguments:
        table: any table.
        source: the name of the file.
        lined: whether row i stands in line i + 2 of the file.

    Returns:
        The same columns.
    """
    memory = {SOURCE: source.encode(errors="replace"), LINED: b"1" if lined else b"0"}
    return table.replace_schema_metadata(memory)


def filed(table: pa.Table, column: str) -> pa.Table:
    """The table with the memory that the words of a column are paths of files that are the data.

    Example:
        >>> filed(pa.table({"picture": ["a.png"]}), "picture").schema.metadata
        {b'fivefold.files': b'picture'}
    """
    memory = table.schema.metadata or {}
    return table.replace_schema_metadata({**memory, FILES: column.encode()})


def noted(table: pa.Table, notices: Sequence[str]) -> pa.Table:
    """The table with the memory of what its reading changed or left out, behind what it remembers already.

    Arguments:
        table: any table.
        notices: sentences.

    Example:
        >>> noted(pa.table({"a": [1]}), ["one row was empty"]).schema.metadata[NOTICES]
        b'["one row was empty"]'
    """
    memory = dict(table.schema.metadata or {})
    before = json.loads(memory.get(NOTICES, b"[]"))
    return table.replace_schema_metadata(
        {**memory, NOTICES: json.dumps([*before, *notices]).encode()}
    )


def place(memory: dict[Any, Any] | None, row: int | None = None, column: str | None = None) -> str:
    """The name of a place in a table.

    Arguments:
        memory: the metadata of the table.
        row: the index of the row, from 0.
        column: the name of the column.

    Returns:
        Such as `data.csv:412 column age`, or `row 411 column age` for a table without a file.

    Example:
        >>> place({SOURCE: b"data.csv", LINED: b"1"}, 410, "age")
        'data.csv:412 column age'
        >>> place(None, 410, "age")
        'row 411 column age'
    """
    source = (memory or {}).get(SOURCE, b"").decode()
    lined = (memory or {}).get(LINED) == b"1"
    words = [source] if source else []
    if row is not None and lined:
        words = [f"{source}:{row + 2}"]
    elif row is not None:
        words.append(f"row {row + 1}")
    if column is not None:
        words.append(f"column {column}")
    return " ".join(words)
