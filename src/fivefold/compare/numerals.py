"""How numbers are written for people: alike in the terminal, the tables and the charts."""

from __future__ import annotations

import math
from collections.abc import Callable

from fivefold.measures.figure import Figure
from fivefold.plots.digits import short as short
from fivefold.plots.digits import significant

DASH = "–"
MINUS = "−"
BYTES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def number(value: float | None, unit: str = "") -> str:
    """A value in its unit, short enough for a cell.

    Example:
        >>> number(0.00523, "share"), number(0.5512, "AUC"), number(41234.0, "rows/s")
        ('0.52%', '0.551', '41 k rows/s')
    """
    if value is None or not math.isfinite(value):
        return DASH
    return f"{bare(value, unit)} {heading(unit)}".rstrip()


def bare(value: float | None, unit: str = "") -> str:
    """A value without the name of its unit, for a table whose heading has it.

    Example:
        >>> bare(41234.0, "rows/s"), bare(0.00523, "share"), bare(-31.25, "nats")
        ('41 k', '0.52%', '−31.2')
    """
    if value is None or not math.isfinite(value):
        return DASH
    if unit in SPELLED:
        written = SPELLED[unit](value)
    elif unit == "exponent":
        written = f"{value:.2f}"
    else:
        written = short(value)
    return written.replace("-", MINUS)


def heading(unit: str) -> str:
    """The unit as a table's heading has it: empty where `bare` writes it with every value."""
    return "" if unit in SPELLED else unit


def percent(value: float) -> str:
    """A share as a percentage; below 10% with the second decimal.

    Example:
        >>> percent(0.0052), percent(0.123), percent(1.0), percent(0.0)
        ('0.52%', '12.3%', '100%', '0%')
    """
    hundredth = value * 100
    if hundredth in (0, 100):
        return f"{hundredth:.0f}%"
    return f"{hundredth:.2f}%" if abs(hundredth) < 10 else f"{hundredth:.1f}%"


def seconds(value: float) -> str:
    """A duration.

    Example:
        >>> seconds(0.0123), seconds(24.6), seconds(312.0), seconds(7200.0)
        ('12 ms', '24.6 s', '5 min 12 s', '2 h')
    """
    if abs(value) < 1:
        return f"{significant(value * 1000, 2)} ms"
    if abs(value) < 120:
        return f"{significant(value, 3)} s"
    if abs(value) < 7200:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(value / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def size(value: float) -> str:
    """An amount of memory.

    Example:
        >>> size(512), size(3 * 2**30)
        ('512 B', '3 GiB')
    """
    for scale, prefix in BYTES:
        if abs(value) >= scale:
            return f"{significant(value / scale, 3)} {prefix}"
    return f"{value:.0f} B"


def mass(value: float) -> str:
    """Kilograms, or grams or milligrams where there are few.

    Example:
        >>> mass(0.0000296), mass(0.45), mass(12.0)
        ('29.6 mg', '450 g', '12 kg')
    """
    for scale, unit in ((1e6, "mg"), (1e3, "g")):
        if abs(value) * scale < 1000:
            return f"{significant(value * scale, 3)} {unit}"
    return f"{significant(value, 3)} kg"


def count(value: float | None) -> str:
    """A whole number with thousands apart.

    Example:
        >>> count(32561), count(None)
        ('32,561', '–')
    """
    return DASH if value is None else f"{value:,.0f}"


def interval(figure: Figure) -> str:
    """The interval of a figure, or nothing where it has none or its ends read the same.

    Example:
        >>> interval(Figure("a", "A", 0.5, 0.41, 0.62, unit="AUC"))
        '0.410 to 0.620'
        >>> interval(Figure("speed", "Speed", 12_001, 12_001, 12_001, unit="rows/s"))
        ''
    """
    if figure.low is None or figure.high is None:
        return ""
    low, high = bare(figure.low, figure.unit), bare(figure.high, figure.unit)
    if low == high:
        return ""
    head, _, tail = low.rpartition(" ")
    if head and high.endswith(f" {tail}"):
        low = head
    elif low.endswith("%") and high.endswith("%"):
        low = low[:-1]
    return f"{low} to {high}"


def text(figure: Figure) -> str:
    """A figure with its interval, for a sentence.

    Example:
        >>> text(Figure("a", "A", 0.0052, 0.004, 0.006))
        '0.52% (0.40 to 0.60%)'
    """
    spread = interval(figure)
    value = number(figure.value, figure.unit)
    return f"{value} ({spread})" if spread and figure.value is not None else value


SPELLED: dict[str, Callable[[float], str]] = {
    "share": percent,
    "%": percent,
    "s": seconds,
    "bytes": size,
    "B": size,
    "kg CO2": mass,
    "ratio": "{:.2f}".format,
    "AUC": "{:.3f}".format,
    "score": "{:.3f}".format,
}
