"""What may be written: a JSON schema, a regular expression or a grammar, kept symbol by symbol by `llguidance`.

Before each symbol the library says which ones may come; the others are left out of the choice. The end may come only
where the text is whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor

from fivefold.codecs.alphabets import Alphabet
from fivefold.errors import InputError, MissingExtraError
from fivefold.generation.texts import BROKEN
from fivefold.spaces import END


@dataclass(frozen=True)
class Constraint:
    """What a text must be.

    Arguments:
        kind: a JSON schema, a regular expression of the whole text, or a grammar in Lark's notation.
        content: the schema as JSON, the expression or the grammar.

    Example:
        >>> Constraint.schema({"type": "integer"}).kind
        'schema'
    """

    kind: Literal["schema", "regex", "grammar"]
    content: str

    @classmethod
    def schema(cls, schema: Mapping[str, Any] | str) -> Self:
        """A JSON schema, as a mapping or as JSON."""
        try:
            found = json.loads(schema) if isinstance(schema, str) else dict(schema)
        except json.JSONDecodeError as fault:
            raise InputError(
                f"the schema is no JSON ({fault.msg})",
                where=f"line {fault.lineno}, column {fault.colno}",
                code="schema",
            ) from fault
        return cls("schema", json.dumps(found))


class Grammar:
    """A constraint over an alphabet, ready for many texts.

    Arguments:
        constraint: what a text must be.
        alphabet: what the symbols mean. Symbols that are parts of characters are not used.
    """

    def __init__(self, constraint: Constraint, alphabet: Alphabet) -> None:
        library = _library()
        makers: dict[str, Callable[[str], str]] = {
            "schema": library.LLMatcher.grammar_from_json_schema,
            "regex": library.LLMatcher.grammar_from_regex,
            "grammar": library.LLMatcher.grammar_from_lark,
        }
        self.size = alphabet.size
        self.tokenizer = library.LLTokenizer(library.TokenizerWrapper(_Symbols(alphabet)))
        try:
            self.rules = makers[constraint.kind](constraint.content)
        except ValueError as fault:
            raise _wrong(constraint, str(fault)) from fault
        self.matcher = library.LLMatcher
        trouble = self.matcher(self.tokenizer, self.rules, log_level=0).get_error()
        if trouble:
            raise _wrong(constraint, trouble)

    def begin(self) -> Walk:
        """A text that has not begun."""
        return Walk(self.matcher(self.tokenizer, self.rules, log_level=0), self.size)


class Walk:
    """Where one text stands in a grammar."""

    def __init__(self, matcher: Any, size: int) -> None:
        self.matcher, self.size = matcher, size

    def allowed(self) -> Tensor:
        """Which symbols may come next, bool with shape (V,); the end where nothing else may."""
        bits = np.frombuffer(self.matcher.compute_bitmask(), np.uint8)
        found = torch.from_numpy(np.unpackbits(bits, bitorder="little")[: self.size]).bool()
        if not bool(found.any()):
            found[END] = True
        return found

    def add(self, symbol: int) -> None:
        """One more symbol."""
        if not self.matcher.is_stopped():
            self.matcher.consume_token(symbol)


class _Symbols:
    """An alphabet as the library wants it: the bytes of every symbol."""

    def __init__(self, alphabet: Alphabet) -> None:
        texts = ["", *(alphabet.decode([symbol]) for symbol in range(1, alphabet.size))]
        whole = [number for number, text in enumerate(texts) if text and BROKEN not in text]
        self.eos_token_id, self.bos_token_id = END, None
        self.tokens = [b""] * alphabet.size
        for number in whole:
            self.tokens[number] = texts[number].encode()
        self.special_token_ids = [n for n in range(alphabet.size) if not self.tokens[n]]
        self.alphabet = alphabet

    def __call__(self, text: bytes) -> list[int]:
        return self.alphabet.encode(text.decode(errors="ignore"))


def _wrong(constraint: Constraint, fault: str) -> InputError:
    first = fault.strip().splitlines()[0][:300] if fault.strip() else "not understood"
    return InputError(f"the {constraint.kind} cannot be used: {first}", code="constraint")


def _library() -> Any:
    try:
        import llguidance
    except ImportError as fault:
        raise MissingExtraError("llguidance", "text", "a constraint on what is written") from fault
    return llguidance
