"""Arrays of pictures as a listing: a column of pixels and one of classes.

| shape | what it is |
|---|---|
| (N, H, W) | grey pictures |
| (N, H, W, C), (N, C, H, W) | pictures of C channels, 1, 3 or 4 |
| (H, W, 3), (H, W, 4) | one picture |

Truths become black and white; numbers from 0 to 255 stay; those from 0 to 65,535, or fractions from 0 to 1 or from -1
to 1, are brought to 0 to 255. Anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.pictures.files import MODES, Pixels, png
from fivefold.codecs.pictures.listings import CLASS, PICTURE, tensors
from fivefold.codecs.places import noted, remember
from fivefold.codecs.spools import Spool
from fivefold.errors import InputError

PIECE = 1 << 24
"""Numbers that are converted at once."""
PICTURES = (
    *("x", "images", "image", "pictures", "picture", "data", "x_train", "train_images"),
    *("train_x", "arr_0"),
)
CLASSES = ("y", "labels", "label", "classes", "class", "y_train", "train_labels", "arr_1")
TURNS = (("images", "labels"), ("image", "label"), ("picture", "class"), ("x", "y"))
"""How the name of an array of pictures becomes that of their classes."""


def layout(shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Which axes of an array are pictures, rows, columns and channels; None where it holds no pictures.

    Returns:
        The axes, -1 for one that there is not.

    Example:
        >>> layout((60_000, 28, 28)), layout((8, 3, 32, 32)), layout((480, 640, 3)), layout((8, 5, 9, 9))
        ((0, 1, 2, -1), (0, 2, 3, 1), (-1, 0, 1, 2), None)
    """
    if 0 in shape:
        return None
    if len(shape) == 3:
        alone = shape[2] in (3, 4) and min(shape[:2]) > shape[2]
        return (-1, 0, 1, 2) if alone else (0, 1, 2, -1)
    if len(shape) == 4 and shape[3] in MODES:
        return (0, 1, 2, 3)
    return (0, 2, 3, 1) if len(shape) == 4 and shape[1] in MODES else None


def stacked(array: NDArray[Any], where: str) -> NDArray[Any]:
    """A view of an array with shape (N, H, W, C).

    Raises:
        InputError: where its shape is not that of pictures.
    """
    axes = layout(array.shape)
    if axes is None:
        raise InputError(
            f"an array of shape {array.shape} holds no pictures",
            where=where,
            hint="give (N, H, W), or (N, H, W, C) with 1, 3 or 4 channels",
            code="shape",
        )
    missing = [axis for axis, old in zip((0, 3), (axes[0], axes[3]), strict=True) if old < 0]
    ordered = array.transpose([axis for axis in axes if axis >= 0])
    return np.expand_dims(ordered, missing)


def levels(array: NDArray[Any], where: str, memory: int) -> tuple[Pixels, str]:
    """Numbers of any type as levels from 0 to 255.

    Arguments:
        array: numbers with shape (N, H, W, C).
        where: their name, for errors.
        memory: levels beyond so many bytes are put into a file that is mapped.

    Returns:
        The levels, and a notice of what was done, empty where nothing was.

    Raises:
        InputError: where they are no levels.

    Example:
        >>> levels(np.array([[[[0.0], [1.0]]]]), "", 1 << 20)[0].tolist()
        [[[[0], [255]]]]
    """
    if array.dtype == np.uint8 and array.flags.c_contiguous:
        return array, ""
    if array.dtype.kind not in "buif":
        raise InputError(
            f"holds {array.dtype} and no pixels", where=where, hint="give numbers", code="type"
        )
    scale, shift, notice = _scaling(array, where)
    spool = Spool(np.uint8, memory)
    for part in _parts(array):
        if scale != 1 or array.dtype.kind == "f":
            part = np.rint((part.astype(np.float64) + shift) * scale)
        spool.add(np.ascontiguousarray(part.astype(np.uint8)).reshape(-1))
    return spool.whole().reshape(array.shape), notice


