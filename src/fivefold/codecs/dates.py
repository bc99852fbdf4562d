"""Dates and times in text: how they are written, read into microseconds, and written again.

A *format* is made of the usual directives (`%Y %y %m %d %b %B %H %I %M %S %p %z`), of `%3f` and `%6f` for
thousandths and millionths of a second, and of `%-m`, `%-d`, `%-H`, `%-I` for numbers without a leading zero; all other
characters stand for themselves. Microseconds count from 1970-01-01 00:00 (UTC where a zone is written), a time of day
from midnight. All work is on whole arrays.
"""

from __future__ import annotations

import calendar
import re
from functools import cache
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]

DAY = 86_400_000_000
MONTHS = [calendar.month_name[month] for month in range(1, 13)]
SHORT_MONTHS = [name[:3] for name in MONTHS]
DIRECTIVE = re.compile(r"%(-?[a-zA-Z]|[36]f)")
PATTERNS = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "b": "(?i:" + "|".join(SHORT_MONTHS) + ")",
    "B": "(?i:" + "|".join(MONTHS) + ")",
    "p": "(?i:[ap]m)",
    "z": r"Z|[+-]\d{2}:?\d{2}",
    "3f": r"\d{3}",
    "6f": r"\d{6}",
} | dict.fromkeys("mdHIMS", r"\d{2}")
PATTERNS |= {f"-{letter}": r"\d{1,2}" for letter in "mdHI"}

DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%-m/%-d/%Y", "%-d/%-m/%Y", "%-d.%-m.%Y", "%Y-%-m-%-d", "%Y/%-m/%-d"),
    *("%m/%d/%y", "%d/%m/%y", "%-m/%-d/%y", "%-d/%-m/%y"),
    *("%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
    *("%-d-%b-%Y", "%-d %b %Y", "%b %-d, %Y", "%-d %B %Y", "%B %-d, %Y"),
)
TIMES = (
    *("%H:%M", "%H:%M:%S", "%H:%M:%S.%3f", "%H:%M:%S.%6f"),
    *("%-H:%M", "%-H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%-I:%M %p", "%-I:%M:%S %p"),
)
TWO_DIGITS = pa.array([f"{number:02d}" for number in range(100)])
ONE_DIGIT = pa.array([str(number) for number in range(100)])


@cache
def expression(form: str) -> str:
    """The regular expression of a format, one named group a directive."""
    parts: list[str] = []
    end = 0
    for directive in DIRECTIVE.finditer(form):
        parts.append(re.escape(form[end : directive.start()]))
        key = directive[1]
        parts.append(f"(?P<g{key.replace('-', '')}>{PATTERNS[key]})")
        end = directive.end()
    return "".join(parts) + re.escape(form[end:])


def known(form: str) -> bool:
    """Whether every directive of a format is known and none comes twice."""
    keys = [directive[1] for directive in DIRECTIVE.finditer(form)]
    bare = [key.replace("-", "") for key in keys]
    left = DIRECTIVE.sub("", form)
    return (
        bool(keys)
        and all(k in PATTERNS for k in keys)
        and len(set(bare)) == len(bare)
        and ("%" not in left)
    )


def candidates(word: str) -> list[str]:
    """The formats in which one word is a date, a date with a time, or a time.

    Arguments:
        word: a cell.

    Returns:
        Formats, the likelier first.

    Example:
        >>> candidates("03/04/2024")[:2]
        ['%m/%d/%Y', '%d/%m/%Y']
        >>> candidates("2024-02-29T10:00:00Z")[0]
        '%Y-%m-%dT%H:%M:%S%z'
    """
    if not 4 <= len(word) <= 40 or not any(character.isdigit() for character in word):
        return []
    found = [form for form in TIMES if re.fullmatch(expression(form), word)]
    for form in DATES:
        head = re.match(expression(form), word)
        if head is None:
            continue
        rest = word[head.end() :]
        if not rest:
            found.append(form)
        for gap, time, zone in product(("T", " ", ", "), TIMES, ("", "%z", " %z")):
            if rest.startswith(gap) and re.fullmatch(expression(gap + time + zone), rest):
                found.append(form + gap + time + zone)
    return found


def parse(words: pa.Array, form: str) -> tuple[Ints, NDArray[np.bool_]]:
    """Read words into microseconds.

    Arguments:
        words: strings, with shape (n,).
        form: the format.

    Returns:
        Microseconds with shape (n,), and whether each word is a date or time that exists, with shape (n,).

    Example:
        >>> parse(pa.array(["1970-01-02", "2023-02-30"]), "%Y-%m-%d")
        (array([86400000000,           0]), array([ True, False]))
    """
    parts = pc.extract_regex(words, f"^(?:{expression(form)})$")
    good = np.asarray(pc.fill_null(pc.is_valid(parts), False))
    fields = {
        field.name[1:]: pc.struct_field(parts, field.name).fill_null("") for field in parts.type
    }
    moment, fine = _clock(fields, len(words))
    if fields.keys() & {"Y", "y"}:
        days, exists = _calendar(fields)
        moment, fine = moment + days * DAY, fine & exists
    if "z" in fields:
        moment = moment - _offset(fields["z"])
    good = good & fine
    return np.where(good, moment, 0), good


