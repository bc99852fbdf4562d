"""Copying: are synthetic grids nearer to single training data than real ones are that were not trained on?

For a datum y with the distances d_1 <= d_2 <= ... to training data,

    score = d_1 / mean of d_1 ... d_50

is near 1 where y lies among the training data like any other, and near 0 where it is one of them: what is merely
blurred or simple is near to *many*, and is not taken for a copy. A datum counts as memorised where its score is as low
as that of the lowest hundredth of held-out real data.

References:
    Extracting Training Data from Diffusion Models (Carlini et al., 2023), arXiv:2301.13188: the score
    On the Quality of Synthetic Images: nearest neighbours beside samples, as in Theis et al. (2016), arXiv:1511.01844
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.figure import Figure
from fivefold.measures.intervals import clopper_pearson, newcombe, normal

NEIGHBOURS, LOWEST = 50, 0.01
TILE = 128
TINY = 1e-9
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbours:
    """The nearest training datum of each datum.

    Arguments:
        places: which one it is, with shape (n,).
        distances: how far it is, root mean square, with shape (n,).
        scores: the distance in that to the fifty nearest, with shape (n,).
    """

    places: NDArray[np.int64]
    distances: FloatArray
    scores: FloatArray


def neighbours(train: NDArray[Any], data: NDArray[Any]) -> Neighbours:
    """The nearest training datum of each datum.

    Arguments:
        train: with shape (N, d).
        data: with shape (n, d).

    Example:
        >>> train = np.random.default_rng(0).normal(size=(90, 3))
        >>> found = neighbours(train, train[[7]])
        >>> int(found.places[0]), float(found.scores[0])
        (7, 0.0)
    """
    known = np.ascontiguousarray(train, np.float32)
    middle = known.mean(axis=0)
    known = known - middle
    lengths = np.einsum("ij,ij->i", known, known)
    count = min(NEIGHBOURS, len(known))
    places, distances, scores = [], [], []
    for start in range(0, len(data), TILE):
        part = np.asarray(data[start : start + TILE], np.float32) - middle
        squares = part @ (-2 * known.T) + lengths
        near = np.argpartition(squares, count - 1, axis=1)[:, :count]
        apart = np.sqrt(np.square(part[:, None] - known[near], dtype=np.float64).mean(axis=2))
        first = apart.argmin(axis=1)
        rows = np.arange(len(part))
        places.append(near[rows, first])
        distances.append(apart[rows, first])
        scores.append(apart[rows, first] / (apart.mean(axis=1) + TINY))
    whole = [np.concatenate(parts) for parts in (places, distances, scores)]
    return Neighbours(whole[0].astype(np.int64), *whole[1:])


def memorised(
    made: Neighbours,
    held: Neighbours,
    *,
    things: str = "pictures",
    known: int,
    measured: str = "small copies",
    rng: np.random.Generator,
) -> Figure:
    """The share of synthetic data that lie as near to a training datum as the nearest hundredth of real ones.

    Arguments:
        made: the neighbours of synthetic data.
        held: the neighbours of real data that were not trained on.
        things: what the data are called.
        known: how many training data there are.
        measured: what distances are measured in.
        rng: resamples both sides for the interval.
    """
    value, floor = _share(made.scores, held.scores), _share(held.scores, held.scores)
    draws = [
        _share(
            rng.choice(made.scores, len(made.scores)), rng.choice(held.scores, len(held.scores))
        )
        for _ in range(200)
    ]
    least, most = clopper_pearson(round(value * len(made.scores)), len(made.scores))
    low, high = normal(value, float(np.std(draws, ddof=1)), 0.0, 1.0)
    return Figure(
        name="memorised_share",
        title=f"Memorised {things}",
        value=value,
        low=min(low, least),
        high=max(high, most),
        better="lower",
        best=floor,
        floor=floor,
        definition=f"Share of synthetic {things} that lie as near to a training one, in their distance to the fifty "
        f"nearest, as the nearest {LOWEST:.0%} of held-out real ones; distances between {measured}.",
        source="Carlini et al. 2023, the threshold from held-out data",
        note=f"{len(made.scores):,} synthetic and {len(held.scores):,} held-out {things} beside {known:,} of training",
        details={
            "median_score": float(np.median(made.scores)),
            "held_out_median_score": float(np.median(held.scores)),
            "median_distance": float(np.median(made.distances)),
            "held_out_median_distance": float(np.median(held.distances)),
        },
    )


def _share(made: FloatArray, held: FloatArray) -> float:
    return float((made <= np.quantile(held, LOWEST, method="lower")).mean())


def copies(
    made: tuple[int, int],
    held: tuple[int, int],
    *,
    things: str = "pictures",
    equal: str = "that equal a training one at every point",
    base: str = "",
) -> list[Figure]:
    """Exact copies, and how many more there are than real data have that were not trained on.

    Arguments:
        made: how many synthetic data equal a training datum, of how many.
        held: the same of real data that were not trained on.
        things: what the data are called.
        equal: what it is to be equal, in words.
        base: what those real data are.

    Returns:
        `exact_copies` and `excess_copies`.

    Example:
        >>> [round(figure.value, 2) for figure in copies((9, 90), (1, 50))]
        [0.1, 0.08]
    """
    share, floor = made[0] / made[1], held[0] / held[1]
    ends, base_ends = clopper_pearson(*made), clopper_pearson(*held)
    low, high = newcombe((share, *ends), (floor, *base_ends))
    said = f"{made[0]:,} of {made[1]:,} synthetic {things}; base rate {held[0]:,} of {held[1]:,}"
    note = f"{said} ({base})" if base else said
    verdict = "more copies than chance" if low > 0 else "no more copies than chance"
    definition = f"Share of synthetic {things} {equal}"
    told = {"copies": made[0], things: made[1], "base_copies": held[0], f"base_{things}": held[1]}
    return [
        Figure(
            name="exact_copies",
            title="Exact copies",
            value=share,
            low=ends[0],
            high=ends[1],
            better="target",
            best=floor,
            floor=floor,
            definition=f"{definition}.",
            source="counted; interval by Clopper and Pearson 1934",
            note=note,
            details=told,
        ),
        Figure(
            name="excess_copies",
            title="Exact copies beyond the base rate",
            value=share - floor,
            low=max(-1.0, low),
            high=min(1.0, high),
            better="lower",
            best=0.0,
            floor=0.0,
            definition=f"{definition}, less the share of unseen real ones that do.",
            source="counted; interval of the difference by Newcombe 1998",
            note=f"{verdict}; {note}",
            details=told,
        ),
    ]
