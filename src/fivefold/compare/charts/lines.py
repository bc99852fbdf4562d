"""Line charts: quality against processor seconds, training curves, sparklines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from fivefold.compare.numerals import seconds
from fivefold.compare.quality import pooled_curve
from fivefold.compare.result import CurvePoint, FamilyResult, Run, Step
from fivefold.plots.canvas import Canvas, Scale, colour, polyline, spread_apart, written

T = TypeVar("T")
POINTS = 160
ROOM = 0.12


def quality_curves(
    families: Sequence[FamilyResult],
    *,
    width: float = 760,
    real: float | None = None,
    baseline: FamilyResult | None = None,
) -> str:
    """Quality against processor seconds on a logarithmic axis, one curve a family, labelled directly.

    Arguments:
        families: those with a curve are drawn, with the band over their seeds.
        width: 760 for a desktop, 360 for a phone.
        real: the quality between two real samples, drawn as the line to reach.
        baseline: the cheap model, drawn where its curve has a point.

    Returns:
        the SVG, empty text where there is no curve.
    """
    shown = [f for f in families if f.curve]
    others = [baseline] if baseline is not None and baseline.curve else []
    if not shown:
        return ""
    ends = [p.quality for f in shown + others for p in f.curve]
    picture = Picture("Quality against processor seconds", "quality", width)
    goal = ("real against real", real) if real is not None else None
    return _against_time(
        picture, [*shown, *others], _lowest(shown + others), max(1.0, *ends), goal
    )


def loss_curves(
    families: Sequence[FamilyResult],
    *,
    width: float = 760,
    goal: tuple[str, float] | None = None,
) -> str:
    """Held-out loss against processor seconds, for the families whose loss is in a unit that they share.

    Arguments:
        families: those with runs whose loss has a unit are drawn: the mean over seeds and the band.
        width: 760 for a desktop, 360 for a phone.
        goal: the name of the cheap model and what it reaches, drawn as a line.

    Returns:
        the SVG, empty text where there is no curve.
    """
    shown = []
    for family in families:
        runs = [replace(run, curve=_held_out_points(run)) for run in family.runs if run.loss_unit]
        if curve := pooled_curve(runs):
            shown.append(replace(family, curve=curve))
    if not shown:
        return ""
    unit = next(run.loss_unit for family in shown for run in family.runs)
    every = sorted(p.quality for f in shown for p in f.curve)
    low = min([every[0], *([goal[1]] if goal else [])])
    highest = max(f.curve[-1].quality for f in shown)
    high = max(min(every[-1], 2 * low), highest) + 0.04 * low
    picture = Picture(f"Held-out {unit} against processor seconds", unit, width)
    return _against_time(picture, shown, 0.97 * low, high, goal)


@dataclass(frozen=True)
class Picture:
    """What a picture of curves against time is called, what its height is, and how wide it is."""

    title: str
    height: str
    width: float


def _against_time(
    picture: Picture,
    families: Sequence[FamilyResult],
    low: float,
    high: float,
    goal: tuple[str, float] | None,
) -> str:
    """The curves of families on a logarithmic axis of time, labelled at their ends."""
    narrow = picture.width < 500
    height, left, top = (320.0, 38.0, 12.0) if narrow else (400.0, 52.0, 14.0)
    right, bottom = picture.width - (104 if narrow else 128), height - 42
    x = _time_scale([p for f in families for p in f.curve], left + 6, right)
    y = Scale(low, high, bottom, top)
    canvas = Canvas(picture.width, height, picture.title, _told(families))
    _axes(canvas, x, y, left, right, narrow)
    if goal is not None and low < goal[1] < high:
        canvas.add("line", "goal", x1=left, x2=right, y1=y(goal[1]), y2=y(goal[1]))
        canvas.text(left + 4, y(goal[1]) - 5, goal[0], "note")
    canvas.clip(left, top - 6, right - left + 6, bottom - top + 12)
    for family in families:
        _curve(canvas, family, x, y, right, picture.height)
    canvas.end("svg")
    _labels(canvas, families, y, right, top, bottom)
    return canvas.render("wide" if not narrow else "narrow")


def _held_out_points(run: Run) -> list[CurvePoint]:
    return [CurvePoint(s.cpu_seconds, s.held_out) for s in run.training if s.held_out is not None]


def training_curves(family: FamilyResult, width: float = 300, height: float = 170) -> str:
    """Loss of every run against processor seconds: training thin, held out thick."""
    runs = [run for run in family.runs if any(s.loss is not None for s in run.training)]
    if not runs:
        return ""
    left, right, top, bottom = 42.0, width - 8, 10.0, height - 32
    values = sorted(
        v for run in runs for s in run.training for v in (s.loss, s.held_out) if v is not None
    )
    low, high = values[0], values[math.ceil(0.97 * (len(values) - 1))]
    pad = (high - low or 1.0) * 0.06
    end = max(s.cpu_seconds for run in runs for s in run.training)
    x, y = Scale(0, end or 1.0, left, right), Scale(low - pad, high + pad, bottom, top)
    title = f"Training curves of {family.title}"
    canvas = Canvas(width, height, title, _endings(runs))
    ticks = y.ticks(4)
    for value, label in zip(ticks, written(ticks), strict=True):
        canvas.add("line", "grid", x1=left, x2=right, y1=y(value), y2=y(value))
        canvas.text(left - 6, y(value) + 3.5, label, "tick e")
    for value in x.ticks(4):
        canvas.text(x(value), bottom + 16, seconds(value) if value else "0", "tick m")
    canvas.text((left + right) / 2, height - 2, "processor time", "note m")
    canvas.clip(left, top - 4, right - left + 4, bottom - top + 8)
    for run in runs:
        _run(canvas, run, colour(family.family), x, y)
    canvas.end("svg")
    return canvas.render()


def sparkline(values: Sequence[float], style: str, width: float = 96, height: float = 22) -> str:
    """A curve without axes, as small as a word."""
    if len(values) < 2:
        return ""
    values = _thinned(list(values), 40)
    x = Scale(0, len(values) - 1, 2, width - 4)
    y = Scale(min(values), max(values), height - 3, 3)
    canvas = Canvas(width, height, f"from {values[0]:.3f} to {values[-1]:.3f}")
    points = [(x(i), y(v)) for i, v in enumerate(values)]
    canvas.add("path", f"{style} line", d=polyline(points))
    canvas.add("circle", f"{style} dot", cx=points[-1][0], cy=points[-1][1], r=2.4)
    return canvas.render("spark")


def _time_scale(points: Sequence[CurvePoint], start: float, end: float) -> Scale:
    times = [p.cpu_seconds for p in points if p.cpu_seconds > 0] or [1.0]
    low, high = min(times), max(times)
    return Scale(low, high if high > low else low * 2, start, end, log=True)


def _lowest(families: Sequence[FamilyResult]) -> float:
    """Where the quality axis begins: below every curve's end, so that the ends can be told apart."""
    ends = [f.curve[-1].quality for f in families]
    first = min(p.quality for f in families for p in f.curve)
    return max(0.0, first - 0.02, min(ends) - ROOM)


