"""Codecs: the only place that knows what a file is. Each turns one kind of data into a space and back.

| module | what it does |
|---|---|
| `reading`, `writing` | any file, address or frame as an Arrow table, and back |
| `schema` | the kinds of the columns, found and overridden |
| `table` | an Arrow table as data of a space, and back |
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fivefold.codecs.reading import read_table as read_table
    from fivefold.codecs.schema import Column as Column
    from fivefold.codecs.schema import Schema as Schema
    from fivefold.codecs.schema import infer as infer
    from fivefold.codecs.table import TableCodec as TableCodec
    from fivefold.codecs.writing import open_writer as open_writer
    from fivefold.codecs.writing import write_table as write_table

HOMES = {
    "read_table": "reading",
    "Column": "schema",
    "Schema": "schema",
    "infer": "schema",
    "TableCodec": "table",
    "open_writer": "writing",
    "write_table": "writing",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: reading a file needs no torch."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)


__all__ = [
    "Column",
    "Schema",
    "TableCodec",
    "infer",
    "open_writer",
    "read_table",
    "write_table",
]
