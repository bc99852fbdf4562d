"""What both pages share: the templates, the words their filters write, and the pictures of pairs.

Every value reaches a page through Jinja's escaping or through the charts' own; the style and the script are part of
the page, and its content security policy forbids whatever is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fivefold.compare import numerals
from fivefold.compare.advice import named
from fivefold.compare.charts import distribution, heat_map
from fivefold.compare.charts.heat import chosen, difference
from fivefold.compare.likeness import BLANKS
from fivefold.compare.phrases import Phrases
from fivefold.compare.result import ColumnResult, Comparison, FamilyResult, Figure, Pairs
from fivefold.compare.sheets import Line
from fivefold.plots.canvas import Canvas, colour

TEMPLATES = Path(__file__).parent / "templates"
GAP = 0.2
HEAT = ((0.2, "e4"), (0.1, "e3"), (0.05, "e2"), (0.02, "e1"))


@dataclass(frozen=True)
class Heats:
    """The heat maps of a page: real, and for each family its own and the difference."""

    names: list[str]
    left: int
    deepest: float
    real: str
    made: list[tuple[FamilyResult, str, str]]


def render(template: str, **parts: Any) -> str:
    """A page from a template of this package."""
    from fivefold import __version__

    return environment().get_template(template).render(version=__version__, **parts)


@cache
def environment() -> Environment:
    """The templates with their filters; everything is escaped that is not marked as safe."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        bare=numerals.bare,
        anchor=lambda name: re.sub(r"\W+", "-", name),
        bodies=bodies,
        colour=colour,
        count=numerals.count,
        counted=counted,
        day=day,
        endings=endings,
        family_title=family_title,
        heading=numerals.heading,
        heat=heat,
        two=two,
        interval=numerals.interval,
        number=numerals.number,
        plain=plain,
        readable=readable,
        said=said,
    )
    made.globals.update(gap=GAP, distribution=distribution, mark=mark)
    return made


def pair_maps(pairs: Pairs, families: Sequence[FamilyResult], phrases: Phrases) -> Heats | None:
    """The heat maps of the pairs, of the most associated columns where there are many."""
    if not pairs.columns or not pairs.real:
        return None
    kept = chosen(pairs.real)
    names = [pairs.columns[i] for i in kept]

    def part(matrix: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
        return [[matrix[i][j] for j in kept] for i in kept]

    real = part(pairs.real)
    made = []
    for family in families:
        matrix = pairs.synthetic.get(family.family)
        own = part(matrix) if matrix else [[None] * len(kept) for _ in kept]
        title = f"{phrases.pair}, {family.title}"
        made.append(
            (
                family,
                heat_map(title, names, own, deepest=phrases.deepest),
                heat_map(f"{title}, less real", names, difference(real, own), deepest=GAP),
            )
        )
    left = len(pairs.columns) - len(kept)
    drawn = heat_map(f"{phrases.pair}, real", names, real, deepest=phrases.deepest)
    return Heats(names, left, phrases.deepest, drawn, made)


def by_error(columns: Sequence[ColumnResult], family: str | None) -> list[ColumnResult]:
    """The columns, those with the largest error of the family (or of any) first."""

    def worst(column: ColumnResult) -> float:
        own = column.errors.get(family or "")
        known = [e for e in column.errors.values() if e is not None]
        return -(own if own is not None else max(known, default=-1.0))

    return sorted(columns, key=worst)


def mark(style: str) -> str:
    """The mark of a family, as it stands in the charts."""
    canvas = Canvas(12, 12, "")
    if style != "k0":
        canvas.mark(0, 0, style, size=4.2)
    return "".join(canvas.parts).replace(' dot"', '" style="fill:var(--c)"')


def bodies(lines: Sequence[Line]) -> list[tuple[list[Line], str]]:
    """The rows of a table: those that are sorted, and those that stay below."""
    body = [line for line in lines if line.kind == "family"]
    foot = [line for line in lines if line.kind != "family"]
    return [(body, "tbody"), (foot, "tfoot")] if foot else [(body, "tbody")]


def plain(value: float | None) -> str:
    """A number without a unit.

    Example:
        >>> plain(0.5), plain(0.3125), plain(None), plain(1.0)
        ('0.5', '0.31', '–', '1')
    """
    return numerals.DASH if value is None else f"{round(value, 2):g}"


def two(value: float | None) -> str:
    """A number with two decimals.

    Example:
        >>> two(0.1), two(-0.3125)
        ('0.10', '−0.31')
    """
    return numerals.DASH if value is None else f"{value:.2f}".replace("-", numerals.MINUS)


def readable(text: str) -> str:
    r"""A sample as it can be shown: what would not be seen is marked, lines stay lines.

    Example:
        >>> readable("a\x00b\n")
        'a␀b\n'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else BLANKS.get(c, "\N{REPLACEMENT CHARACTER}")
        for c in text
    )


def said(value: Any) -> str:
    """What a codec says of the data, as one phrase.

    Example:
        >>> said(1797), said("8 x 8"), said(["temp", "wind"]), said({"hour": 24}), said(None)
        ('1,797', '8 x 8', 'temp, wind', 'hour (24)', '–')
    """
    if isinstance(value, dict):
        return ", ".join(f"{name} ({said(part)})" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value))
    return numerals.count(value) if value is None or isinstance(value, int | float) else str(value)


def counted(number: int, one: str, many: str) -> str:
    """A count with its noun; small counts are written as words.

    Example:
        >>> counted(5, "family", "families"), counted(1, "core", "cores"), counted(12, "row", "rows")
        ('five families', 'one core', '12 rows')
    """
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return f"{words[number] if 0 <= number <= 10 else number} {one if number == 1 else many}"


def day(date: str) -> str:
    """A date as people write it.

    Example:
        >>> day("2026-11-22T22:45:00+00:00"), day("yesterday")
        ('22 November 2026', 'yesterday')
    """
    try:
        known = dt.datetime.fromisoformat(date)
    except ValueError:
        return date
    return f"{known.day} {known:%B %Y}"


def heat(error: float | None) -> str:
    """The class of a cell's shade."""
    return next((style for limit, style in HEAT if error is not None and error >= limit), "e0")


def family_title(key: str, comparison: Comparison) -> str:
    """A family in a sentence, by its key."""
    return next((named(f) for f in comparison.families if f.family == key), key or "a model")


def endings(family: FamilyResult) -> str:
    """How the runs of a family ended, in one line."""
    ends = [
        f"seed {run.seed}: {numerals.count(run.steps)} steps in {numerals.seconds(run.cpu_seconds)}, "
        + ("diverged" if run.diverged else run.stopped_because or "finished")
        for run in family.runs
    ]
    return "; ".join(ends)


def defined(figures: Sequence[Figure]) -> list[Figure]:
    """One figure of each name, in order."""
    return list({figure.name: figure for figure in figures}.values())
