"""Any set of pictures as a listing: a row for each with where it is, its class and its caption; none is unpacked yet.

| set | classes | captions |
|---|---|---|
| a folder of pictures | the folder that a picture lies in | `metadata.jsonl`, `.csv`, `captions.json` beside them |
| Parquet, with a column of files | a column `label` or `class` | a column `caption` or `text` |
| tar (WebDataset) | `NAME.cls` or `NAME.json` beside `NAME.png`, or folders | `NAME.txt` or `NAME.json` |
| NumPy's `.npy`, `.npz`, or arrays in memory | an array `y` or `labels` | |
| IDX (MNIST's form) | the file of labels beside it | |
| one picture, or a list of paths | | |
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.pictures import arrays
from fivefold.codecs.pictures.files import ENDINGS, is_picture
from fivefold.codecs.pictures.folders import alone, is_named, mostly, walk
from fivefold.codecs.pictures.listings import PICTURE
from fivefold.codecs.pictures.stores import ZIP, is_store, read_store
from fivefold.codecs.pictures.tars import has_pictures, is_tar, read_tar
from fivefold.codecs.places import filed
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError

KIND = "image"
HEAD = 1 << 16


def is_collection(location: str, head: bytes) -> bool:
    """Whether a file seems to hold many pictures.

    Arguments:
        location: its name.
        head: its first bytes.
    """
    return is_store(location, head) or (is_tar(head) and has_pictures(head))


def is_set(location: str, head: bytes) -> bool:
    """Whether a file seems to be a picture, or to hold many.

    Arguments:
        location: its name.
        head: its first bytes.
    """
    return is_picture(head) or is_named(location) or is_collection(location, head)


def is_set_folder(folder: Path, kind: str | None) -> bool:
    """Whether the pictures in a folder are its data: where they are asked for, or are most of its files.

    Arguments:
        folder: any.
        kind: what was asked for, None for anything.
    """
    if kind == KIND:
        return any(map(is_named, walk(folder)))
    return kind is None and mostly(folder)


def read_set(data: bytes | pa.Buffer, location: str, limits: Limits, memory: int) -> pa.Table:
    """The listing of a file of pictures.

    Arguments:
        data: its bytes, unpacked.
        location: its name.
        limits: how many bytes are unpacked.
        memory: pictures beyond so many bytes are put into a file that is mapped.

    Raises:
        InputError: where it holds no pictures, or is damaged.
    """
    head = bytes(data[:HEAD])
    if is_picture(head) or is_named(location):
        return alone(data, location)
    if is_store(location, head):
        return read_store(data, location, limits, memory)
    if is_tar(head):
        return read_tar(data, location, memory)
    raise InputError(
        "is a ZIP archive" if head.startswith(ZIP) else "is no set of pictures that can be read",
        where=location,
        hint=f"give a folder of pictures ({', '.join(ENDINGS)}), npz, npy, IDX, Parquet or tar",
        code="format",
    )


def from_memory(source: Any, kind: str | None, memory: int) -> pa.Table | None:
    """The listing of what is in memory; None where it is no pictures.

    Arguments:
        source: arrays, a list of arrays or, where pictures are asked for, of paths.
        kind: what was asked for, None for anything.
        memory: pixels beyond so many bytes are put into a file that is mapped.
    """
    if kind not in (None, KIND) or isinstance(source, str | os.PathLike):
        return None
    listed = isinstance(source, Sequence) and bool(source)
    if kind == KIND and listed and all(isinstance(path, str | os.PathLike) for path in source):
        paths = [os.fspath(path) for path in source]
        return filed(pa.table({PICTURE: pa.array(paths, pa.string())}), PICTURE)
    return arrays.from_memory(source, memory)
