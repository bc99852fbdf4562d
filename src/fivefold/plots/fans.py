"""A fan chart: what was, and the spread of what may come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fivefold.plots.canvas import Canvas, Scale, fitted, polyline, written
from fivefold.plots.stretches import unbroken

WIDTH, HEIGHT = 420.0, 190.0


@dataclass(frozen=True)
class Fan:
    """The past and the future of one variable.

    Arguments:
        title: the entity and the variable.
        past: its last values; NaN where missing.
        quantiles: for each step to come its quantiles, as many as levels.
        levels: what quantiles they are, an odd number of them, ascending, the median in the middle.
        truth: what came, NaN where it is not known; None where nothing is.
        ends: the first and the last time to come.
    """

    title: str
    past: list[float]
    quantiles: list[list[float]]
    levels: list[float]
    truth: list[float] | None = None
    ends: tuple[str, str] = ("", "")


def fan_chart(fan: Fan, *, style: str = "k1", width: float = WIDTH) -> str:
    """The past as a grey line, then bands of quantiles around the median.

    Arguments:
        fan: what is drawn.
        style: the class of the fan's colour.
        width: of the drawing.

    Example:
        >>> fan = Fan("sales", [1.0, 2.0], [[1.0, 2.0, 3.0], [1.0, 2.0, 4.0]], [0.1, 0.5, 0.9])
        >>> fan_chart(fan).count('class="band k1"')
        1
    """
    left, right, top, bottom = 46.0, width - 8, 26.0, HEIGHT - 22
    y = _height(fan, top, bottom)
    known = len(fan.past)
    x = Scale(0, max(1, known + len(fan.quantiles) - 1), left, right)
    low, high = f"{fan.levels[0]:.0%}", f"{fan.levels[-1]:.0%}"
    canvas = Canvas(
        width, HEIGHT, f"{fan.title}: the last values, and {low} to {high} of what may come"
    )
    canvas.text(left, 14, fitted(fan.title, right - left, 11), "name")
    ticks = y.ticks(4)
    for tick, label in zip(ticks, written(ticks), strict=True):
        canvas.add("line", "grid", x1=left, x2=right, y1=y(tick), y2=y(tick))
        canvas.text(left - 6, y(tick) + 3.5, label, "tick e")
    canvas.text(x(known), bottom + 15, fan.ends[0], "tick e")
    canvas.text(right, bottom + 15, fan.ends[1], "tick e")
    places = [x(known + k) for k in range(len(fan.quantiles))]
    for depth in range(len(fan.levels) // 2):
        upper = [(p, y(q[-1 - depth])) for p, q in zip(places, fan.quantiles, strict=True)]
        lower = [(p, y(q[depth])) for p, q in zip(places, fan.quantiles, strict=True)]
        canvas.add("path", f"band {style}", d=polyline([*upper, *reversed(lower)]) + "Z")
    middle = [q[len(fan.levels) // 2] for q in fan.quantiles]
    _line(canvas, [*fan.past], 0, x, y, "k6")
    _line(canvas, middle, known, x, y, style)
    if fan.truth is not None:
        _line(canvas, fan.truth, known, x, y, "k6")
    return canvas.render()


def stacked(charts: Sequence[str], title: str, width: float = WIDTH) -> str:
    """Charts of one size below one another, in two columns where there are several."""
    columns = 1 if len(charts) < 2 else 2
    rows = -(-len(charts) // columns)
    canvas = Canvas(columns * width, rows * HEIGHT, title)
    for place, chart in enumerate(charts):
        at = f'x="{place % columns * width:g}" y="{place // columns * HEIGHT:g}"'
        size = f'width="{width:g}" height="{HEIGHT:g}"'
        canvas.parts.append(chart.replace("<svg ", f"<svg {at} {size} ", 1))
    return canvas.render()


def _height(fan: Fan, top: float, bottom: float) -> Scale:
    ends = [q[k] for q in fan.quantiles for k in (0, -1)]
    known = [v for v in (*fan.past, *ends, *(fan.truth or ())) if math.isfinite(v)] or [0.0]
    low, high = min(known), max(known)
    pad = 0.06 * (high - low) or 0.5
    return Scale(low - pad, high + pad, bottom, top)


def _line(
    canvas: Canvas, values: Sequence[float], start: int, x: Scale, y: Scale, style: str
) -> None:
    for piece in unbroken(values):
        path = polyline([(x(start + k), y(v)) for k, v in piece])
        canvas.add("path", f"line {style}", d=path)
