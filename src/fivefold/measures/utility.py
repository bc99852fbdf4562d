"""Utility: is a model trained on synthetic rows as good on real rows as one trained on real rows?

Both models are judged on the same real rows, which neither has seen:

    TSTR    train on synthetic, test on real         the figure
    TRTR    train on real, test on real              its floor: what can be reached
    gap     TRTR - TSTR                              0 is best

A target of categories (or of at most ten different numbers) is classified and scored by the area under the ROC curve,
for several classes the mean of each against the rest; a number is regressed and scored by R^2. Without a target, up to
five columns in turn are asked one yes-or-no question each (a number: above the real median? a category: the most
frequent one?), so that all have the same unit, and their areas are averaged.

Intervals are over test rows, with both models as they are: another draw of training rows would add to them.

References:
    Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs (Esteban et al., 2017), TSTR,
    https://arxiv.org/abs/1706.02633
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.boosting import classifier, fitted, inputs, regressor
from fivefold.measures.cells import FloatArray
from fivefold.measures.figure import Figure
from fivefold.measures.frame import Frame
from fivefold.measures.intervals import area, normal
from fivefold.measures.tasks import Task, questions, target_task
from fivefold.measures.threads import one_thread

ROWS = 20_000
LEAST = 5
SOURCE = "Esteban et al. 2017 (TSTR); scikit-learn's histogram gradient boosting"


@dataclass(frozen=True)
class Score:
    """How well a model did, and the pull of each test row on its score.

    Arguments:
        value: the area or R^2.
        pulls: the influence of each test row, with shape (n,); their mean is zero.
        loss: the log loss, or the root mean square error.
    """

    value: float
    pulls: FloatArray
    loss: float


def standard_error(pulls: FloatArray) -> float:
    """The standard error of a score, from each row's influence; never less than half a row."""
    rows = max(1, len(pulls))
    return max(float(pulls.std() / np.sqrt(rows)), 0.5 / rows)


