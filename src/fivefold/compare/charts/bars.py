"""How the values of a column are shared out: real as filled bars, synthetic drawn over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fivefold.compare.numerals import percent, short
from fivefold.compare.profile import ColumnResult
from fivefold.plots.canvas import (
    Canvas,
    Scale,
    colour,
    coordinate,
    fitted,
    polyline,
    written,
)

MOST = 7
ROW = 17.0
SPIKE, CUT = 6.0, 2.5


def distribution(
    column: ColumnResult, families: Sequence[str], *, tips: bool = True, width: float = 300
) -> str:
    """One column, real against each family; the page shows one family at a time.

    Arguments:
        column: shares of bins or labels.
        families: the order of the families; the i-th is drawn in the group `s s<i>`.
        tips: whether each bar says its numbers when pointed at; left out on very wide tables.
        width: pixels.

    Returns:
        the SVG, empty text where the column has no shares.
    """
    if not column.real or not any(math.isfinite(v) for v in column.real):
        return ""
    if column.edges and len(column.edges) == len(column.real) + 1:
        return _histogram(column, families, tips, width)
    return _bars(column, families, tips, width)


def _histogram(
    column: ColumnResult, families: Sequence[str], tips: bool, width: float, height: float = 144
) -> str:
    """Bins as bars side by side, the synthetic shares as a staircase over them."""
    left, right, top, bottom = 4.0, width - 4, 8.0, height - 20
    highest = _cut(column)
    y = Scale(0, highest, bottom, top)
    edges = _bin_edges(column.edges, left, right)
    canvas = Canvas(width, height, f"Distribution of {column.name}", _told(column, families))
    canvas.add(
        "path", "k0 bar", d=_filled(edges, [y(min(v, highest)) for v in column.real], bottom)
    )
    for index, family in enumerate(families):
        shares = column.synthetic.get(family)
        if shares:
            canvas.group(f"s s{index}")
            outline = _outline(edges, [y(min(v, highest)) for v in shares], bottom)
            canvas.add("path", f"{colour(family)} line", d=outline)
            canvas.end()
    for i, share in enumerate(column.real):
        if share > highest:
            _broken(canvas, edges[i], edges[i + 1], top, percent(share))
    canvas.add("line", "axis", x1=left, x2=right, y1=bottom, y2=bottom)
    labels = _edge_labels(column)
    for place, anchor in ((0, ""), (len(edges) // 2, " m"), (-1, " e")):
        label = fitted(labels[place], width / 3.2, 11)
        canvas.text(edges[place], bottom + 15, label, f"tick{anchor}")
    if tips:
        names = [f"{a} to {b}" for a, b in pairwise(labels)]
        for i, tip in enumerate(_tips(column, names, families)):
            wide = edges[i + 1] - edges[i]
            canvas.add("rect", "hit", tip, x=edges[i], y=top, width=wide, height=bottom - top)
    return canvas.render("hist")


def _bars(column: ColumnResult, families: Sequence[str], tips: bool, width: float) -> str:
    """One row a label, the commonest first; the rest pooled in the last row."""
    column = _pooled(column)
    rows = len(column.real)
    top, height = 4.0, 4 + rows * ROW + 4
    left, right = width * 0.36, width - 46
    x = Scale(0, _highest(column), left, right)
    canvas = Canvas(width, height, f"Distribution of {column.name}", _told(column, families))
    heights = [top + i * ROW for i in range(rows)]
    bars = "".join(
        f"M{coordinate(left)} {coordinate(t + 3)}H{coordinate(x(v))}v{coordinate(ROW - 6)}"
        f"H{coordinate(left)}z"
        for t, v in zip(heights, column.real, strict=True)
    )
    canvas.add("path", "k0 bar", d=bars)
    for t, label, value in zip(heights, column.labels, column.real, strict=True):
        canvas.text(left - 6, t + ROW - 5, fitted(label or "(empty)", left - 6, 11), "tick e")
        canvas.text(width - 2, t + ROW - 5, percent(value), "tick e")
    for index, family in enumerate(families):
        shares = column.synthetic.get(family)
        if shares:
            ticks = "".join(
                f"M{coordinate(x(v))} {coordinate(t + 1)}v{coordinate(ROW - 2)}"
                for t, v in zip(heights, shares, strict=True)
            )
            canvas.group(f"s s{index}")
            canvas.add("path", f"{colour(family)} line heavy", d=ticks)
            canvas.end()
    if tips:
        for t, tip in zip(heights, _tips(column, column.labels, families), strict=True):
            canvas.add("rect", "hit", tip, x=0, y=t, width=width, height=ROW)
    return canvas.render("bars")


def _pooled(column: ColumnResult) -> ColumnResult:
    """The column with its commonest labels, all others as one."""
    order = sorted(range(len(column.real)), key=lambda i: -column.real[i])
    if len(order) <= MOST + 1 and column.kind.startswith("order"):
        order = list(range(len(column.real)))
    names = column.labels or [str(i) for i in range(len(column.real))]
    kept, rest = order[:MOST], order[MOST:]
    if len(rest) == 1:
        kept, rest = order, []

    def shares(values: Sequence[float]) -> list[float]:
        pooled = [values[i] for i in kept]
        return [*pooled, sum(values[i] for i in rest)] if rest else pooled

    labels = [names[i] for i in kept] + ([f"{len(rest)} others"] if rest else [])
    synthetic = {
        family: shares(values)
        for family, values in column.synthetic.items()
        if len(values) == len(column.real)
    }
    return ColumnResult(
        column.name, column.kind, labels, [], shares(column.real), synthetic, column.errors
    )


def _highest(column: ColumnResult) -> float:
    """The top of the axis: what is real always fits, a wild synthetic spike is cut at twice it."""
    real = max(column.real)
    made = max((max(v, default=0.0) for v in column.synthetic.values()), default=0.0)
    return max(real, min(made, 2 * real)) or 1.0


def _cut(column: ColumnResult) -> float:
    """The top of a histogram: below a spike that would flatten all other bins."""
    first, second = sorted([*column.real, 0.0], reverse=True)[:2]
    return CUT * second if second > 0 and first > SPIKE * second else _highest(column)


def _broken(canvas: Canvas, left: float, right: float, top: float, share: str) -> None:
    """A gap across a bar that is higher than the picture, and its share beside it."""
    slant = [
        (left - 1, top + 14),
        (right + 1, top + 9),
        (right + 1, top + 12),
        (left - 1, top + 17),
    ]
    canvas.add("path", "gap", d=polyline(slant) + "Z")
    near_end = right > canvas.width * 0.7
    canvas.text(
        left - 4 if near_end else right + 4, top + 9, share, "tick e" if near_end else "tick"
    )


def _bin_edges(edges: Sequence[float], left: float, right: float) -> list[float]:
    """Pixels of the edges: in proportion where bins have about one width, else one step a bin."""
    widths = [b - a for a, b in pairwise(edges)]
    if min(widths) > 0 and max(widths) <= 1.5 * min(widths):
        scale = Scale(edges[0], edges[-1], left, right)
        return [scale(edge) for edge in edges]
    steps = Scale(0, len(edges) - 1, left, right)
    return [steps(i) for i in range(len(edges))]


def _edge_labels(column: ColumnResult) -> list[str]:
    if len(column.labels) == len(column.edges):
        return column.labels
    span = column.edges[-1] - column.edges[0]
    if max(abs(e) for e in column.edges) < 10_000 and span >= 20:
        return written([round(edge) for edge in column.edges])
    return [short(edge) for edge in column.edges]


def _filled(edges: Sequence[float], tops: Sequence[float], bottom: float) -> str:
    """Bars with a hair of space between them."""
    return "".join(
        f"M{coordinate(a + 0.5)} {coordinate(bottom)}V{coordinate(t)}H{coordinate(b - 0.5)}"
        f"V{coordinate(bottom)}z"
        for a, b, t in zip(edges[:-1], edges[1:], tops, strict=True)
    )


def _outline(edges: Sequence[float], tops: Sequence[float], bottom: float) -> str:
    """A staircase over the bins."""
    points = [(edges[0], bottom)]
    for a, b, t in zip(edges[:-1], edges[1:], tops, strict=True):
        points += [(a, t), (b, t)]
    return polyline([*points, (edges[-1], bottom)])


def _tips(column: ColumnResult, names: Sequence[str], families: Sequence[str]) -> list[str]:
    """What each bar says: the real share and each family's."""
    made = [(f, column.synthetic[f]) for f in families if f in column.synthetic]
    return [
        "\n".join([name, f"real {percent(real)}", *(f"{f} {percent(v[i])}" for f, v in made)])
        for i, (name, real) in enumerate(zip(names, column.real, strict=True))
    ]


def _told(column: ColumnResult, families: Sequence[str]) -> str:
    """The picture in words: the error of each family."""
    errors = [
        f"{family} {percent(error)}"
        for family in families
        if (error := column.errors.get(family)) is not None
    ]
    return f"Column-shape error: {', '.join(errors)}." if errors else ""
