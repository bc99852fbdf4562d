import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.log import LogCodec
from fivefold.codecs.reading import read_data
from fivefold.codecs.templates import Templates, fitted
from fivefold.errors import MissingExtraError

LINES = [
    f"Jun {n % 28 + 1:2d} 16:47:{n % 60:02d} host sshd[{13_000 + n}]: Failed password for "
    f"user{n} from 10.0.{n % 256}.7 port {40_000 + n} ssh2"
    for n in range(60)
] + [f"Jun  3 10:00:00 host cron[{n}]:  run  of\tjob {n}" for n in range(20)]
FORMS = [("took ", " s"), ("", " took ", ""), ("done",)]


@given(st.text(st.characters(codec="utf-8")))
def test_any_line_comes_back(line):
    alphabet = Templates(FORMS)
    assert alphabet.decode(alphabet.encode(line)) == line


@given(st.lists(st.integers(1, Templates(FORMS).size - 1)))
def test_any_symbols_are_some_line(symbols):
    assert isinstance(Templates(FORMS).decode(symbols), str)


@pytest.mark.parametrize("line", ["took 7 s", "x took 8", "done", "took", "it took 7 s", ""])
def test_lines_that_fit_a_template_in_part(line):
    alphabet = Templates(FORMS)
    assert alphabet.decode(alphabet.encode(line)) == line


def test_the_template_that_says_most_is_taken():
    assert Templates(FORMS).encode("took 7 s")[0] == 2
    assert fitted(("a ", " b"), "a x y b") is None


def test_lines_come_back_with_their_blanks_and_are_short():
    pytest.importorskip("drain3")
    table = pa.table({"line": LINES})
    codec = LogCodec().fit(table)
    data = codec.encode(table)
    assert codec.documents(data).equals(table)
    assert codec.alphabet.name == "templates"
    assert codec.notices[-1].endswith("write 100% of the lines")
    assert len(data.symbols) < 0.6 * sum(map(len, LINES))
    again = LogCodec.from_dict(codec.to_dict())
    assert again.documents(again.encode(table)).equals(table)


def test_a_line_seen_once_is_not_a_template():
    pytest.importorskip("drain3")
    codec = LogCodec().fit(pa.table({"line": [*LINES, "the secret word is swordfish"]}))
    assert not any("swordfish" in text for form in codec.alphabet.forms for text in form)


def test_symbols_bound_the_templates():
    pytest.importorskip("drain3")
    assert LogCodec(symbols=260).fit(pa.table({"line": LINES})).space.alphabet <= 260


def test_without_drain_lines_are_characters_unless_templates_are_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "drain3", None)
    monkeypatch.setitem(sys.modules, "drain3.drain", None)
    table = pa.table({"line": LINES})
    codec = LogCodec().fit(table)
    assert codec.alphabet.name == "characters"
    assert any("fivefold[events]" in notice for notice in codec.notices)
    with pytest.raises(MissingExtraError, match="events"):
        LogCodec(alphabet="templates").fit(table)


def test_written_lines_are_read_again(tmp_path):
    table = pa.table({"line": LINES})
    LogCodec(alphabet="bytes").fit(table).write(table, tmp_path / "out.log.gz")
    kind, again = read_data(str(tmp_path / "out.log.gz"))
    assert kind == "log"
    assert again["line"].to_pylist() == LINES
