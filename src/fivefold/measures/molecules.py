"""Generated molecules, judged as MOSES judges them.

Of the generated SMILES G, and of the molecules V among them, against training and test molecules:

    valid           |V| / |G|                                    is it a molecule?
    unique@k        different ones among the first k of V / k
    novelty         different ones of V not in the training data / different ones of V
    IntDiv_p        1 - mean_y (mean_x T(x, y)^p)^(1/p)           with Tanimoto's similarity T of fingerprints
    SNN             mean over V of the largest T to a test molecule
    Frag, Scaf      cosine between the counts of fragments, of scaffolds, in V and in the test molecules
    FCD             the distance of `chemnet`
    filters         the share of V that passes the filters of `chemistry`
    logP, SA, QED, weight     Wasserstein-1 distance between V and the test molecules

The floor of a figure is the same of as many real molecules, drawn from the training data, in place of V.

References:
    Molecular Sets (MOSES): A Benchmarking Platform for Molecular Generation Models (Polykovskiy et al., 2020),
    arXiv:1811.12823
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from fivefold.errors import InputError, MissingExtraError
from fivefold.measures.chemistry import PROPERTIES, canonical, clean
from fivefold.measures.clouds import frechet
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import clopper_pearson, normal
from fivefold.measures.resemblance import Molecules, cosine, likeness, nearest
from fivefold.measures.threads import one_thread
from fivefold.measures.units import texts_of

KS = (1_000, 10_000)
CHECKED = 1_000
SOURCE = "MOSES (Polykovskiy et al. 2020)"
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class _Found:
    """A value, its interval where it has one, and a note."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def _share(count: int, whole: int, note: str = "") -> _Found:
    if whole == 0:
        return _Found(None, note=note or "no valid molecule")
    return _Found(count / whole, *clopper_pearson(count, whole), note)


def _mean(values: FloatArray, flip: bool = False) -> _Found:
    if len(values) == 0:
        return _Found(None, note="no valid molecule")
    value = float(1 - values.mean() if flip else values.mean())
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 1.0
    return _Found(value, *normal(value, error, 0.0, 1.0))


@dataclass
class _Judge:
    """Everything that is asked of one set of molecules, generated or real."""

    given: int
    made: Molecules
    known: frozenset[str]
    tests: dict[str, Molecules]
    fcd: bool
    ks: Sequence[int]
    found: dict[str, _Found] = field(default_factory=dict)

    def all(self) -> dict[str, _Found]:
        """The values by the names of the figures."""
        made, different = self.made, set(self.made.smiles)
        self.found["valid"] = _share(
            len(made.smiles), self.given, "" if self.given else "no molecules"
        )
        for k in self.ks:
            first = made.smiles[:k]
            few = f"only {len(first):,} valid molecules" if len(first) < k else ""
            self.found[f"unique_at_{k}"] = _share(len(set(first)), len(first), few)
        if self.known:
            self.found["novelty"] = _share(len(different - self.known), len(different))
        if len(made.smiles) < 2:
            return self.found
        one, two = likeness(made)
        self.found["internal_diversity"] = _mean(one, flip=True)
        self.found["internal_diversity_2"] = _mean(two, flip=True)
        for name, test in self.tests.items():
            self._against(name, test)
        passed = clean(made.smiles)
        self.found["filters"] = (
            _share(sum(passed), len(passed))
            if passed is not None
            else _Found(None, note="the lists of package molsets are not installed")
        )
        return self.found

    def _against(self, name: str, test: Molecules) -> None:
        made = self.made
        self.found[f"snn_{name}"] = _mean(nearest(made, test))
        self.found[f"fragments_{name}"] = _Found(cosine(test.fragments, made.fragments))
        alike = cosine(test.scaffolds, made.scaffolds)
        self.found[f"scaffolds_{name}"] = _Found(
            alike, note="no scaffold on one side" if alike is None else ""
        )
        self.found[f"fcd_{name}"] = self._distance(test)
        if name == "test" and made.properties:
            for each in PROPERTIES:
                far = wasserstein_distance(test.values(each), made.values(each))
                self.found[f"{each.lower()}_distance"] = _Found(float(far))

    def _distance(self, test: Molecules) -> _Found:
        if not self.fcd:
            return _Found(None, note="not asked for")
        try:
            one, two = test.cloud, self.made.cloud
        except MissingExtraError as fault:
            return _Found(None, note=str(fault))
        if one is None or two is None:
            return _Found(None, note="fewer than two molecules")
        return _Found(frechet(one, two), note=f"{two.size:,} against {one.size:,} molecules")


