"""A figure as a dot with its interval, one row a family, beside what real data reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fivefold.compare.numerals import number, text
from fivefold.measures.figure import Figure
from fivefold.plots.canvas import Canvas, Scale, colour, written

ROW = 24.0


@dataclass(frozen=True)
class Row:
    """One row of a dot plot: who, and its figure (None is a dash)."""

    family: str
    label: str
    figure: Figure | None


def dot_plot(
    title: str, rows: Sequence[Row], *, floor: float | None = None, width: float = 330
) -> str:
    """Every family's figure with its interval, and real against real as a line.

    Arguments:
        title: what is measured.
        rows: families from top to bottom.
        floor: the figure between two real samples.
        width: pixels.

    Returns:
        the SVG, empty text where nothing was measured.
    """
    measured = [r.figure for r in rows if r.figure is not None and r.figure.value is not None]
    if not measured:
        return ""
    height = 8 + len(rows) * ROW + 26
    left, right, bottom = 112.0, width - 12, height - 24
    x = _scale(measured, floor, left, right)
    canvas = Canvas(width, height, title, _told(rows, floor))
    ticks = x.ticks(4)
    for value, label in zip(ticks, written(ticks, measured[0].unit), strict=True):
        canvas.add("line", "grid", x1=x(value), x2=x(value), y1=4, y2=bottom)
        canvas.text(x(value), bottom + 16, label, "tick m")
    if floor is not None:
        tip = f"real against real: {number(floor, measured[0].unit)}"
        canvas.add("line", "goal", tip, x1=x(floor), x2=x(floor), y1=0, y2=bottom)
    for i, row in enumerate(rows):
        _row(canvas, row, x, 8 + (i + 0.5) * ROW, left)
    return canvas.render("dots")


def _row(canvas: Canvas, row: Row, x: Scale, y: float, left: float) -> None:
    style, figure = colour(row.family), row.figure
    canvas.text(left - 10, y + 4, row.label, "label e")
    if figure is None or figure.value is None:
        canvas.text(left + 2, y + 4, "–", "tick")
        return
    if figure.low is not None and figure.high is not None:
        canvas.add("line", f"{style} whisker", x1=x(figure.low), x2=x(figure.high), y1=y, y2=y)
    canvas.mark(x(figure.value), y, style, f"{row.label}: {text(figure)}")


def _scale(figures: Sequence[Figure], floor: float | None, left: float, right: float) -> Scale:
    """From the smallest to the largest value shown, to 0 where that is near, with a little air."""
    ends = [v for f in figures for v in (f.value, f.low, f.high) if v is not None]
    ends += [floor] if floor is not None else []
    ends = [v for v in ends if math.isfinite(v)]
    low, high = min(ends), max(ends)
    if figures[0].better == "target" and figures[0].best is not None:
        low, high = min(low, figures[0].best), max(high, figures[0].best)
    elif 0 <= low < (high - low) * 1.5:
        low = 0.0
    air = (high - low or abs(high) or 1.0) * 0.05
    return Scale(low if low == 0 else low - air, high + air, left, right)


def _told(rows: Sequence[Row], floor: float | None) -> str:
    parts = [f"{r.label} {text(r.figure)}" for r in rows if r.figure is not None]
    if floor is not None:
        unit = next((r.figure.unit for r in rows if r.figure), "")
        parts.append(f"real against real {number(floor, unit)}")
    return "; ".join(parts) + "."
