"""What sequences look like beside each other: how long they are, which units they have, what follows what.

The units are those that the measures judge by: characters and words of a text, atoms of a molecule, activities of a
case. Only shares come out; a unit seen fewer than ten times in the real data is pooled with the other rare ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fivefold.compare.portrait import BINS, RARE, TAIL, WORST, binned
from fivefold.compare.profile import ColumnResult, PairResult, Pairs
from fivefold.measures.units import EDGES, Units, levels_of, numbered

SHOWN, FOLLOWED = 40, 24
REST = "all rarer ones"
DEFINITION = "A cell is the share of the times that its row's {unit} is followed by its column's."
BLANKS = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", "\x00": "␀"}


def likeness(
    real: Sequence[str], made: Mapping[str, Sequence[str]], kind: str
) -> tuple[list[ColumnResult], Pairs]:
    """Lengths, units and successions of real sequences beside synthetic ones.

    Arguments:
        real: real sequences.
        made: synthetic ones by the key of their family.
        kind: what they are.

    Returns:
        the length and the units of each level; and how often one unit follows another.

    Example:
        >>> real = ["abab", "ab"] * 10
        >>> columns, pairs = likeness(real, {"flow": real}, "text")
        >>> [(column.name, column.errors["flow"]) for column in columns], pairs.columns
        ([('length in characters', 0.0), ('characters', 0.0), ('words', 0.0)], ['a', 'b'])
    """
    columns: list[ColumnResult] = []
    pairs = Pairs()
    for place, level in enumerate(levels_of(kind)):
        first, *others = numbered([real, *made.values()], level)
        views = dict(zip(made, others, strict=True))
        if place == 0:
            columns.append(_lengths(first, views, f"length in {level}"))
            pairs = _successions(first, views, level)
        columns.append(_units(first, views, level))
    return columns, pairs


def unit_label(unit: str) -> str:
    r"""A unit as people can see it.

    Example:
        >>> unit_label(" "), unit_label(" a b"), unit_label("\x01\n")
        ('␣', '␣a b', '\\x01⏎')
    """
    inner = unit.strip(" ")
    before, after = (len(unit) - len(side) for side in (unit.lstrip(" "), unit.rstrip(" ")))
    shown = "".join(
        c if c.isprintable() else BLANKS.get(c, c.encode("unicode_escape").decode()) for c in inner
    )
    return f"{'␣' * before}{shown}{'␣' * after if inner else ''}"


def _lengths(real: Units, views: Mapping[str, Units], name: str) -> ColumnResult:
    known = real.lengths.astype(np.float64)
    sides = [view.lengths for view in (real, *views.values()) if view.texts]
    edges = _even([*(np.quantile(side, 1 - TAIL) for side in sides)], min(s.min() for s in sides))
    column = ColumnResult(name, "length", edges=edges.tolist())
    column.labels.extend(f"{edge:g}" for edge in edges)
    column.real.extend(binned(known, edges))
    for family, view in views.items():
        shares = binned(view.lengths.astype(np.float64), edges)
        column.synthetic[family] = shares
        gap = np.cumsum(column.real) - np.cumsum(shares)
        column.errors[family] = float(np.abs(gap).max()) if view.texts else None
    return column


def _even(longest: Sequence[float], shortest: int) -> NDArray[np.float64]:
    """Bins of one width from the shortest length to the longest of any side."""
    span = int(max(longest)) + 1 - int(shortest)
    width = max(1, -(-span // BINS))
    return shortest + width * np.arange(-(-span // width) + 1, dtype=np.float64)


def _units(real: Units, views: Mapping[str, Units], level: str) -> ColumnResult:
    counts = np.bincount(real.inner[0], minlength=len(real.words))
    order = np.argsort(-counts, kind="stable")[:SHOWN]
    kept = order[counts[order] >= min(RARE, int(counts.max()))]
    column = ColumnResult(level, "units")
    column.labels.extend([*(unit_label(real.words[unit]) for unit in kept), REST])
    column.real.extend(_shares(counts, kept))
    for family, view in views.items():
        theirs = np.bincount(view.inner[0], minlength=len(real.words))
        column.synthetic[family] = _shares(theirs, kept)
        gap = np.abs(counts / max(1, counts.sum()) - theirs / max(1, theirs.sum()))
        column.errors[family] = float(gap.sum() / 2) if theirs.sum() else None
    return column


def _shares(counts: NDArray[np.int64], kept: NDArray[np.int64]) -> list[float]:
    total = max(1, int(counts.sum()))
    return [*(counts[kept] / total).tolist(), float((total - counts[kept].sum()) / total)]


def _successions(real: Units, views: Mapping[str, Units], level: str) -> Pairs:
    """How often each of the commonest units follows each other, and what went worst."""
    counts = np.bincount(real.inner[0], minlength=len(real.words))
    kept = np.argsort(-counts, kind="stable")[:FOLLOWED]
    kept = kept[counts[kept] >= min(RARE, int(counts.max()))]
    if len(kept) < 2:
        return Pairs()
    names = [unit_label(real.words[unit]) for unit in kept]
    matrix = _followed(real, kept)
    made = {family: _followed(view, kept) for family, view in views.items()}
    worst = [
        PairResult(names[i], names[j], family, a, b, abs(b - a))
        for family, other in made.items()
        for i in range(len(names))
        for j in range(len(names))
        if (a := matrix[i][j]) is not None and (b := other[i][j]) is not None
    ]
    worst.sort(key=lambda pair: (-pair.error, pair.family, pair.first, pair.second))
    definition = DEFINITION.format(unit=level[:-1] if level != "activities" else "activity")
    return Pairs(names, matrix, made, worst[:WORST], definition)


def _followed(view: Units, kept: NDArray[np.int64]) -> list[list[float | None]]:
    """For each kept unit the shares of the kept units among what follows it; None where it never stands."""
    place = np.full(len(view.words), -1)
    place[kept] = np.arange(len(kept))
    before, after = view.codes[:-1], view.codes[1:]
    inside = (before >= EDGES) & (place[before] >= 0)
    before, after = place[before[inside]], place[after[inside]]
    totals = np.bincount(before, minlength=len(kept))
    both = after >= 0
    joint = np.bincount(before[both] * len(kept) + after[both], minlength=len(kept) ** 2)
    shares = joint.reshape(len(kept), -1) / np.maximum(totals, 1)[:, None]
    return [
        [round(float(v), 4) for v in row] if total else [None] * len(kept)
        for row, total in zip(shares, totals, strict=True)
    ]
