"""The bytes of every symbol of an alphabet, for what has to follow a text before its characters are whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from fivefold.codecs.alphabets import Alphabet, Bytes
from fivefold.codecs.bytepairs import BytePairs
from fivefold.codecs.characters import Characters
from fivefold.codecs.fragments import Fragments
from fivefold.codecs.protein import AminoAcids
from fivefold.codecs.smiles import Selfies
from fivefold.codecs.words import Words
from fivefold.errors import InputError

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
PLAIN = [*range(33, 127), *range(161, 173), *range(174, 256)]


def spelt(alphabet: Alphabet) -> list[bytes]:
    r"""What each symbol writes in UTF-8, a part of a character perhaps; the end and marks write nothing.

    Arguments:
        alphabet: whose texts are what its symbols write, end to end.

    Raises:
        InputError: where they are not.

    Example:
        >>> spelt(Bytes())[1 + 0xE9]
        b'\xe9'
    """
    if isinstance(alphabet, BytePairs):
        return _tokens(alphabet)
    if isinstance(alphabet, Bytes):
        return [b"", *(bytes([byte]) for byte in range(256))]
    if isinstance(alphabet, Characters):
        return alphabet.words
    if isinstance(alphabet, Words | Fragments) and not isinstance(alphabet, Selfies):
        return alphabet.spelling
    if isinstance(alphabet, AminoAcids):
        return [b"", *(alphabet.decode([s]).encode() for s in range(1, alphabet.size))]
    raise InputError(
        f"symbols of the alphabet {alphabet.name!r} are no pieces of a text, which a constraint follows",
        hint="constrain a model of bytes, characters, byte pairs or SMILES",
        code="constraint",
    )


def byte_letters() -> list[str]:
    """The letter that stands for each byte in byte-level tokenizers, with shape (256,).

    Example:
        >>> byte_letters()[65], byte_letters()[32]
        ('A', 'Ġ')
    """
    spare = iter(range(256, 512))
    return [chr(byte if byte in PLAIN else next(spare)) for byte in range(256)]


def _tokens(alphabet: BytePairs) -> list[bytes]:
    """The bytes of tokens, read as the tokenizer's decoder reads them."""
    described = json.loads(alphabet.tokenizer.to_str())
    written = _writer(described["decoder"] or {})
    marks = {token["id"] for token in described["added_tokens"] if token["special"]}
    found = [b""] * alphabet.size
    for symbol, number in enumerate(alphabet.order.tolist()):
        token = alphabet.tokenizer.id_to_token(number)
        if symbol and token is not None and number not in marks:
            found[symbol] = written(token)
    return found


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
