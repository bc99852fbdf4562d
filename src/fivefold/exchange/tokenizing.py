"""Alphabets in the form of the library `tokenizers`, in which the world's models carry theirs, and back.

Every alphabet here is a byte-pair encoding there: one without joins, whose symbols are whole words of its vocabulary,
and whose unknown characters fall back on bytes. Fragments of molecules keep their joins; words of several letters
stand in their tokenizer as one letter of the private area each, so that joins may cross them. What a tokenizer gives
is then what the alphabet gives, symbol by symbol; texts of the exported folder begin with the end symbol, as all data
here do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fivefold.codecs.alphabets import Alphabet, Bytes
from fivefold.codecs.bytepairs import END_WORD, BytePairs
from fivefold.codecs.characters import Characters
from fivefold.codecs.fragments import Fragments
from fivefold.codecs.protein import AminoAcids
from fivefold.codecs.smiles import Selfies
from fivefold.codecs.tokens import byte_letters
from fivefold.codecs.words import Words
from fivefold.errors import InputError, MissingExtraError

SPLITS = {
    "gpt-2": None,
    "default": None,
    "smollm": "digits",
    "starcoder": "digits",
    "refact": "digits",
    "command-r": "digits",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
"""How a GGUF file's `tokenizer.ggml.pre` cuts a text before pairs are joined."""
CONTROL, USER_DEFINED = 3, 4
PRIVATE = 0xF0000
"""From here on Unicode has letters that mean nothing of themselves."""
ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", END_WORD)


def library() -> Any:
    """The package `tokenizers`."""
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("tokenizers", "text", "a tokenizer of another model") from error
    return tokenizers


def exported(alphabet: Alphabet) -> dict[str, Any]:
    """The alphabet as a `tokenizer.json` whose numbers are the tokenizer's own.

    Raises:
        InputError: where the alphabet has no such form.

    Example:
        >>> made = exported(Bytes())
        >>> len(made["model"]["vocab"])
        257
    """
    if isinstance(alphabet, BytePairs):
        if not (alphabet.specials or alphabet.end):
            return _begun(alphabet.tokenizer)
        described: dict[str, Any] = json.loads(alphabet.tokenizer.to_str())
        return described
    if isinstance(alphabet, Bytes):
        return _begun(_bytes())
    if isinstance(alphabet, Characters):
        return _begun(_words(alphabet.words, len(alphabet.kept), None))
    if isinstance(alphabet, AminoAcids):
        return _begun(_joining(alphabet.pieces, []))
    if isinstance(alphabet, Fragments):
        return _begun(_joining(alphabet.spelling, alphabet.joins))
    if isinstance(alphabet, Words) and not isinstance(alphabet, Selfies):
        return _begun(_words(alphabet.spelling, len(alphabet.words), alphabet.pattern.pattern))
    raise InputError(
        f"the alphabet {alphabet.name!r} has no form that other programs read",
        hint="train with --alphabet bpe, characters or bytes; fragments or smiles for molecules",
        code="not-exportable",
    )


def imported(description: str, *, size: int, end: str | None = None) -> BytePairs:
    """The alphabet of a `tokenizer.json`.

    Arguments:
        description: its text.
        size: the rows of the model's embedding.
        end: the token that stands between documents; found by its name if None.

    Raises:
        InputError: where it is no tokenizer, or knows more tokens than the model.
    """
    try:
        tokenizer = library().Tokenizer.from_str(description)
    except MissingExtraError:
        raise
    except Exception as error:
        raise InputError(
            f"the tokenizer cannot be read ({str(error)[:200]})",
            where="tokenizer.json",
            hint="take the model from its source again",
            code="bad-tokenizer",
        ) from error
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    if max(vocabulary.values(), default=0) >= size:
        raise InputError(
            f"the tokenizer has a token {max(vocabulary.values()):,}, the model only {size:,}",
            where="tokenizer.json",
            hint="take the model from its source again",
            code="bad-tokenizer",
        )
    names = [end] if end else [name for name in ENDS if name in vocabulary]
    if not names or names[0] not in vocabulary:
        raise InputError(
            "the tokenizer has no token that ends a text",
            where="tokenizer.json",
            hint=f"one of {', '.join(ENDS)} is looked for",
            code="bad-tokenizer",
        )
    added = tokenizer.get_added_tokens_decoder()
    specials = {token.content: number for number, token in added.items() if token.special}
    return BytePairs(description, end=vocabulary[names[0]], specials=specials, size=size)


