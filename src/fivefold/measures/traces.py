"""Event logs: do generated cases take the steps that real ones take, as often, and as long?

A case is a line of activities with their times, as `codecs.traces` writes it. A *step* is a pair of activities of which
one follows the other directly; the beginning and the end of a case are activities too. The directly-follows graph of
a log has a step as an edge when it occurs.

    fitness             the share of generated steps that are edges of the real graph
    fitting cases       the share of generated cases all of whose steps are
    steps reached       the share of real steps that are edges of the generated graph, the converse
    activity error      half the summed gap between shares of activities (total variation)
    case-length error   the largest gap between cumulative shares of the events in a case (Kolmogorov-Smirnov)
    duration error      the same for the time from first to last event, and waiting error for the time between two

References:
    Process Mining: Data Science in Action (van der Aalst, 2016), chapters 6 and 8
    A Practitioner's Guide to Process Mining: Limitations of the Directly-Follows Graph (van der Aalst, 2019)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.codecs.traces import parse
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import clopper_pearson, normal, resampled_error
from fivefold.measures.units import texts_of

FloatArray = NDArray[np.float64]
SOURCE = "van der Aalst 2016"


def activities(trace: str) -> list[str]:
    """The activities of a case in their order.

    Example:
        >>> activities("2012-04-01T10:00:00 register | +3h check | ? decide")
        ['register', 'check', 'decide']
    """
    return [event.activity for event in parse(trace)]


@dataclass(frozen=True)
class Log:
    """The cases of an event log.

    Arguments:
        steps: the directly-follows steps of each case, ends included.
        durations: seconds from the first to the last known time of each case that has two, with shape (m,).
        waits: seconds between two known times in a row, with shape (k,).
    """

    steps: list[list[tuple[str, str]]]
    durations: FloatArray
    waits: FloatArray

    @classmethod
    def of(cls, traces: Sequence[str]) -> Log:
        """The log that some lines describe."""
        steps, durations, waits = [], [], []
        for trace in traces:
            case = parse(trace)
            path = ["", *(event.activity for event in case), ""]
            steps.append(list(pairwise(path)))
            times = [event.time for event in case if event.time is not None]
            if len(times) > 1:
                between = [(b - a).total_seconds() for a, b in pairwise(times)]
                waits += between
                durations.append(sum(between))
        return cls(steps, np.array(durations, np.float64), np.array(waits, np.float64))

    @cached_property
    def edges(self) -> frozenset[tuple[str, str]]:
        """The edges of the directly-follows graph."""
        return frozenset(step for case in self.steps for step in case)

    @cached_property
    def lengths(self) -> FloatArray:
        """The events of each case, with shape (n,)."""
        return np.array([len(case) - 1 for case in self.steps], np.float64)


def fitting(log: Log, edges: frozenset[tuple[str, str]]) -> FloatArray:
    """The steps of each case that are edges, and all its steps, with shape (2, n)."""
    good = [sum(step in edges for step in case) for case in log.steps]
    return np.array([good, [len(case) for case in log.steps]], np.float64)


def measure_traces(
    real: Any, synthetic: Any, *, holdout: Any = None, seed: int = 0
) -> list[Figure]:
    """The figures of a generated event log.

    Arguments:
        real: the cases that the generator learned from: an Arrow table of one column `trace`, or lines.
        synthetic: the cases to be judged.
        holdout: real cases that it did not learn from, for the floors; halves of the real cases without it.
        seed: draws the halves and the resamples.

    Returns:
        `directly_follows_fitness`, `fitting_cases`, `directly_follows_reached`, `activity_error`,
        `case_length_error`, `duration_error`, `waiting_error`.

    Example:
        >>> found = measure_traces(["? a | ? b", "? a | ? c"], ["? a | ? b", "? b | ? a"])
        >>> found[0].name, found[0].value, found[1].value
        ('directly_follows_fitness', 0.5, 0.5)
    """
    rng = np.random.default_rng(seed)
    learned = texts_of(real, "real")
    if holdout is not None:
        sides = learned, texts_of(holdout, "holdout")
    else:
        order, half = rng.permutation(len(learned)), len(learned) // 2
        sides = [learned[k] for k in order[:half]], [learned[k] for k in order[half:]]
    born, made = Log.of(learned), Log.of(texts_of(synthetic, "synthetic"))
    one, two = (Log.of(side) for side in sides)
    if not born.steps or not made.steps:
        return []
    other = "real and holdout" if holdout is not None else "halves of the real cases"
    said = f"{len(born.steps):,} real and {len(made.steps):,} synthetic cases; floor: {other}"
    good, base = fitting(made, born.edges), fitting(two, one.edges)
    reached, reached_base = fitting(born, made.edges), fitting(one, two.edges)
    whole, whole_base = (good[0] == good[1]), (base[0] == base[1])
    return [
        _share("directly_follows_fitness", good, base, said),
        _cases(int(whole.sum()), len(whole), whole_base, said),
        _share("directly_follows_reached", reached, reached_base, said),
        _activity_figure(born, made, one, two, rng, said),
        _gap_figure(
            "case_length_error", (born.lengths, made.lengths, one.lengths, two.lengths), rng, said
        ),
        _gap_figure(
            "duration_error",
            (born.durations, made.durations, one.durations, two.durations),
            rng,
            said,
        ),
        _gap_figure("waiting_error", (born.waits, made.waits, one.waits, two.waits), rng, said),
    ]


WORDS = {
    "directly_follows_fitness": (
        "Fitness of steps",
        "Share of the steps of synthetic cases that occur in real ones.",
    ),
    "fitting_cases": (
        "Fitting cases",
        "Share of synthetic cases all of whose steps occur in real ones.",
    ),
    "directly_follows_reached": (
        "Steps reached",
        "Share of the steps of real cases that occur in synthetic ones.",
    ),
    "activity_error": ("Activity error", "Half the summed gap between shares of activities."),
    "case_length_error": (
        "Case-length error",
        "Largest gap between cumulative shares of the number of events in a case.",
    ),
    "duration_error": (
        "Duration error",
        "Largest gap between cumulative shares of the time from the first to the last event of a case.",
    ),
    "waiting_error": (
        "Waiting error",
        "Largest gap between cumulative shares of the time between two events in a row.",
    ),
}


def _share(name: str, parts: FloatArray, base: FloatArray, said: str) -> Figure:
    value = float(parts[0].sum() / parts[1].sum())
    cases = parts.shape[1]
    spread = (parts[0] - value * parts[1]).var(ddof=1) if cases > 1 else 0.25
    low, high = normal(value, float(np.sqrt(cases * spread) / parts[1].sum()), 0.0, 1.0)
    if value in (0.0, 1.0):
        low, high = clopper_pearson(int(value) * cases, cases)
    floor = float(base[0].sum() / base[1].sum()) if base.shape[1] else None
    return _figure(name, (value, low, high), "higher", floor, said)


def _cases(good: int, cases: int, base: NDArray[np.bool_], said: str) -> Figure:
    floor = float(base.mean()) if len(base) else None
    found = (good / cases, *clopper_pearson(good, cases))
    return _figure("fitting_cases", found, "higher", floor, said)


def _activity_figure(
    born: Log, made: Log, one: Log, two: Log, rng: np.random.Generator, said: str
) -> Figure:
    names = sorted({b for log in (born, made) for case in log.steps for _, b in case if b})
    place = {name: k for k, name in enumerate(names)}

    def counts(log: Log) -> FloatArray:
        table = np.zeros((len(log.steps), len(names)))
        for row, case in enumerate(log.steps):
            for _, name in case:
                if name in place:
                    table[row, place[name]] += 1
        return table

    def gap(a: FloatArray, b: FloatArray) -> float:
        if a.sum() == 0 or b.sum() == 0:
            return float(a.sum() != b.sum())
        return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)

    real, synthetic = counts(born), counts(made)
    value = gap(real.sum(0), synthetic.sum(0))
    error = resampled_error(
        lambda a, b: gap(real[a].sum(0), synthetic[b].sum(0)), (len(real), len(synthetic)), rng
    )
    floor = gap(counts(one).sum(0), counts(two).sum(0)) if one.steps and two.steps else None
    return _figure(
        "activity_error", (value, *normal(value, float(error), 0.0, 1.0)), "lower", floor, said
    )


def _gap_figure(
    name: str, sides: Sequence[FloatArray], rng: np.random.Generator, said: str
) -> Figure:
    real, made, one, two = sides
    if len(real) == 0 or len(made) == 0:
        return _figure(name, None, "lower", None, "without times on one side there is no figure")
    value = steps_apart(real, made)
    error = resampled_error(
        lambda a, b: steps_apart(real[a], made[b]), (len(real), len(made)), rng
    )
    floor = steps_apart(one, two) if len(one) and len(two) else None
    return _figure(name, (value, *normal(value, float(error), 0.0, 1.0)), "lower", floor, said)


def steps_apart(one: FloatArray, two: FloatArray) -> float:
    """The largest gap between the cumulative shares of two samples.

    Example:
        >>> steps_apart(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
        0.5
    """
    every = np.concatenate([one, two])
    shares = [
        np.searchsorted(np.sort(side), every, side="right") / len(side) for side in (one, two)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def _figure(
    name: str,
    values: tuple[float, float, float] | None,
    better: Any,
    floor: float | None,
    note: str,
) -> Figure:
    value, low, high = values or (None, None, None)
    title, definition = WORDS[name]
    return Figure(
        name=name,
        title=title,
        value=value,
        low=low,
        high=high,
        better=better,
        best=1.0 if better == "higher" else 0.0,
        floor=floor,
        definition=definition,
        source=SOURCE if better == "higher" else "SDMetrics 0.32.0 (TVComplement, KSComplement)",
        note=note,
    )
