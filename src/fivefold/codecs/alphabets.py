"""Alphabets: how a text becomes symbols, and symbols a text again.

Symbol 0 is the end of a document in every alphabet and stands for no text; the symbols 1 .. size-1 are the alphabet's
own. `decode(encode(x)) == x` for every text; half of a surrogate pair is no text and an InputError.

| alphabet | a symbol is | can write |
|---|---|---|
| `Bytes` | a byte of UTF-8 | everything |
| `Characters` | a character; a rare one is written in bytes | everything |
| `BytePairs` | a frequent run of bytes | everything |
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from fivefold.errors import InputError

HOMES = {
    "bytes": ("alphabets", "Bytes"),
    "characters": ("characters", "Characters"),
    "bpe": ("bytepairs", "BytePairs"),
}
"""Where the alphabet of each name is; those that need more are loaded when asked for."""


class Alphabet(ABC):
    """Symbols of text; symbol 0, the end, is not written by any text."""

    name: ClassVar[str]
    notice: str = ""

    @classmethod
    @abstractmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The alphabet of some texts.

        Arguments:
            texts: strings, with shape (n,).
            symbols: how many symbols it shall have at most, the end counted; None to find it.
        """

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of symbols V, the end counted."""

    @property
    def pieces(self) -> list[bytes] | None:
        r"""What each symbol writes in UTF-8, a part of a character perhaps; the end and marks write nothing.

        None where a text is more than what its symbols write, end to end.

        Example:
            >>> pieces = Bytes().pieces
            >>> pieces and pieces[1 + 0xE9]
            b'\xe9'
        """
        return None

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """The symbols of a text, each in 1 .. size-1."""

    @abstractmethod
    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols without the end; bytes that make no character become U+FFFD."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The alphabet as JSON can hold it, its name among it."""

    @classmethod
    @abstractmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet that `to_dict` described; a ValueError where it cannot be."""

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many texts, end to end, without ends between them.

        Arguments:
            texts: strings without nulls, with shape (n,).

        Returns:
            The symbols with shape (N,), and how many each text has, with shape (n,).
        """
        found = [np.array(self.encode(text), np.uint32) for text in texts.to_pylist()]
        sizes = np.array([len(symbols) for symbols in found], np.int64)
        return np.concatenate([*found, np.zeros(0, np.uint32)]), sizes


class Bytes(Alphabet):
    """The 256 bytes of UTF-8: byte b is symbol b + 1.

    Example:
        >>> Bytes().encode("hé"), Bytes().decode([105, 196, 170])
        ([105, 196, 170], 'hé')
    """

    name = "bytes"

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The bytes: nothing is learned."""
        return cls()

    @property
    def size(self) -> int:
        """257: the bytes and the end."""
        return 257

    @property
    def pieces(self) -> list[bytes]:
        """The bytes."""
        return [b"", *(bytes([byte]) for byte in range(256))]

    def encode(self, text: str) -> list[int]:
        """The bytes of a text, each plus one."""
        return [byte + 1 for byte in utf8(text)]

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of such symbols."""
        return bytes(symbol - 1 for symbol in symbols).decode(errors="replace")

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The bytes of many texts, as they lie in memory."""
        data, offsets = content(texts)
        symbols = data.astype(np.uint32)
        symbols += 1
        return symbols, np.diff(offsets)

    def to_dict(self) -> dict[str, Any]:
        """The name alone."""
        return {"name": self.name}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The bytes."""
        return cls()


def alphabet_type(name: str) -> type[Alphabet]:
    """The alphabet of a name.

    Arguments:
        name: a key of `HOMES`.

    Example:
        >>> alphabet_type("bytes").name
        'bytes'
    """
    if name not in HOMES:
        known = ", ".join(HOMES)
        raise InputError(f"no alphabet {name!r}", hint=f"one of: {known}", code="alphabet")
    module, kind = HOMES[name]
    found: type[Alphabet] = getattr(importlib.import_module(f"fivefold.codecs.{module}"), kind)
    return found


def alphabet_from(state: Mapping[str, Any]) -> Alphabet:
    """The alphabet that `to_dict` described.

    Example:
        >>> alphabet_from(Bytes().to_dict()).size
        257
    """
    return alphabet_type(str(state["name"])).from_dict(state)


def utf8(text: str) -> bytes:
    """The text in UTF-8; an InputError where it holds half of a surrogate pair, which no file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as fault:
        raise InputError(
            f"character {fault.start + 1} is U+{ord(text[fault.start]):04X}, half of a pair",
            hint="decode the text again from its file; such halves come from broken escapes",
            code="surrogate",
        ) from fault


def content(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of strings as they lie in memory, not copied.

    Arguments:
        texts: an array of type string or large_string without nulls, with shape (n,).

    Returns:
        The bytes with shape (N,), and where each string begins, with shape (n + 1,), from 0.

    Example:
        >>> data, offsets = content(pa.array(["ab", "c"]))
        >>> bytes(data), offsets.tolist()
        (b'abc', [0, 2, 3])
    """
    wide = np.int64 if pt.is_large_string(texts.type) else np.int32
    _, places, data = texts.buffers()
    if not len(texts) or data is None:
        return np.zeros(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    offsets = np.frombuffer(places, wide)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    return held, offsets.astype(np.int64) - int(offsets[0])
