"""Codecs: the only place that knows what a file is. Each turns one kind of data into a space and back.

| module | what it does |
|---|---|
| `reading`, `writing` | any file, address or frame as an Arrow table, and back |
| `sniffing`, `corpora` | what kind of data a source is; its documents |
| `schema` | the kinds of the columns, found and overridden |
| `table` | an Arrow table as data of a space, and back |
| `sequences`, `alphabets` | texts as sequences of symbols, and back |
| `text`, `code`, `molecule`, `protein`, `events`, `log`, `music` | what is special to each kind |
| `pictures` | sets of pictures as listings; the form they are brought to |
| `image` | pictures as grids, and back |
| `series`, `track` | numbers over time, and on the Earth, as windows of a grid |
| `timelines` | tables of series and tracks, their times, gaps and windows |
| `sounds` | sets of sounds as listings; their spectra, and back |
| `sound` | sounds as grids, and back |
| `catalogue` | the codec of every kind |
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fivefold.codecs.catalogue import CODECS as CODECS
    from fivefold.codecs.reading import read_data as read_data
    from fivefold.codecs.reading import read_table as read_table
    from fivefold.codecs.schema import Column as Column
    from fivefold.codecs.schema import Schema as Schema
    from fivefold.codecs.schema import infer as infer
    from fivefold.codecs.sequences import SequenceCodec as SequenceCodec
    from fivefold.codecs.series import SeriesCodec as SeriesCodec
    from fivefold.codecs.table import TableCodec as TableCodec
    from fivefold.codecs.track import TrackCodec as TrackCodec
    from fivefold.codecs.writing import open_writer as open_writer
    from fivefold.codecs.writing import write_table as write_table

HOMES = {
    "CODECS": "catalogue",
    "read_data": "reading",
    "SequenceCodec": "sequences",
    "read_table": "reading",
    "Column": "schema",
    "Schema": "schema",
    "infer": "schema",
    "SeriesCodec": "series",
    "TableCodec": "table",
    "TrackCodec": "track",
    "open_writer": "writing",
    "write_table": "writing",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: reading a file needs no torch."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)


__all__ = [
    "CODECS",
    "Column",
    "Schema",
    "SequenceCodec",
    "SeriesCodec",
    "TableCodec",
    "TrackCodec",
    "infer",
    "open_writer",
    "read_data",
    "read_table",
    "write_table",
]
