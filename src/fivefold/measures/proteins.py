"""Generated proteins: are they made of the same words, are they as long, and how near are they to natural ones?

    residue error       half the summed gap between shares of the residues (total variation)
    k-mer divergence    Jensen-Shannon divergence between shares of runs of three residues, in bits
    length error        largest gap between cumulative shares of lengths (Kolmogorov-Smirnov)
    nearest identity    mean over generated proteins of their identity with the most alike training protein; near 1 is a
                        copy, and natural proteins have relatives, so the aim is what held-out ones have

References:
    Large language models generate functional protein sequences across diverse families (Madani et al., 2023)
    Divergence measures based on the Shannon entropy (Lin, 1991)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.alignment import nearest_identity
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal, resampled_error
from fivefold.measures.ngrams import count_matrix, grams
from fivefold.measures.threads import one_thread
from fivefold.measures.traces import steps_apart
from fivefold.measures.units import Units, numbered, texts_of

RUN = 3
TEXTS = 1_000
FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]
Statistic = Callable[[Rows, Rows], float]


@one_thread
def measure_proteins(
    real: Any, synthetic: Any, *, holdout: Any = None, texts: int = TEXTS, seed: int = 0
) -> list[Figure]:
    """The figures of generated proteins.

    Arguments:
        real: the proteins that the generator learned from: an Arrow table of one column, or strings.
        synthetic: the proteins to be judged.
        holdout: natural proteins that it did not learn from, for the floors; without it a tenth of the real ones.
        texts: the most proteins of each side, for all but the proteins that the nearest is sought among.
        seed: draws proteins and resamples.

    Returns:
        `residue_error`, `kmer_divergence`, `length_error`, `nearest_identity`.
    """
    rng = np.random.default_rng(seed)
    learned, made = texts_of(real, "real"), texts_of(synthetic, "synthetic")
    others = texts_of(holdout, "holdout") if holdout is not None else None
    if others is None:
        order, tenth = rng.permutation(len(learned)), max(1, len(learned) // 10)
        others, rest = ([learned[k] for k in part] for part in (order[:tenth], order[tenth:]))
    else:
        rest = learned
    sides = [
        [side[k] for k in rng.permutation(len(side))[:texts]] for side in (learned, made, others)
    ]
    if not all(sides) or not rest:
        return []
    kind = "the holdout" if holdout is not None else "a tenth of the real proteins"
    said = f"{len(sides[0]):,} real and {len(sides[1]):,} synthetic proteins; floor: {kind}"
    first = sides[0] if holdout is not None else rest[:texts]
    alike, natural = (nearest_identity(sides[1], learned), nearest_identity(sides[2], rest))
    error = float(alike.std(ddof=1) / np.sqrt(len(alike))) if len(alike) > 1 else 1.0
    identity = (float(alike.mean()), *normal(float(alike.mean()), error, 0.0, 1.0))
    shapes = [(first, sides[2]), (sides[0], sides[1])]
    return [
        *_distributions(shapes, rng, said),
        _figure("nearest_identity", identity, float(natural.mean()), said, _parts(alike)),
    ]


def _parts(alike: FloatArray) -> dict[str, float]:
    marks = np.quantile(alike, [0.5, 0.9, 1.0]).tolist()
    return dict(zip(("median", "p90", "largest"), marks, strict=True))


def _distributions(
    shapes: Sequence[tuple[Sequence[str], Sequence[str]]], rng: np.random.Generator, said: str
) -> list[Figure]:
    """The three figures of shares: of the two real samples, for the floor, and of real and synthetic."""
    both = []
    for pair in shapes:
        one, two = numbered(pair, "residues")
        runs = [_shares(one, two, n, gap) for n, gap in ((1, variation), (RUN, divergence))]
        both.append(
            [
                _resampled(statistic, (one.texts, two.texts), rng)
                for statistic in (*runs, _lengths(one, two))
            ]
        )
    names = ("residue_error", "kmer_divergence", "length_error")
    return [
        _figure(name, made, base[0], said, {})
        for name, base, made in zip(names, both[0], both[1], strict=True)
    ]


def _resampled(
    statistic: Statistic, sizes: tuple[int, int], rng: np.random.Generator
) -> tuple[float, float, float]:
    """The value of a statistic over all texts, with its interval."""
    value = statistic(np.arange(sizes[0]), np.arange(sizes[1]))
    return value, *normal(value, float(resampled_error(statistic, sizes, rng)), 0.0, 1.0)


def _shares(
    one: Units, two: Units, n: int, gap: Callable[[FloatArray, FloatArray], float]
) -> Statistic:
    """The gap between shares of runs, of the texts drawn from two samples."""
    runs = [grams(view, n) for view in (one, two)]
    places = np.unique(np.concatenate([r.keys for r in runs]), return_inverse=True)[1]
    cells = int(places.max(initial=-1)) + 1
    parts = np.split(places, [len(runs[0].keys)])
    tables = [
        count_matrix(part, run.owners, (run.texts, cells))
        for part, run in zip(parts, runs, strict=True)
    ]

    def drawn(a: Rows, b: Rows) -> float:
        first, second = (
            table.T @ np.bincount(rows, minlength=table.shape[0]).astype(np.float64)
            for table, rows in zip(tables, (a, b), strict=True)
        )
        return gap(first, second)

    return drawn


def _lengths(one: Units, two: Units) -> Statistic:
    """The gap between lengths, of the texts drawn from two samples."""
    first, second = (view.lengths.astype(np.float64) for view in (one, two))
    return lambda a, b: steps_apart(first[a], second[b])


def variation(one: FloatArray, two: FloatArray) -> float:
    """Total variation between two tables of counts."""
    if one.sum() == 0 or two.sum() == 0:
        return float(one.sum() != two.sum())
    return float(np.abs(one / one.sum() - two / two.sum()).sum() / 2)


def divergence(one: FloatArray, two: FloatArray) -> float:
    """Jensen-Shannon divergence between two tables of counts, in bits.

    Example:
        >>> divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
        1.0
    """
    if one.sum() == 0 or two.sum() == 0:
        return float(one.sum() != two.sum())
    p, q = one / one.sum(), two / two.sum()
    middle = (p + q) / 2
    total = 0.0
    for side in (p, q):
        held = side > 0
        total += float((side[held] * np.log2(side[held] / middle[held])).sum()) / 2
    return max(0.0, total)


WORDS: dict[str, tuple[str, Any, str, str, str]] = {
    "residue_error": (
        "Residue error",
        "lower",
        "share",
        "Half the summed gap between shares of residues.",
        "SDMetrics 0.32.0 (TVComplement)",
    ),
    "kmer_divergence": (
        "Divergence of 3-mers",
        "lower",
        "bits",
        "Jensen-Shannon divergence between shares of runs of three residues.",
        "Lin 1991",
    ),
    "length_error": (
        "Length error",
        "lower",
        "share",
        "Largest gap between cumulative shares of lengths.",
        "SDMetrics 0.32.0 (KSComplement)",
    ),
    "nearest_identity": (
        "Nearest natural identity",
        "target",
        "share",
        "Mean share of equal residues in the best alignment with a training protein, of the shorter one's length.",
        "Madani et al. 2023; Li and Godzik 2006",
    ),
}


def _figure(
    name: str,
    values: tuple[float, float, float],
    floor: float | None,
    note: str,
    details: dict[str, Any],
) -> Figure:
    title, better, unit, definition, source = WORDS[name]
    return Figure(
        name=name,
        title=title,
        value=values[0],
        low=values[1],
        high=values[2],
        better=better,
        best=floor if better == "target" else 0.0,
        floor=floor,
        unit=unit,
        definition=definition,
        source=source,
        note=note,
        details=details,
    )
