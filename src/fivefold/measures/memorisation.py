"""Memorisation: how much of what is generated stands letter for letter in the training data?

    longest match       the longest passage of a text that stands in the training data, in bytes; mean over texts
    verbatim windows    the share of all windows of 50 bytes that stand in the training data

Both are above zero for any text of the same language, so each has a floor: the same for real texts that are not
training data. A generator that copies lies above it.

References:
    Extracting Training Data from Large Language Models (Carlini et al., 2021), arXiv:2012.07805
    Quantifying Memorization Across Neural Language Models (Carlini et al., 2023), arXiv:2202.07646 (50 tokens)
    Deduplicating Training Data Makes Language Models Better (Lee et al., 2022), arXiv:2107.06499
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal
from fivefold.measures.verbatim import Search

WINDOW = 50
Places = NDArray[np.int64]


def memorisation(
    train: Sequence[str],
    synthetic: Sequence[str],
    holdout: Sequence[str] | None = None,
    *,
    window: int = WINDOW,
    seed: int = 0,
) -> list[Figure]:
    """The longest verbatim match and the share of verbatim windows.

    Arguments:
        train: the sequences that the generator learned from, all of them.
        synthetic: the sequences to be judged.
        holdout: real sequences that it did not learn from, for the floor; without it a tenth of the training
            sequences is looked up in the rest, for the floor only.
        window: the bytes of a window.
        seed: draws that tenth.

    Returns:
        `longest_match` and `verbatim_windows`.

    Example:
        >>> longest, windows = memorisation(["the cat sat on the mat"], ["a cat sat on a mat"])
        >>> longest.value
        12.0
    """
    search = Search(train, synthetic)
    lengths, (found, whole) = search.longest(), search.shares(window)
    floors, said = _floors(train, holdout, window, seed, len(synthetic))
    return [
        _length_figure(lengths, floors[0] if floors else None, said),
        _window_figure(found, whole, floors[1] if floors else None, window, said),
    ]


def _floors(
    train: Sequence[str], holdout: Sequence[str] | None, window: int, seed: int, texts: int
) -> tuple[tuple[float, float | None] | None, str]:
    """The two figures of real texts that are not training data."""
    if holdout is not None:
        search, said = Search(train, holdout), f"floor: {len(holdout):,} held-out sequences"
    else:
        order = np.random.default_rng(seed).permutation(len(train))
        tenth = min(max(1, len(train) // 10), max(1, texts))
        aside, rest = ([train[k] for k in part] for part in (order[:tenth], order[tenth:]))
        if not rest:
            return None, "no floor: one training sequence"
        search = Search(rest, aside)
        said = f"floor: {tenth:,} training sequences looked up in the others"
    found, whole = search.shares(window)
    share = float(found.sum() / whole.sum()) if whole.sum() else None
    lengths = search.longest()
    return (float(lengths.mean()) if len(lengths) else 0.0, share), said


def _length_figure(lengths: Places, floor: float | None, said: str) -> Figure:
    texts = len(lengths)
    value = float(lengths.mean()) if texts else None
    low = high = None
    if value is not None and texts > 1:
        low, high = normal(value, float(lengths.std(ddof=1) / np.sqrt(texts)), 0.0)
    marks = np.quantile(lengths, [0.5, 0.9, 0.99, 1.0]).tolist() if texts else []
    return Figure(
        name="longest_match",
        title="Longest verbatim match",
        value=value,
        low=low,
        high=high,
        better="target",
        best=floor,
        floor=floor,
        unit="bytes",
        definition="Mean over texts of the longest passage that stands in the training data; under eight bytes is 0.",
        source="Carlini et al. 2021; Lee et al. 2022",
        note=f"longest {int(lengths.max()):,} bytes; {said}" if texts else "no sequences",
        details=dict(zip(("median", "p90", "p99", "longest"), marks, strict=True))
        if texts
        else {},
    )


def _window_figure(
    found: Places, whole: Places, floor: float | None, window: int, said: str
) -> Figure:
    total, texts = float(whole.sum()), len(whole)
    value = float(found.sum() / total) if total else None
    low = high = None
    if value is not None and texts > 1:
        error = np.sqrt(texts * (found - value * whole).var(ddof=1)) / total
        low, high = normal(value, float(error), 0.0, 1.0)
    return Figure(
        name="verbatim_windows",
        title=f"Verbatim windows of {window} bytes",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=floor,
        floor=floor,
        definition=f"Share of all windows of {window} bytes in the texts that stand in the training data.",
        source="Carlini et al. 2023; Lee et al. 2022",
        note=said if value is not None else f"no text has {window} bytes",
        details={"windows": int(total), "found": int(found.sum())},
    )