def _told(families: Sequence[FamilyResult]) -> str:
    """The picture in words."""
    ends = sorted(families, key=lambda f: -f.curve[-1].quality)
    parts = [
        f"{f.title} ends at {f.curve[-1].quality:.3f} after {seconds(f.curve[-1].cpu_seconds)}"
        for f in ends
    ]
    return "; ".join(parts) + "."


def _endings(runs: Sequence[Run]) -> str:
    return "; ".join(
        f"seed {run.seed}: {run.steps} steps, {run.stopped_because or 'finished'}" for run in runs
    )


def _axes(canvas: Canvas, x: Scale, y: Scale, left: float, right: float, narrow: bool) -> None:
    bottom = y.start
    ticks = y.ticks(5)
    for value, label in zip(ticks, written(ticks), strict=True):
        canvas.add("line", "grid", x1=left, x2=right, y1=y(value), y2=y(value))
        canvas.text(left - 7, y(value) + 4, label, "tick e")
    for value in x.ticks(5 if narrow else 9):
        canvas.add("line", "grid", x1=x(value), x2=x(value), y1=bottom, y2=bottom + 4)
        canvas.text(x(value), bottom + 18, seconds(value), "tick m")
    canvas.text((left + right) / 2, canvas.height - 4, "processor time of the fit", "note m")


