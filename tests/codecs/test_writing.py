"""A file is written whole or not at all, and says the same when it is read again."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs import open_writer, read_table, write_table
from fivefold.errors import InputError

TABLE = pa.table(
    {
        "age": [39, None, 50],
        "job": ["clerk", 'say "hi", twice', None],
        "pay": [1.5, -2.25, None],
        "fit": [True, None, False],
    }
)
ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".arrow")


@pytest.mark.parametrize("packing", ["", ".gz", ".zst", ".bz2", ".xz"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_is_read_again(tmp_path: Path, ending: str, packing: str):
    file = tmp_path / f"out{ending}{packing}"
    write_table(TABLE, file)
    found = read_table(file)
    words = TABLE.set_column(3, "fit", pa.array(["true", None, "false"]))
    assert found.equals(words if ending in (".csv", ".tsv") else TABLE)
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("ending", [*ENDINGS, ".csv.gz", ".jsonl.zst"])
def test_the_same_rows_in_parts_give_the_same_bytes(tmp_path: Path, ending: str):
    for name in ("a", "b"):
        with open_writer(tmp_path / f"{name}{ending}", TABLE.schema) as writer:
            for row in range(3):
                writer.write(TABLE.slice(row, 1))
            assert writer.rows == 3
    first, second = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert read_table(tmp_path / f"a{ending}").num_rows == 3


def test_csv_is_as_python_reads_it(tmp_path: Path):
    write_table(TABLE, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["age", "job", "pay", "fit"],
            ["39", "clerk", "1.5", "true"],
            ["", 'say "hi", twice', "-2.25", ""],
            ["50", "", "", "false"],
        ]


def test_json_lines_are_as_python_reads_them(tmp_path: Path):
    awkward = pa.table({'k"ey': ['a"b\\c\n\x01é', None], "n": [1.0, float("nan")]})
    write_table(awkward, tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {'k"ey': 'a"b\\c\n\x01é', "n": 1},
        {'k"ey': None, "n": None},
    ]


def test_formulas_are_made_harmless_in_text_but_numbers_are_left(tmp_path: Path):
    risky = ["=1+1", "+cmd", "-x", "@SUM(A1)", "\tx", "\rx", "-5", "+1.5", "a=b"]
    table = pa.table({"=name": risky, "n": [-1] * 9})
    write_table(table, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["'=name", "n"]
    assert [row[0] for row in rows] == [
        *("'=1+1", "'+cmd", "'-x", "'@SUM(A1)", "'\tx", "'\rx", "-5", "+1.5", "a=b")
    ]
    assert {row[1] for row in rows} == {"-1"}
    write_table(table, tmp_path / "raw.csv", escape_formulas=False)
    assert (tmp_path / "raw.csv").read_text().startswith("=name,n\n=1+1,-1\n")


def test_dates_and_times_are_written_as_iso(tmp_path: Path):
    moment = dt.datetime(2024, 2, 29, 10, 30, tzinfo=dt.UTC)
    table = pa.table(
        {
            "d": pa.array([moment.date()], pa.date32()),
            "t": pa.array([moment], pa.timestamp("s", "UTC")),
            "c": pa.array([moment.time()], pa.time32("s")),
        }
    )
    write_table(table, tmp_path / "out.csv")
    line = (tmp_path / "out.csv").read_text().splitlines()[1]
    assert line == "2024-02-29,2024-02-29 10:30:00Z,10:30:00"


def test_a_missing_value_of_a_single_column_is_no_empty_line(tmp_path: Path):
    write_table(pa.table({"a": [1, None]}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == 'a\n1\n""\n'
    assert read_table(tmp_path / "out.csv").column("a").to_pylist() == [1, None]


def test_metadata_travel_in_parquet_and_where_the_data_came_from_does_not(tmp_path: Path):
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    write_table(read_table(tmp_path / "in.csv"), tmp_path / "o.parquet", metadata={"made": "here"})
    kept = pq.read_schema(tmp_path / "o.parquet").metadata
    assert kept[b"made"] == b"here"
    assert not any(b"in.csv" in value for value in kept.values())


def test_an_address_is_written_through_fsspec():
    write_table(TABLE, "memory://out/data.parquet")
    assert read_table("memory://out/data.parquet").equals(TABLE)
    with fsspec.open("memory://out/data.parquet", "rb") as stream:
        assert stream.read(4) == b"PAR1"


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]):
    write_table(pa.table({"a": [1, 2]}), "-")
    assert capfdbinary.readouterr().out == b"a\n1\n2\n"


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("ending", [*ENDINGS, ".csv.gz", ".csv.zst", ".csv.xz"])
def test_an_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, ending: str, fault: type[BaseException]
):
    file = tmp_path / f"out{ending}"
    file.write_bytes(b"old")
    with pytest.raises(fault), open_writer(file, TABLE.schema) as writer:  # noqa: PT012
        writer.write(TABLE)
        raise fault
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".csv.gz", ".arrow", ".csv.zst"])
def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path: Path, ending: str):
    file = tmp_path / f"out{ending}"
    file.write_bytes(b"old")
    noise = pa.table({"x": np.random.default_rng(0).normal(size=50_000)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(InputError) as caught:
            write_table(noise, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(caught.value) == (
        f"{file}: the disk is full; make room or write elsewhere; nothing was changed [disk-full]"
    )
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path):
    file = tmp_path / "out.csv"
    file.write_bytes(b"old")
    script = (
        "import sys, pyarrow as pa\n"
        "from fivefold.codecs.writing import open_writer\n"
        "t = pa.table({'a': list(range(100000))})\n"
        "with open_writer(sys.argv[1], t.schema) as w:\n"
        "    print('open', flush=True)\n"
        "    while True: w.write(t)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(file)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.1)
        writer.kill()
    assert file.read_bytes() == b"old"


def test_a_link_is_followed_and_the_old_mode_of_the_place_is_open(tmp_path: Path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    write_table(pa.table({"a": [1]}), link)
    assert link.is_symlink()
    assert target.read_text() == "a\n1\n"


def test_faults_of_the_place_are_said(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"is a folder; name a file \[is-a-folder\]"):
        write_table(TABLE, tmp_path / "folder.csv")
    with pytest.raises(InputError, match=r"the folder .*none does not exist; .*\[no-folder\]"):
        write_table(TABLE, tmp_path / "none" / "out.csv")
    with pytest.raises(InputError, match=r"its ending '.xls' names no format; .*\[format\]"):
        write_table(TABLE, tmp_path / "out.xls")
    with pytest.raises(InputError, match=r"its name has no ending; .*\[format\]"):
        write_table(TABLE, tmp_path / "out")
    with pytest.raises(InputError, match=r"cannot be written .*\[address\]"):
        write_table(TABLE, "nothing://out.csv")
    with pytest.raises(InputError, match=r"type list.* cannot be written as text; .*\[format\]"):
        write_table(pa.table({"a": [[1]]}), tmp_path / "out.csv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.csv"]


def test_rows_with_other_columns_are_refused(tmp_path: Path):
    with (
        pytest.raises(
            InputError, match=r"columns \['b'\] where \['a'\] were announced \[columns\]"
        ),
        open_writer(tmp_path / "out.csv", pa.schema([("a", pa.int64())])) as writer,
    ):
        writer.write(pa.table({"b": [1]}))


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(words, words, st.integers(-(2**60), 2**60)), min_size=1, max_size=8))
def test_any_words_survive_as_python_reads_csv(rows: list[tuple[str, str, int]]):
    from fivefold.codecs.rows import Cells

    table = pa.table(
        [pa.array(column) for column in zip(*rows, strict=True)], names=["a", "b", "n"]
    )
    sink = io.BytesIO()
    Cells(sink, table.schema, ",", escape_formulas=False).write_table(table)
    back = list(csv.reader(io.StringIO(sink.getvalue().decode(), newline="")))
    assert back[1:] == [[a, b, str(n)] for a, b, n in rows]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(words, st.none() | words, st.booleans()), min_size=1, max_size=8))
def test_any_words_survive_in_json_lines(rows: list[tuple[str, str | None, bool]]):
    from fivefold.codecs.rows import Objects

    table = pa.table(
        [pa.array(column) for column in zip(*rows, strict=True)],
        schema=pa.schema([("a", pa.string()), ("b", pa.string()), ("c", pa.bool_())]),
    )
    sink = io.BytesIO()
    Objects(sink, table.schema).write_table(table)
    lines = sink.getvalue().decode().split("\n")[:-1]
    assert [json.loads(line) for line in lines] == table.to_pylist()
