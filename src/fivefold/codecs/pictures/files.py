"""One picture out of the bytes of a file, which may lie, be cut off or be a bomb.

PNG, JPEG, WebP, GIF, BMP and TIFF are read; of an animation the first frame. A picture is turned upright as its EXIF
data say, and brought to the form that all pictures of a set have: cropped in the middle to the form's proportions or
bent to them, made smaller or larger, in grey, colour or colour with transparency. Where the form has no transparency,
what is transparent is shown on white. What has more than `MOST` pixels is refused before it is unpacked.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import InputError, MissingExtraError

MOST = 1 << 26
"""The largest number of pixels that a picture may have."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's name for so many channels: grey, colour, colour with transparency."""
JPEG = ("JPEG", "MPO")
"""Cameras write MPO: a JPEG with others behind it, which are no animation."""
TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What turns a picture of each EXIF orientation upright."""

Crop = Literal["centre", "stretch"]
CROPS: tuple[str, ...] = get_args(Crop)
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """What the head of a picture says of it.

    Arguments:
        width: pixels, upright.
        height: pixels, upright.
        channels: 1, 3 or 4.
        animated: whether there are more frames than one.
    """

    width: int
    height: int
    channels: int
    animated: bool = False


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
    crop: Crop = "centre"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width


def is_picture(head: bytes) -> bool:
    r"""Whether the first bytes of a file are those of a picture.

    Example:
        >>> is_picture(b"\x89PNG\r\n\x1a\n"), is_picture(b"RIFF\0\0\0\0WEBPVP8 "), is_picture(b"RIFF\0\0\0\0WAVE")
        (True, True, False)
    """
    bitmap = head[:2] == b"BM" and head[6:10] == bytes(4) and head[15:18] == bytes(3)
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return head.startswith(MAGICS) or webp or bitmap


def look(source: bytes | str | Path, where: str) -> Look:
    """What the head of a picture says, without unpacking it.

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.

    Raises:
        InputError: where it is no picture, or has too many pixels.
    """
    with _opened(source, where) as image:
        width, height = image.size
        if _orientation(image) in SIDEWAYS:
            width, height = height, width
        animated = image.format not in JPEG and bool(getattr(image, "is_animated", False))
        return Look(width, height, _channels(image), animated)


def pixels(source: bytes | str | Path, where: str, form: Form | None = None) -> Pixels:
    """The picture with shape (C, H, W).

    Arguments:
        source: the bytes of a file, or its path.
        where: its name, for errors.
        form: what it is brought to; None for its own size, in the channels that its head announces.

    Raises:
        InputError: where it is no picture, is damaged or has too many pixels.
    """
    with _opened(source, where) as image:
        turn = _orientation(image)
        channels = form.channels if form else _channels(image)
        if form is not None:
            _draft(image, form, sideways=turn in SIDEWAYS)
        found = _converted(_eight_bits(image), channels)
        if turn in UPRIGHT:
            found = found.transpose(getattr(_pillow().Transpose, UPRIGHT[turn]))
        return _array(found, form or Form(found.width, found.height, channels))


def reform(picture: Pixels, form: Form) -> Pixels:
    """An array (C, H, W) of 1, 3 or 4 channels in a form.

    Example:
        >>> reform(np.zeros((3, 8, 4), np.uint8), Form(2, 2, 1)).shape
        (1, 2, 2)
    """
    if picture.shape == form.shape:
        return picture
    return _array(_converted(_image(picture), form.channels), form)


def png(picture: Pixels) -> bytes:
    """An array (C, H, W) of 1, 3 or 4 channels as a PNG file."""
    kept = io.BytesIO()
    _image(picture).save(kept, "PNG")
    return kept.getvalue()


def _image(picture: Pixels) -> Any:
    flat = picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)
    return _pillow().fromarray(np.ascontiguousarray(flat))


def _array(image: Any, form: Form) -> Pixels:
    """An image of the form's mode, cropped and scaled."""
    from PIL import Image, ImageOps

    size = (form.width, form.height)
    if image.size != size and form.crop == "centre":
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
    elif image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    found = np.asarray(image, np.uint8)
    return found[None] if found.ndim == 2 else np.ascontiguousarray(found.transpose(2, 0, 1))


@contextmanager
def _opened(source: bytes | str | Path, where: str) -> Iterator[Any]:
    """An image whose head was read; what goes wrong with it is an InputError."""
    Image = _pillow()
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=FORMATS) as image:
                if image.width * image.height > MOST:
                    raise Image.DecompressionBombError
                yield image
    except InputError:
        raise
    except Image.DecompressionBombError as fault:
        raise InputError(
            f"says that it has more than the limit of {MOST:,} pixels",
            where=where,
            hint="give a smaller one, or leave it out with --skip-bad",
            code="too-large",
        ) from fault
    except Exception as fault:  # a decoder of hostile bytes fails in ways of its own
        known = isinstance(fault, Image.UnidentifiedImageError)
        raise InputError(
            "is no picture that can be read" if known else f"is damaged or cut off ({fault})",
            where=where,
            hint="give it again, or leave it out with --skip-bad",
            code="damaged",
        ) from fault


def _orientation(image: Any) -> int:
    """How the picture is turned; damaged EXIF data turn nothing.

    Pillow would unpack a whole PNG in search of EXIF data behind the pixels: they are not looked for.
    """
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    with suppress(Exception):
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


def _draft(image: Any, form: Form, *, sideways: bool) -> None:
    """Let a JPEG be unpacked at a half, a quarter or an eighth of its size where the form is that much smaller."""
    width, height = (form.height, form.width) if sideways else (form.width, form.height)
    share = 2 * max(width / image.width, height / image.height)
    if image.format in JPEG and share < 1:
        image.draft(None, (round(share * image.width), round(share * image.height)))


def _channels(image: Any) -> int:
    if image.mode in TRANSPARENT or "transparency" in image.info:
        return 4
    return 1 if image.mode in ("1", "L") or image.mode.startswith(("I", "F")) else 3


def _converted(image: Any, channels: int) -> Any:
    """An image with so many channels; transparency that is given up is shown on white."""
    if channels != 4 and _channels(image) == 4:
        seen = image.convert("RGBA")
        ground = _pillow().new("RGBA", image.size, "white")
        image = _pillow().alpha_composite(ground, seen)
    return image.convert(MODES[channels])


def _eight_bits(image: Any) -> Any:
    """An image of more than 8 bits a channel in 8: its top is the smallest of 1, 255 and 65,535 that holds it."""
    if not image.mode.startswith(("I", "F")):
        return image
    found = np.nan_to_num(np.asarray(image, np.float64))
    top = float(found.max(initial=0.0))
    tops = (65_535.0,) if image.mode.startswith("I;16") else (255.0, 65_535.0)
    tops = (1.0, *tops) if image.mode.startswith("F") else tops
    full = next((limit for limit in tops if top <= limit), top)
    levels = (np.clip(found / full, 0, 1) * 255).round().astype(np.uint8)
    return _pillow().fromarray(levels)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as fault:
        raise MissingExtraError("pillow", "image", "reading pictures") from fault
    return Image
