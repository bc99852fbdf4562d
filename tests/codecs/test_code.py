"""Code can be said to parse, and is never run."""

from __future__ import annotations

import pyarrow as pa
import pytest

from fivefold.codecs.code import LONGEST, CodeCodec
from fivefold.errors import InputError

PYTHON = pa.table({"code": ["def f(x):\n    return x\n", "import re\n", "print('a')\n"]})


@pytest.fixture(scope="module")
def codec():
    return CodeCodec(alphabet="characters").fit(PYTHON)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("x = 1", True),
        ("", True),
        ("x = '\\d'", True),
        ("x = (", False),
        ("x = 1\0", False),
        ("(" * 5000 + ")" * 5000, False),
        ("-" * 50_000 + "1", False),
        ("x" * (LONGEST + 1), False),
        ("raise SystemExit", True),
    ],
)
def test_python_parses_or_not_and_is_not_run(codec, text, good):
    assert codec.language == "python"
    assert codec.parses(text) is good


def test_json_is_known_and_other_languages_are_unknown():
    codec = CodeCodec(alphabet="bytes").fit(pa.table({"code": ['{"a": [1, 2]}', "[3]"]}))
    assert codec.language == "json"
    assert (codec.parses('{"a": 1}'), codec.parses("{a: 1}")) == (True, False)
    assert not codec.parses("[" * 100_000)
    other = CodeCodec(alphabet="bytes").fit(pa.table({"code": ["fn main() {}"]}))
    assert other.language == "unknown"
    assert other.parses("fn") is None


def test_the_language_is_kept(codec):
    again = CodeCodec.from_dict(codec.to_dict())
    assert again.language == "python"
    assert again.describe()["language"] == "python"


def test_programs_are_written_into_files(codec, tmp_path):
    codec.write(PYTHON, tmp_path / "a.py")
    assert (tmp_path / "a-2.py").read_text() == "import re\n"
    codec.write(PYTHON.slice(1, 1), tmp_path / "b.py")
    assert (tmp_path / "b.py").read_text() == "import re\n"
    with pytest.raises(InputError, match="the ending names no form"):
        codec.write(PYTHON, tmp_path / "a.exe")
