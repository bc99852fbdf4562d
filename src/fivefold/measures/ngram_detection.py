"""Detection: can a classifier tell synthetic sequences from real ones?

Each sequence becomes the logarithms of its counts of runs of one to four neighbouring units (characters and words,
atoms, residues, activities; the ends of the sequence are units too), weighted by how rare a run is, at length one, and
beside them its logarithmic length. Logistic regression is trained on real (label 0) and as many synthetic sequences
(label 1) and judged on others, by five-fold cross-validation:

    AUC = P(h(synthetic) > h(real)) + 1/2 P(h(synthetic) = h(real)),   0.5 is best, 1 is always told apart

More sequences make a stronger detector, so areas are comparable at equal numbers only. Equal sequences stay in one
fold. Of a long sequence the first thousand units of a level are seen.

References:
    Revisiting Classifier Two-Sample Tests (Lopez-Paz, Oquab, 2017), https://arxiv.org/abs/1610.06545
    Feature Hashing for Large Scale Multitask Learning (Weinberger et al., 2009), https://arxiv.org/abs/0902.2206
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivefold.measures.figure import Figure
from fivefold.measures.folds import FOLDS, even_folds, pooled
from fivefold.measures.intervals import Area, area
from fivefold.measures.ngrams import count_matrix, grams
from fivefold.measures.threads import one_thread
from fivefold.measures.units import Codes, Units, levels_of, numbered

ROWS = 2_000
REACH = 1_000
RUNS = {"characters": (1, 2, 3, 4), "words": (1, 2)}
OTHERS = (1, 2, 3, 4)
BUCKETS = 1 << 18
STRENGTH = 10.0
LEAST = 2 * FOLDS


@one_thread
def ngram_detection(
    real: Sequence[str],
    synthetic: Sequence[str],
    one: Sequence[str],
    two: Sequence[str],
    *,
    kind: str,
    rows: int = ROWS,
    seed: int = 0,
    note: str = "",
) -> Figure:
    """The area under the ROC curve of logistic regression that tells synthetic from real sequences.

    Arguments:
        real: real sequences.
        synthetic: the sequences to be judged.
        one: a real sample, for the floor.
        two: another real sample that shares no text with it.
        kind: the kind of sequence.
        rows: the most sequences of each side.
        seed: draws the sequences and the folds.
        note: what a reader must know of the samples.

    Returns:
        `detection_auc`; None where a side has fewer than ten sequences.
    """
    told = tell_apart(real, synthetic, kind, rows, seed)
    floor = tell_apart(one, two, kind, rows, seed)
    size = min(rows, len(real), len(synthetic))
    value, low, high = told or (None, None, None)
    shown = f"{size:,} sequences a side" if told else f"fewer than {LEAST} sequences on one side"
    return Figure(
        name="detection_auc",
        title="Detection by logistic regression",
        value=value,
        low=low,
        high=high,
        better="target",
        best=0.5,
        floor=floor[0] if floor else None,
        unit="AUC",
        definition="Area under the ROC curve of logistic regression on runs of up to four units and the length, that "
        "tells synthetic sequences from real ones, mean of five folds; 0.5 is chance.",
        source="Lopez-Paz and Oquab 2017; scikit-learn's LogisticRegression",
        note="; ".join(part for part in (shown, note) if part),
        details={"rows": size, "folds": FOLDS},
    )


def tell_apart(
    one: Sequence[str], two: Sequence[str], kind: str, rows: int, seed: int
) -> tuple[float, float, float] | None:
    """The area with its interval, or None where there are too few sequences."""
    rng = np.random.default_rng(seed)
    size = min(rows, len(one), len(two))
    if size < LEAST:
        return None
    sides = [[side[k] for k in np.sort(rng.permutation(len(side))[:size])] for side in (one, two)]
    names = {text: np.uint64(k) for k, text in enumerate(dict.fromkeys(sides[0] + sides[1]))}
    keys = [np.array([names[text] for text in side], np.uint64) for side in sides]
    folds = even_folds(keys[0], keys[1], rng)
    labels = np.repeat([0, 1], size)
    areas = _areas(features(sides, kind), labels, folds, seed)
    return pooled(areas) if areas else None


def features(sides: Sequence[Sequence[str]], kind: str) -> sparse.csr_matrix:
    """What the classifier sees of all texts, side after side, with shape (texts, features)."""
    parts, lengths = [], np.zeros(0)
    for level in levels_of(kind):
        views = [_clipped(view) for view in numbered(sides, level)]
        if not len(lengths):
            lengths = np.log1p(np.concatenate([view.lengths for view in views]))
        for n in RUNS.get(level, OTHERS):
            hashed = [_hashed(view, n) for view in views]
            parts.append(sparse.vstack(hashed, format="csr"))
    counts = sparse.hstack(parts, format="csr")
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    counts = counts[:, np.flatnonzero(seen > 1)]
    rare = np.log(
        (1 + counts.shape[0]) / (1 + np.bincount(counts.indices, minlength=counts.shape[1]))
    )
    counts.data = np.log1p(counts.data)
    counts = (counts @ sparse.diags_array(1 + rare)).tocsr()
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts = sparse.diags_array(1 / np.maximum(norms, 1e-12)) @ counts
    spread = (lengths - lengths.mean()) / max(lengths.std(), 1e-12)
    return sparse.hstack([counts, sparse.csr_matrix(spread[:, None] / 4)], format="csr")


def _clipped(view: Units) -> Units:
    """The first units of each text."""
    starts = np.searchsorted(view.owners, np.arange(view.texts))
    kept = np.arange(len(view.codes)) - starts[view.owners] < REACH
    return Units(view.codes[kept], view.owners[kept], view.texts, view.words)


def _hashed(view: Units, n: int) -> sparse.csr_matrix:
    runs = grams(view, n, edges=True)
    cells: Codes = (runs.keys % np.uint64(BUCKETS)).astype(np.int64)
    return count_matrix(cells, runs.owners, (runs.texts, BUCKETS))


def _areas(
    seen: sparse.csr_matrix, labels: NDArray[np.int64], folds: NDArray[np.int64], seed: int
) -> list[Area]:
    """The area of each fold that has both sides in training and in test."""
    from sklearn.linear_model import LogisticRegression

    areas = []
    for fold in range(FOLDS):
        test, train = folds == fold, folds != fold
        if len(set(labels[test])) < 2 or len(set(labels[train])) < 2:
            continue
        model = LogisticRegression(
            C=STRENGTH, solver="liblinear", dual=True, tol=1e-2, max_iter=1_000, random_state=seed
        )
        model.fit(seen[train], labels[train])
        scores = model.decision_function(seen[test])
        areas.append(area(scores[labels[test] == 1], scores[labels[test] == 0]))
    return areas
