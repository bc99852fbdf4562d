"""Diversity: does the synthetic table fill the space that the real one fills, and only that?

With real points X_1..X_N, synthetic points Y_1..Y_M, and B(X_i) the ball around X_i that reaches its k-th nearest
other real point (k = 5), in the space of `landscape`:

    precision        share of the Y in some ball B(X_i)                            is what is made plausible?
    recall           share of the X in some ball around a Y                        is what exists made?
    density          1/(k M) sum_j #{i: Y_j in B(X_i)}                             as precision, robust to outliers
    coverage         1/N #{i: some Y_j in B(X_i)}                                  as recall, robust to outliers
    alpha-precision  1 - 2 int |P(a) - a| da,  P(a) = share of the Y within the a-quantile of the real points'
                     distances from their centre
    beta-recall      1 - 2 int |R(b) - b| db,  R(b) = share of the X whose nearest Y lies in B(X_i) and within the
                     b-quantile of the synthetic points' distances from their centre

None is 1 for a perfect generator: two real samples cover each other by 1 - 2^-k = 0.97 at best, and recall falls with
the number of dimensions. The floor beside each figure is that value, at the same number of rows.

References:
    Improved Precision and Recall Metric for Assessing Generative Models (Kynkaanniemi et al., 2019),
    https://arxiv.org/abs/1904.06991
    Reliable Fidelity and Diversity Metrics for Generative Models (Naeem et al., 2020), https://arxiv.org/abs/2002.09797
    How Faithful is your Synthetic Data? (Alaa et al., 2022), https://arxiv.org/abs/2102.08921
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.cells import FloatArray
from fivefold.measures.figure import Figure
from fivefold.measures.frame import Frame
from fivefold.measures.intervals import normal, wilson
from fivefold.measures.landscape import Points, distance_blocks, landscape
from fivefold.measures.threads import one_thread

ROWS = 2_500
NEIGHBOURS = 5
REPLICATES = 100
Flags = NDArray[np.bool_]

TITLES = {
    "precision": (
        "Precision",
        "Share of synthetic rows within the reach of a real row.",
        "Kynkaanniemi et al. 2019",
    ),
    "recall": (
        "Recall",
        "Share of real rows within the reach of a synthetic row.",
        "Kynkaanniemi et al. 2019",
    ),
    "density": (
        "Density",
        "Mean number of real rows' reaches a synthetic row lies in, over k.",
        "Naeem et al. 2020",
    ),
    "coverage": (
        "Coverage",
        "Share of real rows with a synthetic row in their reach.",
        "Naeem et al. 2020",
    ),
    "alpha_precision": (
        "Alpha-precision",
        "1 - 2 x the area between the curve of the share of synthetic rows in the real a-quantile ball, and a.",
        "Alaa et al. 2022",
    ),
    "beta_recall": (
        "Beta-recall",
        "1 - 2 x the area between the curve of the share of real rows covered by the synthetic b-quantile ball, and b.",
        "Alaa et al. 2022",
    ),
}


@dataclass(frozen=True)
class Reach:
    """How two samples of equal size lie among each other.

    Arguments:
        precise: of each synthetic row, whether a real ball holds it.
        recalled: of each real row, whether a synthetic ball holds it.
        dense: of each synthetic row, how many real balls hold it, over k.
        covered: of each real row, whether its ball holds a synthetic row.
        inner: of each synthetic row, its depth among the real rows, in [0, 1].
        deep: of each real row, the depth of its nearest synthetic row; above 1 where the row is not covered.
    """

    precise: Flags
    recalled: Flags
    dense: FloatArray
    covered: Flags
    inner: FloatArray
    deep: FloatArray


@one_thread
def diversity(
    real: Frame,
    synthetic: Frame,
    holdout: Frame | None = None,
    *,
    rows: int = ROWS,
    seed: int = 0,
) -> list[Figure]:
    """Precision, recall, density, coverage, alpha-precision and beta-recall of a synthetic table.

    Arguments:
        real: the table that the generator learned from.
        synthetic: the table to be judged.
        holdout: real rows that it did not learn from, for the floor; halves of the real table without it.
        rows: the most rows of each side.
        seed: draws the rows.

    Returns:
        `precision`, `recall`, `density`, `coverage`, `alpha_precision`, `beta_recall`.
    """
    rng = np.random.default_rng(seed)
    one, two = real.halves(rng) if holdout is None else (real, holdout)
    size = min(rows, len(real), len(synthetic))
    least = min(size, len(one), len(two))
    space = landscape(real)
    reach = _reach(
        space.points(real.sample(size, rng)), space.points(_exactly(synthetic, size, rng))
    )
    base = _reach(space.points(_exactly(one, least, rng)), space.points(_exactly(two, least, rng)))
    others = "halves of the real table" if holdout is None else "real and holdout"
    note = f"{size:,} rows a side; floor: {others}, {least:,} rows a side"
    if reach is None:
        return [_absent(name, "fewer than three rows on one side") for name in TITLES]
    return [_figure(name, reach, base, note, rng) for name in TITLES]


def _exactly(frame: Frame, rows: int, rng: np.random.Generator) -> Frame:
    return frame.take(rng.permutation(len(frame))[:rows])


def _reach(real: Points, made: Points) -> Reach | None:
    """The balls of both samples and who lies in whose."""
    real, made = real[: len(made)], made[: len(real)]
    size = len(real)
    if size < 3:
        return None
    k = min(NEIGHBOURS, size - 1)
    real_radii, made_radii = _radii(real, k), _radii(made, k)
    dense = np.zeros(size)
    recalled, covered = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    closest = np.zeros(size, dtype=np.intp)
    for rows, squares in distance_blocks(real, made):
        inside = squares <= real_radii[rows, None]
        dense += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (squares <= made_radii).any(axis=1)
        closest[rows] = squares.argmin(axis=1)
    deep = _depth(made, made)[closest]
    return Reach(
        precise=dense > 0,
        recalled=recalled,
        dense=dense / k,
        covered=covered,
        inner=_depth(real, made),
        deep=np.where(covered, deep, 2.0),
    )


def _radii(points: Points, k: int) -> Points:
    """The squared distance of each point to its k-th nearest other point."""
    radii = np.empty(len(points), dtype=np.float32)
    for rows, squares in distance_blocks(points, points):
        squares[np.arange(len(squares)), np.arange(len(points))[rows]] = -1
        radii[rows] = np.partition(squares, k, axis=1)[:, k]
    return radii * np.float32(1 + 1e-5) + np.float32(1e-4)


def _depth(around: Points, points: Points) -> FloatArray:
    """The share of `around` that lies nearer to its centre than each point."""
    centre = around.mean(axis=0)
    lengths = np.sort(np.linalg.norm(around - centre, axis=1))
    place = np.searchsorted(lengths, np.linalg.norm(points - centre, axis=1), side="left")
    depth: FloatArray = place / len(lengths)
    return depth


def _even(depths: FloatArray) -> float:
    """1 - 2 int_0^1 |F(a) - a| da for the share F(a) of depths that are at most a."""
    grid = (np.arange(200) + 0.5) / 200
    shares = np.searchsorted(np.sort(depths), grid, side="right") / len(depths)
    return float(max(0.0, 1 - 2 * np.abs(shares - grid).mean()))


def _value(name: str, reach: Reach) -> float:
    if name == "alpha_precision":
        return _even(reach.inner)
    if name == "beta_recall":
        return _even(reach.deep)
    return float(_parts(name, reach).mean())


def _parts(name: str, reach: Reach) -> FloatArray:
    parts = {
        "precision": reach.precise,
        "recall": reach.recalled,
        "density": reach.dense,
        "coverage": reach.covered,
    }
    return parts[name].astype(np.float64)


def _interval(name: str, reach: Reach, rng: np.random.Generator) -> tuple[float, float]:
    """Over the judged rows, with the balls as they are."""
    if name in ("precision", "recall", "coverage"):
        parts = _parts(name, reach)
        return wilson(float(parts.sum()), len(parts))
    if name == "density":
        return normal(float(reach.dense.mean()), _spread(reach.dense), 0.0)
    depths = reach.inner if name == "alpha_precision" else reach.deep
    size = len(depths)
    again = [_even(depths[rng.integers(0, size, size)]) for _ in range(REPLICATES)]
    return normal(_even(depths), max(float(np.std(again, ddof=1)), 0.5 / size), 0.0, 1.0)


def _spread(values: FloatArray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _figure(
    name: str, reach: Reach, base: Reach | None, note: str, rng: np.random.Generator
) -> Figure:
    title, definition, source = TITLES[name]
    low, high = _interval(name, reach, rng)
    return Figure(
        name=name,
        title=title,
        value=_value(name, reach),
        low=low,
        high=high,
        better="target" if name == "density" else "higher",
        best=1.0,
        floor=_value(name, base) if base else None,
        unit="ratio" if name == "density" else "share",
        definition=definition,
        source=source,
        note=note,
        details={"neighbours": min(NEIGHBOURS, len(reach.dense) - 1), "rows": len(reach.dense)},
    )


def _absent(name: str, note: str) -> Figure:
    title, definition, source = TITLES[name]
    return Figure(
        name, title, None, better="higher", definition=definition, source=source, note=note
    )
