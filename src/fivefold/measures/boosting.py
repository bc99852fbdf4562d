"""Gradient boosting as the judge of tables: the same settings for detection and for utility.

scikit-learn's histogram boosting with its own defaults (100 trees of 31 leaves, rate 0.1) and no early stopping.
Categories enter as categories and missing values as missing, so nothing is imputed or ordered on the way. A table
of more than a hundred columns gets fewer trees in proportion, twenty at least, since each tree reads every column.

References:
    LightGBM: A Highly Efficient Gradient Boosting Decision Tree (Ke et al., 2017)
    sklearn.ensemble.HistGradientBoostingClassifier, https://scikit-learn.org/stable/modules/ensemble.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.cells import CodeArray, FloatArray
from fivefold.measures.frame import Frame

CATEGORIES = 254
COLUMNS = 100
FEWEST = 20
BINS = 255


@dataclass(frozen=True)
class Inputs:
    """What the trees see.

    Arguments:
        values: float64 with shape (n, d), NaN where missing.
        grouped: bool with shape (d,), true where the column holds categories.
    """

    values: FloatArray
    grouped: NDArray[np.bool_]

    def split(self, sizes: list[int]) -> list[FloatArray]:
        """The rows cut into parts of these sizes."""
        return np.split(self.values, np.cumsum(sizes)[:-1])


def inputs(frames: list[Frame], without: str | None = None) -> Inputs:
    """The rows of all frames under each other, ready for the trees.

    Arguments:
        frames: frames of one view.
        without: a column that is left out because it is to be predicted.
    """
    first = frames[0]
    columns, grouped = [], []
    for j, name in enumerate(first.number_names):
        if name != without:
            columns.append(np.concatenate([frame.numbers[:, j] for frame in frames]))
            grouped.append(False)
    for j, name in enumerate(first.code_names):
        if name != without:
            codes = np.concatenate([frame.codes[:, j] for frame in frames])
            columns.append(_few(codes).astype(np.float64))
            grouped.append(True)
    for column, is_group in zip(columns, grouped, strict=True):
        if is_group:
            column[column < 0] = np.nan
    kept = [place for place, column in enumerate(columns) if not np.isnan(column).all()]
    rows = sum(len(frame) for frame in frames)
    values = np.column_stack([columns[k] for k in kept]) if kept else np.zeros((rows, 1))
    flags = np.array([grouped[k] for k in kept]) if kept else np.zeros(1, dtype=bool)
    return Inputs(values, flags)


def _few(codes: CodeArray) -> CodeArray:
    """The codes 0..253 in order of frequency; rarer categories share the last."""
    present = codes >= 0
    if not present.any():
        return codes
    counts = np.bincount(codes[present])
    place = np.empty(len(counts), dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    few = np.where(present, np.minimum(place[codes], CATEGORIES - 1), -1)
    return few.astype(np.int64)


def classifier(grouped: NDArray[np.bool_], seed: int, trees: int = 100, bins: int = BINS) -> Any:
    """A boosted classifier that has not seen data yet."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(**_settings(grouped, seed, trees, bins))


def regressor(grouped: NDArray[np.bool_], seed: int, trees: int = 100, bins: int = BINS) -> Any:
    """A boosted regressor that has not seen data yet."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(**_settings(grouped, seed, trees, bins))


def _settings(grouped: NDArray[np.bool_], seed: int, trees: int, bins: int) -> dict[str, Any]:
    return {
        "max_iter": min(trees, max(FEWEST, 100 * COLUMNS // len(grouped))),
        "max_bins": bins,
        "categorical_features": grouped,
        "early_stopping": False,
        "random_state": seed,
    }


def fitted(model: Any, values: FloatArray, answers: NDArray[Any]) -> Any:
    """The model after it has seen the rows; a column without any value is one constant to it."""
    empty = np.isnan(values).all(axis=0)
    return model.fit(np.where(empty, 0.0, values) if empty.any() else values, answers)