def render(moment: Ints, form: str) -> pa.Array:
    """Write microseconds as words.

    Arguments:
        moment: microseconds, with shape (n,).
        form: the format; `%z` is written as `+00:00`.

    Returns:
        Strings, with shape (n,).

    Example:
        >>> render(np.array([86_400_000_000]), "%d/%m/%Y").to_pylist()
        ['02/01/1970']
    """
    days, clock = np.divmod(moment, DAY)
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    day = days - months.astype("datetime64[D]").astype(np.int64) + 1
    year, month = np.divmod(months.astype(np.int64), 12)
    pieces: list[pa.Array | pa.Scalar] = []
    end = 0
    for directive in DIRECTIVE.finditer(form):
        pieces.append(pa.scalar(form[end : directive.start()]))
        pieces.append(_piece(directive[1], year + 1970, month + 1, day, clock))
        end = directive.end()
    pieces.append(pa.scalar(form[end:]))
    return pc.binary_join_element_wise(*pieces, "")


def _piece(key: str, year: Ints, month: Ints, day: Ints, clock: Ints) -> pa.Array:
    hour = clock // 3_600_000_000
    if key in ("Y", "3f", "6f"):
        number = {"Y": year, "3f": clock // 1000 % 1000, "6f": clock % 1_000_000}[key]
        width = {"Y": 4, "3f": 3, "6f": 6}[key]
        return pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), width, "0")
    if key in ("b", "B"):
        return pa.array(SHORT_MONTHS if key == "b" else MONTHS).take(pa.array(month - 1))
    if key in ("p", "z"):
        return pa.array(["AM", "PM"] if key == "p" else ["+00:00"] * 2).take(pa.array(hour // 12))
    number = {
        "y": year % 100,
        "m": month,
        "d": day,
        "H": hour,
        "I": (hour - 1) % 12 + 1,
        "M": clock // 60_000_000 % 60,
        "S": clock // 1_000_000 % 60,
    }[key.lstrip("-")]
    return (ONE_DIGIT if key.startswith("-") else TWO_DIGITS).take(pa.array(number))


def _number(field: pa.Array | None, size: int) -> Ints:
    """Digits as integers; 0 where there are none."""
    if field is None:
        return np.zeros(size, np.int64)
    digits = pc.if_else(pc.equal(field, ""), "0", field)
    return np.asarray(pc.cast(digits, pa.int64()))


def _calendar(fields: dict[str, pa.Array]) -> tuple[Ints, NDArray[np.bool_]]:
    """Days from 1970-01-01, and whether there is such a day."""
    size = len(next(iter(fields.values())))
    year, day = _number(fields.get("Y"), size), _number(fields.get("d"), size)
    if "y" in fields:
        short = _number(fields["y"], size)
        year = np.where(short < 69, 2000 + short, 1900 + short)
    name = fields.get("b", fields.get("B"))
    if name is None:
        month = _number(fields.get("m"), size)
    else:
        short_name = pc.utf8_capitalize(pc.utf8_slice_codeunits(name, 0, 3))
        index = pc.index_in(short_name, pa.array(SHORT_MONTHS)).fill_null(-1)
        month = np.asarray(index).astype(np.int64) + 1
    months = (year - 1970) * 12 + month - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    back = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return days, (back == months) & (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)


def _clock(fields: dict[str, pa.Array], size: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Microseconds from midnight, and whether a clock can show them."""
    hour, minute = _number(fields.get("H"), size), _number(fields.get("M"), size)
    second = _number(fields.get("S"), size)
    good = (hour < 24) & (minute < 60) & (second < 60)
    if "I" in fields:
        twelve = _number(fields["I"], size)
        afternoon = np.asarray(pc.equal(pc.utf8_lower(fields["p"]), "pm"))
        hour = twelve % 12 + 12 * afternoon
        good = good & (twelve >= 1) & (twelve <= 12)
    fraction = 1000 * _number(fields.get("3f"), size) + _number(fields.get("6f"), size)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, good


def _offset(zones: pa.Array) -> Ints:
    """Microseconds that a zone such as `+02:00` is ahead of UTC."""
    digits = pc.replace_substring_regex(zones, "[^0-9]", "")
    number = np.asarray(pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64()))
    sign = np.where(np.asarray(pc.starts_with(zones, "-")), -1, 1)
    ahead: Ints = sign * (number // 100 * 60 + number % 100) * 60_000_000
    return ahead
