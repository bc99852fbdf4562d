"""Numbers in few characters, alike in tables and at the axes of plots."""

from __future__ import annotations

import math

PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float) -> str:
    """Two or three significant digits, with a prefix from ten thousand on.

    Example:
        >>> short(1234567.0), short(832.4), short(12.34), short(0.0123), short(32561)
        ('1.2 M', '832', '12.3', '0.012', '33 k')
    """
    size_ = abs(value)
    if size_ >= 9_999.5:
        scale, prefix = next(pair for pair in PREFIXES if size_ >= pair[0])
        return f"{significant(value / scale, 2)} {prefix}"
    return significant(value, 2 if size_ < 1 else 3)


def significant(value: float, digits: int) -> str:
    """The value with so many significant digits, never in powers of ten.

    Example:
        >>> significant(0.0004321, 2), significant(12345.6, 3)
        ('0.00043', '12346')
    """
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    written = f"{value:.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
