"""How one thing grows with another on logarithmic axes: quality with parameters, time with columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fivefold.compare.numerals import seconds, short
from fivefold.plots.canvas import Canvas, Scale, colour, polyline, spread_apart, written

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Series:
    """One family's points in order of x."""

    family: str
    points: Points


def growth(
    title: str,
    series: Sequence[Series],
    *,
    across: str,
    log: bool = False,
    width: float = 330,
    height: float = 220,
) -> str:
    """A line a family against a logarithmic axis, labelled at its end.

    Arguments:
        title: what is shown.
        series: one for each family; those without points are left out.
        across: the name of the x axis.
        log: whether y is a time on a logarithmic axis; else a score.
        width: pixels.
        height: pixels.

    Returns:
        the SVG, empty text where no family has two points.
    """
    shown = [s for s in series if len(s.points) > 1]
    if not shown:
        return ""
    x_values = [x for s in shown for x, _ in s.points]
    y_values = [y for s in shown for _, y in s.points]
    left, right, top, bottom = 46.0, width - 110, 10.0, height - 34
    x = Scale(min(x_values), max(x_values) * 1.0001, left + 4, right, log=True)
    air = (max(y_values) - min(y_values) or 0.1) * 0.06
    low, high = (
        (min(y_values), max(y_values)) if log else (min(y_values) - air, max(y_values) + air)
    )
    y = Scale(low, high if high > low else low * 2, bottom, top, log=log)
    canvas = Canvas(width, height, title, _told(shown))
    ticks = y.ticks(5)
    labels = [seconds(t) for t in ticks] if log else written(ticks)
    for value, label in zip(ticks, labels, strict=True):
        canvas.add("line", "grid", x1=left, x2=right, y1=y(value), y2=y(value))
        canvas.text(left - 6, y(value) + 3.5, label, "tick e")
    for value in x.ticks(4):
        canvas.text(x(value), bottom + 16, short(value), "tick m")
    canvas.text((left + right) / 2, height - 2, across, "note m")
    for s in shown:
        _line(canvas, s, x, y, log)
    _names(canvas, shown, x, y, top, bottom)
    return canvas.render()


def _line(canvas: Canvas, series: Series, x: Scale, y: Scale, log: bool) -> None:
    style = colour(series.family)
    places = [(x(a), y(b)) for a, b in series.points]
    canvas.add("path", f"{style} line", d=polyline(places))
    for (a, b), (px, py) in zip(series.points, places, strict=True):
        value = seconds(b) if log else f"{b:.3f}"
        canvas.mark(px, py, style, f"{series.family}, {short(a)}: {value}", 3.5)


def _names(
    canvas: Canvas, series: Sequence[Series], x: Scale, y: Scale, top: float, bottom: float
) -> None:
    order = sorted(series, key=lambda s: y(s.points[-1][1]))
    wanted = [y(s.points[-1][1]) for s in order]
    for s, at, to in zip(order, wanted, spread_apart(wanted, 14, top + 4, bottom), strict=True):
        style = colour(s.family)
        end = x(s.points[-1][0])
        canvas.add("path", f"{style} lead", d=polyline([(end + 5, at), (x.end + 12, to)]))
        canvas.text(x.end + 15, to + 4, s.family.capitalize(), f"{style} name")


def _told(series: Sequence[Series]) -> str:
    parts = [f"{s.family} from {s.points[0][1]:.3g} to {s.points[-1][1]:.3g}" for s in series]
    return "; ".join(parts) + "."
