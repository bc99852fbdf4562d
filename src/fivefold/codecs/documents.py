"""Text files as documents: checked byte by byte, kept byte for byte.

A file is UTF-8, or what its mark says (UTF-16, UTF-32), or what the user says. Bytes that fit no character are an
InputError that names their place; bytes that are no text at all (a NUL, many control characters) are refused as binary.
Line ends are kept as they are. A long file is looked at in pieces and not copied: a memory map stays one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.delimited import MARKS
from fivefold.errors import InputError

PIECE = 1 << 22
HEAD = 1 << 16
NARROW = (1 << 31) - 1
"""Arrow counts the bytes of a string array in 32 bits up to here, beyond in 64."""
LISTED, SELDOM = 50, 0.002
"""A list has at least so many lines, and no greater share of blank ones."""
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b")) + b"\x7f"
FEW_CONTROLS = 0.02
MANY = 64
"""A lone long document is cut into about so many sections, so that some of them can be held out."""
SECTION = 1 << 12
"""No section is shorter, in bytes."""


def binary(head: bytes) -> str:
    r"""Why bytes are no text: an empty string where they may be one.

    Arguments:
        head: the first bytes of a file.

    Example:
        >>> binary(b"to be\n"), binary(b"\x7fELF\0")
        ('', 'a NUL at byte 4')
    """
    if any(head.startswith(mark) for mark, _ in MARKS):
        return ""
    if (zero := head.find(0)) >= 0:
        return f"a NUL at byte {zero:,}"
    controls = len(head) - len(head.translate(None, CONTROLS))
    if controls > FEW_CONTROLS * len(head):
        return f"{controls / len(head):.0%} control characters"
    return ""


def plain(data: Any, where: str, encoding: str | None = None) -> pa.Buffer:
    """The bytes of a text file as valid UTF-8 without a mark; not copied where they are that already.

    Arguments:
        data: bytes or a buffer.
        where: the name of the file.
        encoding: how its characters are written; None for UTF-8, or what its mark says.

    Returns:
        The text; an InputError names the first byte that fits no character, or says that the file is binary.
    """
    buffer = pa.py_buffer(data)
    head = buffer[:HEAD].to_pybytes()
    mark, marked = next(((m, e) for m, e in MARKS if head.startswith(m)), (b"", "utf-8"))
    name = _known(encoding or marked)
    if not encoding and (why := binary(head)):
        raise InputError(
            f"is binary data ({why})",
            where=where,
            hint="give a text, or name its encoding, such as --encoding utf-16-le",
            code="binary",
        )
    if mark and name.startswith(marked[:6].rstrip("-")):
        buffer, name = buffer.slice(len(mark)), marked
    if name != "utf-8":
        return pa.py_buffer(_decoded(buffer, name, where).encode())
    for _ in _checked(buffer, name, where):
        pass
    return buffer


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)  # what is no encoding of text, such as base64, is refused here
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as fault:
        raise InputError(
            f"no encoding of text is called {encoding!r}",
            hint="such as utf-8, latin-1 or gb18030",
            code="encoding",
        ) from fault


def _decoded(buffer: pa.Buffer, name: str, where: str) -> str:
    return "".join(_checked(buffer, name, where))


def _checked(buffer: pa.Buffer, name: str, where: str) -> Iterator[str]:
    """The characters of a file, piece by piece."""
    decoder = codecs.getincrementaldecoder(name)()
    for start in range(0, max(1, buffer.size), PIECE):
        piece = buffer[start : start + PIECE].to_pybytes()
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=start + PIECE >= buffer.size)
        except UnicodeError as fault:
            at = start - held + getattr(fault, "start", 0)
            byte = buffer[at : at + 1].to_pybytes()
            raise InputError(
                f"byte {at:,} (0x{byte.hex()}) is no {name} character",
                where=where,
                hint="name the encoding, such as --encoding latin-1 or --encoding gb18030",
                code="encoding",
            ) from fault
        if (zero := text.find("\0")) >= 0:
            before = start - held + len(text[:zero].encode())
            place = f"at byte {before:,}" if name == "utf-8" else "among its characters"
            raise InputError(
                f"is binary data (a NUL {place})",
                where=where,
                hint="give a text, or name its encoding, such as --encoding utf-16-le",
                code="binary",
            )
        yield text


def sections(text: pa.Buffer, count: int = MANY) -> NDArray[np.int64]:
    r"""Where a long text is cut: behind blank lines, else behind lines, else between characters.

    Arguments:
        text: valid UTF-8.
        count: about how many sections, fewer of a short text.

    Returns:
        Where each section begins, and where the last one ends.

    Example:
        >>> sections(pa.py_buffer(b"one\n\n" * 4096), count=4).tolist()
        [0, 5120, 10240, 15360, 20480]
    """
    size = max(SECTION, -(-text.size // count))
    places = [0]
    while text.size - places[-1] > 1.5 * size:
        places.append(_seam(text, places[-1] + size, size // 2))
    return np.array([*places, text.size], np.int64)


def _seam(text: pa.Buffer, place: int, reach: int) -> int:
    """A good place to cut, not before `place` where one is within reach."""
    reach = min(reach, PIECE)
    after = text[place - 2 : place + reach].to_pybytes()
    for start, pattern in ((0, rb"\n\r?\n(?=[^\r\n])"), (1, rb"\n"), (1, rb" ")):
        if found := re.compile(pattern).search(after, start):
            return place - 2 + found.end()
    while text[place] & 0xC0 == 0x80:
        place += 1
    return place


def is_list(head: bytes) -> bool:
    r"""Whether the lines of a text are documents of their own: no blank ones among them, and not wrapped at a width.

    Arguments:
        head: the first bytes of the text.

    Example:
        >>> is_list(b"emma\nolivia\nava\nisabella\nmia\n" * 20), is_list(b"a line\n\n" * 50)
        (True, False)
    """
    rows = head.split(b"\n")[:-1]
    sizes = np.array([len(row.strip()) for row in rows])
    if len(rows) < LISTED or np.mean(sizes == 0) > SELDOM:
        return False
    wide = float(np.quantile(sizes, 0.95))
    return bool(np.mean(sizes >= 0.7 * wide) < 0.5)


def as_array(text: pa.Buffer, places: NDArray[np.int64]) -> pa.Array:
    """A text as an array of its sections, not copied.

    Arguments:
        text: valid UTF-8.
        places: where each section begins, and where the last one ends.
    """
    wide = text.size > NARROW
    kind = pa.large_string() if wide else pa.string()
    offsets = pa.py_buffer(places.astype(np.int64 if wide else np.int32))
    return pa.Array.from_buffers(kind, len(places) - 1, [None, offsets, text])


def paragraphs(text: str) -> list[str]:
    r"""The parts of a text between blank lines, without the blanks around them.

    Example:
        >>> paragraphs("one\ntwo\n\n\nthree\n")
        ['one\ntwo', 'three']
    """
    return [part for found in re.split(r"\r?\n[ \t]*\r?\n", text) if (part := found.strip("\r\n"))]


def lines(text: str) -> list[str]:
    r"""The lines of a text that are not blank; only \n and \r\n end a line.

    Example:
        >>> lines("one\r\n\ntwo")
        ['one', 'two']
    """
    found = (line.removesuffix("\r") for line in text.split("\n"))
    return [line for line in found if line.strip()]


CUTS: dict[str, Callable[[str], list[str]]] = {"paragraph": paragraphs, "line": lines}
UNITS = ("document", *CUTS)
"""What a text file can be cut into, by the name of a column."""
