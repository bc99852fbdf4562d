"""What every chart is drawn with: an SVG under construction, scales with round ticks, a colour for each family.

Colours, strokes and fonts are CSS classes of the page (`k1` is the first family's colour), so that one drawing serves
light, dark and paper. Coordinates are rounded to a tenth of a pixel, which keeps a page small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from fivefold.plots.digits import short

COLOURS = {
    "real": "k0",
    "synthetic": "k1",
    "autoregressive": "k1",
    "adversarial": "k2",
    "variational": "k3",
    "flow": "k4",
    "diffusion": "k5",
}
MARKS = {"k1": "circle", "k2": "square", "k3": "up", "k4": "diamond", "k5": "down"}
LETTER = 0.56


def colour(family: str) -> str:
    """The class of a family's colour; `k6`, a neutral one, for whatever is no family of the five."""
    return COLOURS.get(family, "k6")


def coordinate(value: float) -> str:
    """A coordinate as few characters.

    Example:
        >>> coordinate(12.0), coordinate(3.14159), coordinate(-0.01)
        ('12', '3.1', '0')
    """
    written = f"{value:.1f}"
    written = written[:-2] if written.endswith(".0") else written
    return "0" if written == "-0" else written


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """Path data through the points."""
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)


def fitted(text: str, width: float, font: float) -> str:
    """The text, cut with an ellipsis where it is wider than so many pixels.

    Example:
        >>> fitted("occupation", 100, 11), fitted("a very long category name", 60, 11)
        ('occupation', 'a very l…')
    """
    room = max(2, int(width / (font * LETTER)))
    text = " ".join(text.split())
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


@dataclass
class Canvas:
    """An SVG under construction.

    Arguments:
        width, height: the size of the view box in pixels.
        title: what the picture shows, in one sentence; read aloud in its place.
        description: what is to be seen in it.
    """

    width: float
    height: float
    title: str
    description: str = ""
    parts: list[str] = field(default_factory=list)

    def add(self, tag: str, style: str = "", tip: str = "", **attributes: float | str) -> None:
        """One element: numbers are rounded, everything else is escaped."""
        written = "".join(
            f' {name}="{escape(value) if isinstance(value, str) else coordinate(value)}"'
            for name, value in attributes.items()
        )
        style = f' class="{style}"' if style else ""
        tip = f' data-t="{escape(tip)}"' if tip else ""
        self.parts.append(f"<{tag}{style}{written}{tip}/>")

    def text(self, x: float, y: float, content: str, style: str = "", turn: float = 0) -> None:
        """Text with its baseline at y; `e` and `m` in the style anchor it at its end or middle."""
        turned = f' transform="rotate({coordinate(turn)} {coordinate(x)} {coordinate(y)})"'
        place = f'x="{coordinate(x)}" y="{coordinate(y)}"{turned if turn else ""}'
        style = f' class="{style}"' if style else ""
        self.parts.append(f"<text{style} {place}>{escape(content)}</text>")

    def mark(self, x: float, y: float, style: str, tip: str = "", size: float = 4.5) -> None:
        """A point whose shape tells the families apart without colour."""
        shape = MARKS.get(style.split()[0], "circle")
        if shape == "circle":
            self.add("circle", f"{style} dot", tip, cx=x, cy=y, r=size)
            return
        s = size * 1.15
        corners = {
            "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
            "up": [(0, -1.1), (1.1, 0.85), (-1.1, 0.85)],
            "down": [(0, 1.1), (1.1, -0.85), (-1.1, -0.85)],
            "diamond": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
        }[shape]
        path = polyline([(x + s * dx, y + s * dy) for dx, dy in corners]) + "Z"
        self.add("path", f"{style} dot", tip, d=path)

    def group(self, style: str) -> None:
        """Open a group; close it with `end`."""
        self.parts.append(f'<g class="{style}">')

    def clip(self, x: float, y: float, width: float, height: float) -> None:
        """Open a window outside of which nothing is seen; close it with `end("svg")`."""
        w, h = coordinate(width), coordinate(height)
        box = f"{coordinate(x)} {coordinate(y)} {w} {h}"
        place = f'x="{coordinate(x)}" y="{coordinate(y)}" width="{w}" height="{h}"'
        self.parts.append(f'<svg {place} viewBox="{box}">')

    def end(self, tag: str = "g") -> None:
        """Close a group or a window."""
        self.parts.append(f"</{tag}>")

    def render(self, style: str = "") -> str:
        """The whole picture."""
        box = f"0 0 {coordinate(self.width)} {coordinate(self.height)}"
        title = f"<title>{escape(self.title)}</title>"
        more = f"<desc>{escape(self.description)}</desc>" if self.description else ""
        named = f"chart {style}".strip()
        head = f'<svg class="{named}" role="img" viewBox="{box}">'
        return f"{head}{title}{more}{''.join(self.parts)}</svg>"


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic map from values to pixels.

    Example:
        >>> scale = Scale(0, 10, 100, 200)
        >>> scale(5), scale.ticks(3)
        (150.0, [0.0, 5.0, 10.0])
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        if self.log:
            value, low, high = (math.log(max(v, 1e-12)) for v in (value, self.low, self.high))
        else:
            low, high = self.low, self.high
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values inside the scale, at most about so many."""
        return self._log_ticks(most) if self.log else self._linear_ticks(most)

    def _linear_ticks(self, most: int) -> list[float]:
        span = self.high - self.low
        if span <= 0 or not math.isfinite(span):
            return [self.low]
        rough = span / max(most, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(k * step, 12) for k in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1, 2, 5), (1, 3), (1,)):
            ticks = [m * 10.0**p for p in powers for m in steps]
            inside = [t for t in ticks if self.low * 0.999 <= t <= self.high * 1.001]
            if len(inside) <= most:
                return inside
        return inside[:: math.ceil(len(inside) / most)]


def spread_apart(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Heights near the wanted ones, which ascend, that keep a gap and stay within the picture.

    Example:
        >>> spread_apart([10, 12, 90], 14, 0, 100)
        [10, 24, 90]
        >>> spread_apart([98, 99], 14, 0, 100)
        [86, 100]
    """
    placed: list[float] = []
    for value in wanted:
        placed.append(max(value, placed[-1] + gap) if placed else max(value, top))
    for i in range(len(placed) - 1, -1, -1):
        limit = bottom if i == len(placed) - 1 else placed[i + 1] - gap
        placed[i] = min(placed[i], limit)
    return placed


def written(ticks: Sequence[float], unit: str = "") -> list[str]:
    """The ticks of one axis with the same number of digits.

    Example:
        >>> written([0.0, 0.05, 0.1], "share"), written([0.9, 0.95, 1.0]), written([0.0, 20000.0])
        (['0%', '5%', '10%'], ['0.90', '0.95', '1.00'], ['0', '20 k'])
    """
    if unit == "share":
        return [f"{value}%" for value in written([t * 100 for t in ticks])]
    if any(abs(t) >= 10_000 for t in ticks):
        return [short(t) for t in ticks]
    decimals = max((_decimals(t) for t in ticks), default=0)
    return [f"{t:.{decimals}f}" for t in ticks]


def _decimals(value: float) -> int:
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1
