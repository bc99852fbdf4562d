"""Detection: can a strong classifier tell the synthetic rows from the real ones?

A classifier h is trained on real rows (label 0) and as many synthetic rows (label 1), and judged on rows that it did
not see, by five-fold cross-validation:

    AUC = P(h(synthetic) > h(real)) + 1/2 P(h(synthetic) = h(real)),   0.5 is best, 1 is always told apart

It sees every dependence that trees can find, which the shapes and pairs of `fidelity` cannot: independent columns have
a perfect shape and an AUC of 1. Linear detectors are not used for that reason. More rows make a stronger detector, so
AUCs are comparable at equal numbers of rows only. Rows that are equal stay in one fold: a copied row would otherwise
be seen with the other label, and copying would look better than chance.

The interval is that of `folds`.

References:
    Revisiting Classifier Two-Sample Tests (Lopez-Paz, Oquab, 2017), https://arxiv.org/abs/1610.06545
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.boosting import Inputs, classifier, fitted, inputs
from fivefold.measures.cells import FloatArray
from fivefold.measures.figure import Figure
from fivefold.measures.folds import FOLDS, even_folds, pooled
from fivefold.measures.frame import Frame
from fivefold.measures.intervals import Area, area
from fivefold.measures.rows import row_keys
from fivefold.measures.threads import one_thread

ROWS = 10_000


@dataclass(frozen=True)
class Told:
    """How well two samples are told apart.

    Arguments:
        value: the mean of the folds' areas.
        low: lower end of the interval.
        high: upper end of the interval.
        rows: the rows of each side.
    """

    value: float
    low: float
    high: float
    rows: int


@one_thread
def detection(
    real: Frame,
    synthetic: Frame,
    holdout: Frame | None = None,
    *,
    rows: int = ROWS,
    seed: int = 0,
) -> Figure:
    """The area under the ROC curve of boosting that tells synthetic from real rows.

    Arguments:
        real: the table that the generator learned from.
        synthetic: the table to be judged.
        holdout: real rows that it did not learn from, for the floor; halves of the real table without it.
        rows: the most rows of each side.
        seed: draws the rows and the folds.

    Returns:
        `detection_auc`; None where a side has fewer than four rows.
    """
    rng = np.random.default_rng(seed)
    told = tell_apart(real, synthetic, rows, seed)
    one, two = real.halves(rng) if holdout is None else (real, holdout)
    floor = tell_apart(one, two, rows, seed)
    others = "halves of the real table" if holdout is None else "real and holdout"
    notes = [f"{told.rows:,} rows a side" if told else "fewer than four rows on one side"]
    if floor:
        notes.append(f"floor: {others}, {floor.rows:,} rows a side")
    return Figure(
        name="detection_auc",
        title="Detection by boosting",
        value=told.value if told else None,
        low=told.low if told else None,
        high=told.high if told else None,
        better="target",
        best=0.5,
        floor=floor.value if floor else None,
        unit="AUC",
        definition="Area under the ROC curve of histogram gradient boosting that tells synthetic rows from real ones, "
        "mean of five folds; 0.5 is chance.",
        source="Lopez-Paz and Oquab 2017; scikit-learn's HistGradientBoostingClassifier",
        note="; ".join(notes),
        details={"rows": told.rows if told else 0, "folds": FOLDS},
    )


def tell_apart(one: Frame, two: Frame, rows: int, seed: int) -> Told | None:
    """How well boosting tells two samples apart, or None where there are too few rows."""
    rng = np.random.default_rng(seed)
    size = min(rows, len(one), len(two))
    if size < 4:
        return None
    one, two = one.sample(size, rng), two.sample(size, rng)
    one, two = (side.take(rng.permutation(len(side))[:size]) for side in (one, two))
    seen = inputs([one, two])
    folds = even_folds(row_keys(one), row_keys(two), rng)
    areas = _areas(seen, np.repeat([0, 1], size), folds, seed)
    if not areas:
        return None
    return Told(*pooled(areas), size)


def _areas(
    seen: Inputs, labels: NDArray[np.int64], folds: NDArray[np.int64], seed: int
) -> list[Area]:
    """The area of each fold that has both sides in training and in test."""
    areas = []
    for fold in range(FOLDS):
        test, train = folds == fold, folds != fold
        if len(set(labels[test])) < 2 or len(set(labels[train])) < 2:
            continue
        model = fitted(classifier(seen.grouped, seed), seen.values[train], labels[train])
        scores: FloatArray = model.decision_function(seen.values[test])
        areas.append(area(scores[labels[test] == 1], scores[labels[test] == 0]))
    return areas
