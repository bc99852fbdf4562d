"""What may be written: a JSON schema, a regular expression or a grammar, kept symbol by symbol by `llguidance`.

Before each symbol the library says which ones may come; the others are left out of the choice. The end may come only
where the text is whole. The library knows symbols by their bytes, and so follows characters that are several symbols.
An alphabet that cannot write what a constraint asks for is found out before the first symbol, by writing some whole
text with it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fivefold.codecs.alphabets import Alphabet, Bytes
from fivefold.errors import InputError, MissingExtraError
from fivefold.spaces import END

WRITTEN = {bytes([byte]) for byte in (*range(0xC0), *range(0xC2, 0xF5))}
"""The bytes that occur in UTF-8: an alphabet of them can write everything."""
ENCLOSING = b'{}[]":,'
"""What parts of a text end with: tried before other characters that an alphabet lacks, so that few are named."""
PROBES = 4_000
"""So many symbols are tried in search of a whole text."""


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
        alphabet: what the symbols mean; a character may be several of them.

    Raises:
        InputError: where the constraint is none, or asks for characters that the alphabet cannot write.

    Example:
        >>> from fivefold.codecs.alphabets import Bytes
        >>> walk = Grammar(Constraint("regex", "é+"), Bytes()).begin()
        >>> walk.allowed().nonzero().flatten() - 1 == 0xC3
        tensor([True])
    """

    def __init__(self, constraint: Constraint, alphabet: Alphabet) -> None:
        library = _library()
        makers: dict[str, Callable[[str], str]] = {
            "schema": library.LLMatcher.grammar_from_json_schema,
            "regex": library.LLMatcher.grammar_from_regex,
            "grammar": library.LLMatcher.grammar_from_lark,
        }
        self.constraint, self.name, self.matcher = constraint, alphabet.name, library.LLMatcher
        self.pieces = _pieces(alphabet)
        self.tokenizer = _tokenizer(self.pieces, alphabet.encode)
        try:
            self.rules = makers[constraint.kind](constraint.content)
        except ValueError as fault:
            raise _wrong(constraint, str(fault)) from fault
        trouble = self._over(self.tokenizer).get_error()
        if trouble:
            raise _wrong(constraint, trouble)
        if not set(self.pieces) >= WRITTEN:
            self._check()

    def begin(self) -> Walk:
        """A text that has not begun."""
        return Walk(self._over(self.tokenizer), self)

    def stuck(self, symbols: Sequence[int], trouble: str) -> InputError:
        """Why the alphabet cannot go on after some symbols, where the text is not whole."""
        walk, known = self._over(_tokenizer(Bytes().pieces)), set(self.pieces)
        walk.consume_tokens([1 + byte for symbol in symbols for byte in self.pieces[symbol]])
        wanted = {bytes([n - 1]) for n in np.flatnonzero(_mask(walk, 257)).tolist() if n} - known
        if not wanted:
            return _wrong(self.constraint, trouble)
        return self._lacking({byte.decode(errors="replace") for byte in wanted})

    def _over(self, tokenizer: Any) -> Any:
        return self.matcher(tokenizer, self.rules, log_level=0)

    def _check(self) -> None:
        """An InputError where the alphabet can write no whole text, but bytes can."""
        sizes = np.array([len(piece) for piece in self.pieces])
        if _ended(self._over(self.tokenizer), sizes) is not None:
            return
        known = set(self.pieces)
        order = [
            0 if bytes([byte]) in known else 1 if byte in ENCLOSING else 3 if byte <= 32 else 2
            for byte in range(256)
        ]
        found = _ended(self._over(_tokenizer(Bytes().pieces)), np.array([0, *order]))
        text = bytes(symbol - 1 for symbol in found or ()).decode(errors="replace")
        if lacking := {c for c in text if c.encode() not in known}:
            raise self._lacking(lacking)

    def _lacking(self, characters: set[str]) -> InputError:
        visible = {c for c in characters if not c.isspace()}
        shown = " ".join(sorted(visible)[:20]) or ", ".join(map(repr, sorted(characters)))
        return InputError(
            f"the {self.constraint.kind} asks for characters that the alphabet {self.name!r} cannot write: {shown}",
            hint="constrain a model of bytes, characters or byte pairs, which write everything",
            code="constraint",
        )


