"""Judge a synthetic table by everything that real data can be asked, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from fivefold.codecs.reading import read_table
from fivefold.codecs.schema import Schema
from fivefold.measures import detection, diversity, utility
from fivefold.measures.detection import detection as detect
from fivefold.measures.diversity import diversity as spread
from fivefold.measures.fidelity import fidelity
from fivefold.measures.figure import Figure
from fivefold.measures.frame import Frame, frames
from fivefold.measures.privacy import privacy
from fivefold.measures.tasks import check_target
from fivefold.measures.threads import one_thread
from fivefold.measures.utility import utility as use

PARTS = ("fidelity", "detection", "utility", "diversity", "privacy")


@one_thread
def measure(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | None = None,
    schema: Schema | None = None,
    seed: int = 0,
    rows: int | None = None,
    parts: Sequence[str] = PARTS,
) -> list[Figure]:
    """Every figure of a synthetic table, in a stable order.

    Arguments:
        real: the table that the generator learned from: an Arrow table, a frame, a path or a URL.
        synthetic: the table to be judged.
        holdout: real rows that it did not learn from: for the floors, the utility and the privacy.
        target: the column whose prediction is the utility.
        schema: kinds of columns that are given; the rest are found in the real table.
        seed: draws rows, folds and resamples; the same seed gives the same figures.
        rows: the most rows of each side for detection, utility and diversity, instead of their own limits.
        parts: which measures are taken, of `fidelity`, `detection`, `utility`, `diversity`, `privacy`.

    Returns:
        The figures; a measure that does not apply has the value None and a note that says why.
    """
    given = [real, synthetic] + ([holdout] if holdout is not None else [])
    views = frames([t if isinstance(t, pa.Table) else read_table(t) for t in given], schema)
    if target is not None:
        check_target(views[0], target)
    return measure_frames(
        views[0],
        views[1],
        views[2] if holdout is not None else None,
        target=target,
        seed=seed,
        rows=rows,
        parts=parts,
    )


@one_thread
def measure_frames(
    real: Frame,
    synthetic: Frame,
    holdout: Frame | None = None,
    *,
    target: str | None = None,
    seed: int = 0,
    rows: int | None = None,
    parts: Sequence[str] = PARTS,
) -> list[Figure]:
    """The same for frames of one view, which several synthetic tables can share with their real one."""
    figures: list[Figure] = []
    if "fidelity" in parts:
        figures += fidelity(real, synthetic, holdout, seed=seed)
    if "detection" in parts:
        limit = rows or detection.ROWS
        figures.append(detect(real, synthetic, holdout, rows=limit, seed=seed))
    if "utility" in parts:
        limit = rows or utility.ROWS
        figures += use(real, synthetic, holdout, target=target, rows=limit, seed=seed)
    if "diversity" in parts:
        figures += spread(real, synthetic, holdout, rows=rows or diversity.ROWS, seed=seed)
    if "privacy" in parts:
        figures += privacy(real, synthetic, holdout, seed=seed)
    return figures
