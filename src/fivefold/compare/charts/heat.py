"""A heat map of the association of columns: one small path for each shade, whatever the number of cells."""

from __future__ import annotations

from collections.abc import Sequence

from fivefold.plots.canvas import Canvas, coordinate, fitted

SHADES = 10
MOST = 24


def heat_map(
    title: str,
    columns: Sequence[str],
    matrix: Sequence[Sequence[float | None]],
    *,
    deepest: float = 1.0,
    width: float = 330,
) -> str:
    """A matrix with values in [-1, 1]: two hues for the signs, deeper for larger values.

    Arguments:
        title: what the matrix is, read aloud in its place.
        columns: names of its rows and columns.
        matrix: the values; None is left blank.
        deepest: the value that has the deepest shade.
        width: pixels.

    Returns:
        the SVG; it carries the values (`data-v`, in hundredths) and the names for the page's tooltip.
    """
    n = len(columns)
    if not n:
        return ""
    font = 10.0 if n <= 16 else 8.5
    room = min(96.0, 10 + max(len(name) for name in columns) * font * 0.56)
    cell = (width - room - 2) / n
    canvas = Canvas(width, room + n * cell + 2, title, _told(columns, matrix))
    canvas.add("rect", "empty", x=room, y=room, width=n * cell, height=n * cell)
    for shade, data in _shaded(matrix, room, cell, deepest).items():
        canvas.add("path", shade, d=data)
    for i, name in enumerate(columns):
        middle = room + (i + 0.5) * cell
        label = fitted(name, room - 6, font)
        small = "tick" if n <= 16 else "tick tiny"
        canvas.text(room - 5, middle + font * 0.35, label, f"{small} e")
        canvas.text(middle + font * 0.35, room - 5, label, small, turn=-90)
    values = " ".join(_hundredths(v) for row in matrix for v in row)
    canvas.add(
        "rect", "hit", x=room, y=room, width=n * cell, height=n * cell, **{"data-v": values}
    )
    return canvas.render("heat")


def chosen(real: Sequence[Sequence[float | None]], most: int = MOST) -> list[int]:
    """The columns to draw where there are too many: those most associated with any other.

    Example:
        >>> chosen([[1.0, 0.1, 0.9], [0.1, 1.0, 0.0], [0.9, 0.0, 1.0]], most=2)
        [0, 2]
    """
    strength = [
        max((abs(v) for j, v in enumerate(row) if j != i and v is not None), default=0.0)
        for i, row in enumerate(real)
    ]
    order = sorted(range(len(real)), key=lambda i: -strength[i])
    return sorted(order[:most])


def difference(
    real: Sequence[Sequence[float | None]], made: Sequence[Sequence[float | None]]
) -> list[list[float | None]]:
    """Synthetic less real, None where either is."""
    return [
        [None if a is None or b is None else b - a for a, b in zip(left, right, strict=True)]
        for left, right in zip(real, made, strict=True)
    ]


def _shaded(
    matrix: Sequence[Sequence[float | None]], room: float, cell: float, deepest: float
) -> dict[str, str]:
    """The cells of each shade as one path."""
    side = coordinate(cell - 0.6)
    paths: dict[str, list[str]] = {}
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            shade = 0 if value is None else round(max(-1.0, min(1.0, value / deepest)) * SHADES)
            if shade:
                corner = f"M{coordinate(room + j * cell)} {coordinate(room + i * cell)}"
                style = f"p{shade}" if shade > 0 else f"n{-shade}"
                paths.setdefault(style, []).append(f"{corner}h{side}v{side}h-{side}z")
    return {style: "".join(parts) for style, parts in paths.items()}


def _hundredths(value: float | None) -> str:
    return "x" if value is None else str(round(value * 100))


def _told(columns: Sequence[str], matrix: Sequence[Sequence[float | None]]) -> str:
    """The strongest entry off the diagonal."""
    entries = [
        (abs(v), v, columns[i], columns[j])
        for i, row in enumerate(matrix)
        for j, v in enumerate(row)
        if j > i and v is not None
    ]
    if not entries:
        return ""
    _, value, first, second = max(entries)
    return f"The largest entry is {value:.2f}, between {first} and {second}."
