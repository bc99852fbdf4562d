"""Every kind of source as data of its kind, recognised or said; every fault with its words."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fivefold.codecs import CODECS, read_data
from fivefold.codecs.places import LANGUAGE, NOTICES
from fivefold.codecs.sniffing import COLUMNS, ENDINGS, KINDS
from fivefold.errors import InputError

PROSE = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n\n"
ABC = "X:1\nT:Air\nK:G\nGABc\n\nX:2\nK:D\ndefg\n"
FASTA = ">one\nMKVLAAGI\n>two\nGGHHKLMN\n"
LOG = "".join(f"2024-05-01 10:00:{k:02d} INFO started worker {k}\n" for k in range(20))
SMILES = "CC(=O)O\nc1ccccc1Cl\nCC(C)Cc1ccc(cc1)C(C)C(=O)O\nC1CCCCC1\n"
XES = (
    '<?xml version="1.0"?><log><trace><event><string key="concept:name" value="a"/>'
    '<date key="time:timestamp" value="2012-04-01T10:00:00+02:00"/></event></trace></log>'
)
EVENTS = "case:concept:name,concept:name,time:timestamp\n1,a,2012-04-01T10:00:00\n1,b,2012-04-01T11:00:00\n"
GRID = "age,job\n39,clerk\n50,none\n28,cook\n"


def notices(table):
    return json.loads((table.schema.metadata or {}).get(NOTICES, b"[]"))


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.parametrize(
    ("name", "content", "kind", "rows"),
    [
        ("a.txt", PROSE, "text", 1),
        ("a.md", "# Title\n\nage,job\n1,2\n3,4\n", "text", 1),
        ("a", PROSE, "text", 1),
        ("a.txt", GRID, "table", 3),
        ("a.csv", GRID, "table", 3),
        ("a.py", "x = 1\n", "code", 1),
        ("a.rs", "fn main() {}\n", "code", 1),
        ("a.abc", ABC, "music", 2),
        ("a.txt", ABC, "music", 2),
        ("a.fasta", FASTA, "protein", 2),
        ("a", FASTA, "protein", 2),
        ("a.log", LOG, "log", 20),
        ("a.txt", LOG, "log", 20),
        ("a.smi", SMILES, "molecule", 4),
        ("a.txt", SMILES, "molecule", 4),
        ("a.xes", XES, "events", 1),
        ("a.xml", XES, "events", 1),
        ("a.csv", EVENTS, "events", 1),
        ("a.csv", "SMILES,split\n" + SMILES.replace("\n", ",train\n"), "molecule", 4),
        ("a.csv", "smiles,city\nhappy,Rome\nsad,Bonn\n", "table", 2),
        ("a.csv", "sequence,active\nMKVLAAGI,1\nGGHHKLMN,0\n", "protein", 2),
        ("a.csv", "time,event,age\n1,2,3\n4,5,6\n", "table", 2),
        (
            "a.csv",
            'review\n"good, but too long for my taste"\n"never again, I promise you that"\n',
            "text",
            2,
        ),
        ("a.csv", "job\n" + "clerk\ncook\n" * 20, "table", 40),
        ("a.jsonl", jsonl({"text": PROSE, "id": 1}, {"text": PROSE * 2, "id": 2}), "text", 2),
        ("a.jsonl", jsonl({"age": 1, "job": "a"}, {"age": 2, "job": "b"}), "table", 2),
        ("a.json", json.dumps([{"age": 1}, {"age": 2}]), "table", 2),
        ("a.jsonl", jsonl({"code": "def f(x):\n    return x + 1  # as said\n"}), "code", 1),
        ("a.jsonl", jsonl({"abc": "X:1\nK:G\nGABc\n"}, {"abc": "X:2\nK:G\nG\n"}), "music", 2),
    ],
)
def test_the_kind_is_recognised(put, name, content, kind, rows):
    found, table = read_data(put(name, content))
    assert (found, table.num_rows) == (kind, rows)
    if kind != "table":
        assert table.column_names == [COLUMNS[kind]]
        assert CODECS[kind].column == COLUMNS[kind]


def test_packing_does_not_matter(put):
    plain = read_data(put("a.txt", PROSE))
    assert read_data(put("b.txt.gz", gzip.compress(PROSE.encode())))[1].equals(plain[1])


def test_a_frame_a_list_and_a_bundled_table():
    assert read_data("adult")[0] == "table"
    assert read_data({"age": [1, 2]})[0] == "table"
    assert read_data(pa.table({"text": [PROSE, PROSE + "."]}))[0] == "text"
    kind, table = read_data(["CCO", "CC(=O)O"], kind="molecule")
    assert (kind, table.column_names) == ("molecule", ["smiles"])
    assert read_data(["a", "b"])[1].to_pydict() == {"text": ["a", "b"]}


def test_kind_and_column_override(put):
    path = put("a.csv", "age,job,note\n1,clerk,x\n2,cook,y\n")
    assert read_data(path)[0] == "table"
    kind, table = read_data(path, column="job")
    assert (kind, table.to_pydict()) == ("text", {"text": ["clerk", "cook"]})
    assert notices(table) == [
        f"{path}: the column 'job' is taken as text; not kept: age, note"
    ] or (notices(table) == ["the column 'job' is taken as text; not kept: age, note"])
    assert read_data(path, kind="code", column="note")[1].to_pydict() == {"code": ["x", "y"]}
    assert read_data(put("b.txt", GRID), kind="text")[1].to_pydict() == {"text": [GRID]}
    assert read_data(put("c.py", "x\n"), kind="text")[0] == "text"
    assert read_data(put("d.txt", "a,b\n1,2\n"), kind="table")[1].num_rows == 1
    events = read_data(put("e.csv", "id,step\n1,a\n1,b\n"), column="case=id,activity=step")
    assert events[0] == "events"


def test_a_text_can_be_taken_by_lines_paragraphs_or_whole(put):
    path = put("a.txt", "one\ntwo\r\n\n\nthree\n")
    cut = {
        unit: read_data(path, column=unit)[1]["text"].to_pylist() for unit in ("line", "paragraph")
    }
    assert cut == {"line": ["one", "two", "three"], "paragraph": ["one\ntwo", "three"]}
    assert read_data(path, column="document")[1]["text"].to_pylist() == ["one\ntwo\r\n\n\nthree\n"]


def test_a_long_text_is_taken_as_sections_that_join_to_it(put):
    text = PROSE * 500
    _, table = read_data(put("a.txt", text))
    sections = table["text"].to_pylist()
    assert "".join(sections) == text
    assert 5 < len(sections) < 20
    assert all(section.endswith("\n\n") for section in sections)
    assert notices(table) == [
        f"one long text: taken as {len(sections)} sections, cut at blank lines or lines"
    ]
    assert read_data(put("b.txt", text), column="document")[1].num_rows == 1


def test_a_list_of_names_is_a_document_a_line(put):
    names = "".join(f"{'an' * (k % 7 + 1)}{k}\n" for k in range(200))
    assert read_data(put("names.txt", names))[1].num_rows == 200
    wrapped = "".join("word " * 12 + "x" * (k % 9) + "\n" for k in range(200))
    assert read_data(put("b.txt", wrapped))[1].num_rows < 10


class TestFolders:
    def test_every_file_is_a_document_and_one_notice_says_what_is_left_out(self, put, tmp_path):
        put("in/a.txt", "one\n")
        put("in/deep/b.md", "two\n")
        put("in/c.txt", " \n")
        put("in/.git/config", "secret\n")
        put("in/.hidden.txt", "secret\n")
        put("in/logo.png", b"\x89PNG\r\n\x1a\n" + bytes(1000))
        put("in/empty.txt", "")
        put("in/small.csv", "a,b\n1,2\n")
        kind, table = read_data(tmp_path / "in")
        assert (kind, table.to_pydict()) == (
            "text",
            {"text": ["one\n", "two\n"]},
        ) or kind == "table"
        kind, table = read_data(tmp_path / "in", kind="text")
        assert table.to_pydict() == {"text": ["one\n", "two\n"]}
        (said,) = notices(table)
        assert said.startswith("6 of 8 files were left out: ")
        for part in (
            "2 hidden (first: .git)",
            "1 binary (logo.png)",
            "2 empty (first: empty.txt)",
            "1 of another kind (small.csv)",
        ):
            assert part in said

    def test_code_remembers_its_language(self, put, tmp_path):
        put("in/a.py", "x = 1\n" * 10)
        put("in/b.c", "int x;\n")
        put("in/README.md", "code\n")
        kind, table = read_data(tmp_path / "in")
        assert (kind, table.num_rows) == ("code", 2)
        assert table.schema.metadata[LANGUAGE] == b"python"
        assert "bytes in each language: python 60, c 7" in notices(table)
        codec = CODECS["code"](alphabet="characters").fit(table)
        assert codec.language == "python"
        assert (codec.parses("x = 1"), codec.parses("x = (")) == (True, False)

    def test_shards_are_one_text_or_one_table(self, put, tmp_path):
        for number in range(3):
            sink = io.BytesIO()
            pq.write_table(pa.table({"text": [PROSE + str(number)], "id": [number]}), sink)
            put(f"in/{number}.parquet", sink.getvalue())
        kind, table = read_data(tmp_path / "in")
        assert (kind, table["text"].to_pylist()) == ("text", [PROSE + str(n) for n in range(3)])
        assert notices(table) == [
            "3 files (first: 0.parquet): the column 'text' is taken as text; not kept: id"
        ]
        for number in range(2):
            put(f"tab/{number}.csv", f"age,job\n{number},a\n7,b\n")
        kind, table = read_data(tmp_path / "tab")
        assert (kind, table["age"].to_pylist()) == ("table", [0, 7, 1, 7])

    def test_few_long_files_are_cut_so_that_some_can_be_held_out(self, put, tmp_path):
        put("in/a.txt", PROSE * 800)
        put("in/b.txt", PROSE * 800)
        _, table = read_data(tmp_path / "in")
        assert table.num_rows >= 16
        assert "".join(table["text"].to_pylist()) == PROSE * 1600

    def test_what_cannot_be_read_is_an_error(self, put, tmp_path):
        put("in/a.bin", bytes(100))
        with pytest.raises(
            InputError, match=r"holds no file that can be read; there are 1 binary \(a.bin\)"
        ):
            read_data(tmp_path / "in")
        put("in/a.txt", "text\n")
        with pytest.raises(
            InputError, match=r"holds no file of kind music; there are 1 binary .*1 text"
        ):
            read_data(tmp_path / "in", kind="music")
        put("in/b.txt", b"caf\xe9\n")
        with pytest.raises(InputError, match=r"b.txt: byte 3 \(0xe9\) is no utf-8 character"):
            read_data(tmp_path / "in")
        (tmp_path / "none").mkdir()
        with pytest.raises(InputError, match="there are no files"):
            read_data(tmp_path / "none")
        put("bad/a.csv", "a\n1\n2\n")
        put("bad/b.csv", "a\nx\ny\n")
        with pytest.raises(InputError, match="its tables do not fit together"):
            read_data(tmp_path / "bad")


class TestFaults:
    def test_unknown_kind_and_columns_list_what_there_is(self, put):
        with pytest.raises(
            InputError, match="no kind of data is called 'video'; one of: table, text"
        ):
            read_data([], kind="video")
        path = put("a.csv", "age,job\n1,a\n2,b\n")
        with pytest.raises(
            InputError, match=r"no column 'note'; say --column; there are: age \(int64\), job"
        ):
            read_data(path, column="note")
        with pytest.raises(InputError, match="column 'age' holds no words but int64"):
            read_data(path, kind="text", column="age")
        with pytest.raises(InputError, match="no column holds data of kind protein"):
            read_data(path, kind="protein")
        with pytest.raises(InputError, match="no column holds data of kind text"):
            read_data({"age": [1, 2]}, kind="text")
        with pytest.raises(
            InputError, match="has no column 'job'; --column may be one of: document"
        ):
            read_data(put("b.txt", PROSE), column="job")
        with pytest.raises(InputError, match="is a file of kind music, which has no columns"):
            read_data(put("b.abc", ABC), column="job")
        with pytest.raises(InputError, match="holds no tune"):
            read_data(put("c.txt", PROSE), kind="music")
        with pytest.raises(InputError, match="no such file"):
            read_data("nowhere.txt")

    def test_empty_texts(self, put):
        with pytest.raises(InputError, match="is empty"):
            read_data(put("a.txt", " \n"))
        with pytest.raises(InputError, match="column 'text' is empty"):
            read_data({"text": ["", " ", None]}, kind="text")
        _, table = read_data({"text": ["a", "", None]}, kind="text")
        assert table.to_pydict() == {"text": ["a"]}
        assert notices(table) == ["2 of 3 rows are empty and were left out"]

    def test_binary_and_foreign_files(self, put):
        with pytest.raises(InputError, match=r"a.txt: is binary data \(a NUL at byte 3\)"):
            read_data(put("a.txt", b"abc\0def"))
        with pytest.raises(InputError, match="is a ZIP archive or a spreadsheet"):
            read_data(put("a.xlsx", b"PK\x03\x04" + bytes(50)))
        with pytest.raises(InputError, match=r"is binary data .*control characters"):
            read_data(put("b", bytes(range(1, 32)) * 20))

    def test_encodings(self, put):
        path = put("a.txt", "caf\u00e9 " * 3_000_000)
        assert read_data(path)[0] == "text"
        bad = path.read_bytes()[:9_000_001] + b"\xff" + b"x"
        path.write_bytes(bad)
        with pytest.raises(
            InputError, match=r"byte 9,000,00\d \(0x\w\w\) is no utf-8 character; name the enc"
        ):
            read_data(path)
        latin = put("b.txt", "caf\u00e9".encode("latin-1"))
        with pytest.raises(InputError, match="--encoding latin-1"):
            read_data(latin)
        assert read_data(latin, encoding="latin-1")[1]["text"].to_pylist() == ["café"]
        for name in ("utf-8-sig", "utf-16", "utf-32"):
            assert read_data(put("c.txt", "猫 café".encode(name)))[1]["text"].to_pylist() == [
                "猫 café"
            ]
        little = put("d.txt", "cats".encode("utf-16-le"))
        assert read_data(little, encoding="utf-16-le")[1]["text"].to_pylist() == ["cats"]
        for name in ("klingon", "base64"):
            with pytest.raises(InputError, match=f"no encoding of text is called '{name}'"):
                read_data(latin, encoding=name)
        with pytest.raises(InputError, match="a NUL among its characters"):
            read_data(put("e.txt", "a\0b".encode("utf-16-le")), encoding="utf-16-le")


class TestLarge:
    """Sources beyond a small limit are mapped, and read as those in memory are."""

    def same(self, path, **how):
        held, mapped = read_data(path, **how), read_data(path, **how, memory=1000)
        assert held[0] == mapped[0]
        assert held[1].equals(mapped[1])
        codec = CODECS[held[0]](alphabet="characters").fit(held[1])
        assert codec.encode(held[1]).digest() == codec.encode(mapped[1], memory=1000).digest()
        return mapped[1]

    def test_text_files_plain_and_packed(self, put):
        self.same(put("a.txt", PROSE * 300))
        self.same(put("a.txt.gz", gzip.compress(PROSE.encode() * 300)))
        self.same(put("a.txt", PROSE * 300), column="line")
        self.same(put("b.abc", ABC * 100))
        self.same(put("c.fasta", FASTA * 100))

    def test_json_lines(self, put, monkeypatch):
        rows = [{"text": PROSE + str(k), "id": k} for k in range(100)]
        path = put("a.jsonl", jsonl(*rows, {"id": 7}, {"text": None}))
        assert self.same(path).num_rows == 100
        monkeypatch.setattr("fivefold.codecs.streams.PIECE", 500)
        assert self.same(path).num_rows == 100
        path.write_text(path.read_text() + '{"text": \n')
        with pytest.raises(InputError, match=r"a.jsonl:103: is not JSON"):
            read_data(path, memory=1000)
        path.write_text(jsonl(*rows, *[{"text": k} for k in range(200)]))
        with pytest.raises(InputError, match=r"a.jsonl near line \d+: the key 'text' holds int64"):
            read_data(path, memory=1000)

    def test_parquet(self, put):
        sink = io.BytesIO()
        table = pa.table({"id": range(900), "text": [PROSE + str(k) for k in range(900)]})
        pq.write_table(table, sink, row_group_size=100)
        assert self.same(put("a.parquet", sink.getvalue())).num_rows == 900
        sink = io.BytesIO()
        pq.write_table(pa.table({"age": range(900)}), sink)
        path = put("b.parquet", sink.getvalue())
        assert read_data(path, memory=10)[1].equals(read_data(path)[1])

    def test_folders(self, put, tmp_path):
        for number in range(30):
            put(f"in/{number:02}.txt", PROSE + str(number))
        self.same(tmp_path / "in")

    def test_temporary_files_go(self, put, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        self.same(put("a.txt.gz", gzip.compress(PROSE.encode() * 300)), column="line")
        assert not list((tmp_path / "temporary").iterdir())

    def test_one_long_line_is_never_copied(self, put):
        size = 24 << 20
        path = put("a.txt", b"abcdefgh" * (size // 8))
        before = pa.default_memory_pool().max_memory()
        tracemalloc.start()
        try:
            kind, table = read_data(path, column="document", memory=1 << 20)
            codec = CODECS[kind](alphabet="bytes").fit(table)
            tracemalloc.reset_peak()
            data = codec.encode(table, memory=1 << 20)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert table.num_rows == 1
        assert len(data.symbols) == size + 2
        assert peak < 3 * size
        assert pa.default_memory_pool().max_memory() - before < size

    def test_more_than_two_gigabytes_have_wide_offsets(self, put, monkeypatch):
        monkeypatch.setattr("fivefold.codecs.documents.NARROW", 1000)
        kind, table = read_data(put("a.txt", PROSE * 300))
        assert table.schema.field("text").type == pa.large_string()
        codec = CODECS[kind](alphabet="characters").fit(table)
        assert (
            codec.documents(codec.encode(table))["text"].to_pylist() == table["text"].to_pylist()
        )
        self.same(put("b.txt", PROSE * 300))


def test_damaged_files_of_any_ending_are_read_or_refused(tmp_path):
    draw = random.Random(0)
    seeds = [
        PROSE,
        ABC,
        FASTA,
        LOG,
        SMILES,
        XES,
        EVENTS,
        GRID,
        jsonl({"text": "abc", "id": 3}) * 5,
    ]
    marks = b"\n\r,;\"'{}[]>:X \t\0\xff\xfe1aC"
    read, places = 0, []
    for _ in range(600):
        data = bytearray(draw.choice(seeds).encode())
        for _ in range(draw.choice([0, 1, 5])):
            place = draw.randrange(len(data))
            data[place : place + draw.randrange(3)] = bytes(
                draw.choices(marks, k=draw.randrange(3))
            )
        path = tmp_path / f"f{draw.choice([*ENDINGS, '.txt', '.md', ''])}"
        path.write_bytes(data)
        try:
            kind, table = read_data(path, kind=draw.choice([None, None, *KINDS]))
        except InputError as fault:
            places.append(fault.where.startswith(str(path)))
        else:
            read += 1
            assert table.num_rows
            assert kind in KINDS
        path.unlink()
    assert read > 60
    assert all(places)


def test_reading_needs_no_torch_and_no_extra():
    script = (
        "import sys; from fivefold.codecs.reading import read_data; read_data(['a']); "
        "read_data({'smiles': ['CC(=O)O', 'c1ccccc1']}, kind='text', column='smiles'); "
        "print([m for m in ('torch', 'tokenizers', 'rdkit', 'mido', 'drain3') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_every_kind_has_a_codec():
    assert set(CODECS) == set(KINDS)
    assert {kind: CODECS[kind].column for kind in COLUMNS} == COLUMNS
