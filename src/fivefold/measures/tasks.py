"""What utility asks: which column is to be predicted, and what counts as its answer.

A target of categories, or of at most ten different numbers, has classes; the rarest are pooled when there are more
than twenty. Any other number is predicted as it is. Without a target each of up to five columns gets one yes-or-no
question, so that all have one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivefold.codecs.schema import nearest
from fivefold.errors import InputError
from fivefold.measures.cells import FloatArray
from fivefold.measures.frame import Frame

QUESTIONS = 5
CLASSES = 20
FEW = 10


@dataclass(frozen=True)
class Task:
    """One column to be predicted.

    Arguments:
        name: the column.
        answers: of real, synthetic and test rows; NaN where missing.
        classes: how many classes, 0 for a number.
    """

    name: str
    answers: list[FloatArray]
    classes: int


def answers_of(frame: Frame, name: str) -> FloatArray:
    """A column as numbers, whatever its kind; NaN where missing."""
    if name in frame.number_names:
        return frame.numbers[:, frame.number_names.index(name)]
    codes = frame.codes[:, frame.code_names.index(name)].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)


def check_target(frame: Frame, name: str) -> None:
    """Stop where a column cannot be predicted, because there is none or it is not judged."""
    if name not in frame.kinds:
        hint = nearest(name, list(frame.kinds))
        raise InputError(f"no column {name!r} to predict", hint=hint, code="target")


def target_task(sets: list[Frame], name: str) -> Task:
    """The target's values, or its classes; the last class holds the rare and the unseen ones."""
    check_target(sets[0], name)
    answers = [answers_of(side, name) for side in sets]
    values, counts = np.unique(answers[0][~np.isnan(answers[0])], return_counts=True)
    if name in sets[0].number_names and len(values) > FEW:
        return Task(name, answers, 0)
    kept = values[np.argsort(-counts, kind="stable")][: CLASSES - 1]
    return Task(name, [_places(side, kept) for side in answers], len(kept) + 1)


def _places(answers: FloatArray, kept: FloatArray) -> FloatArray:
    """The place of each answer among the kept values; all others share the next place."""
    order = np.argsort(kept)
    near = np.clip(np.searchsorted(kept[order], answers), 0, max(0, len(kept) - 1))
    places = order[near].astype(np.float64) if len(kept) else np.zeros(len(answers))
    known = kept[order][near] == answers if len(kept) else np.zeros(len(answers), dtype=bool)
    return np.where(np.isnan(answers), np.nan, np.where(known, places, float(len(kept))))


def questions(sets: list[Frame]) -> list[Task]:
    """One yes-or-no question about each of up to five columns, spread over the table."""
    tasks = []
    for name in sets[0].kinds:
        answers = [answers_of(side, name) for side in sets]
        present = answers[0][~np.isnan(answers[0])]
        if len(present) == 0 or present.min() == present.max():
            continue
        if name in sets[0].number_names:
            middle = float(np.median(present))
            middle = middle if (present > middle).any() else float(present.min())
            asked = [np.where(np.isnan(side), np.nan, side > middle) for side in answers]
        else:
            most = float(np.bincount(present.astype(np.int64)).argmax())
            asked = [np.where(np.isnan(side), np.nan, side == most) for side in answers]
        tasks.append(Task(name, asked, 2))
    chosen = np.unique(np.linspace(0, len(tasks) - 1, min(QUESTIONS, len(tasks))).round())
    return [tasks[int(place)] for place in chosen]
