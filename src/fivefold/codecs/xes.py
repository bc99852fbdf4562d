"""XES, the XML format of event logs: read as a stream, written as text.

The file is a stranger's: a document type declaration is refused, and with it every entity, inner or outer, so that no
file is opened and nothing grows while it is read; depth is limited. Of every event `concept:name` and
`time:timestamp` are kept, and `lifecycle:transition` where a log has more than one, as `name+transition`.

References:
    IEEE Standard for eXtensible Event Stream (XES), IEEE Std 1849.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from fivefold.codecs.traces import Event
from fivefold.errors import InputError

DEPTH = 64
PIECE = 1 << 20
NAME, TIME, CYCLE = "concept:name", "time:timestamp", "lifecycle:transition"
HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n'
    '  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>\n'
    '  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>\n'
    '  <classifier name="Activity" keys="concept:name"/>\n'
)


def is_xes(data: bytes) -> bool:
    """Whether bytes begin like an event log in XML.

    Example:
        >>> is_xes(b"<?xml version='1.0'?><log><trace/></log>"), is_xes(b"<html>")
        (True, False)
    """
    head = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"<") and b"<log" in head


def read_xes(data: bytes, where: str) -> tuple[list[list[Event]], list[str]]:
    """The cases of a log in XES.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.

    Returns:
        Cases, each a list of events in the order of the file; and what was left out, in sentences.

    Raises:
        InputError: names the line at which the file is no XML, or no log.
    """
    log = Log(where)
    parser = expat.ParserCreate()
    parser.StartElementHandler = log.start
    parser.EndElementHandler = log.end
    parser.StartDoctypeDeclHandler = log.refuse
    log.line = lambda: parser.CurrentLineNumber
    try:
        for start in range(0, len(data), PIECE):
            parser.Parse(data[start : start + PIECE], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as fault:
        raise InputError(
            f"is no XML that can be read ({str(fault).split(':')[0]})",
            where=f"{where}:{parser.ErrorLineNumber}",
            hint="write the log again as XES",
            code="damaged",
        ) from fault
    if not log.cases:
        raise InputError("holds no traces with events", where=where, code="empty")
    return log.named(), log.notices()


class Log:
    """What has been read of a log.

    Arguments:
        where: the name of the file.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.path: list[str] = []
        self.cases: list[list[tuple[str, str | None, datetime | None]]] = []
        self.event: dict[str, str] = {}
        self.cycles: set[str | None] = set()
        self.others: set[str] = set()
        self.nameless = self.timeless = 0
        self.line: Any = None

    def refuse(self, *_: object) -> None:
        """Stop at a document type declaration."""
        raise InputError(
            "has a document type declaration",
            where=f"{self.where}:{self.line()}",
            hint="XES needs none: remove it; entities are not read",
            code="doctype",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = tag.rpartition(":")[2]
        if not self.path and tag != "log":
            raise InputError(f"is no event log but <{tag[:30]}>", where=self.where, code="not-xes")
        if len(self.path) >= DEPTH:
            raise InputError(
                f"elements stand deeper than {DEPTH} in one another",
                where=f"{self.where}:{self.line()}",
                code="too-deep",
            )
        parent = self.path[-1] if self.path else ""
        self.path.append(tag)
        if tag == "trace":
            self.cases.append([])
        elif tag == "event":
            self.event = {}
        elif parent == "event" and "key" in attributes:
            self.event[attributes["key"]] = attributes.get("value", "")

    def end(self, tag: str) -> None:
        """An element ends."""
        if self.path.pop() != "event" or "trace" not in self.path:
            return
        name = self.event.pop(NAME, None)
        cycle = self.event.pop(CYCLE, None)
        time = self.moment(self.event.pop(TIME, None))
        self.others.update(self.event)
        if not name:
            self.nameless += 1
            return
        self.timeless += time is None
        self.cycles.add(cycle)
        self.cases[-1].append((name, cycle, time))

    def moment(self, word: str | None) -> datetime | None:
        """The time that a word means; None where there is no word."""
        if word is None:
            return None
        try:
            time = datetime.fromisoformat(word.strip())
        except ValueError as fault:
            raise InputError(
                f"{word[:40]!r} is no time",
                where=f"{self.where}:{self.line()}",
                hint="such as 2012-04-01T10:00:00+02:00",
                code="time",
            ) from fault
        return time if time.tzinfo else time.replace(tzinfo=UTC)

    def named(self) -> list[list[Event]]:
        """The cases that have events; what happened and its transition are one name where transitions differ."""
        joined = len(self.cycles) > 1
        return [
            [
                Event(f"{name}+{cycle}" if joined and cycle else name, at)
                for name, cycle, at in case
            ]
            for case in self.cases
            if case
        ]

    def notices(self) -> list[str]:
        """What was left out."""
        empty = sum(not case for case in self.cases)
        others = ", ".join(sorted(self.others)[:8])
        counted = (
            (empty, f"{empty:,} traces without events were left out"),
            (self.nameless, f"{self.nameless:,} events without {NAME} were left out"),
            (self.timeless, f"{self.timeless:,} events have no {TIME}"),
            (len(self.others), f"attributes of events that are not kept: {others}"),
        )
        return [f"{self.where}: {sentence}" for count, sentence in counted if count]


def xes(cases: Iterable[Sequence[Event]]) -> str:
    """Cases as the text of a log in XES, under numbered names."""
    parts = [HEADER]
    for number, case in enumerate(cases, 1):
        parts.append(f'  <trace>\n    <string key="{NAME}" value="synthetic_{number}"/>\n')
        for activity, time in case:
            parts.append(f'    <event>\n      <string key="{NAME}" value={_quoted(activity)}/>\n')
            if time is not None:
                aware = time if time.tzinfo else time.replace(tzinfo=UTC)
                parts.append(f'      <date key="{TIME}" value="{aware.isoformat()}"/>\n')
            parts.append("    </event>\n")
        parts.append("  </trace>\n")
    return "".join([*parts, "</log>\n"])


def _quoted(text: str) -> str:
    """A value in quotes; characters that XML cannot hold become U+FFFD."""
    fit = "".join(c if c >= " " or c in "\t\n\r" else "\ufffd" for c in text)
    fit = fit.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    return quoteattr(fit, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
