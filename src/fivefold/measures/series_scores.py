"""What classifiers and forecasts say of windows: can they be told from real ones, do they teach what real ones teach?

    detection, discriminative score   boosting tells synthetic windows (1) from real ones (0), in folds of whole series:
                                      the area under its ROC curve, and |accuracy - 1/2|
    predictive score                  boosting learns the next values from those before on synthetic windows, and is
                                      judged on real ones: the mean absolute error in real standard deviations

Boosting sees a window as the means of its parts, and of each variable its mean, spread, range, roughness, correlation
with itself, bands of its spectrum, and the share that is missing. A window that lies near to a single real one stays in
its fold: a copy would else be seen with the other label before it is judged. TimeGAN's own two scores are those of a
small recurrent net; boosting gives the same answer every time, and takes missing values as they are.

References:
    Time-series Generative Adversarial Networks (Yoon et al., 2019), https://proceedings.neurips.cc/paper/2019/hash/c9efe5f26cd17ba6216bbe2a7d26d490-Abstract.html
    Revisiting Classifier Two-Sample Tests (Lopez-Paz, Oquab, 2017), arXiv:1610.06545
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.boosting import classifier, fitted, regressor
from fivefold.measures.copying import neighbours
from fivefold.measures.figure import Figure
from fivefold.measures.folds import FOLDS, even_folds, pooled
from fivefold.measures.intervals import Area, area, normal
from fivefold.measures.lagged import TINY, Ruler, bridged, paired, points_of
from fivefold.measures.timewindows import TimeWindows

MOST, FEWEST = 1_000, 20
COPIED = 0.5
PARTS, BANDS, WIDE = 16, 6, 4
BEFORE, TARGETS, SEEN, LESSONS, TREES = 8, 4, 8, 5_000, 50
BINS = 32
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """How well two sets of windows are told apart.

    Arguments:
        area: under the ROC curve, with its interval.
        right: the accuracy, with its interval.
        size: the windows of each side.
    """

    area: tuple[float, float, float]
    right: tuple[float, float, float]
    size: int

    @property
    def score(self) -> tuple[float, float, float]:
        """|accuracy - 1/2|, with its interval."""
        value, low, high = (end - 0.5 for end in self.right)
        near = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return abs(value), near, max(abs(low), abs(high))


def traits_seen(values: FloatArray, ruler: Ruler) -> FloatArray:
    """What boosting sees of windows.

    Arguments:
        values: with shape (n, T, V).
        ruler: what they are measured by.

    Returns:
        Float64 with shape (n, d).
    """
    x = np.moveaxis(ruler.scaled(values), 1, 2)
    holes = np.isnan(x).mean(axis=2)
    whole = bridged(x)
    steps, bends = np.diff(whole), np.diff(whole, n=2)
    about = whole - whole.mean(axis=2, keepdims=True)
    square = np.maximum(np.square(about).mean(axis=2), TINY)
    parts = PARTS if x.shape[1] <= WIDE else PARTS // 2
    found = [*_means(whole, parts), whole.mean(axis=2), np.sqrt(square), holes]
    found += [whole.min(axis=2), whole.max(axis=2)]
    found += [np.square(some).mean(axis=2) for some in (steps, bends) if some.shape[2]]
    for lag in (1, 2, 4, 8):
        if 2 * lag < x.shape[2]:
            found.append((about[..., :-lag] * about[..., lag:]).mean(axis=2) / square)
    power = np.square(np.abs(np.fft.rfft(about, axis=2)))[..., 1:]
    found += [np.log(band + TINY) for band in _means(power, BANDS)]
    return np.concatenate(found, axis=1)


def _means(x: FloatArray, parts: int) -> list[FloatArray]:
    """Means over so many parts of the last axis, or fewer."""
    pieces = np.array_split(np.arange(x.shape[2]), min(parts, x.shape[2]))
    return [x[..., piece].mean(axis=2) for piece in pieces]


def told_apart(one: TimeWindows, two: TimeWindows, ruler: Ruler, seed: int) -> Told | None:
    """How well boosting tells two sets of windows apart; None where they are too few.

    Arguments:
        one: windows.
        two: others, of which none shares a value with those.
        ruler: what both are measured by.
        seed: draws windows and folds.
    """
    rng = np.random.default_rng(seed)
    size = min(len(one), len(two), MOST)
    if size < FEWEST:
        return None
    one, two = one.some(size, rng), two.some(size, rng)
    seen = np.concatenate([traits_seen(side.values, ruler) for side in (one, two)])
    labels = np.repeat([0, 1], size)
    folds = even_folds(*_keys(one, two, ruler), rng)
    areas: list[Area] = []
    right = np.zeros(0)
    for fold in range(FOLDS):
        test = folds == fold
        if len(set(labels[test])) < 2 or len(set(labels[~test])) < 2:
            continue
        model = fitted(
            classifier(np.zeros(seen.shape[1], np.bool_), seed, bins=BINS),
            seen[~test],
            labels[~test],
        )
        scores: FloatArray = model.decision_function(seen[test])
        areas.append(area(scores[labels[test] == 1], scores[labels[test] == 0]))
        sides = [(scores[labels[test] == side] > 0) == side for side in (0, 1)]
        right = np.append(right, np.mean([side.mean() for side in sides]))
    if not areas:
        return None
    return Told(pooled(areas), _accuracy(right, 2 * size), size)


def _accuracy(right: FloatArray, count: int) -> tuple[float, float, float]:
    """The mean accuracy over folds, with the interval of Nadeau and Bengio, or of a share where that is wider."""
    value = float(right.mean())
    folds = max(2, len(right))
    spread = float(right.var(ddof=1)) if len(right) > 1 else 0.0
    shared = np.sqrt(spread * (1 / folds + 1 / (folds - 1)))
    single = np.sqrt(max(value * (1 - value), 1 / count) / count)
    return value, *normal(value, float(max(shared, single)), 0.0, 1.0)


def _keys(
    one: TimeWindows, two: TimeWindows, ruler: Ruler
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Windows with one key stay in one fold: those of a series if there are many, and copies with their original."""
    keys = []
    for place, side in enumerate((one, two)):
        few = len(np.unique(side.owners)) < FOLDS
        keys.append(2 * (np.arange(len(side)) if few else side.owners.astype(np.int64)) + place)
    near = neighbours(*(points_of(side.values, ruler) for side in (one, two)))
    copied = near.scores < COPIED
    keys[1][copied] = keys[0][near.places[copied]]
    return keys[0].astype(np.uint64), keys[1].astype(np.uint64)


