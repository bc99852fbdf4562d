"""Stretches of series as small plots beside one another: a row for each variable, which share their scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fivefold.plots.canvas import Canvas, Scale, fitted, polyline, written

LEFT, CELL, ROW, GAP, HEAD = 54.0, 128.0, 74.0, 10.0, 20.0
MOST = 6
"""The most variables that are drawn."""

Values = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Stretches:
    """Some stretches of a series.

    Arguments:
        names: of the V variables.
        values: for each stretch V rows of numbers, one a step; NaN where missing.
    """

    names: list[str]
    values: list[Values]


def small_multiples(found: Stretches, title: str, *, style: str = "k1", cell: float = CELL) -> str:
    """Small plots, one for each variable and stretch; empty text where there is none.

    Arguments:
        found: what is drawn; of many variables the first.
        title: read aloud in the picture's place.
        style: the class of the lines' colour.
        cell: the width of one.

    Example:
        >>> drawn = small_multiples(Stretches(["x"], [[[0.0, 1.0, 2.0]], [[2.0, 1.0, 0.0]]]), "two")
        >>> drawn.count("<path"), ">x<" in drawn
        (2, True)
    """
    if not found.values:
        return ""
    names = found.names[:MOST]
    width = LEFT + len(found.values) * (cell + GAP)
    canvas = Canvas(width, len(names) * (ROW + HEAD) + 4, title)
    for row, name in enumerate(names):
        top = row * (ROW + HEAD) + HEAD
        y = _shared([values[row] for values in found.values], top)
        ticks = y.ticks(3)
        canvas.text(LEFT, top - 6, fitted(name, width - LEFT, 11), "name")
        for tick, label in zip(ticks, written(ticks), strict=True):
            canvas.text(LEFT - 6, y(tick) + 3.5, label, "tick e")
        for column, values in enumerate(found.values):
            left = LEFT + column * (cell + GAP)
            for tick in ticks:
                canvas.add("line", "grid", x1=left, x2=left + cell, y1=y(tick), y2=y(tick))
            x = Scale(0, max(1, len(values[row]) - 1), left, left + cell)
            for piece in unbroken(values[row]):
                path = polyline([(x(k), y(v)) for k, v in piece])
                canvas.add("path", f"line {style}", d=path)
    return canvas.render()


def unbroken(values: Sequence[float]) -> list[list[tuple[int, float]]]:
    """The pieces of a line between missing values, as (place, value); a lone value is a dot of a line.

    Example:
        >>> unbroken([1.0, 2.0, math.nan, 3.0])
        [[(0, 1.0), (1, 2.0)], [(3, 3.0), (3, 3.0)]]
    """
    pieces: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if math.isfinite(value):
            pieces[-1].append((place, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece if len(piece) > 1 else piece * 2 for piece in pieces if piece]


def _shared(lines: Sequence[Sequence[float]], top: float) -> Scale:
    known = [value for line in lines for value in line if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    pad = 0.05 * (high - low) or 0.5
    return Scale(low - pad, high + pad, top + ROW - 4, top)
