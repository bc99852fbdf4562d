"""Curves of real data with those of synthetic data drawn over them, small and several in a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fivefold.plots.canvas import Canvas, Scale, fitted, polyline, written

WIDTH, HEIGHT, LEFT = 300.0, 130.0, 44.0
DEPTH = 1e-4
"""How far below the highest value a logarithmic axis goes."""


@dataclass(frozen=True)
class Overlay:
    """Curves over one axis: the first is of real data.

    Arguments:
        title: what they show.
        curves: values at even places.
        log: whether heights are logarithmic.
        ends: what stands at the ends of the axis.
    """

    title: str
    curves: list[list[float]]
    log: bool = False
    ends: tuple[str, str] = ("", "")


def overlays(found: Sequence[Overlay], title: str, *, style: str = "k1") -> str:
    """Overlays in two columns.

    Arguments:
        found: what is drawn.
        title: read aloud in the picture's place.
        style: the class of the colour of what was made.

    Example:
        >>> drawn = overlays([Overlay("lags", [[1.0, 0.5], [1.0, 0.2]])], "rhythm", style="k4")
        >>> drawn.count("<path"), drawn.count("k4")
        (2, 1)
    """
    canvas = Canvas(2 * WIDTH, -(-len(found) // 2) * HEIGHT, title)
    for number, overlay in enumerate(found):
        _drawn(canvas, overlay, number % 2 * WIDTH, number // 2 * HEIGHT, style)
    return canvas.render()


def _drawn(canvas: Canvas, overlay: Overlay, x0: float, y0: float, style: str) -> None:
    left, right, top, bottom = x0 + LEFT, x0 + WIDTH - 10, y0 + 22, y0 + HEIGHT - 22
    y = _height(overlay, top, bottom)
    canvas.text(left, y0 + 13, fitted(overlay.title, right - left, 11), "name")
    ticks = y.ticks(4)
    labels = [f"{t:g}" for t in ticks] if overlay.log else written(ticks)
    for tick, label in zip(ticks, labels, strict=True):
        canvas.add("line", "grid", x1=left, x2=right, y1=y(tick), y2=y(tick))
        canvas.text(left - 5, y(tick) + 3.5, label, "tick e")
    canvas.text(left, bottom + 14, overlay.ends[0], "tick")
    canvas.text(right, bottom + 14, overlay.ends[1], "tick e")
    for place, curve in enumerate(overlay.curves):
        x = Scale(0, max(1, len(curve) - 1), left, right)
        path = polyline(
            [(x(k), y(max(v, y.low) if overlay.log else v)) for k, v in enumerate(curve)]
        )
        canvas.add("path", f"line {style if place else 'k6'}", d=path)


def _height(overlay: Overlay, top: float, bottom: float) -> Scale:
    known = [v for curve in overlay.curves for v in curve if math.isfinite(v)] or [0.0]
    low, high = min(known), max(known)
    if overlay.log:
        high = max(high, 1e-9)
        return Scale(
            max(min(v for v in (*known, high) if v > 0), high * DEPTH), high, bottom, top, log=True
        )
    pad = 0.05 * (high - low) or 0.5
    return Scale(low - pad, high + pad, bottom, top)
