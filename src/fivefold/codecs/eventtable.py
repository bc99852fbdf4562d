"""Event logs as tables: one event a row with its case, its activity and its time.

The three columns are found by the names that such logs give them, then by what they hold, or are said: as
`case=ID,activity=Step,time=When`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.dates import candidates, parse
from fivefold.codecs.places import place
from fivefold.codecs.traces import Event, in_order
from fivefold.errors import InputError

ROLES = ("case", "activity", "time")
NAMES: dict[str, tuple[str, ...]] = {
    "case": (
        *("caseconceptname", "caseid", "case", "traceid", "trace", "sessionid", "session"),
        *("srnumber", "incidentid", "orderid", "ticketid", "patientid", "userid"),
    ),
    "activity": (
        *("conceptname", "activity", "activityname", "event", "eventname", "task", "taskname"),
        *("action", "step", "eventtype", "status"),
    ),
    "time": (
        *("timetimestamp", "timestamp", "time", "datetime", "completetimestamp", "endtime"),
        *("endtimestamp", "starttimestamp", "starttime", "eventtime", "date", "createdat"),
    ),
}
SAMPLE = 1000
MOST_ACTIVITIES = 2000


def find_roles(table: pa.Table, wanted: str | None = None) -> dict[str, str]:
    """Which columns hold the case, the activity and the time; `time` is absent where no column does.

    Arguments:
        table: one event a row.
        wanted: such as `case=ID,activity=Step,time=When`, all or some of the three; None to find them.

    Raises:
        InputError: where the case or the activity is not found.

    Example:
        >>> table = pa.table({"Case ID": ["a", "a"], "Activity": ["x", "y"], "n": [1, 2]})
        >>> find_roles(table)
        {'case': 'Case ID', 'activity': 'Activity'}
    """
    found = _said(table, wanted) if wanted else {}
    for role in ROLES:
        if role not in found:
            column = _by_name(table, role, found.values())
            found |= {} if column is None else {role: column}
    for role, search in (("time", _by_times), ("case", _by_cases), ("activity", _by_words)):
        if role not in found:
            column = search(table, found.values())
            found |= {} if column is None else {role: column}
    for role in ROLES[:2]:
        if role not in found:
            raise InputError(
                f"no column was found that holds the {role}",
                where=place(table.schema.metadata),
                hint="say which: --column case=ID,activity=STEP,time=WHEN",
                code="no-column",
            )
    return {role: found[role] for role in ROLES if role in found}


def is_event_table(table: pa.Table) -> bool:
    """Whether the names of the columns are those of an event log.

    Example:
        >>> is_event_table(pa.table({"case:concept:name": [], "concept:name": [], "time:timestamp": []}))
        True
        >>> is_event_table(pa.table({"age": [], "event": [], "time": []}))
        False
    """
    first = {role: {_bare(name) for name in NAMES[role]} for role in ROLES}
    names = {_bare(name) for name in table.column_names}
    sure = {"caseconceptname", "caseid", "case", "traceid"}
    return bool(names & sure) and all(names & first[role] for role in ROLES[1:])


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _said(table: pa.Table, wanted: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in wanted.split(","):
        role, mark, name = part.partition("=")
        if not mark or role.strip() not in ROLES or name.strip() not in table.column_names:
            raise InputError(
                f"{part!r} names no column of the log",
                where=place(table.schema.metadata),
                hint=f"write case=..., activity=..., time=... with columns of {table.column_names[:12]}",
                code="no-column",
            )
        found[role.strip()] = name.strip()
    return found


def _by_name(table: pa.Table, role: str, taken: Iterable[str]) -> str | None:
    bare = {_bare(name): name for name in reversed(table.column_names) if name not in set(taken)}
    return next((bare[name] for name in NAMES[role] if name in bare), None)


def _by_times(table: pa.Table, taken: Iterable[str]) -> str | None:
    """A column whose values are dates with a clock."""
    for name in set(table.column_names) - set(taken):
        column = table.column(name)
        if pt.is_timestamp(column.type):
            return name
    for name in table.column_names:
        words = _words(table.column(name).slice(0, SAMPLE)).drop_null().to_pylist()
        if name not in set(taken) and words and all(":" in w and _forms(w) for w in words):
            return name
    return None


def _forms(word: str) -> list[str]:
    return [form for form in candidates(word) if "d" in form]


def _by_words(table: pa.Table, taken: Iterable[str]) -> str | None:
    """The column of words whose values come again most evenly: few, but more than two."""
    best: tuple[int, str] | None = None
    for name in table.column_names:
        column = table.column(name)
        if name in set(taken) or not pt.is_string(column.type):
            continue
        distinct = pc.count_distinct(column).as_py()
        fits = 2 < distinct <= min(MOST_ACTIVITIES, table.num_rows // 3)
        if fits and (best is None or distinct > best[0]):
            best = (distinct, name)
    return None if best is None else best[1]


def _by_cases(table: pa.Table, taken: Iterable[str]) -> str | None:
    """The column of most distinct values of which most come again."""
    best: tuple[int, str] | None = None
    for name in table.column_names:
        column = table.column(name)
        if name in set(taken) or not (pt.is_string(column.type) or pt.is_integer(column.type)):
            continue
        distinct = pc.count_distinct(column).as_py()
        fits = 2 * distinct <= table.num_rows and distinct >= 2
        if fits and (best is None or distinct > best[0]):
            best = (distinct, name)
    return None if best is None else best[1]


def cases_of(table: pa.Table, roles: Mapping[str, str]) -> tuple[list[list[Event]], list[str]]:
    """The cases of a table of events, each in the order of its times.

    Arguments:
        table: one event a row.
        roles: the columns, as `find_roles` names them.

    Returns:
        Cases in the order in which they begin in the table; and what was left out, in sentences.
    """
    owners = _words(table.column(roles["case"])).to_pylist()
    names = _words(table.column(roles["activity"])).to_pylist()
    if "time" in roles:
        times = _moments(table.column(roles["time"]), table.schema.metadata, roles["time"])
    else:
        times = [None] * table.num_rows
    cases: dict[str, list[Event]] = {}
    left = 0
    for owner, name, time in zip(owners, names, times, strict=True):
        if owner is None or not name:
            left += 1
        else:
            cases.setdefault(owner, []).append(Event(name, time))
    if not cases:
        raise InputError("holds no events", where=place(table.schema.metadata), code="empty")
    others = [name for name in table.column_names if name not in roles.values()]
    said = ", ".join(f"{role} = {name!r}" for role, name in roles.items())
    notices = [f"an event log with {said}"]
    notices += [f"{left:,} rows without a case or an activity were left out"] if left else []
    notices += [f"columns that are not kept: {', '.join(others[:8])}"] if others else []
    return [in_order(case) for case in cases.values()], notices


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pt.is_string(column.type) else column.cast(pa.string())


def _moments(
    column: pa.ChunkedArray, memory: dict[bytes, bytes] | None, name: str
) -> Sequence[datetime | None]:
    """Times as moments: all with a zone, or all without."""
    if pt.is_timestamp(column.type):
        found = column.cast(pa.timestamp("us", column.type.tz)).to_pylist()
        return [None if m is None else m.astimezone(UTC) if column.type.tz else m for m in found]
    words = _words(column).to_pylist()
    try:
        moments = [None if word is None else datetime.fromisoformat(word) for word in words]
    except ValueError:
        moments = _read(words, memory, name)
    if any(m is not None and m.tzinfo for m in moments):
        return [m if m is None or m.tzinfo else m.replace(tzinfo=UTC) for m in moments]
    return moments


def _read(
    words: Sequence[str | None], memory: dict[bytes, bytes] | None, name: str
) -> list[datetime | None]:
    """Times in the one format that reads all of them."""
    rows = [row for row, word in enumerate(words) if word is not None]
    array = pa.array([words[row] for row in rows], pa.string())
    worst = 0
    for form in _forms(str(words[rows[0]])):
        moment, good = parse(array, form)
        if good.all():
            zone = UTC if "%z" in form else None
            read: list[datetime | None] = [None] * len(words)
            for row, microseconds in zip(rows, moment.tolist(), strict=True):
                at = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
                read[row] = at.replace(tzinfo=zone)
            return read
        worst = max(worst, int(good.argmin()))
    raise InputError(
        f"{array[worst].as_py()!r} is no time as the others are",
        where=place(memory, rows[worst], name),
        hint="write times as 2012-04-01T10:00:00",
        code="time",
    )


def event_table(cases: Iterable[Sequence[Event]]) -> pa.Table:
    """Cases as a table of one event a row, with the columns `case`, `activity` and `time`.

    Example:
        >>> event_table([[Event("a", None)]]).to_pylist()
        [{'case': 'synthetic_1', 'activity': 'a', 'time': None}]
    """
    rows = [
        (f"synthetic_{number}", activity, None if time is None else time.isoformat())
        for number, case in enumerate(cases, 1)
        for activity, time in case
    ]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table({r: pa.array(c, pa.string()) for r, c in zip(ROLES, columns, strict=True)})
