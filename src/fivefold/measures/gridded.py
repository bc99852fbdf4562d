"""Judge synthetic grids by what real ones look like to a net, whatever kind they are: pictures, sounds.

    frechet_distance               do the features of both have the same mean and covariance?    `clouds`
    kernel_distance                the same by a kernel, to be trusted at small numbers           `kernels`
    precision, recall,             are they like real ones, and is all that is real reached?      `manifolds`
    density, coverage
    memorised_share,               are they data of the training?                                 `copying`
    exact_copies, excess_copies

Synthetic data are compared with real ones that the net never saw: held-out ones, or a part of the real ones that is
kept from it. So are the real ones that the floors come from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fivefold.codecs.pictures.classes import Classes, learned
from fivefold.errors import InputError
from fivefold.measures.copying import Neighbours, copies, memorised, neighbours
from fivefold.measures.featured import CLOSE, FEWEST, Featured, Rows
from fivefold.measures.features import SHOWN, Features, learn
from fivefold.measures.figure import Figure
from fivefold.measures.threads import one_thread

MOST, GLANCE = 4_000, 1_000
ASIDE = 0.2


@dataclass(frozen=True)
class Looked:
    """Grids of one form.

    Arguments:
        levels: those that are looked at closely, with shape (n, C, H, W).
        classes: the class of each of these.
        small: a small copy of each of all, with shape (N, d).
        digests: of each of all, with shape (N,).
        rows: which rows of the listing all are, with shape (N,).
    """

    levels: NDArray[Any]
    classes: Classes
    small: NDArray[Any]
    digests: NDArray[np.uint64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.small)


class Seer(Protocol):
    """What turns grids into features."""

    @property
    def name(self) -> str:
        """What it is, in words."""

    @property
    def digest(self) -> str:
        """Of its weights."""

    def __call__(self, grids: NDArray[Any]) -> Rows:
        """Features with shape (n, d) of grids with shape (n, C, H, W)."""


class GridJudge:
    """Everything that is known of the real grids, for any number of synthetic sets.

    Arguments:
        real: what the generators learn from.
        holdout: real data that they do not learn from.
        seer: what turns grids into features; None for a small net that is trained on the real ones.
        seed: draws samples, weights and resamples; the same seed gives the same figures.
        most: the most data of a side.
        shown: how many data the small net is shown in all.
        cache: a folder for the trained net; None to train it anew.
    """

    things: ClassVar[str]
    """What the data are called."""
    measured: ClassVar[str] = "small copies"
    """What distances between neighbours are measured in."""
    moved: ClassVar[tuple[int, ...]] = (2, 3)
    """The sides along which a datum may be moved and stay what it is."""
    damages: ClassVar[bool] = False
    """Whether damage is to be told apart beside classes."""

    def __init__(
        self,
        real: Any,
        holdout: Any = None,
        *,
        seer: Seer | None = None,
        seed: int = 0,
        most: int = MOST,
        shown: int = SHOWN,
        cache: Path | None = None,
    ) -> None:
        self.seed, self.most, self.shown, self.cache = seed, most, shown, cache
        self._real, self._held, self._seer = real, holdout, seer

    def look(self, data: Any, owner: str, seed: int) -> Looked:
        """Data as grids of one form.

        Arguments:
            data: a listing.
            owner: whose they are, for errors.
            seed: draws those that are looked at closely.
        """
        raise NotImplementedError

    def taught(self, levels: NDArray[Any], labels: NDArray[np.int64] | None) -> Seer:
        """What turns grids into features, learned from some.

        Arguments:
            levels: with shape (n, C, H, W).
            labels: the class of each; None where there are no classes.
        """
        return learn(
            levels,
            labels,
            things=self.things,
            moved=self.moved,
            damages=self.damages,
            shown=self.shown,
            seed=self.seed,
            cache=self.cache,
        )

    @cached_property
    def known(self) -> Looked:
        """The training data."""
        found = self.look(self._real, "real", self.seed)
        if len(found.levels) < FEWEST:
            raise InputError(
                f"{len(found):,} real {self.things} are too few to be judged by",
                where="real",
                hint=f"give {FEWEST} or more",
                code="too-few",
            )
        return found

    @cached_property
    def held(self) -> Looked | None:
        """The held-out data."""
        return None if self._held is None else self.look(self._held, "holdout", self.seed + 1)

    @cached_property
    def _parts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which close training data the net never sees, and which it learns from."""
        count = len(self.known.levels)
        share = ASIDE if self.held is not None else 2 * ASIDE
        aside = min(self.most if self.held is not None else 2 * self.most, round(share * count))
        order = np.random.default_rng(self.seed + 2).permutation(count)
        return order[:aside], np.sort(order[aside:])

    @cached_property
    def seer(self) -> Seer:
        """What turns data into features."""
        if self._seer is not None:
            return self._seer
        rows = self._parts[1]
        levels = self.known.levels[rows]
        classes, labels = numbered([self.known.classes[row] for row in rows])
        return self.taught(levels, labels if classes else None)

    @cached_property
    def right(self) -> float | None:
        """How often the net names the class of a datum that it never saw; None where it tells no classes."""
        aside, rows = self._parts
        classes, _ = numbered([self.known.classes[row] for row in rows])
        if not classes or not isinstance(self.seer, Features) or not self.seer.classes:
            return None
        known = {word: number for number, word in enumerate(classes)}
        truth = np.array([known.get(self.known.classes[row], -1) for row in aside])
        return float((self.seer.answers(self.known.levels[aside]) == truth).mean())

    @cached_property
    def featured(self) -> Featured:
        """The real data as the net sees them."""
        aside = self._parts[0]
        if self.held is not None:
            compared = _drawn(self.held.levels, self.most, self.seed + 3)
            others = self.known.levels[aside]
        else:
            compared, others = (self.known.levels[aside[start::2]] for start in (0, 1))
        see = self.seer
        return Featured(see(compared), see(others), see.name, see.digest, self.right, self.things)

    @one_thread
    def figures(self, synthetic: Any) -> list[Figure]:
        """Every figure of synthetic data.

        Arguments:
            synthetic: data like the real ones.
        """
        return self.compare(self.look(synthetic, "synthetic", self.seed + 4))

    def compare(self, made: Looked) -> list[Figure]:
        """Every figure of grids.

        Arguments:
            made: synthetic ones.
        """
        features = self.seer(_drawn(made.levels, self.most, self.seed + 5))
        rng = np.random.default_rng(self.seed + 6)
        return [
            *self.featured.distances(features, rng),
            *self.featured.overlaps(features, rng),
            *self._copying(made),
        ]

    @one_thread
    def glance(self, synthetic: Any) -> list[Figure]:
        """The two distances without floor, for every point of a training curve.

        Arguments:
            synthetic: as in `figures`.
        """
        made = self.look(synthetic, "synthetic", self.seed + 4)
        features = self.seer(_drawn(made.levels, GLANCE, self.seed + 5))
        return self.featured.distances(features, np.random.default_rng(0), cheap=True)

    @one_thread
    def neighbours(self, synthetic: Any) -> Neighbours:
        """The nearest training datum of each synthetic one; `places` are rows of the real listing.

        Arguments:
            synthetic: as in `figures`.
        """
        made = self.look(synthetic, "synthetic", self.seed + 4)
        found = neighbours(self.known.small, made.small)
        return replace(found, places=self.known.rows[found.places])

    @cached_property
    def _fresh(self) -> tuple[Neighbours, tuple[int, int], str]:
        """Real data that are no training data, among those that are: neighbours, copies, and what they are."""
        rng = np.random.default_rng(self.seed + 8)
        if self.held is not None:
            base, small, digests = f"held-out {self.things}", self.held.small, self.held.digests
            rest = np.arange(len(self.known))
        else:
            base = f"a tenth of the real {self.things} among the others"
            order = rng.permutation(len(self.known))
            tenth, rest = np.split(order, [max(1, len(order) // 10)])
            small, digests = self.known.small[tenth], self.known.digests[tenth]
        equal = int(np.isin(digests, self.known.digests[rest]).sum())
        near = neighbours(self.known.small[rest], _drawn(small, CLOSE, self.seed + 9))
        return near, (equal, len(digests)), base

    def _copying(self, made: Looked) -> list[Figure]:
        held, base, said = self._fresh
        near = neighbours(self.known.small, _drawn(made.small, CLOSE, self.seed + 10))
        equal = int(np.isin(made.digests, self.known.digests).sum())
        rng = np.random.default_rng(self.seed + 11)
        return [
            memorised(
                near,
                held,
                things=self.things,
                known=len(self.known),
                measured=self.measured,
                rng=rng,
            ),
            *copies((equal, len(made)), base, things=self.things, base=said),
        ]


def numbered(words: Classes) -> tuple[Classes, NDArray[np.int64]]:
    """The classes there are, and the number of each datum's; none where they tell nothing.

    Arguments:
        words: the class of each.

    Example:
        >>> numbered(["b", "a", "b", "a"])
        (['a', 'b'], array([1, 0, 1, 0]))
    """
    classes, _ = learned(words)
    known = {word: number for number, word in enumerate(classes)}
    return classes, np.array([known[word] for word in words] if known else [], np.int64)


def _drawn(rows: NDArray[Any], most: int, seed: int) -> NDArray[Any]:
    """At most so many of them, in random order."""
    return rows[np.random.default_rng(seed).permutation(len(rows))[:most]]
