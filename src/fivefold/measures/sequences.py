"""Judge synthetic sequences by everything that real ones can be asked, whatever kind they are and whoever made them.

    frequencies         do units, lengths and neighbours come as often as in real sequences?
    ngram_detection     can a classifier tell the sequences from real ones?
    variety             do they reach what real ones reach, and repeat themselves no more?
    validity            are they well formed, and more than copies?
    memorisation        how long are the passages that stand in the training data?

The names of the first figures are those of tables (`column_shape_error`, `pair_trend_error`, `detection_auc`,
`coverage`), so that one number of quality is made of the same parts for both. What only one kind can be asked is in
`molecules`, `proteins`, `traces`, and is asked by `judging`; what needs a model and not its samples is in `questions`
and `execution`.

Every figure is compared with its floor, the same measure between two real samples. With a holdout these are the real
data and the holdout, else disjoint halves of the real data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fivefold.measures.figure import Figure
from fivefold.measures.frequencies import frequencies, gaps, tallies
from fivefold.measures.intervals import normal
from fivefold.measures.memorisation import memorisation
from fivefold.measures.ngram_detection import ngram_detection
from fivefold.measures.threads import one_thread
from fivefold.measures.units import levels_of, texts_of
from fivefold.measures.validity import exact_copies, validity
from fivefold.measures.variety import variety

TEXTS = 5_000
CHARACTERS = 4_000_000
CHEAP = 2_000
PARTS = ("frequencies", "detection", "variety", "validity", "memorisation")


@one_thread
def measure_sequences(
    real: Any,
    synthetic: Any,
    *,
    kind: str = "text",
    holdout: Any = None,
    seed: int = 0,
    parts: Sequence[str] = PARTS,
) -> list[Figure]:
    """Every figure of synthetic sequences, in a stable order.

    Arguments:
        real: the sequences that the generator learned from: an Arrow table of one column of strings, or strings.
        synthetic: the sequences to be judged.
        kind: `text`, `code`, `log`, `music`, `molecule`, `protein` or `events`.
        holdout: real sequences that it did not learn from: for the floors.
        seed: draws samples, folds and resamples; the same seed gives the same figures.
        parts: which measures are taken, of `PARTS`.

    Returns:
        The figures; a measure that does not apply has the value None and a note that says why.

    Example:
        >>> names = [figure.name for figure in measure_sequences(["ab"] * 40, ["ba"] * 40)]
        >>> names[:4]
        ['column_shape_error', 'pair_trend_error', 'detection_auc', 'coverage']
    """
    levels_of(kind)
    train, made = texts_of(real, "real"), texts_of(synthetic, "synthetic")
    held = texts_of(holdout, "holdout") if holdout is not None else None
    rng = np.random.default_rng(seed)
    sample, shown = _drawn(train, rng), _drawn(made, rng)
    size = min(len(sample), len(shown))
    sample, shown = sample[:size], shown[:size]
    one, two = _two_real(train, held, size, rng)
    note = _said(size, len(two), held is not None)
    figures: list[Figure] = []
    given: dict[str, Any] = {"kind": kind, "seed": seed, "note": note}
    if "frequencies" in parts:
        figures += frequencies(sample, shown, one, two, **given)
    if "detection" in parts:
        figures.append(ngram_detection(sample, shown, one, two, **given))
    if "variety" in parts:
        figures += variety(sample, shown, one, two, **given)
    if "validity" in parts:
        valid = validity(shown, two, kind=kind, note=note)
        figures += [valid] if valid else []
        figures.append(_copies(train, made, held))
    if "memorisation" in parts:
        figures += memorisation(train, shown, two if held else None, seed=seed)
    return figures


@one_thread
def cheap_sequences(
    real: Any, synthetic: Any, *, kind: str = "text", seed: int = 0, texts: int = CHEAP
) -> list[Figure]:
    """The two cheapest figures, without floor and interval, for every point of a training curve.

    Arguments:
        real: real sequences.
        synthetic: the sequences to be judged.
        kind: the kind of sequence.
        seed: draws the texts that are looked at.
        texts: the most texts of each side.

    Returns:
        `column_shape_error` and `pair_trend_error`; under half a processor second for 2,000 texts of 128 characters.

    Example:
        >>> [round(figure.value, 2) for figure in cheap_sequences(["ab"], ["ab"], kind="protein")]
        [0.0, 0.0]
    """
    rng = np.random.default_rng(seed)
    sides = [
        _drawn(texts_of(data, owner), rng, texts, CHARACTERS // 8)
        for data, owner in ((real, "real"), (synthetic, "synthetic"))
    ]
    size = min(map(len, sides))
    if size == 0:
        return frequencies([], [], [], [], kind=kind)
    one, two = tallies([side[:size] for side in sides], kind)
    found = gaps(one, two)
    note = f"{size:,} sequences a side"
    return [
        Figure("column_shape_error", "Unit and length error", found.shape, best=0.0, note=note),
        Figure("pair_trend_error", "Neighbour error", found.trend, best=0.0, note=note),
    ]


def bits_per_byte(log_probs_nats: Any, sizes: Any) -> Figure:
    """How many bits a model needs for a byte of held-out text: -sum log2 p / sum bytes.

    Arguments:
        log_probs_nats: the log-probability of each text in nats, with shape (n,).
        sizes: the bytes of each text in UTF-8, with shape (n,).

    Returns:
        `bits_per_byte`, with the interval of a ratio of sums over texts.

    Example:
        >>> bits_per_byte([-math.log(2) * 16, -math.log(2) * 24], [8, 12]).value
        2.0
    """
    bits = -np.asarray(log_probs_nats, np.float64).ravel() / math.log(2)
    size = np.asarray(sizes, np.float64).ravel()
    known = len(bits) > 0 and size.sum() > 0 and bool(np.isfinite(bits).all())
    value = float(bits.sum() / size.sum()) if known else None
    low = high = None
    if value is not None and len(bits) > 1:
        error = math.sqrt(len(bits) * (bits - value * size).var(ddof=1)) / size.sum()
        low, high = normal(value, float(error), 0.0)
    return Figure(
        name="bits_per_byte",
        title="Bits per byte",
        value=value,
        low=low,
        high=high,
        better="lower",
        unit="bits/byte",
        definition="Negative log2-likelihood of held-out texts, ends included, over their bytes in UTF-8.",
        source="Shannon 1951; as in Gao et al. 2020 (The Pile)",
        note=f"{len(bits):,} texts, {int(size.sum()):,} bytes"
        if known
        else "no bytes to be coded, or a likelihood that is not finite",
    )


def _drawn(
    texts: list[str],
    rng: np.random.Generator,
    most: int = TEXTS,
    characters: int = CHARACTERS,
) -> list[str]:
    """At most so many texts in random order, and no more than fit into so many characters; one at least."""
    order = rng.permutation(len(texts))[:most]
    ends = np.cumsum([len(texts[k]) for k in order])
    count = max(1, int(np.searchsorted(ends, characters, side="right")))
    return [texts[k] for k in order[:count]]


def _two_real(
    train: list[str], held: list[str] | None, size: int, rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Two real samples of the same number of texts, `size` if there are so many, that share none."""
    if held is None:
        most = min(size, len(train) // 2)
        both = [train[k] for k in rng.permutation(len(train))[: 2 * most]]
        return both[:most], both[most:]
    one, two = _drawn(train, rng, size), _drawn(held, rng, size)
    size = min(len(one), len(two))
    return one[:size], two[:size]


def _said(size: int, floor: int, has_holdout: bool) -> str:
    if not floor:
        return f"{size:,} sequences a side; no floor: one real sequence"
    other = "real and holdout" if has_holdout else "disjoint real samples"
    return f"{size:,} sequences a side; floor: {other}, {floor:,} a side"


def _copies(train: list[str], made: list[str], held: list[str] | None) -> Figure:
    if held is not None:
        return exact_copies(train, made, held)
    half = len(train) // 2
    floor = exact_copies(train[:half], train[half:], train[half:]).value
    note = "floor: the second half of the training data against the first"
    found = exact_copies(train, made, [], note=note)
    return Figure(**{**found.to_dict(), "floor": floor})
