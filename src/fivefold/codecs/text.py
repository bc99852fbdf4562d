"""Texts: prose, verse, mail, anything that people write."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sequences import SequenceCodec


class TextCodec(SequenceCodec):
    """Turn texts into sequences of symbols and back.

    Example:
        >>> table = pa.table({"text": ["to be", "or not"]})
        >>> codec = TextCodec(alphabet="characters").fit(table)
        >>> codec.alphabet.size, codec.units(table)
        (244, 11)
    """

    kind = "text"
    column = "text"
    alphabets = ("bpe", "characters", "bytes")

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write texts into one file, a blank line between them; none where each is a single line."""
        texts = self.texts(table).to_pylist()
        single = not any("\n" in text for text in texts)
        parts = [text if text.endswith("\n") else f"{text}\n" for text in texts]
        write_plain(("" if single else "\n").join(parts), path, (".txt", ".md"))
