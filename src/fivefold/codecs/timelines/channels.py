"""Places of a series as channels, and back: what a design says, done.

    values (V, *, T), flags, pauses  <->  channels (C, *, T)

The channels of each variable, behind them its flags; then the pauses of irregular series, then the flags of absent
rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fivefold.codecs.lattice import Flags, Floats, Ints
from fivefold.codecs.timelines.design import Design, Feature
from fivefold.codecs.timelines.rows import Line
from fivefold.codecs.timelines.scales import LOG_FLAG, flagged, flags
from fivefold.spaces import Batch


def to_channels(design: Design, line: Line, draw: np.random.Generator) -> NDArray[np.float32]:
    """Places or windows of places as channels, float32 with shape (C, *, T)."""
    found: list[Floats] = []
    for feature, span in zip(design.features, spans(design.features), strict=True):
        found += list(feature.encode(line.values[span], draw))
        if feature.flagged:
            found.append(flags(any_of(line.missing[span]), draw))
    if design.interval is not None:
        found += list(design.interval.encode(line.pause[None].astype(np.float64), draw))
    if design.lacking:
        found.append(flags(line.absent, draw))
    return np.stack(found).astype(np.float32)


def from_channels(design: Design, x: Floats) -> tuple[Floats, Flags, Ints, Flags]:
    """Channels as values.

    Arguments:
        design: what was learned.
        x: with shape (C, B, T).

    Returns:
        Values on their lattices with shape (V, B, T), which are there; the ticks between rows and which rows
        there are, with shape (B, T).
    """
    at = 0
    values: list[Floats] = []
    present: list[Flags] = []
    for feature in design.features:
        ends = at + len(feature.channels)
        found = feature.decode(x[at:ends])
        there = ~flagged(x[ends]) if feature.flagged else np.ones(x.shape[1:], np.bool_)
        values.append(found)
        present += [there] * len(found)
        at = ends + feature.flagged
    pause = np.full(x.shape[1:], design.clock.step)
    if design.interval is not None:
        pause = np.maximum(1, design.interval.decode(x[at : at + 1])[0]).astype(np.int64)
    rows = ~flagged(x[-1]) if design.lacking else np.ones(x.shape[1:], np.bool_)
    return np.concatenate(values), np.stack(present), pause, rows


def log_slopes(design: Design, batch: Batch) -> torch.Tensor:
    """log |dx / dv| of windows, summed over channels and steps, with shape (B,)."""
    x, at = channels_first(batch), 0
    total = np.zeros(len(batch))
    for feature in design.features:
        ends = at + len(feature.channels)
        total += feature.log_slope(x[at:ends]).sum(-1)
        at = ends + feature.flagged
        total += feature.flagged * LOG_FLAG * x.shape[-1]
    if design.interval is not None:
        total += design.interval.log_slope(x[at : at + 1]).sum(-1)
    total += design.lacking * LOG_FLAG * x.shape[-1]
    return torch.from_numpy(total).float()


def any_of(marks: Flags) -> Flags:
    """Where any of some columns is flagged, with shape (V, *) and (*)."""
    found: Flags = np.logical_or.reduce(marks)
    return found


def all_of(marks: Flags) -> Flags:
    """Where all of some columns are flagged, with shape (V, *) and (*)."""
    found: Flags = np.logical_and.reduce(marks)
    return found


def spans(features: Sequence[Feature]) -> list[slice]:
    """Where the columns of each feature lie among all."""
    ends = np.cumsum([len(feature.columns) for feature in features]).tolist()
    return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]


def channels_first(batch: Batch) -> Floats:
    """The continuous part as float64 with shape (C, B, T)."""
    x = torch.nan_to_num(batch.continuous.detach().cpu().double())
    found: Floats = np.moveaxis(x.numpy(), 0, 1)
    return found


def periods_of(features: Sequence[Feature]) -> list[float]:
    """After how much each column begins again; 0 for never."""
    return [period for feature in features for period in feature.periods]
