"""Any set of sounds as a listing: a row for each with where it is and its class; none is unpacked yet.

| set | classes |
|---|---|
| a folder of sounds | the folder that a sound lies in |
| Parquet, with a column of files or of samples | a column `label` or `class` |
| NumPy's `.npz`: `x` (N, T) and `rate`, `.npy` with `--rate`, or arrays in memory | an array `y` or `labels` |
| one sound, to be cut into windows, or a list of paths | |
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from fivefold.codecs.pictures import folders
from fivefold.codecs.pictures.arrays import CLASSES, is_array, words
from fivefold.codecs.pictures.folders import is_named, mostly, walk
from fivefold.codecs.pictures.listings import CLASS
from fivefold.codecs.pictures.rows import begins, beside, is_file, no_column, shelved
from fivefold.codecs.pictures.stores import NUMPY, ZIP, array_in, guarded, members
from fivefold.codecs.places import RATE, SOURCE, filed, noted, remember
from fivefold.codecs.sounds.files import ENDINGS, is_sound
from fivefold.codecs.sounds.listings import SOUND, column_of, is_samples
from fivefold.codecs.sources import Limits
from fivefold.codecs.spools import Spool
from fivefold.errors import InputError

if TYPE_CHECKING:
    from fivefold.codecs.streams import Rows

KIND = "sound"
SAMPLES = ("x", "sound", "sounds", "audio", "waves", "waveforms", "samples", "data", "arr_0")
RATES = ("rate", "sample_rate", "sampling_rate", "sr")
PIECE = 1 << 24


def is_set(location: str, data: bytes | pa.Buffer) -> bool:
    """Whether a file seems to be a sound, or to hold many.

    Arguments:
        location: its name.
        data: its bytes.
    """
    head = bytes(data[:32])
    if location.lower().endswith(".npz") and head.startswith(ZIP):
        return _tells_rate(data)
    return is_sound(head) or is_named(location, ENDINGS)


def _tells_rate(data: bytes | pa.Buffer) -> bool:
    try:
        with zipfile.ZipFile(pa.BufferReader(data)) as archive:
            return any(f"{name}.npy" in archive.NameToInfo for name in RATES)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def is_set_folder(folder: Path, kind: str | None) -> bool:
    """Whether the sounds in a folder are its data: where they are asked for, or are most of its files.

    Arguments:
        folder: any.
        kind: what was asked for, None for anything.
    """
    if kind == KIND:
        return any(is_named(name, ENDINGS) for name in walk(folder))
    return kind is None and mostly(folder, ENDINGS)


def read_folder(folder: Path) -> pa.Table:
    """The listing of the sounds in a folder and the folders in it."""
    return folders.read_folder(folder, SOUND, ENDINGS)


def read_set(data: bytes | pa.Buffer, location: str, limits: Limits, memory: int) -> pa.Table:
    """The listing of a file of sounds.

    Arguments:
        data: its bytes, unpacked.
        location: its name.
        limits: how many bytes are unpacked.
        memory: samples beyond so many bytes are put into a file that is mapped.

    Raises:
        InputError: where it holds no sounds, or is damaged.
    """
    head = bytes(data[:32])
    if head.startswith(NUMPY):
        return table_of(guarded(lambda: array_in(data, location), location), location, memory)
    if head.startswith(ZIP) and location.lower().endswith(".npz"):
        return guarded(lambda: _npz(data, location, limits, memory), location)
    if is_sound(head) or is_named(location, ENDINGS):
        return folders.alone(data, location, SOUND, ENDINGS)
    raise InputError(
        "is no set of sounds that can be read",
        where=location,
        hint=f"give a folder of sounds ({', '.join(ENDINGS)}), npz, npy or Parquet",
        code="format",
    )


def _npz(data: bytes | pa.Buffer, where: str, limits: Limits, memory: int) -> pa.Table:
    found = members(data, where, chosen, limits, memory)
    if isinstance(found, str):
        raise InputError(
            "holds no array of sounds",
            where=where,
            hint=f"give x (N, T) and rate; there are: {found[:600]}",
            code="shape",
        )
    (x, y, rate), names, others = found
    assert x is not None
    table = table_of(x, where, memory, y, rate)
    said = f"the array {names[0]} is taken; not kept: {', '.join(others[:8])}"
    return noted(table, [said] if others else [])


def chosen(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, str | None, str | None] | None:
    """Which of some arrays holds the sounds, which their classes and which their rate.

    Example:
        >>> chosen({"y": (9,), "x": (9, 8_000), "rate": ()})
        ('x', 'y', 'rate')
    """
    fit = [name for name, shape in shapes.items() if len(shape) == 2 and 0 not in shape]
    if not fit:
        return None
    name = next((n for wanted in SAMPLES for n in fit if n.lower() == wanted), fit[0])
    rows = shapes[name][0]
    classes = [n for n, s in shapes.items() if n.lower() in CLASSES and s in ((rows,), (rows, 1))]
    rates = [n for n, s in shapes.items() if n.lower() in RATES and s in ((), (1,))]
    return name, next(iter(classes), None), next(iter(rates), None)


def table_of(
    array: NDArray[Any],
    where: str,
    memory: int,
    classes: NDArray[Any] | None = None,
    rate: NDArray[Any] | None = None,
) -> pa.Table:
    """The listing of an array of sounds.

    Arguments:
        array: samples with shape (N, T), or (T,) for one; whole numbers are divided by the largest of their type.
        where: its name.
        memory: samples beyond so many bytes are put into a file that is mapped.
        classes: a word or whole number for each, with shape (N,).
        rate: how many samples are a second.

    Raises:
        InputError: where these are no samples.
    """
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or array.dtype.kind not in "if" or 0 in array.shape:
        raise InputError(
            f"an array of shape {array.shape} and type {array.dtype} holds no sounds",
            where=where,
            hint="give (N, T): numbers from -1 to 1, or whole numbers with a sign",
            code="shape",
        )
    spool = Spool(np.float32, memory)
    most = np.iinfo(array.dtype).max + 1 if array.dtype.kind == "i" else 1
    step = max(1, PIECE // array.shape[1])
    for start in range(0, len(array), step):
        with np.errstate(over="ignore"):
            spool.add((array[start : start + step] / most).astype(np.float32).reshape(-1))
    columns: dict[str, Any] = {SOUND: column_of(spool.whole().reshape(array.shape))}
    if classes is not None:
        columns[CLASS] = words(classes, len(array), where)
    return rated(remember(pa.table(columns), where, lined=False), rate, where)


def rated(table: pa.Table, rate: Any, where: str) -> pa.Table:
    """The listing with the memory of how many samples are a second, None where that is not known.

    Raises:
        InputError: where that is no whole number.
    """
    if rate is None:
        return table
    flat = np.asarray(rate).reshape(-1)
    if flat.size != 1 or flat.dtype.kind not in "iuf" or not 0 < float(flat[0]) < 1e9:
        raise InputError(
            "its rate is no number of samples a second",
            where=where,
            hint="give one, such as 16000",
            code="rate",
        )
    memory = {**(table.schema.metadata or {}), RATE: str(round(float(flat[0]))).encode()}
    return table.replace_schema_metadata(memory)


def from_memory(source: Any, kind: str | None, memory: int) -> pa.Table | None:
    """The listing of what is in memory; None where it is no sounds.

    Arguments:
        source: arrays by name with their rate; where sounds are asked for an array, or a list of paths or arrays.
        kind: what was asked for, None for anything.
        memory: as in `read_set`.
    """
    if kind not in (None, KIND) or isinstance(source, str | os.PathLike):
        return None
    if isinstance(source, Mapping):
        return _from_mapping(source, kind, memory)
    if kind is None:
        return None
    if is_array(source):
        return table_of(np.asarray(source), "the array", memory)
    if isinstance(source, Sequence) and source:
        if all(isinstance(path, str | os.PathLike) for path in source):
            paths = pa.array([os.fspath(path) for path in source], pa.string())
            return filed(pa.table({SOUND: paths}), SOUND)
        if all(is_array(array) and len(array.shape) == 1 for array in source):
            lists = [np.asarray(array, np.float32) for array in source]
            return pa.table({SOUND: pa.array(lists, pa.list_(pa.float32()))})
    return None


def _from_mapping(source: Mapping[Any, Any], kind: str | None, memory: int) -> pa.Table | None:
    arrays = {str(n): np.asarray(v) for n, v in source.items() if is_array(v) or np.isscalar(v)}
    names = chosen({name: array.shape for name, array in arrays.items()})
    if names is None or (kind is None and names[2] is None):
        return None
    x, y, rate = (None if name is None else arrays[name] for name in names)
    assert x is not None
    return table_of(x, names[0], memory, y, rate)


def sound_column(some: pa.Table) -> str | None:
    """The first column that holds files of sounds, None where there is none."""
    return next(
        (f.name for f in some.schema if begins(some[f.name].slice(0, 100), is_sound)), None
    )


def sounds_of(rows: Rows, column: str | None, memory: int) -> pa.Table:
    """The listing of the sounds in a table.

    Arguments:
        rows: the table, or a large one of which a part is at hand.
        column: the one that holds the sounds; None to find it.
        memory: files beyond so many bytes are put into one that is mapped.

    Raises:
        InputError: where no column holds sounds.
    """
    some = rows.some
    known = [f.name for f in some.schema if is_samples(f.type)]
    name = column or sound_column(some) or (SOUND if SOUND in some.column_names else None)
    name = name or (known[0] if len(known) == 1 else None)
    if name is None or name not in some.column_names:
        raise no_column(some, "no column holds sounds")
    kind = some.schema.field(name).type
    if is_file(kind):
        table = shelved(rows, name, memory, SOUND)
    elif is_samples(kind) or (pt.is_string(kind) and SOURCE not in (some.schema.metadata or {})):
        table = pa.table({SOUND: rows.whole()[name]})
    else:
        raise no_column(some, f"column {name!r} holds no sounds but {kind}")
    table = beside(table, rows, name, SOUND)
    told = next((n for n in some.column_names if n.lower() in RATES), None)
    if told is None or not is_samples(kind):
        return table
    rates = np.unique(rows.whole()[told].to_numpy())
    if len(rates) != 1:
        raise no_column(some, f"column {told!r} holds several rates, and samples are to have one")
    return rated(table, rates, str(name))
