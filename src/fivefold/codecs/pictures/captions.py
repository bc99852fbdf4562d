"""What a file beside pictures says of them: captions, and classes where no folder tells them.

| file | what it holds |
|---|---|
| `metadata.jsonl`, `captions.jsonl` | an object a line: `{"file_name": "a.png", "caption": "a cat"}` |
| `metadata.csv`, `captions.csv` | a line of names, then a line for each picture |
| `captions.json` | `{"a.png": "a cat"}`, or a list of such objects |
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fivefold.codecs.pictures.listings import CAPTION, CLASS
from fivefold.errors import InputError

FILES = ("metadata.jsonl", "metadata.csv", "captions.jsonl", "captions.csv", "captions.json")
LARGEST = 1 << 28
"""Bytes of such a file."""
FILE_NAMES = ("file_name", "filename", "file", "image", "path", "name")
CAPTION_NAMES = ("caption", "text", "description", "title")
CLASS_NAMES = ("class", "label", "category", "labels", "y")
COLUMNS = {CAPTION: CAPTION_NAMES, CLASS: CLASS_NAMES}


def beside(folder: Path, names: Sequence[str]) -> dict[str, list[str | None]]:
    """Captions and classes out of the files beside pictures.

    Arguments:
        folder: where the pictures are.
        names: theirs, relative to the folder.

    Returns:
        A column for each that is told of any picture.
    """
    wanted = set(names)
    told: dict[str, dict[str, str]] = {column: {} for column in COLUMNS}
    for path in (folder / name for name in FILES):
        if not path.is_file():
            continue
        for row in records(path):
            name = first(row, FILE_NAMES)
            name = None if name is None else PurePosixPath(name.replace("\\", "/")).as_posix()
            if name not in wanted:
                continue
            for column, known in COLUMNS.items():
                if (value := first(row, known)) is not None:
                    told[column][name] = value
    return {column: [found.get(name) for name in names] for column, found in told.items() if found}


def first(row: Mapping[Any, Any], names: Sequence[str]) -> str | None:
    """The word or number under the first of some names that a record has.

    Example:
        >>> first({"label": 3, "text": None}, ("text", "label"))
        '3'
    """
    values = (row.get(name) for name in names)
    return next((str(v) for v in values if isinstance(v, str | int | float)), None)


def records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records in a file of captions.

    Raises:
        InputError: where it is too large or cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"more than the limit of {LARGEST:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".csv":
            yield from csv.DictReader(io.StringIO(text, newline=""))
        elif path.suffix == ".jsonl":
            yield from _objects(json.loads(line) for line in text.split("\n") if line.strip())
        else:
            whole = json.loads(text)
            named = isinstance(whole, dict)
            yield from (
                ({FILE_NAMES[0]: name, CAPTION: said} for name, said in whole.items())
                if named
                else _objects(whole)
            )
    except (OSError, ValueError, TypeError, RecursionError, csv.Error) as fault:
        raise InputError(
            f"is no file of captions that can be read ({fault})",
            where=str(path),
            hint="mend it, or take it away from the pictures",
            code="damaged",
        ) from fault


def _objects(rows: Any) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if isinstance(row, dict))
