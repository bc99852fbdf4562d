"""Figures of two samples in the features of a net, whose name stands in each of them.

Samples are compared at equal numbers. The floor of a figure is the same of other real data that the net never saw, at
the same number; where there are enough, the mean over several draws that share none. Intervals come from half samples,
that of the kernel distance from the theory of U-statistics; they hold for this net.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.clouds import Cloud, frechet
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import halved_error, normal
from fivefold.measures.kernels import kernel_distance
from fivefold.measures.manifolds import NAMES, overlap

CLOSE = 2_000
FEWEST = 16
DRAWS = 4
SOURCES = {
    "frechet_distance": "Heusel et al. 2017 (the distance), in features of its own",
    "kernel_distance": "Binkowski et al. 2018 (the kernel), in features of its own; Hoeffding 1948 (the interval)",
    "precision": "Kynkaanniemi et al. 2019",
    "recall": "Kynkaanniemi et al. 2019",
    "density": "Naeem et al. 2020",
    "coverage": "Naeem et al. 2020",
}
MEANINGS = {
    "frechet_distance": "Frechet distance between normal distributions with the means and covariances of the features; "
    "too large by about 1/n, as its floor is",
    "kernel_distance": "Unbiased squared maximum mean discrepancy of the features with the kernel (x.y/d + 1)^3; "
    "around 0 for real {things} at any number",
    "precision": "Share of synthetic {things} within reach of a real one",
    "recall": "Share of real {things} within reach of a synthetic one",
    "density": "How many reaches of real {things} a synthetic one lies in, over how many a real one does",
    "coverage": "Share of real {things} with a synthetic one within reach",
}
REACH = "; each reaches to neighbour number {k} among its own, and one of the four says little without the others"
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Featured:
    """Real data in the features of a net.

    Arguments:
        compared: features that synthetic data are compared with, with shape (n, d).
        others: features of other real data that the net never saw, for the floors.
        name: what the net is, in words.
        digest: of its weights; empty where it is no net.
        right: how often it is right on data that it never saw; None where that cannot be asked.
        things: what the data are called.

    Example:
        >>> draw = np.random.default_rng(0).normal(size=(3, 60, 4)).astype(np.float32)
        >>> real = Featured(draw[0], draw[1], "four numbers", "")
        >>> [figure.name for figure in real.overlaps(draw[2], np.random.default_rng(0))]
        ['precision', 'recall', 'density', 'coverage']
    """

    compared: Rows
    others: Rows
    name: str
    digest: str
    right: float | None = None
    things: str = "pictures"

    def distances(
        self, made: Rows, rng: np.random.Generator, *, cheap: bool = False
    ) -> list[Figure]:
        """The Frechet and the kernel distance.

        Arguments:
            made: features of synthetic data, with shape (n, d).
            rng: draws the halves.
            cheap: without interval and floor of the first, and floor of the second.
        """
        n = min(map(len, (made, self.compared, self.others)))
        if n < FEWEST:
            return [self._too_few(name, n) for name in ("frechet_distance", "kernel_distance")]
        x, y, few = self.compared[:n], made[:n], min(n, CLOSE)
        value = frechet(Cloud.of(x), Cloud.of(y))
        ends: tuple[float | None, float | None] = (None, None)
        floors: list[float] = []
        if not cheap:
            error = halved_error(lambda i, j: frechet(Cloud.of(x[i]), Cloud.of(y[j])), (n, n), rng)
            ends = normal(value, float(error), 0.0)
            floors = [frechet(Cloud.of(x), Cloud.of(draw)) for draw in _draws(self.others, n)]
        near, spread = kernel_distance(x[:few], y[:few])
        smaller = [] if cheap else _draws(self.others, few)
        kernel_floors = [kernel_distance(x[:few], draw)[0] for draw in smaller]
        return [
            self._figure("frechet_distance", (value, *ends), floors, n),
            self._figure("kernel_distance", (near, *normal(near, spread)), kernel_floors, few),
        ]

    def overlaps(self, made: Rows, rng: np.random.Generator) -> list[Figure]:
        """Precision, recall, density and coverage.

        Arguments:
            made: features of synthetic data, with shape (n, d).
            rng: draws the halves.
        """
        n = min(CLOSE, *map(len, (made, self.compared, self.others)))
        if n < FEWEST:
            return [self._too_few(name, n) for name in NAMES]
        x = self.compared[:n]
        found = overlap(x, made[:n], rng=rng)
        floors = [overlap(x, draw).values for draw in _draws(self.others, n)]
        figures = []
        for place, name in enumerate(NAMES):
            value, top = found.values[place], np.inf if name == "density" else 1.0
            ends = normal(value, found.errors[place], 0.0, top)
            real = [floor[place] for floor in floors]
            figures.append(self._figure(name, (value, *ends), real, n, REACH.format(k=found.k)))
        return figures

    def _figure(
        self,
        name: str,
        values: tuple[float, float | None, float | None],
        floors: list[float],
        n: int,
        more: str = "",
    ) -> Figure:
        share = name in NAMES
        right = f", right on {self.right:.2%} of others" if self.right is not None else ""
        note = f"{n:,} {self.things} a side"
        if floors:
            draws = "one draw" if len(floors) == 1 else f"mean of {len(floors)} draws"
            unseen = "that the net never saw" if self.digest else "besides"
            note += f"; floor: {n:,} real ones {unseen}, {draws}"
        return Figure(
            name=name,
            title=name.replace("_", " ").capitalize(),
            value=values[0],
            low=values[1],
            high=values[2],
            better="higher" if share else "lower",
            best=1.0 if share else 0.0,
            floor=float(np.mean(floors)) if floors else None,
            unit=_unit(name),
            definition=f"{MEANINGS[name].format(things=self.things)}{more}. Features: {self.name}{right}.",
            source=SOURCES[name],
            note=note,
            details={"features": self.name, "digest": self.digest, "right": self.right, "n": n},
        )

    def _too_few(self, name: str, n: int) -> Figure:
        return Figure(
            name,
            name.replace("_", " ").capitalize(),
            None,
            better="higher" if name in NAMES else "lower",
            unit=_unit(name),
            note=f"{n} {self.things} a side are too few",
        )


def frechet_score(made: Rows, test: Rows, *, draws: int = DRAWS) -> tuple[float, float]:
    """The Frechet distance of a small sample to a half of a large real one, and its floor.

    Arguments:
        made: features of synthetic data, with shape (n, d).
        test: features of real data that the net never saw, with shape (m, d); m of 4 n or more.
        draws: how many samples of the other half the floor is the mean of, at most.

    Returns:
        The distance of the synthetic data, and that of as many real ones of the other half.

    Example:
        >>> draw = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
        >>> value, floor = frechet_score(draw[:80] + 1, draw[80:])
        >>> value > 2 > floor
        True
    """
    half = Cloud.of(test[: len(test) // 2])
    others = _draws(test[len(test) // 2 :], min(len(made), len(test) - len(test) // 2))
    floor = float(np.mean([frechet(half, Cloud.of(draw)) for draw in others[:draws]]))
    return frechet(half, Cloud.of(made)), floor


def _unit(name: str) -> str:
    return "distance" if name not in NAMES else "ratio" if name == "density" else "share"


def _draws(rows: NDArray[Any], n: int) -> list[Rows]:
    """Samples of n that share none, four at most."""
    return [rows[k * n : (k + 1) * n] for k in range(min(DRAWS, len(rows) // n))]
