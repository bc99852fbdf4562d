"""Raw log lines: each line is a template and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, alphabet_from
from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.templates import Templates, without_drain
from fivefold.spaces import END

ENDINGS = (".log", ".txt")


class LogCodec(SequenceCodec):
    """Turn log lines into sequences of symbols and back.

    Example:
        >>> table = pa.table({"line": ["took 7 s", "took 8 s", "took 9 s", "done"]})
        >>> codec = LogCodec().fit(table)
        >>> codec.decode(codec.encode(table)[:4]).equals(table)
        True
    """

    kind = "log"
    column = "line"
    alphabets = ("templates", "characters", "bytes", "bpe")

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """Templates, or the alphabet that was wished for; characters where none was and Drain is not there."""
        if self.wish == Templates.name or (self.wish is None and not without_drain()):
            return Templates.fit(texts, self.symbols)
        if self.wish is None:
            self.wish = "characters"
            said = 'lines are written in characters: pip install "fivefold[events]" for templates'
            self.notices.append(said)
        return super().learn(texts)

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        own = state["name"] == Templates.name
        return Templates.from_dict(state) if own else alphabet_from(state)

    def _opened(self, texts: pa.ChunkedArray) -> dict[int, int]:
        """Data begin with the end of what was before: a line is not gone on with from its middle."""
        return {END: len(texts)}

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write the lines: `.log` or `.txt`, packed if `.gz` follows."""
        lines = (f"{line}\n" for line in self.texts(table).to_pylist())
        write_plain("".join(lines), path, ENDINGS)