def from_gguf(metadata: Mapping[str, Any]) -> BytePairs:
    """The alphabet that the keys of a GGUF file describe.

    Raises:
        InputError: where it is of a sort that is not known, or lacks a part.
    """
    kinds = library()
    try:
        if metadata["tokenizer.ggml.model"] != "gpt2":
            raise ValueError(f"of the sort {metadata['tokenizer.ggml.model']!r}, not gpt2")
        tokens = metadata["tokenizer.ggml.tokens"]
        types = metadata.get("tokenizer.ggml.token_type", [1] * len(tokens))
        joins = [tuple(join.split(" ", 1)) for join in metadata["tokenizer.ggml.merges"]]
        pre = metadata.get("tokenizer.ggml.pre", "default")
        if pre not in SPLITS:
            raise ValueError(f"cut by the rule {pre!r}; {', '.join(SPLITS)} are known")
        if len(set(tokens)) != len(tokens) or len(types) != len(tokens):
            raise ValueError("garbled: tokens are there twice, or lack a type")
        tokenizer = kinds.Tokenizer(
            kinds.models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=joins)
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"its tokenizer lacks {error}"
            if isinstance(error, KeyError)
            else f"its tokenizer is {error}",
            hint="models with byte-level byte pairs can be read",
            code="bad-tokenizer",
        ) from error
    except Exception as error:  # the library's own errors have no class of their own
        raise InputError(
            f"its tokenizer cannot be made ({str(error)[:200]})", code="bad-tokenizer"
        ) from error
    tokenizer.pre_tokenizer = _cut(SPLITS[pre])
    tokenizer.decoder = kinds.decoders.ByteLevel()
    marks = [
        token for token, kind in zip(tokens, types, strict=True) if kind in (CONTROL, USER_DEFINED)
    ]
    tokenizer.add_special_tokens(
        [kinds.AddedToken(m, special=True, normalized=False) for m in marks]
    )
    if tokenizer.get_vocab_size(with_added_tokens=True) != len(tokens):
        raise InputError("its tokenizer names marks that are no tokens", code="bad-tokenizer")
    last = metadata.get("tokenizer.ggml.eos_token_id")
    named = tokens[last] if isinstance(last, int) and 0 <= last < len(tokens) else None
    known = next((name for name in ENDS if name in marks), named)
    return imported(tokenizer.to_str(), size=len(tokens), end=known)


def _cut(rule: str | None) -> Any:
    kinds = library().pre_tokenizers
    if rule is None:
        return kinds.ByteLevel(add_prefix_space=False)
    if rule == "digits":
        digits = kinds.Digits(individual_digits=True)
        return kinds.Sequence([digits, kinds.ByteLevel(add_prefix_space=False)])
    split = kinds.Split(library().Regex(rule), "isolated")
    return kinds.Sequence([split, kinds.ByteLevel(add_prefix_space=False, use_regex=False)])


def _bytes() -> Any:
    kinds = library()
    letters = byte_letters()
    vocabulary = {END_WORD: 0} | {letters[byte]: byte + 1 for byte in range(256)}
    tokenizer = kinds.Tokenizer(kinds.models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = kinds.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    tokenizer.decoder = kinds.decoders.ByteLevel()
    return tokenizer


def _words(spelling: list[bytes], words: int, pattern: str | None) -> Any:
    """A tokenizer of words, the first ones of the spelling, and of bytes for everything else."""
    kinds = library()
    vocabulary = {END_WORD: 0}
    for symbol, word in enumerate(spelling[1:], 1):
        vocabulary[word.decode() if symbol <= words else f"<0x{word[0]:02X}>"] = symbol
    model = kinds.models.BPE(vocab=vocabulary, merges=[], byte_fallback=True, ignore_merges=True)
    tokenizer = kinds.Tokenizer(model)
    if pattern is not None:
        tokenizer.pre_tokenizer = kinds.pre_tokenizers.Split(kinds.Regex(pattern), "isolated")
    tokenizer.decoder = kinds.decoders.Sequence(
        [kinds.decoders.ByteFallback(), kinds.decoders.Fuse()]
    )
    return tokenizer


def _joining(spelling: Sequence[bytes], joins: Sequence[tuple[int, int]]) -> Any:
    """A tokenizer of letters and words that are joined pair by pair, across all borders.

    Arguments:
        spelling: what each symbol writes, those that are joined last.
        joins: the two symbols of which each of the last is made.

    Raises:
        InputError: where two symbols are spelt alike, which a tokenizer cannot hold apart.
    """
    kinds = library()
    known = [word.decode() for word in spelling]
    if len(set(known)) < len(known):
        twice = next(word for word in known if known.count(word) > 1)
        raise InputError(
            f"two symbols of the alphabet write {twice!r}, which other programs cannot tell apart",
            hint="train with fewer --symbols, or with --alphabet smiles",
            code="not-exportable",
        )
    first = len(known) - len(joins)
    private = {word: chr(PRIVATE + s) for s, word in enumerate(known[:first]) if len(word) > 1}
    tokens = [END_WORD, *(private.get(word, word) for word in known[1:first])]
    merges = []
    for left, right in joins:
        merges.append((tokens[left], tokens[right]))
        tokens.append(tokens[left] + tokens[right])
    vocabulary = {token: symbol for symbol, token in enumerate(tokens)}
    tokenizer = kinds.Tokenizer(kinds.models.BPE(vocab=vocabulary, merges=merges))
    if private:
        tokenizer.normalizer = kinds.normalizers.Sequence(
            [
                kinds.normalizers.Replace(kinds.Regex(re.escape(word) + _outside(word)), letter)
                for word, letter in private.items()
            ]
        )
    back = [kinds.decoders.Replace(letter, word) for word, letter in private.items()]
    tokenizer.decoder = kinds.decoders.Sequence([*back, kinds.decoders.Fuse()])
    return tokenizer


def _outside(word: str) -> str:
    """What must follow a word of SMILES: no bracket that closes around it, since an atom in brackets is one word."""
    return "" if word.startswith("[") else r"(?![^\[\]]*\])"


def _begun(tokenizer: Any) -> dict[str, Any]:
    """The tokenizer with the end symbol as a mark, before every text that a model is to read."""
    kinds = library()
    tokenizer = kinds.Tokenizer.from_str(tokenizer.to_str())
    tokenizer.add_special_tokens([kinds.AddedToken(END_WORD, special=True, normalized=False)])
    tokenizer.post_processor = kinds.processors.TemplateProcessing(
        single=f"{END_WORD} $A", special_tokens=[(END_WORD, 0)]
    )
    made: dict[str, Any] = json.loads(tokenizer.to_str())
    return made
