"""Records in JSON: one object a line, or one array of objects.

Arrow reads lines fast when every key has one type; otherwise Python reads them, and says which line is wrong. Dates
stay words as they are written.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json
import pyarrow.types as pt

from fivefold.codecs.delimited import as_utf8
from fivefold.codecs.frames import from_records, normalise
from fivefold.codecs.places import remember
from fivefold.errors import InputError


def read_json(data: bytes, where: str, encoding: str | None) -> pa.Table:
    """A table out of the bytes of JSON lines or of an array of objects.

    Arguments:
        data: the bytes.
        where: the name of the file.
        encoding: how characters are written; None to find it.

    Returns:
        The table; a key that an object lacks is missing.
    """
    data = as_utf8(data, encoding, where)
    if not data.strip():
        raise InputError("is empty", where=where, hint="give one object a line", code="empty")
    table = None if data.lstrip()[:1] == b"[" else _read_lines(data)
    if table is None:
        table = from_records(_records(data.decode(), where))
    if not table.num_columns:
        raise InputError("its objects have no keys", where=where, code="no-columns")
    return normalise(remember(table, where, lined=False))


def _read_lines(data: bytes) -> pa.Table | None:
    """Arrow's reading; None where it gives up."""
    options = pa_json.ReadOptions(block_size=min(max(len(data), 1 << 16), 1 << 30))
    try:
        table = pa_json.read_json(pa.BufferReader(data), read_options=options)
        if any(pt.is_temporal(kind) for kind in table.schema.types):
            plain = pa.schema(
                (field.name, pa.string() if pt.is_temporal(field.type) else field.type)
                for field in table.schema
            )
            table = pa_json.read_json(
                pa.BufferReader(data),
                read_options=options,
                parse_options=pa_json.ParseOptions(explicit_schema=plain),
            )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table


def _records(text: str, where: str) -> list[dict[str, Any]]:
    if text.lstrip()[:1] == "[":
        records = _loads(text, where, 1)
        if not isinstance(records, list):
            raise InputError("is no array of objects", where=where, code="json")
        numbered = list(enumerate(records, 1))
    else:
        lines = enumerate(text.split("\n"), 1)
        numbered = [(line, _loads(row, where, line)) for line, row in lines if row.strip()]
    for line, record in numbered:
        if not isinstance(record, dict):
            raise InputError(
                f"is no object but {json.dumps(record)[:40]}",
                where=f"{where}:{line}",
                hint='write one object a line, such as {"age": 39}',
                code="json",
            )
    return [record for _, record in numbered]


def _loads(text: str, where: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as fault:
        at = line + fault.lineno - 1 if isinstance(fault, json.JSONDecodeError) else line
        raise InputError(
            f"is not JSON ({getattr(fault, 'msg', fault)})",
            where=f"{where}:{at}",
            hint="write one object a line",
            code="json",
        ) from fault