def _curve(
    canvas: Canvas, family: FamilyResult, x: Scale, y: Scale, right: float, height: str
) -> None:
    """A family's band, line, points, and what it keeps after its end."""
    style, curve = colour(family.family), family.curve
    upper = [(x(p.cpu_seconds), y(p.high)) for p in curve if p.high is not None]
    lower = [(x(p.cpu_seconds), y(p.low)) for p in curve if p.low is not None]
    if len(upper) > 1 and len(upper) == len(lower):
        canvas.add("path", f"{style} band", d=polyline(upper + lower[::-1]) + "Z")
    points = [(x(p.cpu_seconds), y(p.quality)) for p in curve]
    if right - points[-1][0] > 1:
        kept = [points[-1], (right, points[-1][1])]
        canvas.add("path", f"{style} line kept", d=polyline(kept))
    canvas.add("path", f"{style} line", d=polyline(points))
    for point, (px, py) in zip(curve, points, strict=True):
        tip = f"{family.title}, {seconds(point.cpu_seconds)}: {height} {point.quality:.3f}"
        canvas.mark(px, py, style, tip, 3.5)


def _labels(
    canvas: Canvas,
    families: Sequence[FamilyResult],
    y: Scale,
    right: float,
    top: float,
    bottom: float,
) -> None:
    """The families' names at the ends of their curves, moved apart where they would touch."""
    gap = 30.0
    order = sorted(families, key=lambda f: -f.curve[-1].quality)
    wanted = [min(bottom, max(top, y(f.curve[-1].quality))) for f in order]
    placed = spread_apart(wanted, gap, top + 4, bottom - 8)
    for family, at, to in zip(order, wanted, placed, strict=True):
        style = colour(family.family)
        canvas.add("path", f"{style} lead", d=polyline([(right + 2, at), (right + 12, to)]))
        name = family.family.replace("_", " ").capitalize()
        canvas.text(right + 15, to + 2, name, f"{style} name")
        canvas.text(right + 15, to + 14, f"{family.curve[-1].quality:.3f}", "tick")


def _run(canvas: Canvas, run: Run, style: str, x: Scale, y: Scale) -> None:
    loss = [(x(s.cpu_seconds), y(s.loss)) for s in run.training if s.loss is not None]
    held = [(x(s.cpu_seconds), y(s.held_out)) for s in run.training if s.held_out is not None]
    canvas.add("path", f"{style} line faint", d=polyline(_thinned(loss, POINTS)))
    if held:
        canvas.add("path", f"{style} line", d=polyline(_thinned(held, POINTS)))
    for step in _thinned([s for s in run.training if s.held_out is not None], 30):
        _held_out(canvas, run, step, style, x, y)


def _held_out(canvas: Canvas, run: Run, step: Step, style: str, x: Scale, y: Scale) -> None:
    if step.held_out is None:
        return
    tip = f"seed {run.seed}, step {step.step:,}: held out {step.held_out:.3f}"
    canvas.add("circle", f"{style} dot", tip, cx=x(step.cpu_seconds), cy=y(step.held_out), r=2.2)


def _thinned(values: list[T], most: int) -> list[T]:
    """Every so many values, the last always among them."""
    if len(values) <= most:
        return values
    stride = len(values) / most
    return [values[int(i * stride)] for i in range(most)] + [values[-1]]
