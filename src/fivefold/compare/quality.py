"""Quality as one number in [0, 1], and what is read off its curves.

A curve, a ranking and a word need one number; the figures it is made of stay beside it. It is the mean of what was
measured of

    tables, sequences   1 - column-shape error, 1 - pair-trend error, 1 - 2 |detection AUC - 1/2|
    pictures            1 - sqrt(Frechet distance / 128), precision, recall

where 1 is real data and each part costs its full range. The Frechet distance is a squared one, in 128 features of mean
variance 1: its root over that of 128 is a distance by the spread of real data, 1 for a generator that makes but one
picture. Along a curve only the first parts are cheap enough to be measured at every point, so that a curve does not end
at the figure in the table.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fivefold.compare.result import CurvePoint, Run, ScalePoint, SizePoint
from fivefold.measures.figure import Figure

SHAPE, TREND, DETECTION = "column_shape_error", "pair_trend_error", "detection_auc"
FEATURES = 128
ENOUGH = 0.95


@dataclass(frozen=True)
class Term:
    """A part of the quality.

    Arguments:
        name: of the figure.
        words: what is added up.
        score: from the figure's value to [0, 1].
        cheap: whether it is measured along a curve.
        top: the value that is best, where it lies inside of the range.
    """

    name: str
    words: str
    score: Callable[[float], float]
    cheap: bool = True
    top: float | None = None


ROWS = (
    Term(SHAPE, "1 - column-shape error", lambda v: 1 - v),
    Term(TREND, "1 - pair-trend error", lambda v: 1 - v),
    Term(DETECTION, "1 - 2 |detection AUC - 0.5|", lambda v: 1 - 2 * abs(v - 0.5), False, 0.5),
)
PICTURES = (
    Term(
        "frechet_distance",
        f"1 - sqrt(Frechet distance / {FEATURES})",
        lambda v: 1 - math.sqrt(min(1.0, max(0.0, v) / FEATURES)),
    ),
    Term("precision", "precision", lambda v: min(1.0, v), False),
    Term("recall", "recall", lambda v: min(1.0, v), False),
)
TERMS = (ROWS, PICTURES)


def quality(figures: Mapping[str, Figure], *, cheap: bool = False) -> Figure:
    """The mean of the parts that were measured, with the mean of their intervals.

    Arguments:
        figures: figures by name; only those of the terms of one kind of data are looked at.
        cheap: whether only the parts count that are measured along a curve.

    Returns:
        the figure `quality`, None where no part was measured.

    Example:
        >>> quality({SHAPE: Figure(SHAPE, "", 0.01), TREND: Figure(TREND, "", 0.03)}).value
        0.98
    """
    terms = [term for term in terms_of(figures) if term.cheap or not cheap]
    known = [
        (term, figure)
        for term in terms
        if (figure := figures.get(term.name)) is not None and figure.value is not None
    ]
    missing = {term.name for term in terms} - {term.name for term, _ in known}
    scores = [_scores(term, figure) for term, figure in known]
    named = ", ".join(term.words for term, _ in known)
    lacking = ", ".join(t.name.replace("_", " ") for t in terms if t.name in missing)
    floors = [term.score(figure.floor) for term, figure in known if figure.floor is not None]
    return Figure(
        name="quality",
        title="Quality",
        value=_mean([value for value, _, _ in scores]),
        low=_mean([low for _, low, _ in scores]),
        high=_mean([high for _, _, high in scores]),
        better="higher",
        best=1.0,
        floor=_mean(floors) if floors and len(floors) == len(known) else None,
        unit="score",
        definition=f"The mean of {named}." if named else "The mean of the quality figures.",
        source="fivefold; the parts as their own definitions say",
        note=f"without {lacking}, not measured" if missing else "",
        details={f.name: value for (_, f), (value, _, _) in zip(known, scores, strict=True)},
    )


def terms_of(figures: Mapping[str, Figure]) -> tuple[Term, ...]:
    """The parts of the quality that suit what was measured: those of which there is any."""
    return next((terms for terms in TERMS if any(t.name in figures for t in terms)), ROWS)


def pooled_curve(runs: Sequence[Run]) -> list[CurvePoint]:
    """One curve for several seeds: the mean, and the range from the worst to the best seed.

    Arguments:
        runs: the runs of one family; a run that ended early keeps its last quality.

    Returns:
        points in order of time, from where every run has been measured.
    """
    curves = [run.curve for run in runs if run.curve and not run.diverged]
    if not curves:
        return []
    start = max(curve[0].cpu_seconds for curve in curves)
    times = sorted({p.cpu_seconds for curve in curves for p in curve if p.cpu_seconds >= start})
    pooled = []
    for time in times:
        values = [_at(curve, time) for curve in curves]
        band = (min(values), max(values)) if len(values) > 1 else (None, None)
        pooled.append(CurvePoint(time, statistics.fmean(values), *band))
    return pooled


def training_speed(runs: Sequence[Run]) -> Figure:
    """Processor seconds until a run has 95% of its own final quality, over the seeds."""
    times = [
        time
        for run in runs
        if not run.diverged
        and (time := reach([(p.cpu_seconds, p.quality) for p in run.curve])) is not None
    ]
    return Figure(
        name="training_speed",
        title="Time to 95% of its quality",
        value=_mean(times),
        low=min(times) if len(times) > 1 else None,
        high=max(times) if len(times) > 1 else None,
        better="lower",
        unit="s",
        definition="Processor seconds until a fit has 95% of its own final quality; "
        "the interval is the range over seeds.",
        source="fivefold",
        note="" if times else "no run has a curve",
    )


def parameter_efficiency(sizes: Sequence[SizePoint]) -> Figure:
    """The parameters with which the family has 95% of the best quality it shows at any size."""
    points = sorted((float(s.parameters), s.quality) for s in sizes)
    best = max((q for _, q in points), default=None)
    return Figure(
        name="parameter_efficiency",
        title="Parameters for 95% of its quality",
        value=None if best is None else reach(points, final=best),
        better="lower",
        unit="parameters",
        definition="The smallest number of parameters, read between the sizes tried, with 95% "
        "of the best quality that the family shows at any of them.",
        source="fivefold",
        note="" if points else "sizes were not tried",
    )


def scale_of_content(scaling: Sequence[ScalePoint], parts: str = "columns") -> Figure:
    """The exponent b with which the time of a step grows with what a datum has: time ~ columns^b, or symbols^b."""
    points = [(math.log(s.columns), math.log(s.seconds)) for s in scaling if s.seconds > 0]
    exponent = None
    if len({x for x, _ in points}) > 1:
        exponent = statistics.linear_regression(*zip(*points, strict=True)).slope
    return Figure(
        name="scale",
        title=f"Growth of time with {parts}",
        value=exponent,
        better="lower",
        unit="exponent",
        definition="The exponent with which the time of a training step grows with the number "
        f"of {parts}: 1 is proportional, 2 quadratic.",
        source="fivefold",
        note="" if exponent is not None else f"other numbers of {parts} were not tried",
    )


def stability(runs: Sequence[Run]) -> Figure:
    """How far the final quality differs between seeds; a diverged run has quality 0."""
    finals = [0.0 if run.diverged else _final(run) for run in runs]
    known = [value for value in finals if value is not None]
    enough = len(known) > 1 and not all(run.diverged for run in runs)
    return Figure(
        name="stability",
        title="Spread over seeds",
        value=max(known) - min(known) if enough else None,
        better="lower",
        best=0.0,
        unit="score",
        definition="The final quality of the best seed less that of the worst; "
        "a diverged run counts as 0.",
        source="fivefold",
        note="" if enough else "needs two seeds or more, and one run that can be used",
        details={"diverged": sum(run.diverged for run in runs), "runs": len(runs)},
    )


def reach(
    points: Sequence[tuple[float, float]], share: float = ENOUGH, final: float | None = None
) -> float | None:
    """Where a curve first has the share of its final height, read on a logarithmic axis.

    Example:
        >>> round(reach([(1.0, 0.5), (10.0, 0.7), (100.0, 0.72)], share=0.9) or 0, 1)
        5.5
    """
    if not points:
        return None
    goal = share * (points[-1][1] if final is None else final)
    before: tuple[float, float] | None = None
    for x, y in points:
        if y >= goal:
            if before is None or before[0] <= 0:
                return x
            part = (goal - before[1]) / (y - before[1])
            return float(before[0] * (x / before[0]) ** part)
        before = (x, y)
    return None


def _final(run: Run) -> float | None:
    if "quality" in run.figures:
        return run.figures["quality"].value
    if any(term.name in run.figures for term in terms_of(run.figures)):
        return quality(run.figures).value
    return run.curve[-1].quality if run.curve else None


def _scores(term: Term, figure: Figure) -> tuple[float, float, float]:
    """The part of the quality that a figure gives, with its interval."""
    assert figure.value is not None
    value = term.score(figure.value)
    if figure.low is None or figure.high is None:
        return value, value, value
    ends = [term.score(figure.low), term.score(figure.high)]
    if term.top is not None and figure.low <= term.top <= figure.high:
        ends.append(1.0)
    return value, min(ends), max(ends)


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _at(curve: Sequence[CurvePoint], time: float) -> float:
    """The quality of a curve at a time between or after its points."""
    after = next((i for i, p in enumerate(curve) if p.cpu_seconds >= time), None)
    if after is None:
        return curve[-1].quality
    if after == 0 or curve[after].cpu_seconds == time:
        return curve[after].quality
    left, right = curve[after - 1], curve[after]
    part = (time - left.cpu_seconds) / (right.cpu_seconds - left.cpu_seconds)
    return left.quality + part * (right.quality - left.quality)
