"""Frequent runs of bytes as symbols: byte-level byte-pair encoding, learned and run by the library `tokenizers`.

Training begins with the 256 bytes and joins the most frequent pair of neighbours into a new symbol until there are
enough. A pair seen fewer than `RARE` times is not joined. All that the library can hold is kept in its own JSON, so
that the tokenizer of another model is an alphabet as well: there the end has some number e, and symbols 0 and e change
places.

References:
    Neural machine translation of rare words with subword units, Sennrich, Haddow, Birch, 2016,
    https://arxiv.org/abs/1508.07909
    Language models are unsupervised multitask learners, Radford et al., 2019
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet, utf8
from fivefold.codecs.spools import parts
from fivefold.codecs.tokens import bytes_of
from fivefold.errors import InputError, MissingExtraError

END_WORD = "<|end|>"
RARE = 10
FEWEST, MOST = 300, 1 << 20
LARGEST, SUITS_512 = 4_096, 600_000
"""The most symbols chosen unasked; the bytes of text up to which 512 are: four times the text, twice as many."""
PIECE = 1 << 12
"""A longer text is encoded in pieces of so many bytes: the time of a piece grows faster than its length."""
WORDS = re.compile(rf" ?\S{{1,{PIECE}}}|\s+(?!\S)|\s+")
TRAINED = 64 << 20
"""Pairs are counted in at most so many bytes, spread over the texts."""


class BytePairs(Alphabet):
    """An alphabet of runs of bytes.

    Arguments:
        description: the tokenizer in the JSON of the library `tokenizers`.
        end: the number of the end in it.
        specials: names and numbers of symbols that are not text, such as the marks of a chat.
        size: how many symbols the model has for it, where that is more than the tokenizer knows.

    Example:
        >>> texts = pa.chunked_array([["low lower lowest " * 20]])
        >>> alphabet = BytePairs.fit(texts, symbols=300)
        >>> symbols = alphabet.encode("lower 是")
        >>> len(symbols) < 9, alphabet.decode(symbols)
        (True, 'lower 是')
    """

    name = "bpe"

    def __init__(
        self,
        description: str,
        *,
        end: int = 0,
        specials: Mapping[str, int] | None = None,
        size: int | None = None,
    ) -> None:
        self.end, self.specials = end, dict(specials or {})
        self.tokenizer = _from_json(description)
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.tokenizer.encode_special_tokens = True
        known = max(self.tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        self._size = max(known, size or 0)
        numbers = [end, *self.specials.values()]
        if self._size > MOST or not all(0 <= number < self._size for number in numbers):
            raise ValueError("the end or a special symbol is outside the tokenizer")

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The most frequent runs of bytes of the texts."""
        library = _library()
        size = symbols or chosen_size(texts)
        if not FEWEST <= size <= MOST:
            raise InputError(
                f"an alphabet of byte pairs has {FEWEST:,} to {MOST:,} symbols, not {size:,}",
                hint="choose --symbols between them, or the alphabet bytes",
                code="symbols",
            )
        tokenizer = library.Tokenizer(library.models.BPE())
        tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = library.decoders.ByteLevel()
        trainer = library.trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=RARE,
            show_progress=False,
            special_tokens=[END_WORD],
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(_shown(texts), trainer)
        return cls(tokenizer.to_str())

    @property
    def size(self) -> int:
        """The symbols of the tokenizer, the end among them."""
        return self._size

    @property
    def order(self) -> NDArray[np.int64]:
        """The tokenizer's own number of every symbol, with shape (size,): rows of a foreign embedding in our order."""
        order = np.arange(self.size)
        order[[0, self.end]] = self.end, 0
        return order

    @property
    def pieces(self) -> list[bytes]:
        """The tokens, as the tokenizer's decoder reads them."""
        return bytes_of(self.tokenizer, self.order.tolist())

    def encode(self, text: str) -> list[int]:
        """The symbols of a text; the name of a special symbol in it is text like any other."""
        utf8(text)
        return [self._moved(n) for n in self.tokenizer.encode(text, add_special_tokens=False).ids]

    def _moved(self, number: int) -> int:
        return self.end if number == 0 else 0 if number == self.end else number

    def decode(self, symbols: Sequence[int]) -> str:
        """The text of symbols."""
        numbers = [self._moved(symbol) for symbol in symbols]
        text: str = self.tokenizer.decode(numbers, skip_special_tokens=False)
        return text

    def flat(self, texts: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The symbols of many texts: of every different word once, where the tokenizer cuts at blanks as ours does."""
        if self._by_words:
            pieces = [WORDS.findall(text) for text in texts.to_pylist()]
            counts = np.array([len(each) for each in pieces], np.int64)
            words = list(chain.from_iterable(pieces))
        else:
            words, counts = _short(texts)
        numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
        found = self.tokenizer.encode_batch_fast(list(numbers), add_special_tokens=False)
        sizes = np.array([len(each) for each in found], np.int64)
        symbols = np.fromiter(chain.from_iterable(each.ids for each in found), np.uint32)
        chosen = np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
        flat, widths = _laid_out(symbols, sizes, chosen)
        if self.end:
            flat = np.where(flat == self.end, 0, np.where(flat == 0, self.end, flat))
        ends = np.concatenate([[0], widths.cumsum()])[np.concatenate([[0], counts.cumsum()])]
        return flat, np.diff(ends)

    @cached_property
    def _by_words(self) -> bool:
        """Whether a blank before a word always begins a new run, as in GPT-2's expression."""
        described = json.loads(self.tokenizer.to_str())
        before = described["pre_tokenizer"] or {}
        steps = before.get("pretokenizers", [before])
        bytewise = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
        good = bool(steps) and bytewise.items() <= steps[-1].items()
        return (
            good
            and described["normalizer"] is None
            and all(step.get("type") == "Digits" for step in steps[:-1])
            and all(token["special"] for token in described["added_tokens"])
        )

    def to_dict(self) -> dict[str, Any]:
        """The tokenizer and where its end is."""
        return {
            "name": self.name,
            "tokenizer": json.loads(self.tokenizer.to_str()),
            "end": self.end,
            "specials": self.specials,
            "size": self.size,
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again."""
        specials = {str(name): int(number) for name, number in state["specials"].items()}
        description = json.dumps(state["tokenizer"])
        return cls(description, end=int(state["end"]), specials=specials, size=int(state["size"]))


def _short(texts: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """Texts in short pieces, and how many each text has."""
    pieces: list[str] = []
    counts = [0]
    for part, ends in parts(pa.chunked_array([texts]), PIECE):
        pieces += part.to_pylist()
        counts[-1] += 1
        counts += [1] * (len(part) - 1) + [0] * ends
    return pieces, np.array(counts[:-1], np.int64)


def _laid_out(
    symbols: NDArray[np.uint32], sizes: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The symbols of a chain of words, end to end, and how many each has.

    Arguments:
        symbols: of the different words, end to end, with shape (N,).
        sizes: how many each of those has, with shape (D,).
        chosen: which of them each word is, with shape (W,).
    """
    widths = sizes[chosen]
    firsts = (sizes.cumsum() - sizes)[chosen] - (widths.cumsum() - widths)
    return symbols[np.repeat(firsts, widths) + np.arange(int(widths.sum()))], widths


def chosen_size(texts: pa.ChunkedArray) -> int:
    """How many symbols suit a corpus: the more text, the more runs are seen often enough to be learned.

    Example:
        >>> chosen_size(pa.chunked_array([["abc " * 50_000]]))
        512
    """
    size = int(pc.sum(pc.binary_length(texts)).as_py() or 0)
    wanted = 512
    while wanted < LARGEST and size > SUITS_512 * (wanted // 512) ** 2:
        wanted *= 2
    return wanted


def _shown(texts: pa.ChunkedArray) -> Iterator[list[str]]:
    """Texts to count pairs in: all, or every k-th part of many."""
    size = int(pc.sum(pc.binary_length(texts)).as_py() or 0)
    every = -(-size // TRAINED)
    for number, (part, _) in enumerate(parts(texts, 1 << 20)):
        if number % max(1, every) == 0:
            yield part.to_pylist()


def _from_json(description: str) -> Any:
    """The tokenizer; a ValueError where it is none, also where the library breaks off."""
    library = _library()
    try:
        return library.Tokenizer.from_str(description)
    except BaseException as fault:
        if isinstance(fault, Exception) or type(fault).__name__ == "PanicException":
            raise ValueError(f"no tokenizer ({str(fault)[:200]})") from fault
        raise


def _library() -> Any:
    try:
        import tokenizers
    except ImportError as fault:
        raise MissingExtraError("tokenizers", "text", "the alphabet bpe") from fault
    return tokenizers