@one_thread
def utility(
    real: Frame,
    synthetic: Frame,
    holdout: Frame | None = None,
    *,
    target: str | None = None,
    rows: int = ROWS,
    seed: int = 0,
) -> list[Figure]:
    """How well models trained on synthetic rows predict real rows, beside models trained on real rows.

    Arguments:
        real: the table that the generator learned from.
        synthetic: the table to be judged.
        holdout: real rows to test on; a third of the real table without it.
        target: the column to predict; up to five columns in turn without it.
        rows: the most rows to train on, and half as many to test on.
        seed: draws the rows.

    Returns:
        `utility` and `utility_gap`.
    """
    rng = np.random.default_rng(seed)
    where = "the holdout"
    if holdout is None:
        holdout, real = _third(real, rng)
        where = "a third of the real table held out here (the generator may have seen it)"
    size = min(rows, len(real), len(synthetic))
    test = holdout.sample(max(1, rows // 2), rng)
    sets = [real.sample(size, rng), synthetic.sample(size, rng), test]
    tasks = [target_task(sets, target)] if target else questions(sets)
    pairs = [(task, _scores(sets, task, seed, _trees(task, target))) for task in tasks]
    done = [(task, *both) for task, both in pairs if both is not None]
    unit = "R2" if target and tasks[0].classes == 0 else "AUC"
    note = f"trained on {size:,} rows, tested on {len(test):,} of {where}"
    if not target:
        note += f"; no target: mean over {len(done)} columns, each one yes-or-no question"
    return _figures(done, unit, note, target)


def _third(real: Frame, rng: np.random.Generator) -> tuple[Frame, Frame]:
    order = rng.permutation(len(real))
    third = max(1, len(real) // 3)
    return real.take(order[:third]), real.take(order[third:])


def _trees(task: Task, target: str | None) -> int:
    """100 for the target; fewer where every tree costs one for each class, or several columns are asked."""
    return min(100 if target else 50, max(20, 500 // max(1, task.classes)))


def _scores(sets: list[Frame], task: Task, seed: int, trees: int) -> tuple[Score, Score] | None:
    """TSTR and TRTR on the same test rows; None where the question cannot be put."""
    seen = inputs(sets, without=task.name)
    parts = seen.split([len(side) for side in sets])
    known = [~np.isnan(answers) for answers in task.answers]
    test, truth = parts[2][known[2]], task.answers[2][known[2]]
    scores = []
    for place in (1, 0):
        rows, answers = parts[place][known[place]], task.answers[place][known[place]]
        if task.classes:
            scores.append(_classify(seen.grouped, rows, answers, test, truth, task, seed, trees))
        else:
            scores.append(_regress(seen.grouped, rows, answers, test, truth, seed, trees))
    one, two = scores
    return None if one is None or two is None else (one, two)


def _classify(
    grouped: NDArray[np.bool_],
    rows: FloatArray,
    answers: FloatArray,
    test: FloatArray,
    truth: FloatArray,
    task: Task,
    seed: int,
    trees: int,
) -> Score | None:
    shown = np.unique(answers).astype(np.int64)
    chances = np.zeros((len(test), max(task.classes, 2)))
    if len(shown) > 1 and len(test):
        model = fitted(classifier(grouped, seed, trees), rows, answers.astype(np.int64))
        chances[:, shown] = model.predict_proba(test)
    elif len(shown) == 1:
        chances[:, shown] = 1.0
    asked = range(1, 2) if task.classes == 2 else range(task.classes)
    areas, pulls = [], np.zeros(len(test))
    for place in asked:
        mine = truth == place
        if min(mine.sum(), (~mine).sum()) < LEAST:
            continue
        one = area(chances[mine, place], chances[~mine, place])
        areas.append(one.value)
        pulls[mine] += one.positives * len(test) / mine.sum()
        pulls[~mine] += one.negatives * len(test) / (~mine).sum()
    if not areas:
        return None
    given = np.clip(chances[np.arange(len(test)), truth.astype(np.int64)], 1e-6, 1.0)
    return Score(float(np.mean(areas)), pulls / len(areas), float(-np.log(given).mean()))


def _regress(
    grouped: NDArray[np.bool_],
    rows: FloatArray,
    answers: FloatArray,
    test: FloatArray,
    truth: FloatArray,
    seed: int,
    trees: int,
) -> Score | None:
    """R^2 = 1 - E(y - f)^2 / E(y - mean)^2 and the influence of each row on that ratio."""
    if len(answers) < 2 or len(truth) < 2 or truth.std() == 0:
        return None
    middle, scale = answers.mean(), answers.std() or 1.0
    model = fitted(regressor(grouped, seed, trees), rows, (answers - middle) / scale)
    missed = (truth - (model.predict(test) * scale + middle)) ** 2
    spread = (truth - truth.mean()) ** 2
    value = 1 - missed.mean() / spread.mean()
    pulls = (1 - value) * spread / spread.mean() - missed / spread.mean()
    return Score(float(value), pulls, float(np.sqrt(missed.mean())))


def _figures(
    done: list[tuple[Task, Score, Score]], unit: str, note: str, target: str | None
) -> list[Figure]:
    asked = f"predicting {target}" if target else "predicting columns from the rest"
    if not done:
        note = "no column can be predicted: too few rows, or one value only"
    synthetic, low, high = _mean([made for _, made, _ in done], unit)
    real, _, _ = _mean([born for _, _, born in done], unit)
    figure = Figure(
        name="utility",
        title="Utility (train on synthetic, test on real)",
        value=synthetic,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        floor=real,
        unit=unit,
        definition=f"{unit} on real rows of boosting trained on synthetic rows, {asked}; its floor is the same trained "
        "on real rows.",
        source=SOURCE,
        note=note,
        details={"columns": [_part(task, made, born, unit) for task, made, born in done]},
    )
    gap, low, high = _gap(done)
    other = Figure(
        name="utility_gap",
        title="Utility lost against real data",
        value=gap,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        floor=0.0 if done else None,
        unit=unit,
        definition=f"{unit} of boosting trained on real rows less the same trained on synthetic rows, {asked}.",
        source=SOURCE,
        note=note,
        details={task.name: born.value - made.value for task, made, born in done},
    )
    return [figure, other]


def _part(task: Task, made: Score, born: Score, unit: str) -> dict[str, Any]:
    loss = "log_loss" if task.classes else "root_mean_square_error"
    return {
        "column": task.name,
        "unit": unit,
        "synthetic": made.value,
        "real": born.value,
        f"synthetic_{loss}": made.loss,
        f"real_{loss}": born.loss,
    }


def _mean(scores: list[Score], unit: str) -> tuple[float | None, float | None, float | None]:
    if not scores:
        return None, None, None
    value = float(np.mean([score.value for score in scores]))
    error = _joint_error([score.pulls for score in scores])
    return value, *normal(value, error, 0.0 if unit == "AUC" else -np.inf, 1.0)


def _gap(
    done: list[tuple[Task, Score, Score]],
) -> tuple[float | None, float | None, float | None]:
    """The mean of TRTR - TSTR with its interval; both models meet the same rows, so their errors are paired."""
    if not done:
        return None, None, None
    value = float(np.mean([born.value - made.value for _, made, born in done]))
    error = _joint_error([born.pulls - made.pulls for _, made, born in done])
    return value, *normal(value, error, -1.0 if done[0][0].classes else -np.inf)


def _joint_error(pulls: list[FloatArray]) -> float:
    """The standard error of a mean of scores: their mean error, which holds however the scores depend."""
    return float(np.mean([standard_error(pull) for pull in pulls]))
