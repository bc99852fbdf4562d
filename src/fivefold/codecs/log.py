"""Raw log lines: each line is a template and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, alphabet_from
from fivefold.codecs.delimited import as_utf8
from fivefold.codecs.places import remember
from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.templates import Templates, without_drain
from fivefold.errors import InputError

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

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write the lines: `.log` or `.txt`, packed if `.gz` follows."""
        lines = (f"{line}\n" for line in self.texts(table).to_pylist())
        write_plain("".join(lines), path, ENDINGS)


def read_log(data: bytes, where: str, encoding: str | None = None) -> pa.Table:
    r"""The lines of a log that are not empty.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        encoding: how its characters are written; None for UTF-8.

    Returns:
        A table of one column `line`.

    Example:
        >>> read_log(b"took 7 s\n\ntook 8 s\r\n", "a.log").column("line").to_pylist()
        ['took 7 s', 'took 8 s']
    """
    text = as_utf8(data, encoding, where).decode()
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    found = [line for line in lines if line.strip()]
    if not found:
        raise InputError("has no lines", where=where, hint="give at least two", code="empty")
    return remember(pa.table({"line": pa.array(found, pa.string())}), where, lined=False)
