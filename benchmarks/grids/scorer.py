"""Judge pictures of digits: Frechet and kernel distance, precision, recall, density and coverage, each with its floor.

The features are those of a classifier that `fivefold.measures` trains on the training pictures; test pictures, which it
never saw, are what made ones are compared with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.featured import Featured, frechet_score
from fivefold.measures.features import learn

SHOWN = 240_000
"""Pictures that the classifier sees in training: right for 99.5% of the test pictures."""


class Scorer:
    """Judges pictures of digits.

    Arguments:
        pictures: an npz file with `train`, `test` and their labels.
        folder: where the classifier is kept.
    """

    def __init__(self, pictures: Path, folder: Path) -> None:
        with np.load(pictures) as file:
            train, test = file["train"][:, None], file["test"][:, None]
            labels, right = file["train_labels"].astype(int), file["test_labels"]
        self.features = learn(train, labels, shown=SHOWN, cache=folder)
        self.test = self.features(test)
        share = float((self.features.answers(test) == right).mean())
        self.name = f"{self.features.name}, right on {share:.2%} of the test pictures"
        self.judge = Featured(self.test[::2], self.test[1::2], self.name, "", share)

    def __call__(self, made: NDArray[np.uint8], seed: int) -> dict[str, Any]:
        """Figures by name, each with value and floor, of pictures (n, 28, 28)."""
        found, rng = self.features(made[:, None]), np.random.default_rng(seed)
        value, floor = frechet_score(found, self.test)
        figures = {"frechet_distance": {"value": value, "floor": floor}}
        others = [f for f in self.judge.distances(found, rng) if f.name == "kernel_distance"]
        for figure in [*others, *self.judge.overlaps(found, rng)]:
            kept = {"value": figure.value, "floor": figure.floor, "low": figure.low}
            figures[figure.name] = {**kept, "high": figure.high}
        return figures
