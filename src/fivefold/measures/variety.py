"""How various are generated sequences, between each other and within themselves?

With G_n(x) the runs of n units in a text x,

    coverage      of the runs in real texts (n as `RUNS` says), the share that a synthetic sample reaches
    distinct-n    different runs of n units in all texts / all runs                        (Li et al.)
    self-BLEU     the mean over texts of BLEU-4 with all other texts as references         (Zhu et al.)
    repetition    the mean over texts of 1 - different runs of 4 units / all runs of 4     (Welleck et al.)

All depend on how many texts there are and how long, so both sides have the same number, and the floor is the same
measure of real texts: two real samples reach each other in part only. For distinct-n, self-BLEU and repetition the
real value is the aim: less variety and more variety than real texts have are both faults.

Intervals are of the delete-half jackknife: half of the texts are drawn at random thirty times, and the spread of the
measure over these draws is its standard error.

References:
    A Diversity-Promoting Objective Function for Neural Conversation Models (Li et al., 2016), arXiv:1510.03055
    Texygen: A Benchmarking Platform for Text Generation Models (Zhu et al., 2018), arXiv:1802.01886
    Neural Text Generation with Unlikelihood Training (Welleck et al., 2020), arXiv:1908.04319
    BLEU: a method for automatic evaluation of machine translation (Papineni et al., 2002)
    The jackknife and other resampling plans for variance: delete-d jackknife (Shao, Wu, 1989)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal
from fivefold.measures.ngrams import Grams, grams
from fivefold.measures.units import Units, levels_of, numbered

RUNS = {"characters": 5, "atoms": 4, "residues": 3, "activities": 3}
DRAWS = 30
BLEU_TEXTS = 500
BLEU_UNITS = 200
REPEATED = 4
FloatArray = NDArray[np.float64]


def variety(
    real: Sequence[str],
    synthetic: Sequence[str],
    one: Sequence[str],
    two: Sequence[str],
    *,
    kind: str,
    seed: int = 0,
    note: str = "",
) -> list[Figure]:
    """Coverage, distinct-1 to distinct-3, self-BLEU and repetition of synthetic sequences.

    Arguments:
        real: real sequences.
        synthetic: the sequences to be judged.
        one: a real sample, for the floor.
        two: another real sample that shares no text with it.
        kind: the kind of sequence.
        seed: draws the texts and the jackknife's halves.
        note: what a reader must know of the samples.

    Returns:
        `coverage`, `distinct_1`, `distinct_2`, `distinct_3`, `self_bleu`, `repetition`.
    """
    rng = np.random.default_rng(seed)
    levels = levels_of(kind)
    first = numbered([real, synthetic, one, two], levels[0])
    last = first if len(levels) == 1 else numbered([real, synthetic, one, two], levels[-1])
    n = RUNS[levels[0]]
    figures = [_coverage(first, levels[0], n, rng, note)]
    made, born = last[1], last[2]
    size = min(made.texts, born.texts)
    made, born = made.take(rng.permutation(made.texts)[:size]), born.take(np.arange(size))
    figures += [_distinct(made, born, levels[-1], length, rng, note) for length in (1, 2, 3)]
    figures.append(_self_bleu(made, born, levels[-1], rng, note))
    return [*figures, _repetition(made, born, levels[-1], rng, note)]


def covered(real: Grams, made: Grams) -> FloatArray:
    """The runs of each real text that the synthetic sample has, and all its runs, with shape (2, texts)."""
    reached = np.isin(real.keys, made.keys)
    return np.stack(
        [
            np.bincount(real.owners, weights, real.texts)
            for weights in (reached, np.ones(len(reached)))
        ]
    )


def _coverage(
    views: Sequence[Units], level: str, n: int, rng: np.random.Generator, note: str
) -> Figure:
    runs = [grams(view, n) for view in views]
    least = min(view.texts for view in views[:2])
    chosen = np.sort(rng.permutation(views[1].texts)[:least])
    parts = covered(grams(views[0].take(np.arange(least)), n), grams(views[1].take(chosen), n))
    base = covered(runs[2], runs[3])
    value = _ratio(parts)
    low, high = (
        _halved(lambda rows: _ratio(parts[:, rows]) or 0.0, least, value, rng)
        if value is not None
        else (None, None)
    )
    return Figure(
        name="coverage",
        title="Coverage",
        value=value,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        floor=_ratio(base),
        definition=f"Share of the runs of {n} {level} in real texts that occur in as many synthetic texts.",
        source="fivefold; a recall of runs, as ROUGE-N (Lin, 2004) between samples",
        note=note if value is not None else f"no real text has {n} {level}",
    )


def _ratio(parts: FloatArray) -> float | None:
    whole = float(parts[1].sum())
    return float(parts[0].sum()) / whole if whole else None


def distinct(runs: Grams) -> float | None:
    """Different runs over all runs; None where there is none."""
    return len(np.unique(runs.keys)) / len(runs.keys) if len(runs.keys) else None


def _distinct(
    made: Units, born: Units, level: str, n: int, rng: np.random.Generator, note: str
) -> Figure:
    runs = grams(made, n)
    definition = (
        f"Different runs of {n} {level} over all runs, in as many synthetic as real texts."
    )

    def half(rows: NDArray[np.intp]) -> float:
        kept = np.isin(runs.owners, rows)
        return distinct(Grams(runs.keys[kept], runs.owners[kept], runs.texts)) or 0.0

    return _aimed(
        f"distinct_{n}",
        f"Distinct-{n}",
        (distinct(runs), distinct(grams(born, n))),
        half,
        (definition, "Li et al. 2016", note),
        (made.texts, rng),
    )


def self_bleu(view: Units, rows: NDArray[np.intp] | None = None) -> FloatArray:
    """BLEU-4 of each text with all others as references, with shape (texts,); NaN for an empty one.

    The count that clips a run is the largest in any other text: the largest of all, or the second largest where the
    text itself holds it, so that no pair of texts is ever compared.
    """
    logs = np.zeros(view.texts)
    for n in range(1, 5):
        runs = grams(view, n)
        clipped, whole = _clipped(runs)
        matched = np.maximum(clipped, 0.1)  # Chen and Cherry's first smoothing
        logs += np.log(np.where(whole > 0, matched / np.maximum(whole, 1), 0.1)) / 4
    lengths = view.lengths
    penalty = np.minimum(0.0, 1 - _closest(lengths) / np.maximum(lengths, 1))
    return np.where(lengths > 0, np.exp(logs + penalty), np.nan)


def _clipped(runs: Grams) -> tuple[FloatArray, FloatArray]:
    """Of each text, the runs that others have as often, and all its runs."""
    kinds = np.unique(runs.keys, return_inverse=True)[1]
    cells, counts = np.unique(kinds * runs.texts + runs.owners, return_counts=True)
    kind, owner = cells // runs.texts, cells % runs.texts
    order = np.lexsort((-counts, kind))
    first = np.flatnonzero(np.diff(kind[order], prepend=-1))
    best = np.zeros(int(kinds.max(initial=-1)) + 1, np.int64)
    second, holder = best.copy(), best.copy()
    best[kind[order][first]] = counts[order][first]
    holder[kind[order][first]] = owner[order][first]
    after = first + 1
    after = after[after < len(order)]
    after = after[kind[order][after] == kind[order][after - 1]]
    second[kind[order][after]] = counts[order][after]
    limit = np.where(holder[kind] == owner, second[kind], best[kind])
    clipped = np.bincount(owner, np.minimum(counts, limit), runs.texts).astype(np.float64)
    return clipped, np.bincount(owner, counts, runs.texts).astype(np.float64)


def _closest(lengths: NDArray[np.int64]) -> FloatArray:
    """The length nearest to each text's among the others; the shorter of two equally near."""
    if len(lengths) < 2:
        return lengths.astype(np.float64)
    order = np.argsort(lengths, kind="stable")
    sorted_ = lengths[order].astype(np.float64)
    below = np.concatenate([[-np.inf], sorted_[:-1]])
    above = np.concatenate([sorted_[1:], [np.inf]])
    near = np.where(sorted_ - below <= above - sorted_, below, above)
    closest = np.empty(len(lengths))
    closest[order] = near
    return closest