def detection_figures(told: Told | None, floor: Told | None, others: str) -> list[Figure]:
    """The area and the discriminative score as figures.

    Arguments:
        told: synthetic windows against real ones.
        floor: real ones against others.
        others: what those others are.
    """
    note = f"{told.size:,} windows a side" if told else f"fewer than {FEWEST} windows on one side"
    if floor:
        note += f"; floor: {others}, {floor.size:,} windows a side"
    ends = told.area if told else (None, None, None)
    score = told.score if told else (None, None, None)
    source = "histogram gradient boosting on traits of windows, five folds of whole series"
    return [
        Figure(
            name="detection_auc",
            title="Detection by boosting",
            value=ends[0],
            low=ends[1],
            high=ends[2],
            better="target",
            best=0.5,
            floor=floor.area[0] if floor else None,
            unit="AUC",
            definition="Area under the ROC curve of boosting that tells synthetic windows from real ones; 0.5 is "
            "chance.",
            source=f"Lopez-Paz and Oquab 2017; {source}",
            note=note,
        ),
        Figure(
            name="discriminative_score",
            title="Discriminative score",
            value=score[0],
            low=score[1],
            high=score[2],
            better="lower",
            best=0.0,
            floor=floor.score[0] if floor else None,
            unit="score",
            definition="|accuracy - 1/2| of a classifier that tells synthetic windows from real ones.",
            source=f"Yoon et al. 2019 (TimeGAN); {source}",
            note=note,
        ),
    ]


