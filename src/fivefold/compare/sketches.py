"""What is simple to say of each picture, or of each step of a series: tables that can be laid beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.classes import words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.files import Pixels
from fivefold.codecs.pictures.listings import CLASS, pictures

MOST = 4_000
"""The most pictures that are looked at."""


def sketch(codec: ImageCodec, table: pa.Table) -> pa.Table:
    """What is simple to say of each picture: how bright it is, how much it varies, how much neighbours differ.

    Arguments:
        codec: fitted.
        table: a listing.
    """
    x = levels_of(codec, table, len(table)).astype(np.float32)
    columns: dict[str, Any] = {
        "brightness": x.mean((1, 2, 3)),
        "contrast": x.std((1, 2, 3)),
        "edges, across": np.abs(np.diff(x, axis=3)).mean((1, 2, 3)),
        "edges, down": np.abs(np.diff(x, axis=2)).mean((1, 2, 3)),
    }
    names = {3: ("red", "green", "blue"), 4: ("red", "green", "blue", "opacity")}
    for place, name in enumerate(names.get(x.shape[1], ())):
        columns[name] = x[:, place].mean((1, 2))
    columns = {name: pa.array(np.round(values, 2)) for name, values in columns.items()}
    if codec.classes:
        columns[CLASS] = pa.array([word or "none" for word in words_of(table)], pa.string())
    return pa.table(columns)


def sketch_pictures(real: pa.Table, synthetic: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Two listings in the form of the first, as tables."""
    codec = ImageCodec().fit(real)
    found = []
    for table in (real, synthetic):
        rows = np.linspace(0, len(table) - 1, min(MOST, len(table))).round().astype(np.int64)
        found.append(sketch(codec, table.take(pa.array(rows))))
    return found[0], found[1]


def sketch_series(real: pa.Table, synthetic: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The columns of numbers that two tables have in common."""
    names = [
        field.name
        for field in real.schema
        if (pt.is_integer(field.type) or pt.is_floating(field.type) or pt.is_decimal(field.type))
        and field.name in synthetic.column_names
    ]
    found = [table.select(names).replace_schema_metadata() for table in (real, synthetic)]
    return found[0], found[1]


SKETCHES: dict[str, Callable[[pa.Table, pa.Table], tuple[pa.Table, pa.Table]]] = {
    "image": sketch_pictures,
    "series": sketch_series,
    "track": sketch_series,
}
"""How data of a kind become tables that are laid beside each other."""


def levels_of(codec: ImageCodec, table: pa.Table, most: int) -> Pixels:
    """At most so many pictures of a listing, bytes with shape (n, C, H, W)."""
    found = pictures(table.slice(0, most), codec.form)
    levels: NDArray[np.uint8] = np.stack([one for _, one in Faults(skip=False).without(found)])
    return levels
