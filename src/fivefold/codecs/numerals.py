"""Numbers in text: a column of words is a column of numbers when every word is one.

`007` is no number (its zeros mean something), nor is an integer of twenty digits (a float would lose some).
`1,234.5` and, where the comma does not separate cells, `1.234,5` are numbers; they are written without their
separators.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MISSING = ("", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")

INTEGER = r"^[+-]?[0-9]+$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
PADDED = r"^[+-]?0[0-9]"
INFINITE = r"(?i)^[+-]?inf(inity)?$"
GROUPED = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
COMMA = r"^[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+$"
COMMA_GROUPED = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+$"


def matches(words: pa.Array, pattern: str) -> pa.Array:
    """Which words match a regular expression; a missing word does not."""
    return pc.fill_null(pc.match_substring_regex(words, pattern), False)


def every(flags: pa.Array) -> bool:
    """Whether all flags are true."""
    return bool(pc.all(flags, min_count=0).as_py())


def some(flags: pa.Array) -> bool:
    """Whether any flag is true."""
    return bool(pc.any(flags, min_count=0).as_py())


def as_numbers(words: pa.Array, *, comma: bool = False) -> pa.Array | None:
    """Distinct words as numbers.

    Arguments:
        words: strings without nulls, with shape (n,).
        comma: whether a comma is the decimal sign.

    Returns:
        int64 or double with shape (n,), infinities as they are written; None where a word is no number.

    Example:
        >>> as_numbers(pa.array(["1", "2.5"])).to_pylist()
        [1.0, 2.5]
        >>> as_numbers(pa.array(["02139", "10001"])) is None
        True
    """
    if not len(words) or not _promising(words):
        return None
    words = _plain(words, comma=comma)
    if some(matches(words, PADDED)):
        return None
    if every(matches(words, INTEGER)):
        try:
            return pc.cast(words, pa.int64())
        except pa.ArrowInvalid:
            return None
    numbers, infinite = matches(words, NUMBER), matches(words, INFINITE)
    if not every(pc.or_(numbers, infinite)) or not some(numbers):
        return None
    lowered = pc.replace_substring_regex(words, INFINITE, "inf") if some(infinite) else words
    values = pc.cast(lowered, pa.float64())
    if not some(infinite):
        return values
    negative = pc.and_(infinite, pc.starts_with(words, "-"))
    return pc.if_else(negative, -np.inf, values)


def _promising(words: pa.Array) -> bool:
    """Whether the first words hold digits: most columns of names are left here."""
    return every(pc.match_substring_regex(words.slice(0, 8), r"[0-9]|(?i:inf)"))


def _plain(words: pa.Array, *, comma: bool) -> pa.Array:
    """The words without a plus sign and without separators of thousands."""
    if some(pc.starts_with(words, "+")):
        words = pc.replace_substring_regex(words, r"^\+", "")
    if not some(pc.match_substring(words, ",")):
        return words
    plain = matches(words, NUMBER)
    if comma:
        whole = pc.and_(matches(words, INTEGER), True)
        fits = pc.or_(pc.or_(matches(words, COMMA), matches(words, COMMA_GROUPED)), whole)
        if every(fits):
            return pc.replace_substring(pc.replace_substring(words, ".", ""), ",", ".")
    elif every(pc.or_(matches(words, GROUPED), plain)):
        return pc.replace_substring(words, ",", "")
    return words