@one_thread
def measure_molecules(
    train: Any,
    generated: Any,
    test: Any,
    *,
    scaffold_test: Any = None,
    ks: Sequence[int] = KS,
    fcd: bool = True,
    properties: bool = True,
    floors: bool = True,
    jobs: int = 1,
    seed: int = 0,
) -> list[Figure]:
    """The figures of MOSES for generated molecules.

    Arguments:
        train: the molecules that the generator learned from: SMILES, or an Arrow table of one column.
        generated: the SMILES to be judged, in the order in which they were made.
        test: real molecules that it did not learn from, or `Molecules`, which keep what was computed of them.
        scaffold_test: real molecules whose scaffolds are not in the training data.
        ks: the k of unique@k.
        fcd: whether the Frechet ChemNet distance is wanted (2 ms a molecule).
        properties: whether the distances of properties are wanted (1 ms a molecule).
        floors: whether the same is measured of real molecules, which doubles the time.
        jobs: how many processes share RDKit's work.
        seed: draws the real molecules for the floors.

    Returns:
        The figures, in a stable order.

    Raises:
        MissingExtraError: RDKit is not installed.
    """
    learned, made = texts_of(train, "train"), texts_of(generated, "generated")
    tests = {"test": test} | (
        {"scaffold_test": scaffold_test} if scaffold_test is not None else {}
    )
    known = _known(tuple(learned), jobs)
    held = {
        name: data
        if isinstance(data, Molecules)
        else Molecules.of(texts_of(data, name), jobs, properties)
        for name, data in tests.items()
    }
    for name, molecules in held.items():
        if not molecules.smiles:
            raise InputError("has no valid molecule", where=name, code="no-molecules")
    found = _Judge(len(made), Molecules.of(made, jobs, properties), known, held, fcd, ks).all()
    base: dict[str, _Found] = {}
    if floors and learned and found["valid"].value:
        order = np.random.default_rng(seed).permutation(len(learned))[: len(made)]
        real = Molecules.of([learned[k] for k in order], jobs, properties)
        base = _Judge(len(order), real, frozenset(), held, fcd, ks).all()
    return [_figure(name, each, base.get(name)) for name, each in found.items()]


@lru_cache(maxsize=2)
def _known(train: tuple[str, ...], jobs: int) -> frozenset[str]:
    """The training molecules in canonical form; if a thousand of them are, the rest are taken to be."""
    some = train[:: max(1, len(train) // CHECKED)]
    if canonical(some, jobs) == list(some):
        return frozenset(train)
    return frozenset(text for text in canonical(train, jobs) if text is not None)


TITLES: dict[str, tuple[str, str, str]] = {
    "valid": ("Valid", "higher", "Share of SMILES that RDKit reads as a molecule."),
    "novelty": (
        "Novelty",
        "higher",
        "Share of different molecules that are not in the training data.",
    ),
    "internal_diversity": (
        "Internal diversity",
        "target",
        "1 - the mean similarity of two molecules.",
    ),
    "internal_diversity_2": (
        "Internal diversity 2",
        "target",
        "1 - the mean over molecules of the root mean square similarity to all.",
    ),
    "snn": ("Nearest neighbour", "target", "Mean similarity to the nearest test molecule."),
    "fragments": ("Fragments", "higher", "Cosine between the counts of BRICS fragments."),
    "scaffolds": ("Scaffolds", "higher", "Cosine between the counts of Bemis-Murcko scaffolds."),
    "fcd": ("FCD", "lower", "Frechet distance between activations of ChemNet."),
    "filters": ("Filters", "higher", "Share that passes the filters of medicinal chemistry."),
    "logp_distance": ("logP distance", "lower", "Wasserstein-1 distance between values of logP."),
    "sa_distance": ("SA distance", "lower", "The same for synthetic accessibility."),
    "qed_distance": ("QED distance", "lower", "The same for drug-likeness."),
    "weight_distance": ("Weight distance", "lower", "The same for molecular weight in daltons."),
}
UNITS = {"fcd": "distance", "logp_distance": "logP", "sa_distance": "SA", "qed_distance": "QED"}


def _figure(name: str, found: _Found, base: _Found | None) -> Figure:
    key = name.removesuffix("_scaffold_test").removesuffix("_test")
    if name.startswith("unique_at_"):
        k = int(name.rsplit("_", 1)[1])
        title, better = f"Unique@{k:,}", "higher"
        definition = f"Share of different molecules among the first {k:,} valid ones."
    else:
        title, better, definition = TITLES[key]
    against = {"_scaffold_test": ", scaffold test", "_test": ", test"}
    title += next((words for end, words in against.items() if name.endswith(end)), "")
    floor = base.value if base else None
    best = {"lower": 0.0, "higher": 1.0, "target": floor}[better]
    return Figure(
        name=name,
        title=title,
        value=found.value,
        low=found.low,
        high=found.high,
        better=better,  # type: ignore[arg-type]
        best=best,
        floor=floor,
        unit=UNITS.get(key, "Da" if key == "weight_distance" else "share"),
        definition=definition,
        source=SOURCE,
        note=found.note,
    )
