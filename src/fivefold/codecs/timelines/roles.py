"""Which columns of a table are the time, the entity and the variables of a series, and whether it is one at all.

Found by what the columns hold, then by their names, or said: `time=when,entity=station,values=temp|wind`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs.dates import candidates
from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Ints
from fivefold.codecs.places import ROLES as MEMORY
from fivefold.codecs.places import place
from fivefold.codecs.schema import nearest
from fivefold.codecs.timelines.clock import Clock, time_column
from fivefold.codecs.timelines.rows import FORGIVEN, entities_of
from fivefold.codecs.timelines.variables import bare, is_number, variable
from fivefold.errors import InputError

ROLES = ("time", "entity", "values")
TIMES = (
    *("time", "timestamp", "datetime", "date", "timehour", "ts", "when", "moment", "epoch"),
    *("basedatetime", "utctime", "localtime", "observedat", "recordedat", "day", "month", "t"),
)
COUNTED = ("time", "timestamp", "datetime", "epoch", "ts", "t", "seconds", "unixtime")
"""Names under which numbers are times."""
ENTITIES = (
    *("station", "stationid", "sensor", "sensorid", "device", "deviceid", "entity", "entityid"),
    *("ticker", "symbol", "patient", "patientid", "subject", "subjectid", "uniqueid", "seriesid"),
    *("user", "userid", "driver", "taxi", "taxiid", "individual"),
    *("series", "id", "name", "site", "location", "origin", "store", "machine", "unit", "country"),
)
TRAVELLERS = (
    *("icao24", "icao", "callsign", "flightid", "flight", "aircraft", "mmsi", "imo", "vessel"),
    *("vesselid", "ship", "trip", "tripid", "trajectory", "trajectoryid", "track", "trackid"),
    *("storm", "stormid", "animal", "animalid", "tag", "tagid", "vehicle", "vehicleid"),
)
LATITUDES = ("latitude", "lat")
LONGITUDES = ("longitude", "lon", "lng", "long")
SHARED = 4
"""The mean number of rows that an entity must have."""


@dataclass(frozen=True)
class Roles:
    """The columns of a series.

    Arguments:
        clock: the time column and how it is counted.
        entity: the column that tells entities apart, None where there is one.
        values: the variables.
        left: why the other columns are kept out.
        notices: what was found, in sentences.
    """

    clock: Clock
    entity: str | None
    values: tuple[Column, ...]
    left: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def said(table: pa.Table, wanted: str | None) -> dict[str, list[str]]:
    """The columns of each role that were named.

    Arguments:
        table: the data.
        wanted: such as `time=when,entity=station,values=temp|wind`, all or some of them; None for none.

    Raises:
        InputError: where a role or a column does not exist.

    Example:
        >>> said(pa.table({"when": [], "a": []}), "time=when,values=a")
        {'time': ['when'], 'values': ['a']}
    """
    found: dict[str, list[str]] = {}
    for part in wanted.split(",") if wanted else ():
        role, mark, text = part.partition("=")
        names = (
            [text.strip()] if role.strip() != "values" else [n.strip() for n in text.split("|")]
        )
        known = role.strip() in ROLES
        for name in names:
            if not mark or not known or name not in table.column_names:
                what = f"no column {name!r}" if mark and known else f"{part!r} says no role"
                raise InputError(
                    what,
                    where=place(table.schema.metadata),
                    hint=f"write time=..,entity=..,values=a|b; {nearest(name, table.column_names)}",
                    code="no-column",
                )
        found[role.strip()] = names
    return found


def is_said(column: str) -> bool:
    """Whether what a user says of columns is about those of a series, not of an event log.

    Example:
        >>> is_said("time=when,entity=station"), is_said("case=ID,time=When")
        (True, False)
    """
    roles = [part.partition("=")[0].strip() for part in column.split(",")]
    return set(roles) <= set(ROLES) and bool(set(roles) & set(ROLES[1:]))


def with_roles(table: pa.Table, wanted: str | None) -> pa.Table:
    """The table with the memory of which of its columns were named."""
    said(table, wanted)
    memory = table.schema.metadata or {}
    return table.replace_schema_metadata({**memory, MEMORY: wanted.encode()}) if wanted else table


def find_roles(table: pa.Table, wanted: str | None = None) -> Roles:
    """The columns of a series.

    Arguments:
        table: the data, normalised.
        wanted: as in `said`.

    Raises:
        InputError: where a role cannot be told.

    Example:
        >>> table = pa.table({"t": list(range(8)) * 2, "id": ["a"] * 8 + ["b"] * 8, "x": [0.5, 1.5] * 8})
        >>> roles = find_roles(table)
        >>> roles.clock.column.name, roles.entity, [column.name for column in roles.values]
        ('t', 'id', ['x'])
    """
    memory = table.schema.metadata
    if table.num_rows < 2:
        raise InputError("a series needs at least two rows", where=place(memory), code="too-short")
    given = said(table, wanted)
    notices: list[str] = []
    name = given["time"][0] if "time" in given else _time(table, notices)
    column = time_column(name, table[name], memory)
    times, timed = Clock(column=column).read(table[name], memory)
    if "entity" in given:
        entity: str | None = given["entity"][0]
    else:
        entity = _entity(
            table.filter(pa.array(timed)), name, times[timed], given.get("values", ())
        )
    index = entities_of(table, [entity] if entity else [])[1]
    clock = Clock.fit(column, table[name], index)
    values, left = _values(table, {name, entity}, given.get("values"))
    if not values:
        why = "; ".join(f"{n}: {reason}" for n, reason in list(left.items())[:5])
        raise InputError(
            f"no column of numbers that change ({why})",
            where=place(memory),
            hint="say which: --column values=a|b",
            code="no-columns",
        )
    if column.note:
        notices.append(f"{name}: {column.note}")
    return Roles(clock, entity, tuple(values), left, tuple(notices))


def _time(table: pa.Table, notices: list[str]) -> str:
    """The one column of times, or of several the one with the most usual name."""
    found = [name for name in table.column_names if dated(table[name])]
    if not found:
        numbers = {bare(f.name): f.name for f in table.schema if is_number(f.type)}
        found = [numbers[name] for name in COUNTED if name in numbers][:1]
    named = [name for usual in TIMES for name in found if bare(name) == usual]
    if not found or (len(found) > 1 and len(named) != 1):
        listed = ", ".join(repr(name) for name in found)
        raise InputError(
            f"{len(found)} columns hold times: {listed}" if found else "no column holds times",
            where=place(table.schema.metadata),
            hint="say which: --column time=..",
            code="two-times" if found else "no-time",
        )
    if len(found) > 1:
        others = ", ".join(name for name in found if name != named[0])
        notices.append(f"{named[0]!r} is taken as the time; {others}: kept out")
    return (named or found)[0]


def dated(values: pa.ChunkedArray) -> bool:
    """Whether a column holds dates or moments: by its type, or its first word."""
    kind = values.type
    if pt.is_timestamp(kind) or pt.is_date(kind):
        return True
    if not pt.is_string(kind):
        return False
    first = next((word for chunk in values.chunks for word in chunk[:50].to_pylist() if word), "")
    return any("%Y" in form or "%y" in form for form in candidates(first))


def _entity(table: pa.Table, time: str, times: Ints, values: Sequence[str]) -> str | None:
    """The column that makes times unique: the one with a usual name, then the one with the fewest values.

    Where times are unique already, it is one with a usual name, or none.
    """
    rows = table.num_rows
    alone = _repeated(times, np.zeros(rows, np.int64)) <= FORGIVEN
    usual = (*TRAVELLERS, *ENTITIES)
    found: list[tuple[int, int, str]] = []
    for field_ in table.schema:
        name = field_.name
        named = bare(name) in usual
        if name in (time, *values) or not (
            pt.is_string(field_.type) or (named and pt.is_integer(field_.type))
        ):
            continue
        if dated(table[name]) or (alone and not named):
            continue
        number = pc.count_distinct(table[name]).as_py()
        if not 2 <= number <= rows / SHARED:
            continue
        index = entities_of(table, [name])[1]
        if _repeated(times, index) > FORGIVEN:
            continue
        found.append((usual.index(bare(name)) if named else len(usual), number, name))
    if found:
        return min(found)[2]
    if alone:
        return None
    raise InputError(
        f"times in column {time!r} come more than once, and no column tells the rows of one time apart",
        where=place(table.schema.metadata),
        hint="say which does: --column entity=..",
        code="duplicate-times",
    )


def _repeated(times: Ints, index: Ints) -> float:
    """The share of rows whose entity has another row of the same time."""
    order = np.lexsort((times, index))
    same = (np.diff(times[order]) == 0) & (np.diff(index[order]) == 0)
    return float(same.sum() / len(times))


def _values(
    table: pa.Table, taken: set[str | None], wanted: Iterable[str] | None
) -> tuple[list[Column], dict[str, str]]:
    """The variables, and why other columns are kept out."""
    found: list[Column] = []
    left: dict[str, str] = {}
    for name in table.column_names if wanted is None else wanted:
        if name in taken:
            continue
        column, why = variable(name, table[name], table.schema.metadata, asked=wanted is not None)
        if column is None:
            left[name] = why
        else:
            found.append(column)
    return found, left
