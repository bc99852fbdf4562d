"""Music: tunes in ABC, and MIDI files as lines of events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, alphabet_from, alphabet_type
from fivefold.codecs.midi import Notes, mended
from fivefold.codecs.plainfiles import write_numbered, write_plain
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.sources import bare_name
from fivefold.codecs.tunes import write_abc

EVENTS = re.compile(r"type[01]\n")


class MusicCodec(SequenceCodec):
    r"""Turn tunes into sequences of symbols and back.

    Example:
        >>> table = pa.table({"tune": ["X:1\\nK:G\\nGABc dedB\\n", "X:2\\nK:D\\nfd\\n"]})
        >>> codec = MusicCodec().fit(table)
        >>> codec.decode(codec.encode(table)[:2]).equals(table)
        True
    """

    kind = "music"
    column = "tune"
    alphabets = ("notes", "characters", "bpe", "bytes")
    longest = 512

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """The alphabet that was wished for; else that of events where most tunes are MIDI, else characters."""
        some = [tune or "" for tune in texts.slice(0, 100).to_pylist()]
        events = sum(EVENTS.match(tune) is not None for tune in some)
        name = self.wish or (Notes.name if 2 * events > len(some) else "characters")
        kind = Notes if name == Notes.name else alphabet_type(name)
        return kind.fit(texts, self.symbols)

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        own = state["name"] == Notes.name
        return Notes.from_dict(state) if own else alphabet_from(state)

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write tunes: all into one `.abc`, or each into a `.mid` of its own, several under numbered names.

        What means nothing in the lines of a MIDI tune is left out.
        """
        tunes = self.texts(table).to_pylist()
        if bare_name(str(path)).endswith((".mid", ".midi")):
            write_numbered([mended(tune)[0] for tune in tunes], path, (".mid", ".midi"))
        else:
            write_plain(write_abc(tunes), path, (".abc",))
