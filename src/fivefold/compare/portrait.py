"""What tables look like beside each other: the shares of values in every column, the association of pairs.

Only aggregates come out. A category seen fewer than ten times in the real data is pooled with the other rare ones, so
that no report prints what one person alone has; the range of a number ends at its 0.5% and 99.5% quantiles for the
same reason, and what lies beyond counts in the outermost bins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.schema import Schema
from fivefold.compare.association import DEFINITION, associations
from fivefold.compare.profile import ColumnResult, Examples, PairResult, Pairs
from fivefold.measures.frame import Frame, frames
from fivefold.measures.trends import column_errors, column_names, sides

RARE = 10
BINS = 24
FEW = 8
TAIL = 0.005
CROWDED = 0.6
EXAMPLES = 10
ROWS = 10_000
RARE_LABEL = "rare values"
COLUMNS = 40
WORST = 30
Floats = NDArray[np.float64]


def portrait(
    real: pa.Table,
    made: Mapping[str, pa.Table],
    *,
    schema: Schema | None = None,
    order: Sequence[str] | None = None,
    seed: int = 0,
) -> tuple[list[ColumnResult], Pairs]:
    """The columns and pairs of a real table beside one or more synthetic ones.

    Arguments:
        real: the table that was learned from.
        made: synthetic tables by the key of their family.
        schema: the kinds of the real table's columns.
        order: names of columns, in the order wanted; the table's own without it.
        seed: draws the rows that associations are taken on, at most 10,000 of each table.

    Returns:
        every column that is judged, and the association of at most 40 of them, those of largest error.

    Example:
        >>> real = pa.table({"sex": ["F", "M"] * 20, "age": [20, 31, 42, 53] * 10})
        >>> columns, pairs = portrait(real, {"flow": real})
        >>> [(column.name, column.errors["flow"]) for column in columns], pairs.columns
        ([('sex', 0.0), ('age', 0.0)], ['sex', 'age'])
    """
    first, *others = frames([real, *made.values()], schema)
    views = dict(zip(made, others, strict=True))
    errors = {family: column_errors(sides(first, view)) for family, view in views.items()}
    names = column_names(first)
    numbers = len(first.number_names)
    columns = {}
    for place, name in enumerate(names):
        draw = _number if place < numbers else _category
        columns[name] = draw(first, views, place if place < numbers else place - numbers)
        for family, found in errors.items():
            columns[name].errors[family] = _known(found[place])
    wanted = [name for name in order or real.column_names if name in columns]
    shown = sorted(wanted, key=lambda name: -_largest(columns[name]))[:COLUMNS]
    kept = [name for name in wanted if name in set(shown)]
    return [columns[name] for name in wanted], _pairs(first, views, kept, seed)


def examples(table: pa.Table, family: str) -> Examples:
    """Ten synthetic rows as people read them."""
    rows = table.slice(0, EXAMPLES).to_pydict()
    written = [
        ["" if v is None else str(v) for v in row] for row in zip(*rows.values(), strict=True)
    ]
    return Examples(family, table.column_names, written)


def _number(real: Frame, views: Mapping[str, Frame], place: int) -> ColumnResult:
    """A column of numbers, dates or times: labels where there are few values, else bins."""
    name = real.number_names[place]
    kind = real.kinds[name]
    values = real.numbers[:, place]
    known = values[~np.isnan(values)]
    made = {family: view.numbers[:, place] for family, view in views.items()}
    missing = {family: float(np.isnan(v).mean()) for family, v in made.items()}
    result = ColumnResult(name, kind, missing_real=float(np.isnan(values).mean()), missing=missing)
    if known.size == 0:
        return result
    distinct, counts = np.unique(known, return_counts=True)
    if len(distinct) <= FEW:
        often = distinct[counts >= min(RARE, known.size)]
        result.labels.extend([*_written(often, kind), RARE_LABEL])
        result.real.extend(_matched(known, often))
        result.synthetic.update({f: _matched(v[~np.isnan(v)], often) for f, v in made.items()})
        return _without_empty_rest(result)
    edges = _edges(known, whole=bool(np.all(known == np.round(known))))
    result.edges.extend(edges.tolist())
    result.labels.extend(_written(edges, kind))
    result.real.extend(binned(known, edges))
    result.synthetic.update({f: binned(v[~np.isnan(v)], edges) for f, v in made.items()})
    return result


def _category(real: Frame, views: Mapping[str, Frame], place: int) -> ColumnResult:
    """A column of categories; the rare ones as one."""
    name, names = real.code_names[place], real.labels[place]
    codes = real.codes[:, place]
    made = {family: view.codes[:, place] for family, view in views.items()}
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    often = np.flatnonzero(counts >= RARE)
    result = ColumnResult(
        name,
        real.kinds[name],
        missing_real=float((codes < 0).mean()),
        missing={family: float((v < 0).mean()) for family, v in made.items()},
    )
    result.labels.extend([*(names[code] for code in often), RARE_LABEL])
    result.real.extend(_shares(counts, often))
    for family, values in made.items():
        shares = np.bincount(values[values >= 0], minlength=len(names))
        result.synthetic[family] = _shares(shares, often)
    return _without_empty_rest(result)


def _without_empty_rest(column: ColumnResult) -> ColumnResult:
    """The column without its last label where neither real nor synthetic rows have it."""
    if len(column.real) > 1 and not any(v[-1] for v in (column.real, *column.synthetic.values())):
        column.labels.pop()
        for values in (column.real, *column.synthetic.values()):
            values.pop()
    return column


def _shares(counts: NDArray[np.int64], often: NDArray[np.intp]) -> list[float]:
    """The shares of some categories, and of all the others together."""
    total = max(int(counts.sum()), 1)
    kept = counts[often] / total
    rest = counts.sum() - counts[often].sum()
    return [*kept.tolist(), float(rest / total)]


def _matched(values: Floats, often: Floats) -> list[float]:
    """The shares of some numbers, and of all others together."""
    total = max(values.size, 1)
    kept = [int((values == value).sum()) for value in often]
    return [count / total for count in (*kept, values.size - sum(kept))]


def _edges(known: Floats, *, whole: bool) -> Floats:
    """Bins of one width between the outer quantiles; of one share where one bin would hold most of them."""
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    if not high > low:
        low, high = known.min(), known.max()
    if whole and high - low < 2**53:
        low, high = np.floor(low), np.ceil(high) + 1
        width = max(1.0, np.ceil((high - low) / BINS))
        edges = low + width * np.arange(int(np.ceil((high - low) / width)) + 1)
    else:
        edges = np.linspace(low, high, BINS + 1)
    if max(binned(known, edges)) > CROWDED:
        edges = _uneven(known, whole=whole)
    return np.asarray(edges, dtype=np.float64)


def _uneven(known: Floats, *, whole: bool) -> Floats:
    """A bin for the commonest value alone, and bins of one share for the rest."""
    distinct, counts = np.unique(known, return_counts=True)
    spike = distinct[counts.argmax()]
    after = spike + 1 if whole else np.nextafter(spike, np.inf)
    rest = known[known != spike]
    ends = np.quantile(rest, np.linspace(TAIL, 1 - TAIL, BINS // 2 + 1))
    return np.unique(np.concatenate([[spike, after], np.floor(ends) if whole else ends]))


def binned(values: Floats, edges: Floats) -> list[float]:
    """The share of each bin; what lies beyond the edges counts in the outermost bins."""
    places = np.searchsorted(edges[1:-1], values, side="right")
    counts = np.bincount(places, minlength=len(edges) - 1)
    return [float(v) for v in counts / max(values.size, 1)]


def _written(values: Floats, kind: str) -> list[str]:
    """Numbers of a kind as people write them."""
    if kind not in ("date", "datetime", "time"):
        return [f"{value:.6g}" for value in values]
    instants = values.astype(np.int64).astype("datetime64[ns]")
    if kind == "date":
        return [str(v) for v in instants.astype("datetime64[D]")]
    minutes = [str(v).replace("T", " ") for v in instants.astype("datetime64[m]")]
    return [v[11:] for v in minutes] if kind == "time" else minutes


def _pairs(real: Frame, views: Mapping[str, Frame], names: Sequence[str], seed: int) -> Pairs:
    """The association of the named columns, and what went worst."""
    if len(names) < 2:
        return Pairs()
    rng = np.random.default_rng(seed)
    matrix = associations(real.sample(ROWS, rng), names)
    made = {f: associations(view.sample(ROWS, rng), names) for f, view in views.items()}
    worst = [
        PairResult(names[i], names[j], family, a, b, abs(b - a))
        for family, other in made.items()
        for i in range(len(names))
        for j in range(i)
        if (a := matrix[i][j]) is not None and (b := other[i][j]) is not None
    ]
    worst.sort(key=lambda pair: (-pair.error, pair.family, pair.first, pair.second))
    return Pairs(list(names), matrix, made, worst[:WORST], DEFINITION)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _largest(column: ColumnResult) -> float:
    return max((e for e in column.errors.values() if e is not None), default=0.0)
