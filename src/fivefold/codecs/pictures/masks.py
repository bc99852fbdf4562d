"""A damaged picture and a mask as levels and what is seen of them: white in the mask is to be filled.

The mask is made black and white before it is brought to the form, and what white touches is filled: a pixel that mixes
sound and damaged ones is not taken for sound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.codecs.pictures.files import Form, Pixels, reform
from fivefold.codecs.pictures.listings import read
from fivefold.errors import InputError

HALF = 128


def damaged(picture: Any, mask: Any, form: Form) -> tuple[Pixels, NDArray[np.bool_]]:
    """The levels of a picture and where they are sound.

    Arguments:
        picture: a path, the bytes of a file, or an array (H, W) or (H, W, C) of bytes.
        mask: the same; white where the picture is to be filled.
        form: what both are brought to.

    Returns:
        Levels with shape (C, H, W), and truths with shape (H, W).

    Raises:
        InputError: where the two differ in size, or nothing is to be filled.

    Example:
        >>> picture, mask = np.full((4, 4), 9, np.uint8), np.zeros((4, 4), np.uint8)
        >>> mask[:2] = 255
        >>> damaged(picture, mask, Form(4, 4, 1))[1][:, 0].tolist()
        [False, False, True, True]
    """
    found, hole = whole(picture, "the picture"), whole(mask, "the mask")
    if found.shape[1:] != hole.shape[1:]:
        raise InputError(
            f"the mask has {hole.shape[2]} x {hole.shape[1]} pixels, the picture "
            f"{found.shape[2]} x {found.shape[1]}",
            hint="give a mask of the picture's size, white where it is to be filled",
            code="mask",
        )
    grey = reform(hole, Form(hole.shape[2], hole.shape[1], 1))
    white = np.where(grey < HALF, np.uint8(0), np.uint8(255))
    touched = reform(white, Form(form.width, form.height, 1, form.crop))[0] > 0
    if not touched.any():
        raise InputError(
            "nothing of the picture is to be filled",
            hint="make white in the mask what is damaged",
            code="mask",
        )
    return reform(found, form), ~touched


def whole(picture: Any, name: str) -> Pixels:
    """A picture of its own size with shape (C, H, W).

    Arguments:
        picture: as in `damaged`.
        name: what it is called in errors.
    """
    if isinstance(picture, str | Path):
        return read(str(picture), str(picture))
    if isinstance(picture, bytes):
        return read(picture, name)
    array: NDArray[Any] = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(
            f"{name} is {array.dtype} of shape {array.shape}",
            hint="give a file, or bytes of shape (H, W) or (H, W, C)",
            code="shape",
        )
    return read(array[:, :, None] if array.ndim == 2 else array, name)
