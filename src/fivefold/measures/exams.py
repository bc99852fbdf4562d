"""Which exam a file holds: questions with choices or programming problems, told apart by their first line."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import IO, cast

from fivefold.errors import InputError
from fivefold.measures.execution import FIELDS, LARGEST, Problem, human_eval
from fivefold.measures.questions import Question, read_questions

MARKS = {"passage": "BoolQ", "options": "CommonsenseQA", "answer": "TruthfulQA"}
"""By which field beside `question` a set of questions is known."""


def read_exam(source: Path | str) -> list[Question] | list[Problem]:
    """The questions or problems of a file.

    Arguments:
        source: JSON Lines; problems also with gzip, in a file that ends in .gz.

    Raises:
        InputError: where there is no such file, it is too big, empty or damaged, or no exam.
    """
    path = Path(source)
    if not path.is_file():
        raise InputError("no such file", where=str(source), code="no-file")
    if path.stat().st_size > LARGEST:
        raise InputError(f"is over {LARGEST >> 20} MB", where=path.name, code="too-big")
    try:
        fields = _first(path)
        if set(FIELDS) <= fields:
            return human_eval(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise InputError(
            f"cannot be unpacked ({fault})", where=path.name, code="damaged-file"
        ) from fault
    name = next((name for mark, name in MARKS.items() if {"question", mark} <= fields), None)
    if name is None or path.suffix == ".gz":
        raise InputError(
            "holds neither questions nor problems" if name is None else "is packed",
            where=path.name,
            hint="JSON Lines with question and passage, options or answer are questions, unpacked; "
            f"with {', '.join(FIELDS)} problems",
            code="no-exam",
        )
    return read_questions(name, path)


def _first(path: Path) -> set[str]:
    """The names in the first line that is not empty."""
    with cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb") as stream:
        lines = stream.read(LARGEST).split(b"\n")
    line = next((line for line in lines if line.strip()), b"")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return set()
    return set(row) if isinstance(row, dict) else set()
