"""What a window of a series is labelled with: its entity, and where in the calendar it begins.

Hour of the day, day of the week and month are labels where they differ from window to window: conditions ask for them,
and a generated window is dated so that it begins at such an hour, on such a day, in such a month.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from fivefold.codecs.dates import MONTHS
from fivefold.codecs.lattice import Ints
from fivefold.codecs.schema import nearest
from fivefold.codecs.timelines.clock import Clock
from fivefold.codecs.wishes import moment
from fivefold.errors import InputError

HOUR, DAY = 3_600_000_000, 86_400_000_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CANDIDATES = 1 << 14
"""The moments among which a beginning is looked for."""


def _hour(wall: Ints) -> Ints:
    return wall // HOUR % 24


def _weekday(wall: Ints) -> Ints:
    return (wall // DAY + 3) % 7


def _month(wall: Ints) -> Ints:
    months: Ints = (wall // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months % 12


CALENDAR: dict[str, tuple[Callable[[Ints], Ints], tuple[str, ...]]] = {
    "hour": (_hour, tuple(str(hour) for hour in range(24))),
    "weekday": (_weekday, WEEKDAYS),
    "month": (_month, tuple(month.lower() for month in MONTHS)),
}
"""Labels of the calendar: how they are told from a wall clock's microseconds, and their words."""


def calendar_labels(clock: Clock, lattice: Ints) -> tuple[str, ...]:
    """The labels of the calendar that differ between some times.

    Arguments:
        clock: that of the series.
        lattice: the times at which windows begin, with shape (n,).
    """
    if not clock.days:
        return ()
    wall = clock.wall(lattice)
    return tuple(name for name, (tell, _) in CALENDAR.items() if len(np.unique(tell(wall))) > 1)


def label_times(names: tuple[str, ...], clock: Clock, lattice: Ints) -> Ints:
    """The labels of some times.

    Arguments:
        names: some of `CALENDAR`.
        clock: that of the series.
        lattice: times, with shape (n,).

    Returns:
        Labels with shape (n, L).
    """
    if not names:
        return np.zeros((len(lattice), 0), np.int64)
    wall = clock.wall(lattice)
    return np.stack([CALENDAR[name][0](wall) for name in names], 1)


def level_of(name: str, value: object) -> int:
    """The level of a label of the calendar that is asked for: a number as people count, or a word.

    Raises:
        InputError: naming the words that there are.

    Example:
        >>> level_of("hour", "6"), level_of("weekday", "Mon"), level_of("month", 12)
        (6, 0, 11)
    """
    words = CALENDAR[name][1]
    said = str(value).strip().lower()
    if name == "month" and said.isdigit() and 1 <= int(said) <= 12:
        return int(said) - 1
    found = [level for level, word in enumerate(words) if said and word.startswith(said)]
    exact = [level for level, word in enumerate(words) if word == said]
    for levels in (exact, found):
        if len(levels) == 1:
            return levels[0]
    raise InputError(
        f"{value!r} is no {name}", hint=nearest(said, list(words), 24), code="unknown-value"
    )


def time_of(word: object, clock: Clock) -> int:
    """A time that is asked for, on the lattice of the clock.

    Raises:
        InputError: where it is no time as the series has them.
    """
    column = clock.column
    said = str(word.isoformat()) if hasattr(word, "isoformat") else str(word)
    try:
        dated = column.kind in ("date", "datetime")
        array = moment(said, column) if dated else pa.array([float(said)])
        lattice, present = clock.read(pa.chunked_array([array]))
        if present[0]:
            return int(lattice[0])
    except ValueError:
        pass
    raise InputError(
        f"{said!r} is no time",
        where=f"column {column.name}",
        hint=f"write it as {column.format or '2024-02-29T10:00'}",
        code="unknown-value",
    )


def beginnings(
    levels: Ints, names: tuple[str, ...], clock: Clock, span: tuple[int, int], draw: Any
) -> Ints:
    """Times at which windows with such labels may begin.

    Arguments:
        levels: the labels of the calendar of each window, with shape (B, L).
        names: their names.
        clock: that of the series.
        span: the first and the last time at which a window of the training data begins, in ticks.
        draw: a source of randomness.

    Returns:
        Times on the lattice with shape (B,), within the span: at random among those with the most labels right.
    """
    steps = (span[1] - span[0]) // clock.step
    some = steps + 1 if steps < CANDIDATES else CANDIDATES
    chosen = np.arange(some) if steps < CANDIDATES else np.sort(draw.integers(0, steps + 1, some))
    lattice = clock.lattice(span[0] + chosen * clock.step)
    had = label_times(names, clock, lattice)
    found = np.empty(len(levels), np.int64)
    distinct, kinds = np.unique(levels, axis=0, return_inverse=True)
    for kind, wanted in enumerate(distinct):
        right = (had == wanted).sum(1)
        best = np.flatnonzero(right == right.max(initial=0))
        rows = np.flatnonzero(kinds.reshape(-1) == kind)
        found[rows] = lattice[draw.choice(best, len(rows))]
    return found


def as_words(names: list[str], levels: Ints) -> pa.Array:
    """Levels as names, with shape (n,)."""
    return pa.array(names, pa.string()).take(pa.array(np.clip(levels, 0, len(names) - 1)))