class Walk:
    """Where one text stands in a grammar."""

    def __init__(self, matcher: Any, grammar: Grammar) -> None:
        self.matcher, self.grammar = matcher, grammar
        self.symbols: list[int] = []

    def allowed(self) -> Tensor:
        """Which symbols may come next, bool with shape (V,); the end where nothing else may.

        Raises:
            InputError: where nothing may, and the text is not whole.
        """
        found = _mask(self.matcher, len(self.grammar.pieces))
        if not found.any() or self.matcher.is_error():
            if self.matcher.is_error() or not self.matcher.is_accepting():
                raise self.grammar.stuck(self.symbols, self.matcher.get_error())
            found[END] = True
        return torch.from_numpy(found)

    def add(self, symbol: int) -> None:
        """One more symbol."""
        if not self.matcher.is_stopped():
            self.matcher.consume_token(symbol)
            self.symbols.append(symbol)


def _mask(matcher: Any, size: int) -> NDArray[np.bool_]:
    """Which symbols may come next, with shape (size,)."""
    bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    return np.unpackbits(bits, bitorder="little")[:size].astype(bool)


def _ended(matcher: Any, order: NDArray[np.int64]) -> list[int] | None:
    """Symbols of some whole text, or None where none was found.

    Arguments:
        matcher: at the beginning.
        order: symbols of a lower figure are tried first, with shape (V,).

    Wherever the choice is the same, its symbols are taken in turn, so that no repetition hides the way on; where there
    is none, the last choice is made anew.
    """
    path: list[int] = []
    choices: list[tuple[NDArray[np.bool_], NDArray[np.int64]]] = []
    ranks = np.lexsort((np.arange(len(order)), order)).argsort()
    turns: dict[bytes, NDArray[np.int64]] = defaultdict(lambda: np.zeros_like(ranks))
    for _ in range(PROBES):
        if matcher.is_error():
            return None
        if matcher.is_accepting():
            return path
        mask = _mask(matcher, len(order))
        mask[END] = False
        choices.append((mask, turns[mask.tobytes()]))
        while choices and not choices[-1][0].any():
            choices.pop()
            if path:
                path.pop()
                matcher.rollback(1)
        if not choices:
            return None
        mask, taken = choices[-1]
        cost = np.where(mask, taken * len(order) + ranks, np.iinfo(np.int64).max)
        symbol = int(cost.argmin())
        mask[symbol] = False
        taken[symbol] += 1
        path.append(symbol)
        matcher.consume_token(symbol)
    return None


def _tokenizer(pieces: Sequence[bytes], encode: Callable[[str], list[int]] | None = None) -> Any:
    library = _library()
    return library.LLTokenizer(library.TokenizerWrapper(_Symbols(pieces, encode)))


class _Symbols:
    """An alphabet as the library wants it: the bytes of every symbol."""

    def __init__(self, pieces: Sequence[bytes], encode: Callable[[str], list[int]] | None) -> None:
        self.tokens, self.encode = list(pieces), encode
        self.eos_token_id, self.bos_token_id = END, None
        self.special_token_ids = [n for n, piece in enumerate(pieces) if not piece]

    def __call__(self, text: bytes) -> list[int]:
        if self.encode is None:
            return [1 + byte for byte in text]
        try:
            return self.encode(text.decode(errors="ignore"))
        except InputError:  # the library would take any fault here for the end
            return []


def _wrong(constraint: Constraint, fault: str) -> InputError:
    first = fault.strip().splitlines()[0][:300] if fault.strip() else "not understood"
    return InputError(f"the {constraint.kind} cannot be used: {first}", code="constraint")


def _pieces(alphabet: Alphabet) -> list[bytes]:
    if (found := alphabet.pieces) is not None:
        return found
    raise InputError(
        f"symbols of the alphabet {alphabet.name!r} are no pieces of a text, which a constraint follows",
        hint="constrain a model of bytes, characters, byte pairs or SMILES",
        code="constraint",
    )


def _library() -> Any:
    try:
        import llguidance
    except ImportError as fault:
        raise MissingExtraError("llguidance", "text", "a constraint on what is written") from fault
    return llguidance
