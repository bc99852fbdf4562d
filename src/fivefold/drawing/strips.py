"""Pictures in the order of a way, as one strip or as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from fivefold.codecs.pictures.files import Pixels, png
from fivefold.codecs.pictures.listings import CLASS, PICTURE
from fivefold.codecs.pictures.sheets import GAP, write_pictures
from fivefold.files import write_atomically


def write_strip(table: pa.Table, path: Path) -> None:
    """Write pictures beside one another where the name ends with `.png`, else as arrays or a folder.

    Arguments:
        table: as a codec of pictures decoded them.
        path: where to.
    """
    pictures = levels(table)
    if path.suffix.lower() == ".png":
        write_atomically(path, png(rows_of(pictures, len(pictures))))
        return
    classes = table[CLASS].to_pylist() if CLASS in table.column_names else None
    write_pictures(pictures, classes, path)


def levels(table: pa.Table) -> Pixels:
    """The pictures of a decoded table, bytes with shape (n, C, H, W)."""
    column = table[PICTURE].combine_chunks()
    chunk = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return np.ascontiguousarray(chunk.to_numpy_ndarray().transpose(0, 3, 1, 2))


def rows_of(pictures: Pixels, columns: int | None = None) -> Pixels:
    """Pictures in rows, one picture with shape (C', H', W'); what lies between them is transparent.

    Arguments:
        pictures: with shape (N, C, H, W).
        columns: how many stand in a row; as many as make a square if None.

    Example:
        >>> rows_of(np.zeros((3, 1, 8, 8), np.uint8), 3).shape
        (4, 8, 28)
    """
    n, channels, height, width = pictures.shape
    columns = columns or max(1, round((n * (height + GAP) / (width + GAP)) ** 0.5))
    rows = -(-n // columns)
    size = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    found = np.zeros((4, *size), np.uint8)
    colour = pictures if channels > 1 else np.repeat(pictures, 3, axis=1)
    for i, picture in enumerate(colour):
        top, left = (height + GAP) * (i // columns), (width + GAP) * (i % columns)
        place = np.s_[top : top + height, left : left + width]
        found[(slice(3), *place)] = picture[:3]
        found[(3, *place)] = picture[3] if channels == 4 else 255
    return found