@dataclass(frozen=True)
class Lessons:
    """What stands before a value, and the value.

    Arguments:
        before: the values before, the last first, with shape (n, d).
        after: the values that follow, with shape (n, targets).
        window: which window each is of, with shape (n,).
    """

    before: FloatArray
    after: FloatArray
    window: NDArray[np.int64]

    @classmethod
    def of(cls, values: FloatArray, ruler: Ruler, rng: np.random.Generator) -> Lessons:
        """Lessons from windows with shape (n, T, V): at most 5,000, of some of the variables if there are many."""
        x = ruler.scaled(values)[:, :, ruler.moving[paired(len(ruler.moving), SEEN)]]
        reach = min(BEFORE, max(1, x.shape[1] // 4))
        slots = x.shape[1] - reach
        chosen = rng.permutation(len(x) * slots)[:LESSONS]
        window, place = chosen // slots, chosen % slots
        before = x[window[:, None], place[:, None] + np.arange(reach)[::-1]]
        after = x[window, place + reach][:, : min(TARGETS, x.shape[2])]
        return cls(before.reshape(len(chosen), -1), after, window)


def taught(lessons: Lessons, test: Lessons, seed: int) -> tuple[float, float] | None:
    """The mean absolute error of one-step forecasts on other windows, and its standard error over windows.

    Arguments:
        lessons: what is learned from.
        test: what is judged on.
        seed: of boosting.
    """
    totals, counts = np.zeros(test.window.max() + 1), np.zeros(test.window.max() + 1)
    for target in range(test.after.shape[1]):
        known, asked = ~np.isnan(lessons.after[:, target]), ~np.isnan(test.after[:, target])
        if known.sum() < FEWEST or not asked.any():
            continue
        model = fitted(
            regressor(np.zeros(lessons.before.shape[1], np.bool_), seed, TREES, BINS),
            lessons.before[known],
            lessons.after[known, target],
        )
        off = np.abs(model.predict(test.before[asked]) - test.after[asked, target])
        np.add.at(totals, test.window[asked], off)
        np.add.at(counts, test.window[asked], 1.0)
    there = counts > 0
    if there.sum() < 2:
        return None
    totals, counts = totals[there], counts[there]
    value = float(totals.sum() / counts.sum())
    spread = np.sqrt(len(totals) * (totals - value * counts).var(ddof=1)) / counts.sum()
    return value, float(spread)


def taught_by(
    windows: TimeWindows, test: TimeWindows, ruler: Ruler, size: int, seed: int
) -> tuple[float, float] | None:
    """What some windows teach about others: the error and its standard error, as `taught` gives them.

    Arguments:
        windows: what is learned from.
        test: what is judged on.
        ruler: what both are measured by.
        size: how many windows are learned from, at most.
        seed: draws lessons.
    """
    rng = np.random.default_rng(seed)
    lessons = Lessons.of(windows.some(size, rng).values, ruler, rng)
    return taught(lessons, Lessons.of(test.values, ruler, rng), seed)


def predictive_figure(
    found: tuple[float, float] | None, floor: tuple[float, float] | None, note: str
) -> Figure:
    """Trained on synthetic, tested on real.

    Arguments:
        found: what synthetic windows teach.
        floor: what as many real windows teach.
        note: what was judged on.
    """
    value, low, high = (found[0], *normal(*found, 0.0)) if found else (None, None, None)
    return Figure(
        name="predictive_score",
        title="Predictive score",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=floor[0] if floor else None,
        floor=floor[0] if floor else None,
        unit="deviations",
        definition="Mean absolute error, in real standard deviations, of forecasts of the next value by boosting that "
        "learned on synthetic windows and is judged on real ones.",
        source="Yoon et al. 2019 (TimeGAN), by histogram gradient boosting",
        note=note if found else "too few values are known",
    )
