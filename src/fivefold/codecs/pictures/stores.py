"""Files of arrays of pictures: NumPy's `.npy` and `.npz`, and MNIST's IDX with the file of labels beside it.

Heads are read first: what they promise is compared with the bytes there are, and with the limit, before any memory is
taken. Objects are never unpickled. A member of an archive is unpacked only as far as its head says, beyond a limit of
memory into a file that is mapped; a `.npy` is mapped as it is.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.pictures.arrays import chosen, layout, table_of
from fivefold.codecs.places import noted
from fivefold.codecs.sources import Limits, fetch
from fivefold.codecs.spools import Spool
from fivefold.errors import InputError

NUMPY, ZIP, IDX = b"\x93NUMPY", b"PK\x03\x04", b"\0\0\x08"
PIECE = 1 << 22
MOST_MEMBERS = 10_000
LARGEST_HEAD = 1 << 16
T = TypeVar("T")


@dataclass(frozen=True)
class Head:
    """What the head of an array in a file says.

    Arguments:
        shape: the array's.
        dtype: the type of its numbers.
        start: where the numbers begin.
        turned: whether the first axis is the one of neighbours.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    turned: bool = False

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def is_store(location: str, head: bytes) -> bool:
    r"""Whether the first bytes of a file are those of arrays that may be pictures.

    Example:
        >>> is_store("a.npz", b"PK\x03\x04"), is_store("a.zip", b"PK\x03\x04"), is_store("a", b"\0\0\x08\x01")
        (True, False, False)
    """
    npz = head.startswith(ZIP) and location.lower().endswith(".npz")
    return npz or head.startswith((NUMPY, IDX + b"\x03", IDX + b"\x04"))


def read_store(data: bytes | pa.Buffer, where: str, limits: Limits, memory: int) -> pa.Table:
    """The listing of the pictures in a file of arrays.

    Arguments:
        data: the bytes of the file.
        where: its name.
        limits: how many bytes are unpacked.
        memory: beyond how many they are put into a file that is mapped.

    Raises:
        InputError: where it is damaged, promises what it does not hold, or holds no pictures.
    """
    head = bytes(data[:8])
    if head.startswith(IDX):
        return _idx(data, where, limits, memory)
    if head.startswith(ZIP):
        return guarded(lambda: _npz(data, where, limits, memory), where)
    return table_of(guarded(lambda: array_in(data, where), where), None, where, memory)


def guarded(read: Callable[[], T], where: str) -> T:
    """What a reader of hostile arrays gives; what goes wrong is an InputError."""
    try:
        return read()
    except InputError:
        raise
    except (
        *(OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError),
        *(zipfile.BadZipFile, zlib.error, MemoryError, TypeError),
    ) as fault:
        raise InputError(
            f"is no file of arrays that can be read ({fault})",
            where=where,
            hint="write it again",
            code="damaged",
        ) from fault


def _numpy_head(first: bytes, where: str) -> Head:
    """The head in the first bytes of a `.npy`; objects and what cannot be are refused."""
    stream = io.BytesIO(first)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_2_0
            if version == (1, 0):
                read = np.lib.format.read_array_header_1_0
            shape, turned, dtype = read(stream)
    except Exception as fault:  # NumPy's parser of hostile words fails in ways of its own
        raise ValueError(f"a head that cannot be read: {fault}") from fault
    if dtype.hasobject:
        raise InputError(
            "holds objects, which are never unpickled",
            where=where,
            hint="save arrays of numbers, all pictures of one size",
            code="objects",
        )
    if any(side < 0 for side in shape):
        raise ValueError(f"a shape of {shape}")
    return Head(tuple(map(int, shape)), dtype, int(stream.tell()), bool(turned))


def _shaped(flat: NDArray[Any], head: Head) -> NDArray[Any]:
    return flat.reshape(head.shape[::-1]).T if head.turned else flat.reshape(head.shape)


def _refuse_short(head: Head, there: int, where: str) -> None:
    if head.size > there:
        raise InputError(
            f"promises {'x'.join(map(str, head.shape))} numbers of {head.dtype}, {head.size:,} bytes, "
            f"and holds {there:,}",
            where=where,
            hint="fetch it again",
            code="damaged",
        )


def array_in(data: bytes | pa.Buffer, where: str) -> NDArray[Any]:
    """The array in the bytes of a `.npy`."""
    head = _numpy_head(bytes(data[:LARGEST_HEAD]), where)
    _refuse_short(head, len(data) - head.start, where)
    count = math.prod(head.shape)
    return _shaped(np.frombuffer(data, head.dtype, count, head.start), head)


def _npz(data: bytes | pa.Buffer, where: str, limits: Limits, memory: int) -> pa.Table:
    found = members(data, where, chosen, limits, memory)
    if isinstance(found, str):
        raise InputError(
            "holds no array of pictures",
            where=where,
            hint=f"give (N, H, W) or (N, H, W, C); there are: {found[:600]}",
            code="shape",
        )
    arrays, names, others = found
    assert arrays[0] is not None
    table = table_of(arrays[0], arrays[1], where, memory)
    said = f"the array {names[0]} is taken; not kept: {', '.join(others[:8])}"
    return noted(table, [said] if others else [])


