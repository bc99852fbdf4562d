"""Ten thousand strange files: each is a table or an InputError, never another fault."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivefold.codecs import TableCodec, read_table, write_table
from fivefold.errors import InputError

CASES = 2_500
fuzzed = settings(
    deadline=None, max_examples=CASES, suppress_health_check=list(HealthCheck), database=None
)

cell = st.one_of(
    st.sampled_from(
        ["", "?", "NA", "1", "-2.5", "1e400", "inf", "0x1F", "007", "2024-02-30", "yes"]
    ),
    st.sampled_from(["2024-02-29", "10:61", "a b", '"', '""', "=1+1", "\u202e", "é", "1,5", "\t"]),
    st.integers().map(str),
    st.floats().map(repr),
    st.text(max_size=8),
)
line = st.lists(cell, max_size=5)
mark = st.sampled_from([",", ";", "\t", "|"])
end = st.sampled_from(["\n", "\r\n", "\r"])
encoding = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "gb18030", "utf-32"])
packing = st.sampled_from([bytes, gzip.compress, bz2.compress, lzma.compress])
ending = st.sampled_from(["csv", "tsv", "txt", "jsonl", "json", "parquet", "arrow", "dat"])
given_encoding = st.sampled_from([None, None, "latin-1", "utf-16", "gb18030", "nope"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def survives(folder: Path, data: bytes, name: str, named: str | None) -> None:
    """Read, learn, encode, decode and write: only an InputError may stop it."""
    file = folder / f"case.{name}"
    file.write_bytes(data)
    try:
        table = read_table(file, encoding=named)
        codec = TableCodec(rare=1).fit(table)
    except InputError as fault:
        if fault.code == "failed":
            raise
        return
    made = codec.decode(codec.encode(table, seed=0), seed=0)
    assert made.num_rows == table.num_rows
    write_table(made, folder / "made.csv")


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Rows of cells that are nearly a CSV."""
    delimiter, stop = draw(mark), draw(end)
    rows = draw(st.lists(line, max_size=8))
    if draw(st.booleans()) and rows:
        rows = [(row * 5)[: len(rows[0])] for row in rows]
    text = stop.join(delimiter.join(row) for row in rows)
    data = text.encode(draw(encoding), errors="replace")
    return draw(packing)(data)


@pytest.mark.slow
@fuzzed
@given(data=texts(), name=ending, named=given_encoding)
def test_cells_in_any_disorder(folder: Path, data: bytes, name: str, named: str | None):
    survives(folder, data, name, named)


@pytest.mark.slow
@fuzzed
@given(data=st.binary(max_size=300), pack=packing, name=ending, named=given_encoding)
def test_any_bytes(folder: Path, data: bytes, pack: object, name: str, named: str | None):
    survives(folder, pack(data), name, named)  # type: ignore[operator]


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2, None] * 9, "b": ["x", "y", None] * 9}), sink)
    return sink.getvalue()


def arrow() -> bytes:
    sink = io.BytesIO()
    table = pa.table({"a": [1.5, 2, None] * 9, "b": ["x", "y", None] * 9})
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


SOUND = {
    "csv": b"id,age,job,pay\n"
    + b"".join(b"%d,%d,j%d,%d.5\n" % (i, i % 7, i % 3, i) for i in range(40)),
    "jsonl": b'{"a": 1, "b": "x", "c": [1]}\n{"a": 2.5, "b": null}\n' * 9,
    "parquet": parquet(),
    "arrow": arrow(),
    "csv.gz": gzip.compress(b"a,b\n1,x\n2,y\n" * 9),
    "csv.zst": pa.compress(b"a,b\n1,x\n2,y\n" * 9, "zstd", asbytes=True),
}


@pytest.mark.slow
@fuzzed
@given(name=st.sampled_from(list(SOUND)), data=st.data())
def test_sound_files_with_damage(folder: Path, name: str, data: st.DataObject):
    content = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)))
        how = data.draw(st.integers(0, 2))
        if how == 0 and content:
            content[place] = data.draw(st.integers(0, 255))
        elif how == 1:
            del content[place : place + data.draw(st.integers(1, 30))]
        else:
            content[place:place] = data.draw(st.binary(max_size=10))
    survives(folder, bytes(content), name, None)


column = st.one_of(
    st.lists(st.none() | st.integers(), min_size=5, max_size=5),
    st.lists(st.none() | st.floats(), min_size=5, max_size=5),
    st.lists(st.none() | st.text(max_size=5), min_size=5, max_size=5),
    st.lists(st.none() | st.dates() | st.booleans(), min_size=5, max_size=5),
    st.lists(st.none() | st.datetimes() | st.times(), min_size=5, max_size=5),
    st.lists(
        st.lists(st.integers(0, 3), max_size=2) | st.binary(max_size=3), min_size=5, max_size=5
    ),
)


@pytest.mark.slow
@fuzzed
@given(st.dictionaries(st.text(max_size=4), column, min_size=1, max_size=4))
def test_any_columns_in_memory(columns: dict[str, list[object]]):
    try:
        table = read_table(columns)
        codec = TableCodec(rare=1).fit(table)
    except InputError as fault:
        if fault.code == "failed":
            raise
        return
    made = codec.decode(codec.encode(table, seed=0), seed=0)
    assert made.num_rows == table.num_rows
