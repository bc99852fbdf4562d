"""The classes of pictures: words, composed alike, in their order, of which each must be seen more than once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import repeat

import pyarrow as pa

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


def learned(words: Classes) -> tuple[Classes, list[str]]:
    """The classes that there are, in their order, and notices.

    Arguments:
        words: the class of each picture.

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
        kept_out = f"{len(known):,} classes of {there:,} pictures are kept out"
        return [], [f"{kept_out}: at most {MOST:,} are learned, of two pictures each or more"]
    if not missing:
        return list(known), []
    return [*known, None], [f"{missing:,} of {len(words):,} pictures have no class"]


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