def _parts(array: NDArray[Any]) -> list[NDArray[Any]]:
    step = max(1, PIECE // max(1, array[0].size))
    return [array[i : i + step] for i in range(0, len(array), step)]


def _scaling(array: NDArray[Any], where: str) -> tuple[float, float, str]:
    """What is added to numbers and what they are multiplied by then, to become levels."""
    if array.dtype == np.bool_:
        return 255.0, 0.0, ""
    if array.dtype == np.uint8:
        return 1.0, 0.0, ""
    least = min(float(part.min()) for part in _parts(array))
    most = max(float(part.max()) for part in _parts(array))
    if array.dtype.kind == "f" and least >= -1 and most <= 1:
        lowest = 0 if least >= 0 else -1
        said = f"numbers from {lowest} to 1 are taken as levels from 0 to 255"
        return 255.0 / (1 - lowest), -float(lowest), said
    if least >= 0 and most <= 255:
        return 1.0, 0.0, ""
    if least >= 0 and most <= 65_535 and array.dtype.kind != "f":
        return 255 / 65_535, 0.0, "numbers from 0 to 65,535 are taken as levels from 0 to 255"
    raise InputError(
        f"holds numbers from {least:g} to {most:g}, which are no levels",
        where=where,
        hint="give 0 to 255, 0 to 65,535, or fractions from 0 to 1 or -1 to 1",
        code="levels",
    )


def table_of(
    array: NDArray[Any], classes: NDArray[Any] | None, where: str, memory: int
) -> pa.Table:
    """The listing of an array of pictures.

    Arguments:
        array: numbers of one of the shapes above.
        classes: a word or whole number for each, with shape (N,) or (N, 1).
        where: their name.
        memory: as in `levels`.
    """
    found, notice = levels(stacked(array, where), where, memory)
    columns: dict[str, Any] = {PICTURE: tensors(found)}
    if classes is not None:
        columns[CLASS] = words(classes, len(found), where)
    table = remember(pa.table(columns), where, lined=False)
    return noted(table, [notice] if notice else [])


def words(classes: NDArray[Any], rows: int, where: str) -> pa.Array:
    """Classes as words.

    Raises:
        InputError: where they are not as many as the pictures, or neither whole numbers nor words.
    """
    flat = classes.reshape(len(classes)) if classes.shape[1:] in ((), (1,)) else classes
    whole = flat.dtype.kind == "f" and bool(np.all(flat == np.rint(flat)))
    if flat.shape != (rows,) or not (flat.dtype.kind in "buiUS" or whole):
        raise InputError(
            f"classes of shape {classes.shape} and type {classes.dtype} do not fit {rows:,} pictures",
            where=where,
            hint="give a whole number or a word for each",
            code="classes",
        )
    flat = flat.astype(np.int64) if whole else flat
    text = [x.decode(errors="replace") if isinstance(x, bytes) else str(x) for x in flat.tolist()]
    return pa.array(text, pa.string())


def chosen(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, str | None] | None:
    """Which of some arrays holds the pictures, and which their classes.

    Example:
        >>> chosen({"y_train": (9,), "x_test": (2, 8, 8), "x_train": (9, 8, 8)})
        ('x_train', 'y_train')
    """
    fit = [name for name, shape in shapes.items() if layout(shape)]
    if not fit:
        return None
    known = [name for wanted in PICTURES for name in fit if name.lower() == wanted]
    name = (
        known[0] if known else max(fit, key=lambda name: int(np.prod(shapes[name], dtype=float)))
    )
    rows = shapes[name][0]
    turned = [name.lower().replace(old, new, 1) for old, new in TURNS if old in name.lower()]
    for wanted in (*turned, *CLASSES):
        for other, shape in shapes.items():
            if other.lower() == wanted and shape in ((rows,), (rows, 1)) and other != name:
                return name, other
    return name, None


def from_memory(source: Any, memory: int) -> pa.Table | None:
    """The listing of what is in memory: an array, a list of arrays, arrays by name; None where it is none of these.

    Arguments:
        source: anything.
        memory: as in `levels`.
    """
    if isinstance(source, Mapping):
        if not any(is_array(value) and len(value.shape) > 2 for value in source.values()):
            return None
        arrays = {str(name): _plain(value) for name, value in source.items()}
        names = chosen({name: array.shape for name, array in arrays.items()})
        if names is None:
            return None
        classes = None if names[1] is None else arrays[names[1]]
        table = table_of(arrays[names[0]], classes, names[0], memory)
        others = [name for name in arrays if name not in names]
        return noted(table, [f"not kept: {', '.join(others[:8])}"] if others else [])
    if is_array(source):
        array = _plain(source)
        return table_of(array, None, "the array", memory) if array.ndim > 2 else None
    listed = isinstance(source, Sequence) and source and all(map(is_array, source))
    if listed and all(len(array.shape) in (2, 3) for array in source):
        return _from_list([_plain(array) for array in source], memory)
    return None


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy's, PyTorch's or another library's."""
    return hasattr(value, "__array__") and hasattr(value, "shape") and hasattr(value, "dtype")


def _plain(value: Any) -> NDArray[Any]:
    """An array of NumPy's, out of one that may be on a device and part of a computation."""
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


def _from_list(arrays: Sequence[NDArray[Any]], memory: int) -> pa.Table:
    """Arrays (H, W) or (H, W, C): pixels where all are alike, else a PNG file each."""
    if len({(array.shape, array.dtype) for array in arrays}) == 1:
        whole = np.stack(arrays)
        return table_of(whole, None, "the list", memory)
    files = []
    for row, array in enumerate(arrays):
        where = f"array {row + 1}"
        grown = stacked(array[None], where)
        files.append(png(levels(grown, where, memory)[0][0].transpose(2, 0, 1)))
    return pa.table({PICTURE: pa.array(files, pa.large_binary())})
