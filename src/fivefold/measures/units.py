"""The units that sequences are judged in: characters and words, atoms, residues, activities.

Measures have their own view of a sequence, whatever alphabet a model was trained on, so that models with different
alphabets are judged alike and a fault of an alphabet is seen. A kind has one or two *levels*; the texts of all sides
are numbered in one vocabulary:

    codes   (N,)  the units of all texts in one row; every text is preceded by 0 and followed by 1
    owners  (N,)  the text each of them belongs to

so that the beginning and the end of a text are units as well: texts that break off are seen to break off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from fivefold.errors import InputError

Codes = NDArray[np.int64]
Owners = NDArray[np.int64]
BEGIN, END = 0, 1
EDGES = 2

IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORDS = re.compile(rf"[{IDEOGRAPHS}]|[^\W{IDEOGRAPHS}]+|[^\w\s]")
ATOMS = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.", re.DOTALL)

LEVELS = {
    "text": ("characters", "words"),
    "code": ("characters", "words"),
    "log": ("characters", "words"),
    "music": ("characters", "words"),
    "molecule": ("atoms",),
    "protein": ("residues",),
    "events": ("activities",),
}


@dataclass(frozen=True)
class Units:
    """The texts of one side in the units of one level.

    Arguments:
        codes: with shape (N,).
        owners: with shape (N,), ascending.
        texts: how many texts there are.
        words: the vocabulary, shared by all sides; the first two are the edges.
    """

    codes: Codes
    owners: Owners
    texts: int
    words: Sequence[str]

    @property
    def lengths(self) -> Codes:
        """The units of each text without its edges, with shape (texts,)."""
        return np.bincount(self.owners, minlength=self.texts) - EDGES

    @property
    def inner(self) -> tuple[Codes, Owners]:
        """Codes and owners without the edges."""
        kept = self.codes >= EDGES
        return self.codes[kept], self.owners[kept]

    def take(self, rows: NDArray[np.integer[Any]]) -> Units:
        """Some of the texts, in the order of `rows`."""
        sizes = np.bincount(self.owners, minlength=self.texts)
        starts = np.cumsum(sizes) - sizes
        chosen = sizes[rows]
        ends = np.cumsum(chosen)
        places = np.arange(int(ends[-1]) if len(ends) else 0)
        places += np.repeat(starts[rows] - (ends - chosen), chosen)
        owners = np.repeat(np.arange(len(rows)), chosen)
        return Units(self.codes[places], owners, len(rows), self.words)


def texts_of(data: Any, owner: str = "the data") -> list[str]:
    """The sequences as strings; a missing one is empty.

    Arguments:
        data: an Arrow table of one column of strings, a column, or strings.
        owner: whose they are, for the error message.

    Raises:
        InputError: there is more than one column, or something that is no string.

    Example:
        >>> texts_of(pa.table({"text": ["a", None]}))
        ['a', '']
    """
    if isinstance(data, pa.Table):
        if data.num_columns != 1:
            raise InputError(
                f"has {data.num_columns} columns where sequences have one",
                where=owner,
                hint="choose the column that holds the sequences",
                code="not-sequences",
            )
        data = data.column(0)
    if isinstance(data, (pa.ChunkedArray, pa.Array)):
        if not (pt.is_string(data.type) or pt.is_large_string(data.type) or pt.is_null(data.type)):
            raise InputError(f"holds {data.type}, not strings", where=owner, code="not-sequences")
        data = data.to_pylist()
    texts = ["" if text is None else text for text in data]
    wrong = next((k for k, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        found = type(texts[wrong]).__name__
        raise InputError(
            f"item {wrong + 1} is no string ({found})", where=owner, code="wrong-type"
        )
    return texts


def levels_of(kind: str) -> tuple[str, ...]:
    """The names of the levels of a kind.

    Raises:
        InputError: the kind is none of sequences.
    """
    if kind not in LEVELS:
        raise InputError(
            f"{kind!r} is no kind of sequence",
            hint=f"one of {', '.join(LEVELS)}",
            code="unknown-kind",
        )
    return LEVELS[kind]


def split(text: str, level: str) -> list[str]:
    """One text cut into its units.

    Example:
        >>> split("Don't 停止!", "words"), split("ClC[nH]", "atoms")
        (['Don', "'", 't', '停', '止', '!'], ['Cl', 'C', '[nH]'])
    """
    if level == "words":
        return WORDS.findall(text)
    if level == "atoms":
        return ATOMS.findall(text)
    if level == "activities":
        from fivefold.measures.traces import activities

        return activities(text)
    return list(text)


def numbered(sides: Sequence[Sequence[str]], level: str) -> list[Units]:
    """The texts of several sides in one vocabulary.

    Arguments:
        sides: the texts of each side.
        level: `characters`, `words`, `atoms`, `residues` or `activities`.

    Returns:
        One view a side.

    Example:
        >>> one, two = numbered([["ab"], ["b", ""]], "characters")
        >>> one.codes, two.codes, two.owners
        (array([0, 2, 3, 1]), array([0, 3, 1, 0, 1]), array([0, 0, 0, 1, 1]))
    """
    if level in ("characters", "residues"):
        return _characters(sides)
    known: dict[str, int] = {"": BEGIN, "\0\0": END}
    views = []
    for texts in sides:
        cut = [split(text, level) for text in texts]
        flat = [known.setdefault(unit, len(known)) for units in cut for unit in units]
        views.append(_edged(np.array(flat, np.int64), [len(units) for units in cut]))
    words = list(known)
    return [Units(codes, owners, texts, words) for codes, owners, texts in views]


def _characters(sides: Sequence[Sequence[str]]) -> list[Units]:
    """The same for single characters, without a loop over them."""
    points = [
        np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
        for texts in sides
    ]
    letters, places = np.unique(np.concatenate(points), return_inverse=True)
    words = ["", "\0\0", *map(chr, letters.tolist())]
    views, start = [], 0
    for texts, side in zip(sides, points, strict=True):
        flat = places[start : start + len(side)].astype(np.int64) + EDGES
        codes, owners, count = _edged(flat, [len(text) for text in texts])
        views.append(Units(codes, owners, count, words))
        start += len(side)
    return views


def _edged(flat: Codes, sizes: Iterable[int]) -> tuple[Codes, Owners, int]:
    """Codes with an edge on either side of each text, and their owners."""
    lengths = np.array(list(sizes), np.int64)
    ends = np.cumsum(lengths + EDGES)
    codes = np.empty(len(flat) + EDGES * len(lengths), np.int64)
    inner = np.ones(len(codes), dtype=bool)
    begins, finals = ends - lengths - EDGES, ends - 1
    inner[begins] = inner[finals] = False
    codes[begins], codes[finals], codes[inner] = BEGIN, END, flat
    return codes, np.repeat(np.arange(len(lengths)), lengths + EDGES), len(lengths)
