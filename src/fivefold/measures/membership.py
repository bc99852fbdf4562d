"""Membership: can an attacker tell who was in the training data?

An attack gives each record a score; members are records of the training data, non-members are not. A threshold t that
a share f of the non-members exceeds has the true-positive rate

    TPR(f) = P(score(member) > t),    t the value that floor(f n) of the n non-members exceed

Without leakage TPR(f) = f. Averages hide harm: an attack that is sure about one person in a thousand is grave and has
an AUC of 0.5, so the rates at low f lead. The interval joins what is unsure in both: the members above t
(Clopper-Pearson) and t itself (the thresholds that the order statistics allow), as Newcombe joins two shares. Whether
it lies above chance is decided exactly, for any sizes: without leakage all records are exchangeable, so the number of
members above the threshold is negative hypergeometric.

References:
    Membership Inference Attacks From First Principles (Carlini et al., 2022), https://arxiv.org/abs/2112.03570
    Interval estimation for the difference between independent proportions (Newcombe, 1998)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr
from scipy.stats import hypergeom

from fivefold.measures.cells import FloatArray
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import LEVEL, area, clopper_pearson

RATES = (0.01, 0.001)
SOURCE = "Carlini et al. 2022"
NONE = "no attack without members and non-members"


@dataclass(frozen=True)
class Rate:
    """A true-positive rate at a false-positive rate.

    Arguments:
        value: the share of members above the threshold.
        low: lower end of the interval.
        high: upper end of the interval.
        chance: the false-positive rate, which is what no leakage would give.
        surprise: how likely so many members above the threshold are without leakage.
    """

    value: float
    low: float
    high: float
    chance: float
    surprise: float

    @property
    def covers(self) -> bool:
        """Whether the interval covers chance, so that no leakage is shown."""
        return self.low <= self.chance


@dataclass(frozen=True)
class Attack:
    """What one attack achieved.

    Arguments:
        rates: the true-positive rate at 1% and, where there are enough non-members, at 0.1%.
        area: the area under the ROC curve with its ends; one half is chance.
        members: how many members were attacked.
        nonmembers: how many non-members.
    """

    rates: tuple[Rate, ...]
    area: Rate
    members: int
    nonmembers: int

    @property
    def leaks(self) -> bool:
        """Whether any of its figures is above chance beyond its interval."""
        return not all(rate.covers for rate in (*self.rates, self.area))


def attack(member_scores: FloatArray, nonmember_scores: FloatArray) -> Attack:
    """Judge the scores of an attack.

    Arguments:
        member_scores: the scores of members, with shape (m,); higher says member.
        nonmember_scores: the scores of non-members, with shape (n,).

    Example:
        >>> scores = np.arange(1000.0)
        >>> attack(scores, scores).leaks, attack(scores + 1000, scores).leaks
        (False, True)
    """
    members, others = (np.asarray(s, np.float64) for s in (member_scores, nonmember_scores))
    rates = tuple(_rate(members, others, f) for f in RATES if len(others) * f >= 1)
    whole = area(members, others)
    error = np.sqrt(max(whole.variance, 1e-12))
    middle = Rate(whole.value, *whole.interval, 0.5, float(ndtr((0.5 - whole.value) / error)))
    return Attack(rates, middle, len(members), len(others))


def membership(
    member_scores: FloatArray | None,
    nonmember_scores: FloatArray | None,
    *,
    name: str = "membership",
    method: str = "the given scores",
    null: Attack | None = None,
    positive: Attack | None = None,
    note: str = NONE,
    seed: int = 0,
) -> list[Figure]:
    """The figures of a membership attack: by records' likelihoods under a model, or by any other score.

    Arguments:
        member_scores: the scores of training records; higher says member. None where there are none.
        nonmember_scores: the scores of records that were not trained on.
        name: what the figures' names begin with.
        method: what the scores are, in a few words.
        null: the same attack on an independent release; without it, non-members against non-members.
        positive: the same attack on a copied release, where it was made.
        note: why there is no attack, where scores are None.
        seed: halves the non-members where `null` is not given.

    Returns:
        `<name>_tpr_at_1`, `<name>_tpr_at_01` and `<name>_auc`.
    """
    members, others = (
        np.asarray([] if s is None else s) for s in (member_scores, nonmember_scores)
    )
    if min(len(members), len(others)) < 2:
        return [_figure(name, method, k, None, note, {}) for k in range(3)]
    found = attack(members, others)
    if null is None and len(others) >= 4:
        shuffled = np.random.default_rng(seed).permutation(others)
        null = attack(shuffled[: len(others) // 2], shuffled[len(others) // 2 :])
    figures = []
    for k in range(3):
        details: dict[str, Any] = {"members": found.members, "nonmembers": found.nonmembers}
        for key, calibration in (("null", null), ("positive", positive)):
            if calibration is not None and (rate := _of(calibration, k)) is not None:
                details[key] = asdict(rate) | {"covers_chance": rate.covers}
        figures.append(_figure(name, method, k, found, _note(found, k, details), details))
    return figures


def _rate(members: FloatArray, others: FloatArray, chance: float) -> Rate:
    """The true-positive rate above the floor(f n)-th highest non-member, with its interval."""
    size = len(others)
    allowed = int(chance * size + 1e-9)
    ordered = np.sort(others)[::-1]

    def above(count: int) -> int:
        return int((members > ordered[count]).sum()) if count < size else len(members)

    hits = above(allowed)
    value = hits / len(members)
    low, high = clopper_pearson(hits, len(members))
    strict, loose = (share * size for share in clopper_pearson(allowed, size))
    fewest, most = int(np.floor(strict)), min(size, int(np.ceil(loose)))
    down = value - (above(fewest) / len(members) if fewest >= 1 else 0.0)
    up = above(most) / len(members) - value
    low = float(value - np.hypot(value - low, max(0.0, down)))
    high = float(value + np.hypot(high - value, max(0.0, up)))
    surprise = float(hypergeom.cdf(allowed, len(members) + size, size, hits + allowed))
    shown = surprise <= (1 - LEVEL) / 2
    low = max(low, np.nextafter(chance, 1)) if shown else min(low, chance)
    return Rate(value, max(0.0, float(low)), min(1.0, high), chance, surprise)


def _of(found: Attack, k: int) -> Rate | None:
    if k == 2:
        return found.area
    return found.rates[k] if k < len(found.rates) else None


def _note(found: Attack, k: int, details: dict[str, Any]) -> str:
    rate = _of(found, k)
    counts = f"{found.members:,} members against {found.nonmembers:,} non-members"
    if rate is None:
        return f"{counts}; this rate needs {round(1 / RATES[k]):,} non-members"
    verdict = "no leak shown: the interval covers chance" if rate.covers else "leaks: above chance"
    parts = [verdict, counts]
    null, positive = details.get("null"), details.get("positive")
    if null:
        state = (
            "covers chance" if null["covers_chance"] else "does not cover chance: read with care"
        )
        parts.append(f"null {null['value']:.3g} [{null['low']:.3g}, {null['high']:.3g}] {state}")
    if positive:
        parts.append(f"a copied release scores {positive['value']:.3g}")
        if positive["value"] < 0.5 + 0.25 * (k == 2):
            parts.append("the attack is weak on this table, so covering chance proves little")
    return "; ".join(parts)


def _figure(
    name: str, method: str, k: int, found: Attack | None, note: str, details: dict[str, Any]
) -> Figure:
    rate = _of(found, k) if found else None
    ending = ("tpr_at_1", "tpr_at_01", "auc")[k]
    title = ("TPR at 1% FPR", "TPR at 0.1% FPR", "AUC")[k]
    what = (
        "true-positive rate at 1% false positives",
        "true-positive rate at 0.1% false positives",
        "AUC",
    )[k]
    null = details.get("null")
    return Figure(
        name=f"{name}_{ending}",
        title=f"{name.replace('_', ' ').capitalize()}, {title}",
        value=rate.value if rate else None,
        low=rate.low if rate else None,
        high=rate.high if rate else None,
        better="lower",
        best=(*RATES, 0.5)[k],
        floor=null["value"] if null else None,
        unit="AUC" if k == 2 else "share",
        definition=f"The {what} of a membership attack by {method}; without leakage it is {(*RATES, 0.5)[k]:g}.",
        source=SOURCE,
        note=note,
        details=details,
    )


def with_source(figures: list[Figure], source: str) -> list[Figure]:
    """The figures with another source."""
    return [replace(figure, source=source) for figure in figures]
