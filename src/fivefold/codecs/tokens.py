"""What the tokens of a tokenizer write, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
PLAIN = [*range(33, 127), *range(161, 173), *range(174, 256)]


def bytes_of(tokenizer: Any, order: Sequence[int]) -> list[bytes]:
    """What each symbol of a tokenizer writes, read as its decoder reads tokens; the first and marks write nothing.

    Arguments:
        tokenizer: of the library `tokenizers`.
        order: the token of each symbol.
    """
    described = json.loads(tokenizer.to_str())
    written = _writer(described["decoder"] or {})
    marks = {token["id"] for token in described["added_tokens"] if token["special"]}
    found = [b""] * len(order)
    for symbol, number in enumerate(order):
        token = tokenizer.id_to_token(number)
        if symbol and token is not None and number not in marks:
            found[symbol] = written(token)
    return found


def byte_letters() -> list[str]:
    """The letter that stands for each byte in byte-level tokenizers, with shape (256,).

    Example:
        >>> byte_letters()[65], byte_letters()[32]
        ('A', 'Ġ')
    """
    spare = iter(range(256, 512))
    return [chr(byte if byte in PLAIN else next(spare)) for byte in range(256)]


def _writer(decoder: dict[str, Any]) -> Callable[[str], bytes]:
    """What a decoder makes of a token in the middle of a text."""
    steps = {step["type"]: step for step in decoder.get("decoders", [decoder]) if step}
    if "ByteLevel" in steps:
        numbers = {letter: byte for byte, letter in enumerate(byte_letters())}
        return lambda token: bytes(numbers[c] for c in token if c in numbers)
    blanks = [steps["Metaspace"]["replacement"]] if "Metaspace" in steps else []
    if "Replace" in steps and steps["Replace"]["content"] == " ":
        blanks.append(steps["Replace"]["pattern"].get("String", " "))

    def written(token: str) -> bytes:
        byte = BYTE.fullmatch(token) if "ByteFallback" in steps else None
        for blank in blanks:
            token = token.replace(blank, " ")
        return bytes([int(byte[1], 16)]) if byte else token.encode()

    return written
