"""Sets of pictures as a listing: a row for each with where it is, its class and its caption; none is unpacked yet.

| set | classes | captions |
|---|---|---|
| a folder of pictures | the first folder that a picture lies in | `metadata.jsonl`, `.csv` or `captions.json` beside them |
| Parquet, with a column of files | a column `label` or `class` | a column `caption` or `text` |
| tar (WebDataset) | `NAME.cls` beside `NAME.png` | `NAME.txt` or `NAME.json` |
| NumPy `.npy`, `.npz` | an array `y`, `labels` or `arr_1` | |
| IDX (MNIST's form) | the file of labels beside it | |

The column `picture` holds paths, files as bytes, or pixels (a tensor of H x W x C bytes).
"""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.picturefiles import ENDINGS
from fivefold.codecs.places import noted, remember
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError

PICTURE, NAME, CLASS, CAPTION = "picture", "name", "class", "caption"
CAPTIONS = ("metadata.jsonl", "metadata.csv", "captions.jsonl", "captions.csv", "captions.json")
CAPTION_NAMES = ("caption", "text", "description", "title")
CLASS_NAMES = ("class", "label", "category", "labels", "y")
FILE_NAMES = ("file_name", "file", "filename", "image", "path", "name")
IDX_IMAGES, IDX_LABELS = b"\0\0\x08\x03", b"\0\0\x08\x01"
MOST_MEMBERS = 1 << 26
ARRAYS = ("x", "images", "image", "pictures", "data", "x_train", "arr_0")
LABELS = ("y", "labels", "label", "classes", "y_train", "arr_1")


def read_pictures(location: str, limits: Limits) -> pa.Table:
    """The listing of a set of pictures.

    Arguments:
        location: a folder, a picture, or a file of one of the forms above.
        limits: how many bytes are read of a file that is not mapped.

    Raises:
        InputError: where there is no picture in it.
    """
    path = Path(location)
    if path.is_dir():
        table = _folder(path)
    elif path.suffix.lower() in ENDINGS:
        table = pa.table({PICTURE: [str(path)], NAME: [path.name]})
    else:
        table = _file(path, limits)
    memory = table.schema.metadata
    table = remember(table, location, lined=False)
    return table if not memory else table.replace_schema_metadata({**memory, **table.schema.metadata})


def _file(path: Path, limits: Limits) -> pa.Table:
    with path.open("rb") as stream:
        head = stream.read(8)
    if path.stat().st_size > limits.size:
        raise InputError(
            f"holds more than the limit of {limits.size:,} bytes",
            where=str(path),
            hint="unpack it into a folder",
            code="too-large",
        )
    try:
        if head.startswith(IDX_IMAGES):
            return _idx(path)
        if head.startswith(b"\x93NUMPY"):
            return _arrays({"x": _npy(path)}, str(path))
        if head.startswith(b"PK\x03\x04"):
            return _npz(path, limits)
        return _tar(path, limits)
    except InputError:
        raise
    except (OSError, ValueError, EOFError, KeyError, struct.error, zipfile.BadZipFile, tarfile.TarError) as fault:
        raise InputError(
            f"is no set of pictures that can be read ({fault})",
            where=str(path),
            hint="give a folder of pictures, npz, IDX, Parquet or tar",
            code="damaged",
        ) from fault


def _folder(folder: Path) -> pa.Table:
    """Every picture of a folder and the folders in it, in the order of their names."""
    names, left = [], []
    for place, inner, files in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(files):
            inside = (Path(place) / name).relative_to(folder).as_posix()
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                names.append(inside)
            elif name.lower() not in CAPTIONS:
                left.append(inside)
    if not names:
        raise InputError(
            "holds no picture", where=str(folder), hint=f"endings: {', '.join(ENDINGS)}", code="empty"
        )
    columns: dict[str, Any] = {PICTURE: [str(folder / name) for name in names], NAME: names}
    firsts = [PurePosixPath(name).parts[0] if "/" in name else None for name in names]
    if len(set(firsts)) > 1:
        columns[CLASS] = firsts
    for name, found in _captions(folder, names).items():
        columns.setdefault(name, found)
    said = f"{len(left):,} files are no pictures and were left out (first: {left[0]})" if left else ""
    return noted(pa.table(columns), [said] if left else [])


def _captions(folder: Path, names: list[str]) -> dict[str, list[str | None]]:
    """Captions and classes out of a file beside the pictures."""
    rows: dict[str, Mapping[str, Any]] = {}
    for name in CAPTIONS:
        path = folder / name
        if path.is_file():
            for row in _records(path):
                key = next((str(row[k]) for k in FILE_NAMES if k in row), None)
                if key is not None:
                    rows[key] = row
    found: dict[str, list[str | None]] = {}
    for column, known in ((CAPTION, CAPTION_NAMES), (CLASS, CLASS_NAMES)):
        values = [
            next((str(rows[name][k]) for k in known if rows[name].get(k) is not None), None)
            if name in rows
            else None
            for name in names
        ]
        if any(value is not None for value in values):
            found[column] = values
    return found


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file of captions."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        if path.suffix == ".csv":
            yield from csv.DictReader(io.StringIO(text))
        elif path.suffix == ".jsonl":
            yield from (row for line in text.splitlines() if line.strip() and isinstance(row := json.loads(line), dict))
        else:
            whole = json.loads(text)
            if isinstance(whole, dict):
                yield from ({"file_name": k, "caption": v} for k, v in whole.items() if isinstance(v, str))
            else:
                yield from (row for row in whole if isinstance(row, dict))
    except (ValueError, RecursionError, csv.Error) as fault:
        raise InputError(
            f"is no file of captions that can be read ({fault})", where=str(path), hint="mend it or take it away", code="damaged"
        ) from fault


def _npy(source: Any) -> NDArray[Any]:
    found: NDArray[Any] = np.load(source, mmap_mode="r" if isinstance(source, Path) else None, allow_pickle=False)
    return found
