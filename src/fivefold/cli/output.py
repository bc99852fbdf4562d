"""What a verb prints on stdout: JSON, or plain text that a person reads."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fivefold.measures.figure import Figure


def print_json(value: Any) -> None:
    """Print the value as JSON; numbers that JSON cannot hold become null."""
    click.echo(
        json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    )


def finite(value: Any) -> Any:
    """The same value, with None for every number that is not finite.

    Example:
        >>> finite({"a": [1.0, float("nan")]})
        {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def outline(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    r"""The lines of a nested mapping, each level set in by two spaces.

    Example:
        >>> print("\n".join(outline({"family": "flow", "rows": {"training": 3}})))
        family: flow
        rows:
          training: 3
    """
    margin = "  " * depth
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield f"{margin}{key}:"
            yield from outline(item, depth + 1)
        elif isinstance(item, list | tuple) and any(isinstance(p, Mapping | str) for p in item):
            yield f"{margin}{key}:"
            for part in item:
                words = part.items() if isinstance(part, Mapping) else [("", part)]
                yield f"{margin}  " + ", ".join(f"{k} {plain(v)}".strip() for k, v in words)
        else:
            yield f"{margin}{key}: {plain(item)}"


def plain(value: Any) -> str:
    """One value in words: numbers short, lists with commas, a dash for nothing.

    Example:
        >>> plain(0.123456), plain([1, 2]), plain(None), plain(32561), plain(True)
        ('0.1235', '1, 2', '-', '32,561', 'yes')
    """
    if value is None or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return str(value)


def figure_rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, str, str]]:
    """The figures as rows of text: title, value, interval, floor and the better direction."""
    rows = [("measure", "value", "interval", "real data", "better")]
    for figure in figures:
        low, high = (quantity(end, figure.unit) for end in (figure.low, figure.high))
        has_interval = figure.low is not None and figure.high is not None
        best = "target" if figure.best is None else f"near {quantity(figure.best, figure.unit)}"
        rows.append(
            (
                figure.title,
                quantity(figure.value, figure.unit),
                f"{low} to {high}" if has_interval else "",
                "" if figure.floor is None else quantity(figure.floor, figure.unit),
                best if figure.better == "target" else figure.better,
            )
        )
    return rows


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit; shares in percent.

    Example:
        >>> quantity(0.0052, "share"), quantity(0.5512, "AUC"), quantity(None, "s")
        ('0.52%', '0.551', '-')
        >>> quantity(41234.5, "rows/s")
        '41,234 rows/s'
    """
    if value is None or not math.isfinite(value):
        return "-"
    if unit == "share":
        return f"{value:.2%}"
    if unit == "AUC":
        return f"{value:.3f}"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return number if unit in {"", "ratio"} else f"{number} {unit}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """The rows as text in columns, the first one to the left, the others to the right.

    Example:
        >>> print(columns([("measure", "value"), ("speed", "12")]))
        measure  value
        speed       12
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
