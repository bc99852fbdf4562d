"""What is missing filled in: a part of a picture that a mask shows, the gaps of a series.

What is there is a condition; what the model draws for the rest suits it, and what is there stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.reading import read_data
from fivefold.codecs.series import SeriesCodec
from fivefold.drawing.conditional import completed
from fivefold.drawing.sampling import check
from fivefold.drawing.stretches import series_codec
from fivefold.errors import InputError
from fivefold.model import Model, load

DRAW = "draw"


def fill_picture(
    model: Model | Path | str,
    picture: Any,
    mask: Any,
    *,
    count: int = 1,
    where: Mapping[str, object] | None = None,
    seed: int = 0,
    **how: Any,
) -> pa.Table:
    """A picture with what a mask shows filled in, in the size of the model's pictures.

    Arguments:
        model: a model of pictures or its folder.
        picture: a path, the bytes of a file, or an array (H, W) or (H, W, C) of bytes.
        mask: the same, white where it is to be filled.
        count: how many fillings.
        where: the `class` of the picture, where it is known.
        seed: the same seed gives the same fillings.
        how: options of the family's sampler, such as `steps` and `guidance`.

    Returns:
        The fillings, as `sample` gives pictures.

    Raises:
        InputError: where the model is of another kind, or mask and picture differ in size.
    """
    model = model if isinstance(model, Model) else load(model)
    if not isinstance(model.codec, ImageCodec):
        raise InputError(
            f"a model of kind {model.codec.kind} fills no pictures",
            hint="fit one on pictures, or leave --mask out",
            code="kind",
        )
    how = {name: value for name, value in how.items() if value is not None}
    check(model, where, None, None, how)
    c = model.codec.damaged(picture, mask, count, where=where)
    return model.codec.decode(completed(model, c, "fill", seed, **how))


def fill_series(
    model: Model | Path | str, data: Any, *, count: int = 1, seed: int = 0, **how: Any
) -> pa.Table:
    """A series with what is missing in it filled in: empty cells, and of a regular series missing rows.

    Arguments:
        model: a model of series or its folder.
        data: a path or a table with the columns that the model was trained on.
        count: how many fillings.
        seed: the same seed gives the same fillings.
        how: options of the family's sampler.

    Returns:
        One filling: the whole table, each row in its place. Several: the rows that had gaps, with the number of the
        filling in a column `draw`.

    Raises:
        InputError: where the model is of another kind, or nothing is missing.
    """
    model = model if isinstance(model, Model) else load(model)
    codec = series_codec(model, "fills no gaps of a series")
    how = {name: value for name, value in how.items() if value is not None}
    check(model, None, None, None, how)
    table = read_data(data, kind=codec.kind)[1]
    asked = codec.gaps(table, count, seed=seed)
    rows = codec.restore(completed(model, asked.condition, "fill", seed, **how), asked)
    if count > 1:
        window = np.asarray(rows[codec.design.window])
        plain = rows.drop_columns([codec.design.window])
        return plain.append_column(DRAW, pa.array(window % count))
    return merged(codec, table, rows.drop_columns([codec.design.window]))


def merged(codec: SeriesCodec, table: pa.Table, rows: pa.Table) -> pa.Table:
    """A table with some of its rows replaced and new ones put in their place, by entity and time.

    Arguments:
        codec: of the series.
        table: as it was read.
        rows: with the columns that the codec knows; others of the table stay as they are, and empty in new rows.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(_owners(codec, table)))}
    old = [(names[name], time) for name, time in _places(codec, table)]
    new = [(names.setdefault(name, len(names)), time) for name, time in _places(codec, rows)]
    fresh = dict(zip(new, range(len(rows)), strict=True))
    kept = np.array([place not in fresh for place in old])
    at = dict(zip(old, range(len(table)), strict=True))
    filled = rows.select([name for name in table.column_names if name in rows.column_names])
    for name in table.column_names:
        if name not in rows.column_names:
            source = pa.array([at.get(place) for place in new], pa.int64())
            filled = filled.append_column(name, table[name].take(source))
    filled = filled.select(table.column_names)
    both = pa.concat_tables(
        [table.filter(pa.array(kept)).replace_schema_metadata(), filled],
        promote_options="permissive",
    )
    places = [place for place, stays in zip(old, kept, strict=True) if stays] + new
    return both.take(pa.array(sorted(range(len(places)), key=places.__getitem__), pa.int64()))


def _places(codec: SeriesCodec, table: pa.Table) -> list[tuple[str, int]]:
    clock = codec.design.clock
    times = clock.read(table[clock.column.name])[0].tolist()
    return list(zip(_owners(codec, table), times, strict=True))


def _owners(codec: SeriesCodec, table: pa.Table) -> list[str]:
    entity = codec.design.entity
    if entity is None:
        return [""] * len(table)
    return [str(value) for value in pc.cast(table[entity], pa.string()).to_pylist()]
