"""The distribution function of a column, as knots: q_0 < ... < q_K on the lattice, heights p_0 = 0 < ... < p_K = 1.

Between two knots the probability is uniform over the cells of the lattice. There are about a thousand intervals of
equal probability, finer towards both ends where the ranks double, so that heavy tails are kept. A value that holds as
many rows as an interval has an interval of its own cell; nothing but EMPTY lies between two such neighbours.

No interval tells of fewer than k rows, unless they are spread over k or more cells. The largest and the smallest record
are not kept: the outermost knots are chosen so that the uniform distribution over the last interval has the mean of
the k or more records in it, never beyond the records; fewer than k records beyond a value with its own interval count
as that value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fivefold.codecs.lattice import Floats, Ints

KNOTS = 1000
"""The number of intervals, before tails and heavy values are refined."""
EMPTY = 1e-6
"""The rows that an interval without rows counts as, so that F ascends."""


@dataclass
class Group:
    """Neighbouring values first..last (places among the distinct values) with their rows."""

    first: int
    last: int
    rows: int
    exact: bool


def quantiles(values: Ints, counts: Ints, least: int) -> tuple[Ints, Floats]:
    """The knots of F.

    Arguments:
        values: distinct lattice values, ascending, with shape (V,).
        counts: how many rows hold each, with shape (V,), at least `least` in all.
        least: the least number of rows in an interval (k).

    Returns:
        Knots q and heights p, each with shape (K + 1,).

    Example:
        >>> quantiles(np.arange(40), np.ones(40, np.int64), 10)
        (array([ 0, 10, 20, 30, 40]), array([0.  , 0.25, 0.5 , 0.75, 1.  ]))
    """
    groups = _trimmed(_joined(_groups(values, counts, least), values, least), least)
    if len(groups) == 1 and not groups[0].exact:
        return _single(values, counts)
    knots, rows = _intervals(groups, values)
    if not groups[0].exact:
        knots[0] = _outermost(values, counts, groups[0], inner=knots[1], outer=knots[0])
    if not groups[-1].exact:
        knots[-1] = _outermost(values, counts, groups[-1], inner=knots[-2], outer=knots[-1])
    heights = np.concatenate([[0.0], np.cumsum(rows)])
    return np.asarray(knots, np.int64), heights / heights[-1]


def _groups(values: Ints, counts: Ints, least: int) -> list[Group]:
    """Heavy values alone, the others by rank."""
    ends = np.cumsum(counts)
    size = int(ends[-1])
    step = max(least, math.ceil(size / KNOTS))
    doubling = [least << i for i in range(64) if (least << i) < step]
    ranks = [*range(step, size - step + 1, step), *doubling, *(size - rank for rank in doubling)]
    heavy = counts >= step
    alone = np.flatnonzero(heavy)
    cut = np.searchsorted(ends, np.asarray(ranks, np.int64), "right")
    firsts = np.unique(np.concatenate([[0], alone, alone + 1, cut]))
    firsts = firsts[firsts < len(values)]
    lasts = np.append(firsts[1:] - 1, len(values) - 1)
    before = ends - counts
    return [
        Group(first, last, int(ends[last] - before[first]), bool(heavy[first]))
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    ]


def _joined(groups: list[Group], values: Ints, least: int) -> list[Group]:
    """Groups of too few rows on too few cells join the one before, or else the next."""
    kept: list[Group] = []
    carried: Group | None = None
    for group in groups:
        if carried is not None:
            group = Group(carried.first, group.last, carried.rows + group.rows, False)
            carried = None
        small = group.rows < least and values[group.last] - values[group.first] + 1 < least
        if not small:
            kept.append(group)
        elif kept and not kept[-1].exact:
            kept[-1] = Group(kept[-1].first, group.last, kept[-1].rows + group.rows, False)
        else:
            carried = group
    if carried is not None:
        last = kept.pop() if kept else Group(carried.first, carried.last, 0, False)
        kept.append(Group(last.first, carried.last, last.rows + carried.rows, False))
    return kept


def _trimmed(groups: list[Group], least: int) -> list[Group]:
    """Outermost groups of too few rows count to the neighbour."""
    for end, step in ((0, 1), (-1, -1)):
        while len(groups) > 1 and groups[end].rows < least:
            lost = groups.pop(end)
            near = groups[end]
            if near.exact:
                groups[end] = Group(near.first, near.last, near.rows + lost.rows, True)
            elif step > 0:
                groups[end] = Group(lost.first, near.last, near.rows + lost.rows, False)
            else:
                groups[end] = Group(near.first, lost.last, near.rows + lost.rows, False)
    return groups


def _intervals(groups: list[Group], values: Ints) -> tuple[list[int], list[float]]:
    """The ends of the intervals and the rows in each."""
    knots, rows = [int(values[groups[0].first])], []
    for place, group in enumerate(groups):
        start = int(values[group.first])
        if group.exact and knots[-1] < start:
            knots.append(start)
            rows.append(EMPTY)
        after = groups[place + 1] if place + 1 < len(groups) else None
        whole = group.exact or after is None
        knots.append(int(values[group.last]) + 1 if whole else int(values[after.first]))  # type: ignore[union-attr]
        rows.append(float(group.rows))
    return knots, rows


def _single(values: Ints, counts: Ints) -> tuple[Ints, Floats]:
    """One interval with the mean and the spread of all records, not beyond them."""
    middle = float(np.average(values, weights=counts)) + 0.5
    spread = math.sqrt(3 * float(np.average((values + 0.5 - middle) ** 2, weights=counts)))
    low = max(int(values[0]), math.floor(middle - spread))
    high = min(int(values[-1]) + 1, max(math.ceil(middle + spread), low + 1))
    return np.asarray([low, high], np.int64), np.asarray([0.0, 1.0])


def _outermost(values: Ints, counts: Ints, group: Group, *, inner: int, outer: int) -> int:
    """The end of an interval from `inner` whose middle is the mean of its records, not beyond `outer`."""
    inside = slice(group.first, group.last + 1)
    mean = float(np.average(values[inside] - inner, weights=counts[inside])) + 0.5
    end = inner + round(2 * mean)
    return max(min(end, inner - 1), outer) if outer < inner else min(max(end, inner + 1), outer)
