"""What is to be known of a corpus before it is encoded: which alphabet and length suit it, what its windows go on from.

Only a part is looked at, spread over the corpus: the cost does not grow with it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivefold.codecs.alphabets import Alphabet
from fivefold.codecs.spools import parts

ENOUGH = 200_000
"""Bytes of text from which byte pairs are learned unasked."""
SAMPLE = 1 << 21
"""Bytes that are looked at."""
ROWS, LONGEST = 20_000, 1_000
"""Documents whose symbols are counted: some, spread evenly, and the longest."""
COVERED = 0.999
"""The share of documents that shall be one window."""
OPENINGS, RARE = 512, 10
"""So many symbols that windows go on from are remembered, none that occurs fewer times."""


def suitable_alphabet(texts: pa.ChunkedArray) -> str:
    """The alphabet that suits texts: byte pairs where there are enough of them and `tokenizers`, else characters.

    Example:
        >>> suitable_alphabet(pa.chunked_array([["to be"]]))
        'characters'
    """
    size = pc.sum(pc.binary_length(texts)).as_py() or 0
    able = importlib.util.find_spec("tokenizers") is not None
    return "bpe" if able and size > ENOUGH else "characters"


def suitable_length(texts: pa.ChunkedArray, alphabet: Alphabet, longest: int) -> int:
    """The positions that hold nearly every document, its given first symbol and its end: a multiple of 8.

    Arguments:
        texts: strings, with shape (n,).
        alphabet: how they become symbols.
        longest: the most positions; longer documents are cut into windows.
    """
    sizes = np.asarray(pc.fill_null(pc.binary_length(texts), 0)).astype(np.int64)
    rows = max(1, min(len(texts), ROWS, int(SAMPLE / max(1.0, sizes.mean()))))
    chosen = np.linspace(0, len(texts) - 1, rows).astype(np.int64)
    every = np.union1d(chosen, np.argsort(-sizes, kind="stable")[:LONGEST])
    long = sizes[every] > 16 * longest
    counts = [alphabet.flat(part)[1] for part in _rows(texts, every[~long])]
    counts.append(np.full(int(long.sum()), longest))
    wanted = int(np.quantile(np.concatenate(counts), COVERED, method="higher")) + 2
    return max(8, min(longest, -(-wanted // 8) * 8))


def _rows(texts: pa.ChunkedArray, rows: NDArray[np.int64]) -> Iterator[pa.Array]:
    """Some rows of a long column, chunk by chunk."""
    start = 0
    for chunk in texts.chunks:
        here = rows[(rows >= start) & (rows < start + len(chunk))] - start
        if len(here):
            yield pc.fill_null(chunk.take(pa.array(here)), "")
        start += len(chunk)


def openings(texts: pa.ChunkedArray, alphabet: Alphabet, length: int) -> dict[int, int]:
    """How often each symbol is the one that a window goes on from.

    That is the end where a document begins. A window that goes on within a document stands at no place in particular,
    so a symbol is before it as often as it occurs at all; rare symbols are left out.

    Arguments:
        texts: strings, with shape (n,).
        alphabet: how they become symbols.
        length: the positions of a window.
    """
    counts = np.zeros(alphabet.size, np.int64)
    begun = windows = seen = 0
    for part, ends in parts(texts, SAMPLE):
        symbols, sizes = alphabet.flat(part)
        counts += np.bincount(symbols, minlength=len(counts))
        begun += len(sizes) - (not ends)
        windows += int((-(-(sizes + 1) // (length - 1))).sum())
        seen += len(symbols)
        if seen > SAMPLE:
            break
    often = np.argsort(-counts, kind="stable")[:OPENINGS]
    often = often[counts[often] >= RARE]
    share = max(0, windows - begun) / max(1, seen)
    found = {int(symbol): round(share * int(counts[symbol])) for symbol in often}
    return {0: max(1, begun)} | {symbol: count for symbol, count in found.items() if count}
