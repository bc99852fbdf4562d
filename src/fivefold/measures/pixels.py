"""Pictures as arrays of one form, whoever made them: what the measures of pictures look at.

All of them are gone through once. Of each is kept a small copy, of at most `SMALL` pixels a side, in which neighbours
are looked for, and a digest of its levels; of a random sample, all levels. Real and synthetic pictures are brought to
one form: the size that suits the real ones, or that of the synthetic ones where it is smaller.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch.nn import functional

from fivefold.codecs.pictures.classes import words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.files import Form, Pixels
from fivefold.codecs.pictures.forms import Survey, needed, widest
from fivefold.codecs.pictures.listings import PICTURE, looks, pictures, tensors
from fivefold.errors import InputError
from fivefold.measures.gridded import Looked

SMALL = 16
BYTES, MOST = 1 << 28, 60_000
LOOKED = 500
STEP = 1_000


def table_of(data: Any, owner: str) -> pa.Table:
    """A listing of pictures: a table with a column `picture`, or an array of bytes.

    Arguments:
        data: a listing, or an array with shape (N, H, W) or (N, H, W, C).
        owner: whose they are, for errors.

    Example:
        >>> len(table_of(np.zeros((3, 4, 4), np.uint8), "real"))
        3
    """
    if isinstance(data, np.ndarray):
        if data.dtype != np.uint8 or data.ndim not in (3, 4):
            raise InputError(
                f"an array of {data.dtype} with shape {data.shape} holds no pictures",
                where=owner,
                hint="give bytes with shape (N, H, W) or (N, H, W, C)",
                code="shape",
            )
        data = pa.table({PICTURE: tensors(data.reshape(*data.shape[:3], -1))})
    if not len(data):
        raise InputError("there are no pictures", where=owner, code="empty")
    found: pa.Table = data
    return found


def form_of(real: pa.Table, synthetic: pa.Table | None = None) -> Form:
    """The form in which pictures are judged.

    Arguments:
        real: a listing.
        synthetic: another, which may be smaller, or have colour where the real ones are grey.
    """
    found = [_form(table) for table in (real, synthetic) if table is not None]
    size = min(((form.width, form.height) for form in found), key=math.prod)
    return Form(*size, max(form.channels for form in found))


def _form(table: pa.Table) -> Form:
    survey = Survey.of(look for _, look in Faults(skip=False).without(looks(table)))
    width, height = survey.size()
    form = Form(width, height, widest(survey))
    rows = np.unique(np.linspace(0, len(table) - 1, LOOKED).round().astype(np.int64)).tolist()
    some = [one for _, one in Faults(skip=False).without(pictures(table, form, rows))]
    return Form(width, height, needed(np.stack(some)))


def pictures_of(table: pa.Table, form: Form, rng: np.random.Generator) -> Looked:
    """Pictures in a form.

    Arguments:
        table: a listing; of more than `MOST` pictures a random `MOST`.
        form: what they are brought to.
        rng: draws the sample that is looked at closely, of at most 256 MB.
    """
    most = max(2, BYTES // math.prod(form.shape))
    rows = np.sort(rng.permutation(len(table))[:MOST])
    chosen = np.sort(rng.permutation(len(rows))[:most])
    levels, small, digests = [], [], []
    for start, part in _parts(table, form, rows):
        inside = chosen[(chosen >= start) & (chosen < start + len(part))] - start
        levels.append(part[inside])
        small.append(smaller(part))
        digests += [
            int.from_bytes(hashlib.blake2b(one.tobytes(), digest_size=8).digest()) for one in part
        ]
    words = list(words_of(table))
    return Looked(
        np.concatenate(levels),
        [words[row] for row in rows[chosen]],
        np.concatenate(small),
        np.array(digests, np.uint64),
        rows,
    )


def _parts(table: pa.Table, form: Form, rows: NDArray[np.int64]) -> Iterator[tuple[int, Pixels]]:
    """Pictures in pieces of a thousand, each with the place where it begins."""
    for start in range(0, len(rows), STEP):
        found = pictures(table, form, rows[start : start + STEP].tolist())
        yield start, np.stack([one for _, one in Faults(skip=False).without(found)])


def smaller(levels: NDArray[Any]) -> NDArray[Any]:
    """Small copies: means over squares of pixels, with shape (n, d).

    Arguments:
        levels: bytes or floats with shape (n, C, H, W).

    Example:
        >>> smaller(np.zeros((5, 3, 28, 28), np.uint8)).shape
        (5, 588)
    """
    square = math.ceil(max(levels.shape[2:]) / SMALL)
    x = torch.from_numpy(levels).float()
    sides = [max(1, side // square) for side in levels.shape[2:]]
    x = functional.interpolate(x, sides, mode="area") if square > 1 else x
    x = x.round().to(torch.uint8) if levels.dtype == np.uint8 else x
    return x.flatten(1).numpy()
