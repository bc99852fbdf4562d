"""A drawing as a file of its own: with the colours that a page would give it, for light and for dark."""

from __future__ import annotations

import re

LIGHT = {
    "paper": "#fff",
    "ink": "#1c1e22",
    "soft": "#5d636d",
    "hair": "#e9e6de",
    "k1": "#1c6bb0",
    "k2": "#c44f12",
    "k6": "#6b6f77",
}
DARK = {
    "paper": "#1b1e24",
    "ink": "#eceae4",
    "soft": "#a5abb6",
    "hair": "#292d35",
    "k1": "#62aef0",
    "k2": "#ff9a5c",
    "k6": "#a5abb6",
}
RULES = """
svg{background:var(--paper);font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}
text{fill:var(--ink)}.tick,.note{fill:var(--soft)}.name{font-weight:600}.e{text-anchor:end}.m{text-anchor:middle}
.k1{--c:var(--k1)}.k2{--c:var(--k2)}.k6{--c:var(--k6)}
.grid{stroke:var(--hair);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.band{fill:var(--c);opacity:.16}
"""
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def standalone(svg: str) -> str:
    """A drawing of `Canvas.render` with its name space, its size and its style: as a file holds it.

    Example:
        >>> from fivefold.plots.canvas import Canvas
        >>> standalone(Canvas(40, 20, "nothing").render())[:60]
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="2'
    """
    found = BOX.search(svg)
    assert found is not None
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{found[1]}" height="{found[2]}"'
    style = f"{_variables(LIGHT)}@media(prefers-color-scheme:dark){{{_variables(DARK)}}}{RULES}"
    opened, rest = svg.split(">", 1)
    return f"{head}{opened.removeprefix('<svg')}><style>{style}</style>{rest}"


def _variables(colours: dict[str, str]) -> str:
    return "svg{" + ";".join(f"--{name}:{value}" for name, value in colours.items()) + "}"
