"""Windows of a series: how long, how far apart, and which may be held out together.

A window should hold a period of the calendar: a week of hours, a day of quarters of an hour. Windows overlap. So that
whole stretches can be held out, the line is cut into blocks of several lengths, and no window goes over a cut:
windows of different blocks share no value.
"""

from __future__ import annotations

import math

import numpy as np

from fivefold.codecs.lattice import Ints
from fivefold.codecs.timelines.clock import Clock
from fivefold.errors import InputError

PERIODS = (60.0, 3_600.0, 43_200.0, 86_400.0, 604_800.0)
"""Lengths in seconds of which a window may hold several."""
SHORT, LONG, PLAIN = 48, 168, 64
"""The steps of a window that are chosen unasked: from, to, and without a calendar."""
LEAST, MOST = 8, 4_096
ENOUGH = 12
"""Windows beside one another that the data should give."""
MOSTLY = 0.6
"""The share of the places that windows should reach."""
WINDOWS = 1 << 17
"""About so many windows are enough: beyond, they overlap less."""
BLOCKS = 24
"""Into about so many blocks the line is cut; they have 2 to 16 lengths of a window."""


def calendar_length(clock: Clock) -> int:
    """The steps of a window by the calendar: a multiple of 8, of the longest period that fits.

    Example:
        >>> from fivefold.codecs.kinds import Column
        >>> hours = Column(name="t", kind="datetime", unit="h")
        >>> calendar_length(Clock(column=hours, nanoseconds=3_600_000_000_000))
        168
    """
    if not clock.regular or not clock.days:
        return PLAIN
    periods = {
        "workdays": [5.0 / clock.step],
        "months": [12.0 / clock.step],
        "time": [period / clock.seconds for period in reversed(PERIODS)],
    }
    for period in periods[clock.ruler]:
        if period < 2 or period != round(period):
            continue
        for times in range(1, LONG):
            length = times * round(period)
            if SHORT <= length <= LONG and length % 8 == 0:
                return length
    return PLAIN


def gap_of(length: int) -> int:
    """How many rows may lack in one place of a window."""
    return max(3, length // 8)


def fits(sizes: Ints, length: int) -> bool:
    """Whether stretches of such sizes give enough windows of a length."""
    reached = int(sizes[sizes >= length].sum())
    return bool(np.sum(sizes // length) >= ENOUGH and reached >= MOSTLY * sizes.sum())


def shorter(length: int) -> int:
    """The next length to try: about half, a multiple of 8."""
    return max(LEAST, -(-length // 16) * 8)


def check_length(length: int | None) -> None:
    """Refuse a length that no window can have.

    Raises:
        InputError: saying which lengths there are.
    """
    if length is not None and not LEAST <= length <= MOST:
        raise InputError(
            f"a window must have {LEAST} to {MOST:,} steps, not {length:,}", code="length"
        )


def stride_of(sizes: Ints, length: int, most: int = WINDOWS) -> int:
    """The steps from window to window: 1 for small data, else coprime to the hours of a day and the days of a week.

    Example:
        >>> stride_of(np.array([1_000]), 100), stride_of(np.array([10_000_000]), 100)
        (1, 53)
    """
    windows = int(np.maximum(sizes - length + 1, 0).sum())
    stride = max(1, min(-(-windows // most), length // 2))
    while math.gcd(stride, 2 * 3 * 7) > 1:
        stride += 1
    return stride


def blocks_of(bounds: Ints, length: int) -> Ints:
    """Where blocks begin and the last ends: within stretches, of as many places each as can be.

    Arguments:
        bounds: where the stretches begin and the last ends, with shape (S + 1,).
        length: the steps of a window.

    Example:
        >>> blocks_of(np.array([0, 100, 110]), 10).tolist()
        [0, 20, 40, 60, 80, 100, 110]
    """
    sizes = np.diff(bounds)
    total = int(sizes[sizes >= length].sum())
    block = min(max(total // BLOCKS, 2 * length), 16 * length)
    counts = np.maximum(1, sizes // block)
    number = np.repeat(np.arange(len(sizes)), counts)
    within = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = bounds[number] + within * sizes[number] // counts[number]
    found: Ints = np.append(starts, bounds[-1])
    return found


def windows_of(blocks: Ints, length: int, stride: int) -> tuple[Ints, Ints]:
    """Where windows begin, and the number of the block of each, both with shape (W,).

    Arguments:
        blocks: as `blocks_of` gives them.
        length: the steps of a window.
        stride: the steps from one to the next; the last of a block ends with it.

    Example:
        >>> windows_of(np.array([0, 10, 13]), 4, 5)
        (array([0, 5, 6]), array([0, 0, 0]))
    """
    room = np.diff(blocks) - length
    counts = np.where(room >= 0, np.maximum(room, 0) // stride + 1, 0)
    number = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = blocks[number] + within * stride
    short = np.flatnonzero((room > 0) & (room % stride != 0))
    starts = np.concatenate([starts, blocks[short + 1] - length])
    number = np.concatenate([number, short])
    order = np.lexsort((starts, number))
    return starts[order], number[order]
