"""A comparison as plain text, about a hundred columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from fivefold.compare.nouns import Nouns, nouns_of
from fivefold.compare.numerals import DASH, bare, heading
from fivefold.compare.result import Aspect, Comparison, Figure
from fivefold.compare.sheets import Line, sheets
from fivefold.compare.words import COLUMNS

WIDTH = 116
HEADS = {
    "training_speed": ("training", "speed"),
    "parameter_efficiency": ("parameters", "needed"),
    "quality": ("", "quality"),
    "diversity": ("", "diversity"),
    "stability": ("spread over", "seeds"),
}
MOST = 7


def text_table(comparison: Comparison) -> str:
    """The measured table, the figures and the recommendation for a terminal.

    Arguments:
        comparison: everything that was found.

    Returns:
        lines of at most 116 characters, without colour.
    """
    parts = [_measured(comparison)]
    for sheet in sheets(comparison):
        for start in range(0, len(sheet.columns), MOST):
            columns = sheet.columns[start : start + MOST]
            parts.append(_sheet(sheet.group.title, columns, sheet.lines, start))
    parts.append(_advice(comparison))
    return "\n\n".join(parts)


def _measured(comparison: Comparison) -> str:
    """Two lines a family: figures, and words."""
    heads = {**HEADS, **_heads(nouns_of(comparison.data.kind))}
    rows = [["", *(heads[column.key][line] for column in COLUMNS)] for line in (0, 1)]
    for family in comparison.families:
        cells = [family.aspects.get(column.key) for column in COLUMNS]
        star = "* " if family.family == comparison.advice.family else ""
        rows.append([star + family.family, *(_value(cell) for cell in cells)])
        rows.append(["", *(_words(cell) for cell in cells)])
    legend = "first word: measured; after = or ≠: the survey's word; * recommended"
    return f"{_aligned(rows)}\n{legend}"


def _heads(nouns: Nouns) -> dict[str, tuple[str, str]]:
    return {
        "generation_speed": ("generation", f"{nouns.many}/s"),
        "scale": ("growth with", nouns.parts),
    }


def _sheet(title: str, columns: Sequence[Figure], lines: Sequence[Line], start: int) -> str:
    heads = [_wrapped(column) for column in columns]
    deep = max(len(head) for head in heads)
    heads = [[""] * (deep - len(head)) + head for head in heads]
    rows = [[title if i == deep - 1 else "", *(head[i] for head in heads)] for i in range(deep)]
    for line in lines:
        cells = line.cells[start : start + len(columns)]
        name = line.family if line.kind == "family" else line.title.lower()
        rows.append([name, *(bare(c.value, c.unit) if c else DASH for c in cells)])
    return _aligned(rows)


def _advice(comparison: Comparison) -> str:
    advice = comparison.advice
    lines = [advice.headline or "No recommendation was made.", *advice.reasons]
    lines += [f"Mind: {caution}" for caution in advice.cautions]
    text = "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines)
    commands = "\n".join(f"  {line}" for _, line in advice.commands[:2])
    return f"{text}\n\nNext:\n{commands}" if commands else text


def _value(cell: Aspect | None) -> str:
    return DASH if cell is None else bare(cell.figure.value, cell.figure.unit)


def _words(cell: Aspect | None) -> str:
    if cell is None or cell.measured is None:
        return DASH
    if cell.agrees is None:
        return cell.measured
    return f"= {cell.measured}" if cell.agrees else f"{cell.measured} ≠ {cell.survey}"


def _wrapped(column: Figure) -> list[str]:
    unit = heading(column.unit)
    title = column.title.partition(" (")[0]
    return textwrap.wrap(f"{title}, {unit}" if unit else title, 13) or [""]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, the first to the left, the others to the right, under a rule."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    written = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(written)
