"""Pictures into files: one sheet of them, a folder of PNG files, or an array of NumPy's."""

from __future__ import annotations

import io
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fivefold.codecs.pictures.files import MOST, Pixels, png
from fivefold.errors import InputError
from fivefold.files import write_atomically

GAP = 2
"""Pixels between the pictures of a sheet."""
ENDINGS = (".png", ".npz", "")
UNSAFE = re.compile(r"[^\w .+-]")
LONGEST_NAME = 60
NONE = "none"
"""The folder of pictures without a class."""


def laid_out(n: int, height: int, width: int) -> tuple[int, int, int]:
    """How many of n pictures stand in a row of a sheet, and its height and width.

    Raises:
        InputError: where the sheet would have more than `MOST` pixels.

    Example:
        >>> laid_out(64, 28, 28)
        (8, 238, 238)
    """
    columns = min(n, max(1, round(math.sqrt(n * (height + GAP) / (width + GAP)))))
    rows = math.ceil(n / columns)
    tall, wide = rows * (height + GAP) - GAP, columns * (width + GAP) - GAP
    if tall * wide > MOST:
        raise InputError(
            f"a sheet of {n:,} pictures has more than the limit of {MOST:,} pixels",
            hint="draw fewer, or name a folder or an .npz",
            code="too-large",
        )
    return columns, tall, wide


def sheet(pictures: Pixels) -> Pixels:
    """Pictures beside and below one another, in as many rows as make a square.

    Arguments:
        pictures: with shape (N, C, H, W).

    Returns:
        One picture with shape (C, H', W'); what is between them is white, or transparent where they can be.

    Raises:
        InputError: where it would have more than `MOST` pixels.

    Example:
        >>> sheet(np.zeros((4, 1, 8, 8), np.uint8)).shape
        (1, 18, 18)
    """
    n, channels, height, width = pictures.shape
    columns, tall, wide = laid_out(n, height, width)
    found = np.full((channels, tall, wide), 255, np.uint8)
    if channels == 4:
        found[3] = 0
    for i, picture in enumerate(pictures):
        top, left = (height + GAP) * (i // columns), (width + GAP) * (i % columns)
        found[:, top : top + height, left : left + width] = picture
    return found


def write_pictures(pictures: Pixels, classes: Sequence[str | None] | None, path: Path) -> None:
    """Write pictures as the ending of the name says.

    Arguments:
        pictures: with shape (N, C, H, W), at least one.
        classes: that of each, None where there are none.
        path: `.png` for one sheet, `.npz` for arrays `x` (N, H, W, C) and `y`, no ending for a folder of PNG files, in
            folders by class.

    Raises:
        InputError: where the ending is another, the folder holds something, or the disk is full.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS or (ending and path.is_dir()):
        raise InputError(
            "is a folder" if ending in ENDINGS else "the ending names no form of pictures",
            where=str(path),
            hint="end the name with .png for a sheet, .npz for arrays, or nothing for a folder",
            code="format",
        )
    if ending == ".png":
        write_atomically(path, png(sheet(pictures)))
    elif ending == ".npz":
        _write_arrays(pictures, classes, path)
    else:
        write_folder([partial(png, picture) for picture in pictures], classes, path, ".png")


def _write_arrays(pictures: Pixels, classes: Sequence[str | None] | None, path: Path) -> None:
    kept, x = io.BytesIO(), pictures.transpose(0, 2, 3, 1)
    if classes is None:
        np.savez_compressed(kept, x=x)
    else:
        np.savez_compressed(kept, x=x, y=np.array([word or "" for word in classes], np.str_))
    write_atomically(path, kept.getvalue())


def write_folder(
    contents: Sequence[Callable[[], bytes]],
    classes: Sequence[str | None] | None,
    path: Path,
    ending: str,
) -> None:
    """Write a folder of files, in folders by class, whole or not at all.

    Arguments:
        contents: what gives the bytes of each.
        classes: that of each, None where there are none.
        path: the folder.
        ending: of the files' names.

    Raises:
        InputError: where there is something already, or the disk is full.
    """
    check_folder(path)
    width = len(str(len(contents)))
    names = folder_names(sorted({word for word in classes or () if word is not None}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            for i, content in enumerate(contents):
                word = None if classes is None else classes[i]
                inside = made if classes is None else made / (names[word] if word else NONE)
                inside.mkdir(exist_ok=True)
                (inside / f"{i + 1:0{width}}{ending}").write_bytes(content())
            made.chmod(0o755)
            made.replace(path)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as fault:
        raise InputError(
            f"cannot write ({fault.strerror or fault})",
            where=str(path),
            hint="free some space or choose another place",
            code="cannot-write",
        ) from fault


def check_folder(path: Path) -> None:
    """Refuse a place for a folder where something is already.

    Raises:
        InputError: naming it.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(
            "is there already and not empty",
            where=str(path),
            hint="name a new folder",
            code="exists",
        )


def folder_names(classes: Sequence[str]) -> dict[str, str]:
    """A name of a folder for each class: classes are words from elsewhere and may look like paths.

    Example:
        >>> folder_names(["cat", "../cat", "猫", ".."])
        {'cat': 'cat', '../cat': '_cat', '猫': '猫', '..': 'class-4'}
    """
    found: dict[str, str] = {}
    taken = {NONE}
    for number, word in enumerate(classes, 1):
        name = UNSAFE.sub("_", word)[:LONGEST_NAME].strip(". ") or f"class-{number}"
        while name.lower() in taken:
            name = f"{name}-{number}"
        taken.add(name.lower())
        found[word] = name
    return found
