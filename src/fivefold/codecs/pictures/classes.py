"""The classes of pictures and sounds: words, composed alike, in their order, each seen more than once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import repeat

import pyarrow as pa
import torch
from torch import Tensor

from fivefold.codecs.pictures.listings import CLASS
from fivefold.errors import InputError

MOST = 1_000
"""The most classes that are learned."""
LISTED = 20

Classes = list[str | None]


def word_of(value: object) -> str | None:
    r"""A class as it is compared: characters composed, no blanks around, None for nothing.

    Example:
        >>> word_of("cafe\u0301") == "café", word_of(7), word_of(" ")
        (True, '7', None)
    """
    return None if value is None else unicodedata.normalize("NFC", str(value)).strip() or None


def words_of(table: pa.Table) -> Iterator[str | None]:
    """The class of every row of a listing."""
    if CLASS not in table.column_names:
        return iter(repeat(None, len(table)))
    return (word_of(value) for chunk in table[CLASS].chunks for value in chunk.to_pylist())


def learned(words: Classes, thing: str = "picture") -> tuple[Classes, list[str]]:
    """The classes that there are, in their order, and notices.

    Arguments:
        words: the class of each.
        thing: what they are: picture, sound.

    Returns:
        The classes, None (to have none) the last of them; nothing where they tell nothing.

    Example:
        >>> learned(["10", "9", "9", None, "10"])[0], learned(["a", "b"])[0], learned(["a", "a"])[0]
        (['9', '10', None], [], [])
    """
    known = sorted({word for word in words if word is not None}, key=_order)
    missing = words.count(None)
    there = len(words) - missing
    if len(known) + bool(missing) < 2:
        return [], []
    if len(known) > min(MOST, there // 2):
        kept_out = f"{len(known):,} classes of {there:,} {thing}s are kept out"
        return [], [f"{kept_out}: at most {MOST:,} are learned, of two {thing}s each or more"]
    if not missing:
        return list(known), []
    return [*known, None], [f"{missing:,} of {len(words):,} {thing}s have no class"]


def _order(word: str) -> tuple[int, int, str]:
    """Whole numbers by their size, then words."""
    number = word.isascii() and word.isdigit() and len(word) < 19
    return (0, int(word), word) if number else (1, 0, word)


def number_of(word: str | None, classes: Classes, where: str) -> int:
    """The number of a class.

    Arguments:
        word: a class, None for none.
        classes: those that are known; one that is not counts as none where None is among them.
        where: what is of the class, for errors.

    Raises:
        InputError: listing the classes that there are.
    """
    if word in classes:
        return classes.index(word)
    if None in classes and where:
        return classes.index(None)
    known = [name for name in classes if name is not None]
    more = f" and {len(known) - LISTED:,} more" if len(known) > LISTED else ""
    raise InputError(
        "has no class" if word is None else f"no class {word!r}",
        where=where,
        hint=f"there are: {', '.join(known[:LISTED])}{more}",
        code="class",
    )


def asked(where: Mapping[str, object], classes: Classes, n: int) -> tuple[Tensor, Tensor]:
    """The labels of n data of which the class is asked for, or nothing.

    Arguments:
        where: the class under `class`, None for those that have none; or nothing.
        classes: those that are known.
        n: how many.

    Returns:
        Labels with shape (n, L), and whether they are seen, with shape (L,): L is 1, or 0 where there are no classes.

    Raises:
        InputError: where there is no such class.
    """
    for name in where:
        if name != CLASS or not classes:
            raise InputError(
                f"no column {name!r} to ask for",
                hint="the class can be asked for" if classes else "there are no classes",
                code="where",
            )
    labels = torch.zeros(n, min(1, len(classes)), dtype=torch.int64)
    if CLASS in where:
        labels[:] = number_of(word_of(where[CLASS]), classes, "")
    return labels, torch.full((labels.shape[1],), CLASS in where, dtype=torch.bool)
