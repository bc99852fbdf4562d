"""Every way a table comes in, and every fault with its exact words."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path

import fsspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fivefold.codecs import read_table
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError, MissingExtraError

TABLE = pa.table({"age": [39, None, 50], "job": ["a", "b", None], "pay": [1.5, 2.25, None]})


def content(form: str) -> bytes:
    sink = io.BytesIO()
    if form == "parquet":
        pq.write_table(TABLE, sink)
    elif form == "arrow":
        with pa.ipc.new_file(sink, TABLE.schema) as writer:
            writer.write_table(TABLE)
    elif form == "stream":
        with pa.ipc.new_stream(sink, TABLE.schema) as writer:
            writer.write_table(TABLE)
    elif form == "jsonl":
        sink.write(
            b'{"age": 39, "job": "a", "pay": 1.5}\n{"job": "b", "pay": 2.25}\n{"age": 50}\n'
        )
    elif form == "json":
        sink.write(b'[{"age":39,"job":"a","pay":1.5},{"job":"b","pay":2.25},{"age":50}]')
    else:
        mark = {"csv": ",", "tsv": "\t", "semicolon": ";", "bar": "|"}[form]
        sink.write(b"age,job,pay\n39,a,1.5\n,b,2.25\n50,?,NA\n".replace(b",", mark.encode()))
    return sink.getvalue()


PACK = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize(
    ("form", "ending"),
    [
        ("csv", ".csv"),
        ("csv", ".txt"),
        ("tsv", ".tsv"),
        ("semicolon", ".csv"),
        ("bar", ".csv"),
        ("tsv", ".csv"),
        ("parquet", ".parquet"),
        ("arrow", ".feather"),
        ("stream", ".arrow"),
        ("jsonl", ".jsonl"),
        ("json", ".json"),
    ],
)
def test_every_format_packed_or_not_gives_the_same_table(
    tmp_path: Path, form: str, ending: str, packing: str
):
    file = tmp_path / f"data{ending}{packing}"
    file.write_bytes(PACK[packing](content(form)))
    assert read_table(file).equals(TABLE)


@pytest.mark.parametrize(
    "form", ["csv", "semicolon", "tsv", "parquet", "arrow", "stream", "jsonl"]
)
def test_a_file_without_an_ending_is_known_by_its_bytes(tmp_path: Path, form: str):
    file = tmp_path / "data"
    file.write_bytes(content(form))
    assert read_table(str(file)).equals(TABLE)


def test_a_bundled_table_is_read_by_its_name() -> None:
    assert read_table("adult").num_rows == 32_561


def test_an_address_is_read_through_fsspec():
    with fsspec.open("memory://folder/data.csv.gz", "wb") as stream:
        stream.write(gzip.compress(content("csv")))
    assert read_table("memory://folder/data.csv.gz").equals(TABLE)


@pytest.mark.parametrize(
    "source",
    [
        TABLE,
        TABLE.to_batches()[0],
        TABLE.to_pydict(),
        TABLE.to_pylist(),
        pl.DataFrame(TABLE.to_pydict()),
        pd.DataFrame(TABLE.to_pydict()).astype({"age": "Int64"}),
        pd.DataFrame(TABLE.to_pydict())
        .astype({"age": "Int64", "job": "category"})
        .iloc[[0, 1, 2]],
    ],
    ids=["table", "batch", "dict", "records", "polars", "pandas", "pandas with an index"],
)
def test_what_is_in_memory_is_read_through_the_arrow_capsule(source: object):
    assert read_table(source).equals(TABLE)


def test_the_missing_words_of_a_text_file_are_missing(tmp_path: Path):
    words = ["", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None"]
    file = tmp_path / "data.csv"
    file.write_text("n,w\n" + "".join(f"{word},{word}\n" for word in words) + "7,none\n")
    table = read_table(file)
    assert table.column("n").to_pylist() == [None] * len(words) + [7]
    assert table.column("w").to_pylist() == [None] * len(words) + ["none"]


def test_a_column_becomes_numbers_only_when_no_meaning_is_lost(tmp_path: Path):
    file = tmp_path / "data.csv"
    file.write_text(
        "int,float,zip,long,hex,plus,day\n"
        "1,1.5,02139,12345678901234567890,0x1F,+5,2024-01-01\n"
        "-2,2e3,10001,1,7,-5,2024-01-02\n"
    )
    assert [str(kind) for kind in read_table(file).schema.types] == [
        *("int64", "double", "string", "string", "string", "int64", "string")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a;b\n1,5;x\n1.000,25;y\n", [1.5, 1000.25]),
        (b'a,b\n"1,234",x\n12,y\n', [1234, 12]),
        (b"a, b\n 39, x \n 50, y\n", [39, 50]),
        (b'a, b\n39, "x, y"\n50, z\n', [39, 50]),
        (b"a,b\r\n1,x\r\n2,y\r\n", [1, 2]),
        (b"a,b\r1,x\r2,y\r", [1, 2]),
        (b"\n\na,b\n1,x\n\n\n2,y", [1, 2]),
        (b'a,b\n1,"two\nlines"\n2,"say ""hi"""\n', [1, 2]),
    ],
    ids=[
        "comma",
        "thousands",
        "blanks",
        "quote after blank",
        "CRLF",
        "CR",
        "empty lines",
        "quotes",
    ],
)
def test_the_dialects_of_csv_are_understood(tmp_path: Path, text: bytes, expected: list[float]):
    file = tmp_path / "data.csv"
    file.write_bytes(text)
    assert read_table(file).column("a").to_pylist() == expected


