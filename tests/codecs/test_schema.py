"""A schema survives its file, and says what is wrong in one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fivefold.codecs import Column, Schema, infer, read_table
from fivefold.codecs.kinds import arrow_type
from fivefold.errors import InputError

TABLE = pa.table(
    {
        "size": ["S", "M", "L"] * 20,
        "pay": [1.25, None, 3.5] * 20,
        "when": ["2024-01-31", "2024-02-29", "2023-01-01"] * 20,
    }
)


def test_a_schema_is_the_same_after_its_file(tmp_path: Path):
    schema = infer(TABLE)
    schema.save(tmp_path / "schema.json")
    assert Schema.load(tmp_path / "schema.json") == schema


def test_a_kind_given_by_the_user_stays(tmp_path: Path):
    (tmp_path / "schema.json").write_text('{"columns": [{"name": "size", "kind": "category"}]}')
    found = infer(TABLE, Schema.load(tmp_path / "schema.json"))
    assert [column.kind for column in found.columns] == ["category", "decimal", "date"]
    assert found["pay"].digits == 2
    assert "pay" in found
    assert "nothing" not in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{",
            r"s.json:1: is not JSON \(Expecting property name.*\); `fivefold schema DATA` .*\[schema",
        ),
        ("[]", r"s.json: the file: Input should be .*\[schema\]"),
        ("{}", r"s.json: columns: Field required; .*\[schema\]"),
        ('{"columns": [{"name": "a"}]}', r"s.json: column a: kind: Field required; .*\[schema\]"),
        (
            '{"columns": [{"name": "a", "kind": "number"}]}',
            r"s.json: column a: kind: Input should be 'category', .*\[schema\]",
        ),
        (
            '{"columns": [{"name": "a", "kind": "text", "knd": 1}]}',
            r"s.json: column a: knd: Extra inputs are not permitted; .*\[schema\]",
        ),
        (
            '{"columns": [{"name": "a", "kind": "text"}, {"name": "a", "kind": "text"}]}',
            r"s.json: columns: column 'a' is described twice; .*\[schema\]",
        ),
        (
            '{"columns": [{"name": "a", "kind": "ordered", "order": ["x", "x"]}]}',
            r"s.json: column a: the order of 'a' names a value twice; .*\[schema\]",
        ),
        (
            '{"columns": [{"name": "a", "kind": "integer", "dtype": "int7"}]}',
            r"s.json: column a: 'int7' is no Arrow type; .*\[schema\]",
        ),
        ('{"columns": ["a"]}', r"s.json: column 0: Input should be .*\[schema\]"),
    ],
)
def test_a_fault_of_a_schema_file_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
):
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text(text)
    with pytest.raises(InputError, match=words):
        Schema.load("s.json")


def test_a_schema_file_that_cannot_be_read_is_said(tmp_path: Path):
    with pytest.raises(InputError, match=r"no such file \[no-file\]"):
        Schema.load(tmp_path / "none.json")
    (tmp_path / "s.json").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match=r"cannot be read .*\[schema\]"):
        Schema.load(tmp_path / "s.json")
    with pytest.raises(InputError, match=r"cannot be read .*\[schema\]"):
        Schema.load(tmp_path)


def test_a_column_that_the_data_lack_is_named_with_the_nearest(tmp_path: Path):
    (tmp_path / "d.csv").write_text("income,age\n1,2\n")
    schema = Schema(columns=(Column(name="incme", kind="integer"),))
    with pytest.raises(InputError) as caught:
        infer(read_table(tmp_path / "d.csv"), schema)
    assert str(caught.value) == (
        f"{tmp_path}/d.csv: the schema describes a column 'incme' that the data do not have; "
        "did you mean 'income'? allowed: 'income', 'age' [no-column]"
    )
    with pytest.raises(InputError, match=r"no column 'x'; allowed: 'incme' \[no-column\]"):
        schema["x"]


@pytest.mark.parametrize(
    "kind",
    [
        *(
            pa.int64(),
            pa.float64(),
            pa.float32(),
            pa.string(),
            pa.bool_(),
            pa.date32(),
            pa.date64(),
        ),
        *(pa.timestamp("us"), pa.timestamp("ns", "Europe/Berlin"), pa.time64("us"), pa.null()),
        *(
            pa.duration("s"),
            pa.decimal128(10, 2),
            pa.uint8(),
            pa.time32("s"),
            pa.decimal256(50, 3),
        ),
    ],
)
def test_an_arrow_type_is_known_by_its_name(kind: pa.DataType):
    assert arrow_type(str(kind)) == kind