def _self_bleu(
    made: Units, born: Units, level: str, rng: np.random.Generator, note: str
) -> Figure:
    sides = [
        _shortened(view.take(np.arange(min(view.texts, BLEU_TEXTS)))) for view in (made, born)
    ]
    scores, real = (self_bleu(view) for view in sides)
    known = scores[~np.isnan(scores)]
    texts = len(scores)
    definition = f"Mean over texts of BLEU-4 in {level} with all other texts as references; higher is less various."
    said = "; ".join(part for part in (f"{texts:,} texts a side", note) if part)
    return _aimed(
        "self_bleu",
        "Self-BLEU",
        (float(known.mean()) if texts > 1 and len(known) else None, _mean(real)),
        lambda rows: float(known[rows].mean()),
        (definition, "Zhu et al. 2018; Papineni et al. 2002", said),
        (len(known), rng),
    )


def _shortened(view: Units) -> Units:
    starts = np.searchsorted(view.owners, np.arange(view.texts))
    kept = np.arange(len(view.codes)) - starts[view.owners] < BLEU_UNITS
    return Units(view.codes[kept], view.owners[kept], view.texts, view.words)


def repetition(view: Units) -> FloatArray:
    """The share of each text's runs of four units that came before in it, NaN where there is none."""
    runs = grams(view, REPEATED)
    kinds = np.unique(runs.keys, return_inverse=True)[1]
    cells = np.unique(kinds * max(1, runs.texts) + runs.owners)
    whole = np.bincount(runs.owners, minlength=runs.texts).astype(np.float64)
    different = np.bincount(cells % max(1, runs.texts), minlength=runs.texts)
    return np.where(whole > 0, 1 - different / np.maximum(whole, 1), np.nan)


