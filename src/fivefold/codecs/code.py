"""Code: texts in a programming language, of which it can be said whether they parse. Nothing is run here."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from fivefold.codecs.places import LANGUAGE
from fivefold.codecs.plainfiles import write_numbered
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.sniffing import LANGUAGES

UNKNOWN = "unknown"
LONGEST = 1 << 20
"""Characters; longer texts are not parsed."""


class CodeCodec(SequenceCodec):
    r"""Turn code into sequences of symbols and back.

    Example:
        >>> table = pa.table({"code": ["def f(x):\n    return x\n", "import re\n"]})
        >>> codec = CodeCodec(alphabet="characters").fit(table)
        >>> codec.language, codec.parses("f(1)"), codec.parses("f(1")
        ('python', True, False)
    """

    kind = "code"
    column = "code"

    language: str = UNKNOWN

    def fit(self, table: pa.Table) -> Self:
        """Learn the alphabet, the length and the language."""
        super().fit(table)
        said = (table.schema.metadata or {}).get(LANGUAGE, b"").decode()
        self.language = said or _language(self.texts(table))
        return self

    def parses(self, text: str) -> bool | None:
        """Whether a text is a program of the language; None where there is no parser for it.

        Arguments:
            text: a whole file or snippet; it is not run.
        """
        return passes(self.language, text) if self.language in PARSERS else None

    def describe(self) -> dict[str, Any]:
        """What `fivefold inspect` prints."""
        return {**super().describe(), "language": self.language}

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it."""
        return {**super().to_dict(), "language": self.language}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The codec that `to_dict` described."""
        codec = super().from_dict(state)
        codec.language = str(state.get("language", UNKNOWN))
        return codec

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write programs into files: several under numbered names."""
        endings = tuple(f".{ending}" for names in LANGUAGES.values() for ending in names.split())
        write_numbered(self.texts(table).to_pylist(), path, (*endings, ".json"))


def _python(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


PARSERS: dict[str, Callable[[str], object]] = {"python": _python, "json": json.loads}


def passes(language: str, text: str) -> bool:
    r"""Whether the parser of a language takes a text.

    Arguments:
        language: a key of `PARSERS`.
        text: a whole file or snippet; it is not run.

    Example:
        >>> passes("python", "def f(x):\n    return x"), passes("python", "def f(x:"), passes("json", " ")
        (True, False, False)
    """
    if len(text) > LONGEST:
        return False
    try:
        PARSERS[language](text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _language(texts: pa.ChunkedArray) -> str:
    """The language whose parser takes most of some texts."""
    some = [text for text in texts.slice(0, 20).to_pylist() if text]
    for name in ("json", "python"):
        if some and sum(passes(name, text) for text in some) > len(some) / 2:
            return name
    return UNKNOWN
