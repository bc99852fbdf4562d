"""What a report shows of grids as they are: sheets of pictures, strips, charts and sounds, as a page can hold them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

from fivefold.codecs.pictures.files import Pixels, png
from fivefold.drawing.strips import rows_of

Part = Literal["samples", "neighbours", "between", "steps", "forecast", "spectrum", "sounds"]


@dataclass(frozen=True)
class Exhibit:
    """One thing to be looked at, or listened to.

    Arguments:
        part: the section of the report that it stands in.
        form: what the content is: `picture` and `sound` as data URIs, `chart` as SVG text.
        content: the thing itself.
        about: what a reader must know of this one.
        family: whose it is, `real` for real data.
    """

    part: Part
    form: Literal["picture", "chart", "sound"]
    content: str
    about: str = ""
    family: str = ""


def sheet_of(
    part: Part, pictures: Pixels, *, columns: int | None = None, about: str = ""
) -> Exhibit:
    """Pictures beside one another.

    Arguments:
        part: the section.
        pictures: bytes with shape (N, C, H, W).
        columns: how many stand in a row; as many as make a square if None.
        about: what a reader must know.

    Example:
        >>> import numpy as np
        >>> sheet_of("samples", np.zeros((4, 1, 8, 8), np.uint8)).content[:22]
        'data:image/png;base64,'
    """
    found = base64.b64encode(png(rows_of(pictures, columns))).decode()
    return Exhibit(part, "picture", f"data:image/png;base64,{found}", about)
