"""deepecho's PAR, a probabilistic autoregressive GRU over whole windows, with its own rate and width.

A step of it is a pass over all windows, one by one, so it is given a random `MOST` of them. It trains by epochs; here
its bar of epochs is one of processor seconds. Its context are the labels of a window (whose
it is, and where in the calendar it begins), drawn from training windows at random.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from deepecho import PARModel
from deepecho.models import par
from numpy.typing import NDArray

from peers.clock import Clock

PACKAGES = ("deepecho",)
MOST = 256


class Fitted(NamedTuple):
    """The model, and which training windows it has seen, with their labels."""

    model: PARModel
    contexts: list[list[int]]
    rows: NDArray[np.int64]
    steps: int


def fit(known: dict[str, NDArray[Any]], clock: Clock) -> Fitted:
    """Train until the time is over, of which putting the data into tensors is a part."""
    rows = np.random.permutation(len(known["values"]))[:MOST]  # noqa: NPY002  as peers do
    values, contexts = known["values"][rows], known["labels"][rows].tolist()
    clock.start()
    sequences = [
        {"context": context, "data": window.T.tolist()}
        for context, window in zip(contexts, values, strict=True)
    ]
    par.tqdm = lambda *_, **__: clock.rounds(len(sequences))
    model = PARModel(cuda=False, verbose=False)
    kinds = ["categorical"] * len(contexts[0]), ["continuous"] * values.shape[2]
    model.fit_sequences(sequences, *kinds)
    return Fitted(model, contexts, rows, values.shape[1])


def sample(model: Fitted, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """n windows with shape (n, T, V), and the training windows whose labels they have."""
    drawn = np.random.randint(len(model.rows), size=n)  # noqa: NPY002  as peers do
    made = [model.model.sample_sequence(model.contexts[row], model.steps) for row in drawn]
    return np.array(made, np.float64).transpose(0, 2, 1), model.rows[drawn]


def size(model: Fitted) -> int:
    """The number of its parameters."""
    return sum(p.numel() for p in model.model._model.parameters())
