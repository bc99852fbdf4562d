"""Score a synthetic table: the same figures, real table and holdout for everyone."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.reading import read_table
from fivefold.measures import measure
from fivefold.measures.table import PARTS

KEPT = ("value", "low", "high", "floor")


def score(
    train: pa.Table, synthetic: Path, holdout: pa.Table | None, target: str | None, seed: int
) -> dict[str, Any]:
    """The figures of `fivefold measure` by name, each with its interval and floor.

    The detector gets all rows, where `fivefold measure` is content with some thousands: more rows see more.

    Arguments:
        train: the real table that the contender learned from.
        synthetic: the CSV that it made.
        holdout: real rows that nobody learned from.
        target: the column by which usefulness is measured.
        seed: of the measures.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a poor synthetic table makes scikit-learn talk
        given, about = read_table(synthetic), {"holdout": holdout, "target": target, "seed": seed}
        figures = measure(train, given, parts=[p for p in PARTS if p != "detection"], **about)
        figures += measure(train, given, parts=["detection"], rows=len(train), **about)
    return {f.name: {key: _short(getattr(f, key)) for key in KEPT} for f in figures}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
