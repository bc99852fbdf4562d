"""Event logs: a case is a sequence of activities and of the times between them.

Every activity is one symbol. A time between two events is exact to the second in one to four symbols: days, hours,
minutes, seconds, each `17d`, `3h`, `20m`, `5s` one symbol. The moment at which a case begins is spelt in digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, alphabet_from
from fivefold.codecs.eventlog import write_events
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.words import Words
from fivefold.spaces import END

DAYS = 100
PATTERN = r"""
    \ \|\ [+-?]?                            # between two events, and how the time of the second begins
  | (?<=[+-dhm])\d{1,2}[dhms](?=[\d\ ])     # a part of a time between events
  | (?<=[\dhmsdZ?])\ (?:[^|\\]|\\.)+?(?=\ \||$)  # an activity behind its time
  | .
"""


class Activities(Words):
    r"""Activities, times between events, and letters for what is rare.

    Example:
        >>> alphabet = Activities.fit(pa.chunked_array([["? go | ? go | ? stay"] * 3]))
        >>> alphabet.words[-2:], len(alphabet.encode("? go | +3h5s stay"))
        ((' go', ' stay'), 6)
    """

    name = "activities"
    pattern = re.compile(PATTERN, re.DOTALL | re.VERBOSE)
    always = (
        *(" | ", " | +", " | ?", " | -"),
        *(f"{number}d" for number in range(1, DAYS)),
        *(f"{number}h" for number in range(1, 24)),
        *(f"{number}m" for number in range(1, 60)),
        *(f"{number}s" for number in range(60)),
    )


class EventCodec(SequenceCodec):
    """Turn cases of an event log into sequences of activities and times, and back.

    Example:
        >>> table = pa.table({"trace": ["2012-04-01T10:00:00 register | +3h20m check"]})
        >>> codec = EventCodec().fit(table)
        >>> codec.decode(codec.encode(table)[:1]).equals(table)
        True
    """

    kind = "events"
    column = "trace"
    alphabets = ("activities", "characters", "bytes", "bpe")
    longest = 512

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """Activities and times, or the alphabet that was wished for."""
        own = self.wish in (None, Activities.name)
        return Activities.fit(texts, self.symbols) if own else super().learn(texts)

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        own = state["name"] == Activities.name
        return Activities.from_dict(state) if own else alphabet_from(state)

    def _opened(self, texts: pa.ChunkedArray) -> dict[int, int]:
        """Data begin with the end of what was before: a case is not gone on with from its middle."""
        return {END: len(texts)}

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write XES (`.xes`, `.xes.gz`), or one event a row (`.csv`, `.parquet`, `.jsonl`)."""
        write_events(table, path)
