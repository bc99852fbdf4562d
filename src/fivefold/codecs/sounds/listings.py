"""A set of sounds as a table with a row for each: where it is, its name and its class.

The column `sound` holds paths, files as bytes, or samples; it is gone through one sound at a time, and nothing is
unpacked before. A damaged sound comes as the fault that it is, in its place. The rate of samples is remembered by the
table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from fivefold.codecs.pictures.listings import each, is_bytes, words
from fivefold.codecs.places import RATE, place
from fivefold.codecs.sounds.files import Look, Waves, brought, check, look, samples
from fivefold.errors import InputError

if TYPE_CHECKING:
    from fivefold.codecs.sounds.spectra import Form

SOUND = "sound"
Source = bytes | str | Waves


def looks(table: pa.Table, rate: int | None = None) -> Iterator[Look | InputError]:
    """What the head of each sound says.

    Arguments:
        table: a listing.
        rate: of samples whose table does not tell.
    """
    known = rate_of(table, rate)
    return each(table, _sources, lambda source, where: _look(source, where, known), thing=SOUND)


def windows(
    table: pa.Table, form: Form, rows: Sequence[int] | None = None
) -> Iterator[Waves | InputError]:
    """Each sound in a form, with shape (K, T): a long one is cut into K windows, a short one followed by silence.

    Arguments:
        table: a listing.
        form: what they are brought to.
        rows: the rows of the sounds; None for all.
    """
    known = rate_of(table, form.rate)

    def cut(source: Source, where: str) -> Waves:
        return in_windows(_samples(source, where, known, form.rate), form.samples)

    return each(table, _sources, cut, rows, SOUND)


def in_windows(found: Waves, size: int) -> Waves:
    """Samples (n,) as windows (K, size) one behind the other; a rest of less than half a window is left out.

    Example:
        >>> in_windows(np.arange(5, dtype=np.float32), 2).tolist()
        [[0.0, 1.0], [2.0, 3.0], [4.0, 0.0]]
    """
    count = max(1, math.ceil(len(found) / size - 0.5 + 1e-9))
    kept = found[: count * size]
    return np.pad(kept, (0, count * size - len(kept))).reshape(count, size)


def rate_of(table: pa.Table, asked: int | None = None) -> int:
    """The rate of the samples in a listing.

    Arguments:
        table: a listing.
        asked: what it is where the table does not tell.

    Returns:
        Samples a second; 0 where nothing is known.
    """
    told = (table.schema.metadata or {}).get(RATE, b"")
    return int(told) if told.isdigit() and len(told) < 10 else asked or 0


def _look(source: Source, where: str, rate: int) -> Look:
    if not isinstance(source, np.ndarray):
        return look(source, where)
    if not rate:
        raise InputError(
            "how many samples are a second is told nowhere",
            where=where,
            hint="say it with --rate, or beside the samples as `rate`",
            code="rate",
        )
    seen = Look(len(source), rate)
    check(seen, where)
    return seen


def _samples(source: Source, where: str, known: int, rate: int) -> Waves:
    if isinstance(source, np.ndarray):
        return brought(source, known, rate, where)
    return samples(source, where, rate)


def _sources(table: pa.Table) -> Iterator[Source | None]:
    column = listed(table)
    kind = column.type
    if pt.is_string(kind) or pt.is_large_string(kind):
        yield from words(column)
        return
    for chunk in column.chunks:
        for scalar in chunk:
            if scalar.is_valid and not is_bytes(kind):
                yield np.asarray(scalar.values).astype(np.float32)
            else:
                yield scalar.as_py()


def listed(table: pa.Table) -> pa.ChunkedArray:
    """The column of sounds.

    Raises:
        InputError: where there is none.
    """
    if SOUND in table.column_names:
        kind = table[SOUND].type
        if any(is_(kind) for is_ in (pt.is_string, pt.is_large_string, is_bytes, is_samples)):
            return table[SOUND]
    raise InputError(
        f"no column {SOUND!r} of paths, files or samples",
        where=place(table.schema.metadata),
        hint=f"there are: {', '.join(f'{f.name} ({f.type})' for f in table.schema)[:600]}",
        code="no-column",
    )


def is_samples(kind: Any) -> bool:
    """Whether a column holds lists of numbers."""
    listed = pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind)
    return bool(listed and pt.is_floating(kind.value_type))


def column_of(waves: Waves) -> pa.Array:
    """Samples with shape (N, T) as a column, not copied.

    Example:
        >>> column_of(np.zeros((2, 4), np.float32)).type
        FixedSizeListType(fixed_size_list<item: float>[4])
    """
    return pa.FixedSizeListArray.from_arrays(pa.array(waves.reshape(-1)), waves.shape[1])