def test_an_empty_line_of_a_single_column_is_a_missing_value(tmp_path: Path):
    file = tmp_path / "data.csv"
    file.write_text("a\n1\n\n3\n")
    assert read_table(file).column("a").to_pylist() == [1, None, 3]


def test_columns_without_a_name_are_numbered(tmp_path: Path):
    file = tmp_path / "data.csv"
    file.write_text(",b,\n1,2,3\n")
    assert read_table(file).column_names == ["column_1", "b", "column_3"]


@pytest.mark.parametrize(
    ("encoding", "given"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("gb18030", "gb18030"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16", "utf-16"),
        ("utf-8-sig", "utf-8"),
    ],
)
def test_an_encoding_is_found_by_its_mark_or_named(
    tmp_path: Path, encoding: str, given: str | None
):
    file = tmp_path / "data.csv"
    file.write_bytes("名,b\n中文,1\n".encode(encoding))
    assert read_table(file, encoding=given).to_pydict() == {"名": ["中文"], "b": [1]}


MENDS = "write the file again"
FAULTS: dict[str, tuple[str, bytes, str]] = {
    "empty": ("d.csv", b"", "d.csv: is empty; give a header and at least two rows [empty]"),
    "blank": ("d.csv", b"\n \n", "d.csv: is empty; give a header and at least two rows [empty]"),
    "header only": (
        "d.csv",
        b"a,b\n",
        "d.csv: has a header but no rows; give at least two rows [no-rows]",
    ),
    "short row": (
        "d.csv",
        b"a,b\n1,2\n3\n",
        (
            "d.csv:3: 1 cell where the header has 2; mend the row; a cell that holds the delimiter "
            "needs quotes [ragged-row]"
        ),
    ),
    "long row after a quoted line break": (
        "d.csv",
        b'a,b\n"x\ny",2\n3,4,5\n',
        (
            "d.csv:4: 3 cells where the header has 2; mend the row; a cell that holds the delimiter "
            "needs quotes [ragged-row]"
        ),
    ),
    "open quote": (
        "d.csv",
        b'a,b\n1,2\n"3,4\n5,6\n',
        (
            'd.csv:3: a quote is opened and never closed; close it, or write a quote inside a cell as "" '
            "[quote]"
        ),
    ),
    "open quote in the header": (
        "d.csv",
        b'"a,b\n1,2\n',
        (
            'd.csv:1: a quote is opened and never closed; close it, or write a quote inside a cell as "" '
            "[quote]"
        ),
    ),
    "names twice": (
        "d.csv",
        b"a,b,a\n1,2,3\n",
        (
            "d.csv:1: 2 columns are called 'a' (columns 1, 3); give every column a name of its own "
            "[duplicate-column]"
        ),
    ),
    "NUL": (
        "d.csv",
        b"a,b\n1,\x002\n",
        (
            "d.csv:2: a NUL byte stands in the text; remove it, or name the encoding, such as "
            "--encoding utf-16-le [nul-byte]"
        ),
    ),
    "wrong encoding": (
        "d.csv",
        b"a,b\nx,y\n\xe9,2\n",
        (
            "d.csv:3: byte 0xe9 is no utf-8 character; name the encoding, such as --encoding latin-1 "
            "or --encoding gb18030 [encoding]"
        ),
    ),
    "infinity": (
        "d.csv",
        b"a,b\n1.5,2\n-inf,3\n",
        "d.csv:3 column a: is infinite; correct it or leave the cell empty [infinite]",
    ),
    "archive": (
        "d.csv",
        b"PK\x03\x04...",
        (
            "d.csv: is a ZIP archive or a spreadsheet; save it as CSV, Parquet, JSON lines or Arrow "
            "[format]"
        ),
    ),
    "cut gzip": (
        "d.csv.gz",
        gzip.compress(b"a,b\n1,2\n")[:-8],
        (
            "d.csv.gz: the gzip data are damaged or cut off (Compressed file ended before the "
            "end-of-stream marker was reached); fetch or pack the file again [damaged]"
        ),
    ),
    "empty Parquet": ("d.parquet", b"", f"d.parquet: is empty; {MENDS} [empty]"),
    "no JSON": (
        "d.jsonl",
        b'{"a": 1}\n{"a":\n',
        "d.jsonl:2: is not JSON (Expecting value); write one object a line [json]",
    ),
    "no object": (
        "d.jsonl",
        b"1\n2\n",
        'd.jsonl:1: is no object but 1; write one object a line, such as {"age": 39} [json]',
    ),
    "no keys": ("d.jsonl", b"{}\n{}\n", "d.jsonl: its objects have no keys [no-columns]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_file_is_said_in_these_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
):
    name, data, words = FAULTS[fault]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_table(name)
    assert str(caught.value) == words
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["d.parquet", "d.arrow", "d.feather"])
@pytest.mark.parametrize("start", [b"PAR1", b"ARROW1", b"", b"\xff\xff\xff\xff"])
def test_a_damaged_binary_file_is_an_input_error(tmp_path: Path, name: str, start: bytes):
    file = tmp_path / name
    file.write_bytes(start + b"damaged beyond repair")
    with pytest.raises(InputError, match=r"is no (Parquet|Arrow) that can be read .*\[damaged\]"):
        read_table(file)


def test_a_cut_parquet_file_is_an_input_error(tmp_path: Path):
    file = tmp_path / "d.parquet"
    file.write_bytes(content("parquet")[:-20])
    with pytest.raises(InputError, match=r"\[damaged\]"):
        read_table(file)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path):
    with pytest.raises(InputError, match=r"none.csv: no such file; check the path \[no-file\]"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"is a folder; name a file inside it \[is-a-folder\]"):
        read_table(tmp_path)
    with pytest.raises(InputError, match=r"no such file; check the address \[no-file\]"):
        read_table("memory://none.csv")
    with pytest.raises(InputError, match=r"cannot be opened .*\[address\]"):
        read_table("nothing://none.csv")


