"""Event logs in files and tables as cases of one line each, and back."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fivefold.codecs.eventtable import cases_of, event_table, find_roles
from fivefold.codecs.places import noted, place, remember
from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sources import bare_name
from fivefold.codecs.traces import Event, parse, spell
from fivefold.codecs.writing import write_table
from fivefold.codecs.xes import read_xes, xes
from fivefold.errors import InputError

ENDINGS = (".xes",)


def read_event_log(data: bytes, where: str, encoding: str | None = None) -> pa.Table:
    """The cases of a log in XES.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        encoding: not needed: XML names its own.

    Returns:
        A table of one column `trace`, written as `codecs.traces` says; its memory says what was left out.
    """
    cases, notices = read_xes(data, where)
    if not cases:
        raise InputError(
            "holds no event with a name",
            where=where,
            hint="name each with concept:name",
            code="empty",
        )
    return noted(remember(_table(cases), where, lined=False), [*notices, *_seconds(cases)])


def events_of(table: pa.Table, columns: str | None = None) -> pa.Table:
    """The cases of a table of events.

    Arguments:
        table: one event a row.
        columns: such as `case=ID,activity=Step,time=When`; None to find them.

    Returns:
        As `read_event_log`.

    Example:
        >>> log = pa.table({"case": [7, 7, 8], "activity": ["a", "b", "a"]})
        >>> events_of(log).to_pydict()
        {'trace': ['? a | ? b', '? a']}
    """
    cases, notices = cases_of(table, find_roles(table, columns))
    where = place(table.schema.metadata)
    return noted(remember(_table(cases), where, lined=False), [*notices, *_seconds(cases)])


def write_events(table: pa.Table, path: Path | str) -> None:
    """Write cases as XES, or as a table of one event a row where the ending is that of a table.

    Arguments:
        table: one column `trace`.
        path: where to: `.xes`, `.xes.gz`, `.csv`, `.parquet`, ...
    """
    cases = [parse(trace) for trace in table.column("trace").to_pylist()]
    if bare_name(str(path)).endswith(ENDINGS):
        write_plain(xes(cases), path, ENDINGS)
    else:
        write_table(event_table(cases), path)


def _table(cases: list[list[Event]]) -> pa.Table:
    return pa.table({"trace": pa.array([spell(case) for case in cases], pa.string())})


def _seconds(cases: list[list[Event]]) -> list[str]:
    finer = any(e.time is not None and e.time.microsecond for case in cases for e in case)
    return ["times are kept to the second"] if finer else []
