r"""A case of an event log as one line of text, and back.

    2012-04-01T10:00:00+02:00 register | +3h20m check | +1d decide

An event is a time and an activity. The first known time of a case is a date; each later one says how long after the
last known time it is, in days, hours, minutes and seconds; `?` means that the time is not known. In the name of an
activity a bar, a backslash and the ends of lines are written `\|`, `\\`, `\n` and `\r`. The line holds activities
exactly and times to the second; the zone is that of the first event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

BAR = " | "
UNKNOWN = "?"
GAP = re.compile(r"([+-])(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
ESCAPES = {"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r"}
ESCAPED = re.compile(r"[\\|\n\r]")
MARKED = re.compile(r"\\(.)", re.DOTALL)
MEANT = {"n": "\n", "r": "\r"}


class Event(NamedTuple):
    """What happened, and when.

    Arguments:
        activity: its name.
        time: a moment, with a zone or without; None where it is not known.
    """

    activity: str
    time: datetime | None


def spell(case: Sequence[Event]) -> str:
    """A case as one line.

    Arguments:
        case: its events in their order; all times with a zone, or all without.

    Returns:
        The line.

    Example:
        >>> start = datetime(2012, 4, 1, 10)
        >>> spell([Event("register", start), Event("check", start + timedelta(hours=3))])
        '2012-04-01T10:00:00 register | +3h check'
    """
    parts: list[str] = []
    last: datetime | None = None
    for activity, time in case:
        word = UNKNOWN
        if time is not None:
            time = time.replace(microsecond=0)
            word = time.isoformat() if last is None else gap(time - last)
            last = time
        parts.append(f"{word} {escape(activity)}")
    return BAR.join(parts)


def gap(between: timedelta) -> str:
    """A duration to the second, such as `+1d4h` or `-30s`.

    Example:
        >>> gap(timedelta(days=1, hours=4)), gap(timedelta(seconds=-30)), gap(timedelta(0))
        ('+1d4h', '-30s', '+0s')
    """
    seconds = between.days * 86_400 + between.seconds
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    parts = ((day, "d"), (hour, "h"), (minute, "m"), (second, "s"))
    return sign + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0s")


def parse(trace: str) -> list[Event]:
    """The events of a line; a word that is no time is taken as part of the activity, whose time is not known.

    Example:
        >>> [(e.activity, str(e.time)) for e in parse("2012-04-01T10:00:00 register | +3h check")]
        [('register', '2012-04-01 10:00:00'), ('check', '2012-04-01 13:00:00')]
    """
    case: list[Event] = []
    last: datetime | None = None
    for part in trace.split(BAR) if trace else []:
        word, _, name = part.partition(" ")
        time = moment(word, last)
        if time is None and word != UNKNOWN:
            name = part
        case.append(Event(unescape(name), time))
        last = last if time is None else time
    return case


def moment(word: str, last: datetime | None) -> datetime | None:
    """The time that a word means after the last known time; None where it means none."""
    try:
        if last is None:
            return datetime.fromisoformat(word) if len(word) >= 19 else None
        found = GAP.fullmatch(word)
        if found is None or len(word) == 1:
            return None
        d, h, m, s = (int(number or 0) for number in found.groups()[1:])
        between = timedelta(days=d, hours=h, minutes=m, seconds=s)
        return last - between if found[1] == "-" else last + between
    except (ValueError, OverflowError):
        return None


def in_order(case: Sequence[Event]) -> list[Event]:
    """The events by time; one whose time is not known stays behind the one before it."""
    ranked: list[tuple[datetime, Event]] = []
    last = datetime.min.replace(tzinfo=UTC)
    for event in case:
        if event.time is not None:
            last = event.time if event.time.tzinfo else event.time.replace(tzinfo=UTC)
        ranked.append((last, event))
    return [event for _, event in sorted(ranked, key=lambda pair: pair[0])]


def escape(name: str) -> str:
    """The name of an activity, fit to stand in a line."""
    return ESCAPED.sub(lambda found: ESCAPES[found[0]], name)


def unescape(name: str) -> str:
    """The name that `escape` wrote."""
    return MARKED.sub(lambda found: MEANT.get(found[1], found[1]), name)
