"""What synthetic data looks like beside real data: distributions, associations, ten rows, samples side by side.

These are the parts of a comparison that pictures are drawn from. Of a table aggregates only: the shares of
bins and labels, the association of pairs, and ten rows that a model made. Of sequences a few that were held out
stand beside those that the models made, since no aggregate says how a text reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ColumnResult:
    """One column: how its values are shared out in real and in synthetic data.

    Arguments:
        name: the column.
        kind: its kind, such as `category` or `decimal`.
        labels: for categories the values, one for each share; for bins the edges as people write
            them (a date, a rounded number), one more than shares, or empty where `edges` will do.
        edges: bin edges, one more than shares; empty for categories.
        real: the share of real values in each bin or label.
        synthetic: the same shares for each family.
        errors: the column-shape error of each family; None where it could not be measured.
        missing_real: the share of missing values, not part of the shares above.
        missing: the share of missing values for each family.
    """

    name: str
    kind: str
    labels: list[str] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)
    real: list[float] = field(default_factory=list)
    synthetic: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, float | None] = field(default_factory=dict)
    missing_real: float = 0.0
    missing: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PairResult:
    """One pair of columns whose association one family gets wrong."""

    first: str
    second: str
    family: str
    real: float | None
    synthetic: float | None
    error: float


@dataclass(frozen=True)
class Pairs:
    """Association of columns, real and for each family; values in [-1, 1], None where undefined.

    Arguments:
        columns: rows and columns of the matrices; at most a few dozen, the most associated ones.
        real: the matrix of the real data.
        synthetic: the matrix of each family.
        worst: the pairs that went worst, any family, worst first.
        definition: what an entry is, in one sentence.
    """

    columns: list[str] = field(default_factory=list)
    real: list[list[float | None]] = field(default_factory=list)
    synthetic: dict[str, list[list[float | None]]] = field(default_factory=dict)
    worst: list[PairResult] = field(default_factory=list)
    definition: str = ""


@dataclass(frozen=True)
class Examples:
    """Ten synthetic rows as they are written to a file: never rows of the real data."""

    family: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Gallery:
    """Whole samples to be read side by side.

    Arguments:
        real: held-out real ones.
        made: those of each family.
    """

    real: list[str] = field(default_factory=list)
    made: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Attention:
    """Where a model looked when it read one of its own samples.

    Arguments:
        family: whose model it is.
        symbols: the symbols of the sample, the given first one included.
        layers: for each layer the mean of its heads' weights, row i what symbol i looked at.
    """

    family: str = ""
    symbols: list[str] = field(default_factory=list)
    layers: list[list[list[float]]] = field(default_factory=list)