Members = tuple[list[NDArray[Any] | None], Sequence[str | None], list[str]]


def members(
    data: bytes | pa.Buffer,
    where: str,
    choose: Callable[[Mapping[str, tuple[int, ...]]], Sequence[str | None] | None],
    limits: Limits,
    memory: int,
) -> Members | str:
    """Some of the arrays in an archive.

    Arguments:
        data: the bytes of the archive.
        where: its name.
        choose: which, by the shapes of all; None among them for one that there is not.
        limits: how many bytes are unpacked.
        memory: beyond how many they are put into a file that is mapped.

    Returns:
        The arrays, their names, and the names of the others; what there is, in words, where none is chosen.
    """
    with zipfile.ZipFile(pa.BufferReader(data)) as archive:
        infos = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()[:MOST_MEMBERS]
            if info.filename.endswith(".npy")
        }
        heads = {}
        for name, info in infos.items():
            with archive.open(info) as stream:
                heads[name] = _numpy_head(stream.read(LARGEST_HEAD), f"{where} {name}")
        names = choose({name: head.shape for name, head in heads.items()})
        if names is None:
            return ", ".join(f"{name} {head.shape}" for name, head in heads.items())
        found = [
            None
            if name is None
            else _member(archive, infos[name], heads[name], f"{where} {name}", limits, memory)
            for name in names
        ]
    return found, names, [name for name in heads if name not in names]


def _member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    head: Head,
    where: str,
    limits: Limits,
    memory: int,
) -> NDArray[Any]:
    """An array out of an archive, of which no more is unpacked than its head says."""
    if head.size > limits.size:
        raise InputError(
            f"unpacks to {head.size:,} bytes, more than the limit of {limits.size:,}",
            where=where,
            hint="give a part of it",
            code="too-large",
        )
    _refuse_short(head, info.file_size - head.start, where)
    spool = Spool(np.uint8, memory)
    left = head.size
    with archive.open(info) as stream:
        stream.read(head.start)
        while left and (piece := stream.read(min(PIECE, left))):
            spool.add(np.frombuffer(piece, np.uint8))
            left -= len(piece)
    _refuse_short(head, head.size - left, where)
    return _shaped(spool.whole().view(head.dtype), head)


def _idx(data: bytes | pa.Buffer, where: str, limits: Limits, memory: int) -> pa.Table:
    head = _idx_head(data, where)
    if layout(head.shape) is None:
        raise InputError(
            f"holds numbers of shape {head.shape} and no pictures",
            where=where,
            hint="give the file of pictures, such as train-images-idx3-ubyte",
            code="shape",
        )
    array = np.frombuffer(data, head.dtype, head.size, head.start).reshape(head.shape)
    place = _labels_beside(Path(where))
    if place is None:
        return table_of(array, None, where, memory)
    packed = fetch(str(place), Limits(head.shape[0] + LARGEST_HEAD))
    labels = _idx_head(packed, str(place))
    if labels.shape != head.shape[:1]:
        raise InputError(
            f"holds labels of shape {labels.shape} for {head.shape[0]:,} pictures",
            where=str(place),
            hint=f"take it away from {where}, or mend it",
            code="classes",
        )
    classes = np.frombuffer(packed, np.uint8, labels.size, labels.start)
    table = table_of(array, classes, where, memory)
    return noted(table, [f"the classes are those of {place.name}"])


def _idx_head(data: bytes | pa.Buffer, where: str) -> Head:
    """The head of a file of unsigned bytes; an InputError where it promises more than there is."""
    head = bytes(data[:20])
    dimensions = head[3] if len(head) > 3 else 0
    if not head.startswith(IDX) or not 1 <= dimensions <= 4 or len(head) < 4 + 4 * dimensions:
        raise InputError(
            "is no IDX file of unsigned bytes",
            where=where,
            hint="its first bytes must be 0, 0, 8 and how many dimensions there are",
            code="damaged",
        )
    shape = np.frombuffer(head, ">u4", dimensions, 4).tolist()
    found = Head(tuple(shape), np.dtype(np.uint8), 4 + 4 * dimensions)
    _refuse_short(found, len(data) - found.start, where)
    return found


def _labels_beside(pictures: Path) -> Path | None:
    """The file of labels that belongs to a file of pictures by its name, packed or not."""
    name = pictures.name.removesuffix(".gz")
    for old, new in (("images", "labels"), ("idx3", "idx1"), ("idx4", "idx1")):
        name = name.replace(old, new)
    places = [pictures.with_name(name + packing) for packing in ("", ".gz")]
    if name == pictures.name.removesuffix(".gz"):
        return None
    return next((place for place in places if place.is_file()), None)
