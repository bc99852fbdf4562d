"""gluonts' DeepAR: an LSTM that forecasts each variable of a series by itself, by Student's t.

Each variable of each training window is a series, told which variable it is. Lags reach four days back, as far as the
known part of a window has room for; the calendar is not told.
"""

from __future__ import annotations

import logging
import warnings
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
from gluonts.dataset.common import ListDataset
from gluonts.torch import DeepAREstimator
from gluonts.torch.model.predictor import PyTorchPredictor
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray

from peers.clock import Clock

PACKAGES = ("gluonts", "lightning")
LAGS, CONTEXT, DRAWS, BATCH, START = (
    (1, 2, 3, 6, 12, 23, 24, 25, 48, 72, 96),
    24,
    24,
    32,
    "2013-01-01",
)
Series = dict[str, Any]


class Until(Callback):
    """Ends a training when the time is over."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Count the step, and stop after the last."""
        self.clock.steps, self.clock.seen = self.clock.steps + 1, self.clock.seen + BATCH
        trainer.should_stop = self.clock.share >= 1


def fit(known: dict[str, NDArray[Any]], clock: Clock) -> PyTorchPredictor:
    """Train until the time is over."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    variables = known["seen"].shape[2]
    quiet = {"logger": False, "enable_progress_bar": False, "default_root_dir": mkdtemp()}
    estimator = DeepAREstimator(
        freq="h",
        prediction_length=int(known["steps"]),
        context_length=CONTEXT,
        lags_seq=list(LAGS),
        time_features=[],
        num_feat_static_cat=1,
        cardinality=[variables],
        batch_size=BATCH,
        num_parallel_samples=DRAWS,
        trainer_kwargs=quiet | {"max_epochs": 100_000, "callbacks": [Until(clock)]},
    )
    clock.start()
    return estimator.train(listed(known["seen"]))


def listed(windows: NDArray[np.float64]) -> ListDataset:
    """Each variable of windows (n, T, V) as a series."""
    found: list[Series] = [
        {"start": pd.Period(START, "h"), "target": series, "feat_static_cat": [number]}
        for window in windows
        for number, series in enumerate(window.T)
    ]
    return ListDataset(found, freq="h")


def forecast(model: PyTorchPredictor, past: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draws of what follows windows (n, P, V), with shape (m, n, H, V)."""
    drawn = np.stack([f.samples for f in model.predict(listed(past))])
    return drawn.reshape(len(past), past.shape[2], *drawn.shape[1:]).transpose(2, 0, 3, 1)


def size(model: PyTorchPredictor) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.prediction_net.parameters())
