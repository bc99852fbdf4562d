"""One picture out of the bytes of a file, which may lie, be cut off or be a bomb.

PNG, JPEG, WebP, GIF, BMP and TIFF are read; of an animation the first frame. A picture is turned upright as its EXIF
data say, and brought to the form that all pictures of a set have: cropped in the middle to the form's sides, made
smaller or larger, in grey, colour or colour with transparency. What has more than `MOST` pixels is refused before it
is unpacked.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import InputError, MissingExtraError

MOST = 1 << 26
"""The largest number of pixels that a picture may have."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's name for so many channels: grey, colour, colour with transparency."""
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


@dataclass(frozen=True)
class Look:
    """What the head of a picture says of it.

    Arguments:
        width: pixels, upright.
        height: pixels, upright.
        channels: 1, 3 or 4.
        frames: how many there are; more than one in an animation.
    """

    width: int
    height: int
    channels: int
    frames: int = 1


@dataclass(frozen=True)
class Form:
    """What all pictures of a set are brought to.

    Arguments:
        width: pixels.
        height: pixels.
        channels: 1 for grey, 3 for colour, 4 for colour with transparency.
        crop: `centre` keeps proportions and cuts off what stands over; `stretch` keeps all and bends.
    """

    width: int
    height: int
    channels: int
    crop: Literal["centre", "stretch"] = "centre"


def look(source: bytes | Path, where: str) -> Look:
    """What the head of a picture says, without unpacking it.

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.

    Raises:
        InputError: where it is no picture, or has too many pixels.
    """
    with _opened(source, where) as image:
        width, height = image.size
        if image.getexif().get(ORIENTATION) in SIDEWAYS:
            width, height = height, width
        return Look(width, height, _channels(image), getattr(image, "n_frames", 1))


def pixels(source: bytes | Path, where: str, form: Form) -> NDArray[np.uint8]:
    """The picture in a form, with shape (C, H, W).

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.
        form: what it is brought to.

    Raises:
        InputError: where it is no picture, is damaged or has too many pixels.
    """
    from PIL import ImageOps

    with _opened(source, where) as image:
        upright: Any = ImageOps.exif_transpose(_eight_bits(image)) or image
        return _array(upright.convert(MODES[form.channels]), form)


def reform(picture: NDArray[np.uint8], form: Form) -> NDArray[np.uint8]:
    """An array (C, H, W) of 1, 3 or 4 channels in a form.

    Example:
        >>> reform(np.zeros((3, 8, 4), np.uint8), Form(2, 2, 1)).shape
        (1, 2, 2)
    """
    if picture.shape == (form.channels, form.height, form.width):
        return picture
    return _array(_image(picture).convert(MODES[form.channels]), form)


def png(picture: NDArray[np.uint8]) -> bytes:
    """An array (C, H, W) of 1, 3 or 4 channels as a PNG file."""
    kept = io.BytesIO()
    _image(picture).save(kept, "PNG", optimize=False)
    return kept.getvalue()


def _image(picture: NDArray[np.uint8]) -> Any:
    Image = _pillow()
    flat = picture[0] if len(picture) == 1 else np.ascontiguousarray(picture.transpose(1, 2, 0))
    return Image.fromarray(flat)


def _array(image: Any, form: Form) -> NDArray[np.uint8]:
    """An image of the form's mode, cropped and scaled."""
    from PIL import Image, ImageOps

    size = (form.width, form.height)
    if image.size != size:
        shrinks = image.width >= form.width and image.height >= form.height
        how = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
        fitted = form.crop == "centre"
        image = ImageOps.fit(image, size, how) if fitted else image.resize(size, how)
    found = np.asarray(image, np.uint8)
    return found[None] if found.ndim == 2 else np.ascontiguousarray(found.transpose(2, 0, 1))


@contextmanager
def _opened(source: bytes | Path, where: str) -> Iterator[Any]:
    """An image whose head was read; what goes wrong with it is an InputError."""
    Image = _pillow()
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=FORMATS) as image:
                if image.width * image.height > MOST:
                    raise InputError(
                        f"says that it has {image.width:,} x {image.height:,} pixels, more than the limit of {MOST:,}",
                        where=where,
                        hint="give a smaller one, or --skip-bad",
                        code="too-large",
                    )
                yield image
    except (InputError, MissingExtraError):
        raise
    except Exception as fault:  # a decoder of hostile bytes fails in ways of its own
        known = isinstance(fault, Image.UnidentifiedImageError)
        raise InputError(
            "is no picture that can be read" if known else f"is damaged or cut off ({fault})",
            where=where,
            hint="give it again, or leave it out with --skip-bad",
            code="damaged",
        ) from fault


def _channels(image: Any) -> int:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return 4
    return 1 if image.mode in ("1", "L") or image.mode.startswith(("I", "F")) else 3


def _eight_bits(image: Any) -> Any:
    """An image of more than 8 bits a channel in 8."""
    if not image.mode.startswith(("I", "F")):
        return image
    Image = _pillow()
    found = np.asarray(image, np.float64)
    top = 65_535.0 if image.mode.startswith("I;16") else max(1.0, float(found.max(initial=0.0)))
    levels = np.clip(np.nan_to_num(found) / top, 0, 1) * 255
    kept = Image.fromarray(levels.round().astype(np.uint8))
    kept.info.update(image.info)
    return kept


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as fault:
        raise MissingExtraError("pillow", "image", "reading pictures") from fault
    return Image
