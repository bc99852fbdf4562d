"""Rows of a series as stretches that can be plotted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.series import SeriesCodec
from fivefold.errors import InputError
from fivefold.model import Model
from fivefold.plots.stretches import Stretches


def stretches(codec: SeriesCodec, table: pa.Table) -> Stretches:
    """The windows of a table that a codec decoded.

    Arguments:
        codec: fitted.
        table: rows with the number of their window.

    Example:
        >>> table = pa.table({"t": list(range(40)), "x": [n % 5 for n in range(40)]})
        >>> codec = SeriesCodec(length=8).fit(table)
        >>> found = stretches(codec, codec.decode(codec.encode(table, seed=0)[:2], seed=0))
        >>> found.names, len(found.values), len(found.values[0][0])
        (['x'], 2, 8)
    """
    names = [column.name for column in codec.design.columns]
    window = np.asarray(table[codec.design.window])
    starts = np.flatnonzero(np.diff(window, prepend=window[:1] - 1))
    parts = [np.split(numbers(table[name]), starts[1:]) for name in names]
    return Stretches(names, [[part.tolist() for part in row] for row in zip(*parts, strict=True)])


def series_codec(model: Model, does: str) -> SeriesCodec:
    """The codec of a model of series.

    Arguments:
        model: any.
        does: what it is wanted for, in words.

    Raises:
        InputError: where it is of another kind.
    """
    codec: Any = model.codec
    if isinstance(codec, SeriesCodec):
        return codec
    raise InputError(
        f"a model of kind {model.codec.kind} {does}",
        hint="fit one on a table with a column of times",
        code="kind",
    )


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column as floats, NaN where missing."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), np.nan), np.float64)