def test_an_address_that_needs_a_driver_names_the_extra():
    with pytest.raises(MissingExtraError, match=r"s3:// .*needs s3fs; .*fivefold\[remote\]"):
        read_table("s3://bucket/data.csv")


def test_a_file_that_grows_beyond_the_limit_is_stopped_while_it_is_unpacked(tmp_path: Path):
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000))
    with pytest.raises(
        InputError, match=r"holds more than the limit of 1,000,000 bytes; .*\[too-l"
    ):
        read_table(bomb, limits=Limits(size=1_000_000))
    assert bomb.stat().st_size < 10_000


def test_a_table_beyond_the_limits_is_refused_before_it_is_read(tmp_path: Path):
    file = tmp_path / "d.parquet"
    pq.write_table(pa.table({"a": pa.array([1] * 10_000)}), file)
    with pytest.raises(InputError, match=r"10,000 rows of 1 columns, more than .*\[too-large\]"):
        read_table(file, limits=Limits(cells=1000))
    wide = tmp_path / "d.csv"
    wide.write_text("a,b,c\n1,2,3\n")
    with pytest.raises(InputError, match=r"has 3 columns, more than the limit of 2; .*\[too-many"):
        read_table(wide, limits=Limits(columns=2))


@pytest.mark.parametrize("encoding", ["nope", "base64", "undefined"])
def test_an_unknown_encoding_is_said(tmp_path: Path, encoding: str):
    file = tmp_path / "d.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=rf"no encoding of text is called '{encoding}'; .*\[enc"):
        read_table(file, encoding=encoding)


def test_what_is_no_table_is_said():
    with pytest.raises(InputError, match=r"a int is no table; .*\[not-a-table\]"):
        read_table(7)
    with pytest.raises(InputError, match=r"column 'a' has 1 values, column 'b' 2; .*\[ragged-col"):
        read_table({"a": [1], "b": [1, 2]})
    with pytest.raises(InputError, match=r"column 'a' is a single value; .*\[ragged-columns\]"):
        read_table({"a": 1})
    with pytest.raises(InputError, match=r"2 columns are called 'a' .*\[duplicate-column\]"):
        read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(InputError, match=r"^row 2 column x: is infinite; .*\[infinite\]"):
        read_table({"x": [1.0, float("inf")]})


def test_a_frame_with_a_column_of_several_types_becomes_words():
    frame = pd.DataFrame({"a": [1, "x", None], "b": [1, 2, 3]})
    assert read_table(frame).to_pydict() == {"a": ["1", "x", None], "b": [1, 2, 3]}


def test_json_of_several_types_becomes_words_and_dates_stay_as_written(tmp_path: Path):
    file = tmp_path / "d.jsonl"
    file.write_text('{"a": 1, "d": "2020-01-01"}\n{"a": "x", "d": "2020-01-02"}\n')
    assert read_table(file).to_pydict() == {"a": ["1", "x"], "d": ["2020-01-01", "2020-01-02"]}
    file.write_text('{"d": "2020-01-01 10:00:00"}\n{"d": null}\n')
    assert read_table(file).to_pydict() == {"d": ["2020-01-01 10:00:00", None]}


def test_five_thousand_columns_are_read(tmp_path: Path):
    file = tmp_path / "wide.csv"
    names = [f"c{place}" for place in range(5000)]
    rows = [",".join(str(place % 7 + row) for place in range(5000)) for row in range(20)]
    file.write_text("\n".join([",".join(names), *rows]))
    table = read_table(file)
    assert table.shape == (20, 5000)
    assert table.column("c4999").to_pylist() == [4999 % 7 + row for row in range(20)]