def _repetition(
    made: Units, born: Units, level: str, rng: np.random.Generator, note: str
) -> Figure:
    shares, real = repetition(made), repetition(born)
    known = shares[~np.isnan(shares)]
    return _aimed(
        "repetition",
        "Repetition",
        (_mean(shares), _mean(real)),
        lambda rows: float(known[rows].mean()),
        (
            f"Mean over texts of the share of runs of {REPEATED} {level} that came before in the same text.",
            "Welleck et al. 2020 (seq-rep-4)",
            note,
        ),
        (len(known), rng),
    )


def _mean(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _halved(
    statistic: Callable[[NDArray[np.intp]], float],
    texts: int,
    value: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The interval of a share by the delete-half jackknife."""
    draws = [statistic(rng.permutation(texts)[: max(1, texts // 2)]) for _ in range(DRAWS)]
    return normal(value, float(np.std(draws, ddof=1)), 0.0, 1.0)


def _aimed(
    name: str,
    title: str,
    values: tuple[float | None, float | None],
    half: Callable[[NDArray[np.intp]], float],
    words: tuple[str, str, str],
    chance: tuple[int, np.random.Generator],
) -> Figure:
    """A figure whose aim is the value of real texts."""
    value, floor = values
    definition, source, note = words
    low, high = _halved(half, chance[0], value, chance[1]) if value is not None else (None, None)
    return Figure(
        name=name,
        title=title,
        value=value,
        low=low,
        high=high,
        better="target",
        best=floor,
        floor=floor,
        definition=definition,
        source=source,
        note=note if value is not None else "the texts are too short or too few",
    )
