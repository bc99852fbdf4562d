"""What is asked of a model of series: how it goes on, what stands in its gaps; windows seen in part, and the way back.

A forecast's window holds the last steps that are known and the steps to come; a gap's window lies around the gap.
What is known is seen, what is wanted is marked as present, so that it is made. `restore` puts what a family made back
at its absolute times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import torch

from fivefold.codecs.lattice import Flags, Floats, Ints
from fivefold.codecs.places import place
from fivefold.codecs.timelines.channels import (
    all_of,
    any_of,
    channels_first,
    from_channels,
    spans,
    to_channels,
)
from fivefold.codecs.timelines.labels import label_times
from fivefold.codecs.timelines.rows import Line
from fivefold.codecs.timelines.tables import line_of, rows_of, times_of
from fivefold.errors import InputError
from fivefold.spaces import Batch, Condition

if TYPE_CHECKING:
    from fivefold.codecs.series import SeriesCodec


@dataclass(frozen=True)
class Asked:
    """Windows seen in part, and where they stand.

    Arguments:
        condition: what is seen of B windows, masks with shape (B, C, T) and (B, L).
        names: the entity of each, with shape (B,).
        lattice: the times at which windows begin, with shape (B,).
        pause: the ticks between rows where they are known, 0 where not, with shape (B, T).
        given: the values on their lattices, with shape (V, B, T).
        known: which of them are known, with shape (V, B, T).
        wanted: which rows are asked for, with shape (B, T).
    """

    condition: Condition
    names: list[str]
    lattice: Ints
    pause: Ints
    given: Floats
    known: Flags
    wanted: Flags

    def __len__(self) -> int:
        return len(self.names)


def forecast(
    codec: SeriesCodec, table: pa.Table, horizon: int, n: int = 1, *, seed: int = 0
) -> Asked:
    """How every entity of a table goes on.

    Arguments:
        codec: fitted.
        table: the recent rows; the last stretch of each entity is gone on from.
        horizon: how many steps.
        n: how many continuations of each entity, one after another.
        seed: of the noise within cells.

    Returns:
        The windows, entity by entity.

    Raises:
        InputError: where the horizon leaves no room for what was before.

    Example:
        >>> from fivefold.codecs.series import SeriesCodec
        >>> table = pa.table({"t": list(range(40)), "x": [n % 5 for n in range(40)]})
        >>> codec = SeriesCodec(length=16).fit(table)
        >>> asked = forecast(codec, table, horizon=4)
        >>> asked.condition.continuous[0, 0].sum().item(), asked.wanted.sum().item()
        (12, 4)
        >>> restore(codec, asked.condition.values, asked)["t"].to_pylist()
        [40, 41, 42, 43]
    """
    length = codec.design.length
    if not 1 <= horizon < length:
        raise InputError(
            f"a horizon of {horizon:,} steps does not fit into a window of {length:,}",
            hint=f"ask for 1 to {length - 1:,} steps, or fit with a greater --length",
            code="horizon",
        )
    if n < 1:
        raise InputError("at least one continuation must be asked for", code="count")
    line, names = line_of(codec.design, table)
    last = np.append(line.entity[1:] != line.entity[:-1], True)
    ends = line.bounds[1:][last]
    kept = np.minimum(ends - line.bounds[:-1][last], length - horizon)
    steps = np.arange(length)
    places = np.minimum((ends - kept)[:, None] + steps, ends[:, None] - 1)
    past = steps < kept[:, None]
    window = _window(line, places, past)
    known = ~window.missing & past
    wanted = ~past & (steps < kept[:, None] + horizon)
    return _asked(
        codec, window, _Said(known, past, wanted, [names[e] for e in line.entity[last]]), n, seed
    )


def gaps(codec: SeriesCodec, table: pa.Table, n: int = 1, *, seed: int = 0) -> Asked:
    """What stands where values are missing.

    Arguments:
        codec: fitted.
        table: rows with missing values, or of a regular series also without rows; a gap of rows longer than half a
            window is an interruption, not a gap.
        n: how many fillings of each gap, one after another.
        seed: of the noise within cells.

    Returns:
        The windows; wanted are all rows with something missing.

    Raises:
        InputError: where nothing is missing.

    Example:
        >>> from fivefold.codecs.series import SeriesCodec
        >>> table = pa.table({"t": list(range(40)), "x": [None if n == 20 else n % 5 for n in range(40)]})
        >>> codec = SeriesCodec(length=16).fit(table)
        >>> asked = gaps(codec, table)
        >>> restore(codec, asked.condition.values, asked).to_pylist()
        [{'t': 20, 'x': 2, 'window': 0}]
    """
    length = codec.design.length
    line, names = line_of(codec.design, table, gap=length // 2)
    starts, ends, owners, cover = _around(line, length)
    if not len(starts):
        raise InputError(
            "nothing is missing",
            where=place(table.schema.metadata),
            hint="leave cells empty",
            code="no-gap",
        )
    steps = np.arange(length)
    places = np.minimum(starts[:, None] + steps, ends[:, None] - 1)
    inside = starts[:, None] + steps < ends[:, None]
    window = _window(line, places, inside)
    known = ~window.missing & inside
    covered = (starts[:, None] + steps >= cover[:, :1]) & (starts[:, None] + steps < cover[:, 1:])
    wanted = inside & covered & (window.missing.any(0) | window.absent)
    filled = replace(
        window, missing=np.zeros_like(window.missing), absent=np.zeros_like(window.absent)
    )
    said = _Said(known, inside, wanted, [names[line.entity[o]] for o in owners])
    return _asked(codec, filled, said, n, seed)


def restore(codec: SeriesCodec, batch: Batch, asked: Asked) -> pa.Table:
    """What a family made of windows that were asked for, as rows at their times.

    Arguments:
        codec: fitted.
        batch: as many windows as were asked for.
        asked: as `forecast` or `gaps` gave it.

    Returns:
        The rows that were wanted; known values are as they were given. `window` counts the continuations.
    """
    design = codec.design
    made, present, pause, _ = from_channels(design, channels_first(batch))
    joined = [
        feature.joined(made[span], asked.given[span], all_of(asked.known[span]))
        for feature, span in zip(design.features, spans(design.features), strict=True)
    ]
    lattice = times_of(design, asked.lattice, np.where(asked.pause > 0, asked.pause, pause))
    names = pa.array(asked.names, pa.string())
    there = present | asked.known | asked.wanted
    return rows_of(
        design, names, lattice, np.concatenate(joined), there, asked.wanted, np.arange(len(asked))
    )


@dataclass(frozen=True)
class _Said:
    """Of windows: which values are known (V, B, T), steps given, rows wanted (B, T); and whose they are."""

    known: Flags
    inside: Flags
    wanted: Flags
    names: list[str]


def _window(line: Line, places: Ints, inside: Flags) -> Line:
    """Places as windows: beyond what is given nothing is missing, absent or known of the times."""
    found = line.at(places)
    return replace(
        found,
        missing=found.missing & inside,
        absent=found.absent & inside,
        pause=np.where(inside, found.pause, 0),
    )


def _asked(codec: SeriesCodec, window: Line, said: _Said, n: int, seed: int) -> Asked:
    """The windows as a condition, n of each."""
    design = codec.design
    draw = np.random.default_rng([seed % 2**64, 3])
    filled = replace(window, pause=np.where(window.pause > 0, window.pause, design.clock.step))
    x = torch.from_numpy(
        np.ascontiguousarray(np.moveaxis(to_channels(design, filled, draw), 0, 1))
    )
    seen = torch.from_numpy(np.stack(_seen(codec, window, said), 1))
    levels, told = _labels(codec, window.lattice[:, 0], said.names)
    pause = (
        window.pause
        if design.interval is not None
        else np.full_like(window.pause, design.clock.step)
    )
    each = torch.arange(len(x)).repeat_interleave(n)
    rows = each.numpy()
    return Asked(
        condition=Condition(Batch(x[each], levels[each]), seen[each], told[each]),
        names=[said.names[row] for row in rows],
        lattice=window.lattice[rows, 0],
        pause=pause[rows],
        given=window.values[:, rows],
        known=said.known[:, rows],
        wanted=said.wanted[rows],
    )


def _seen(codec: SeriesCodec, window: Line, said: _Said) -> list[Any]:
    """Which steps of each channel are seen, with shape (B, T) each.

    Flags always are: they say that what is wanted is present. A value that is missing is seen as the straight line that
    stands for it, if a flag tells so.
    """
    design = codec.design
    found: list[Any] = []
    for feature, span in zip(design.features, spans(design.features), strict=True):
        flagged = any_of(window.missing[span]) if feature.flagged else np.zeros_like(said.inside)
        flagged = flagged | (window.absent & design.lacking)
        found += list(feature.seen(all_of(said.known[span]) | (flagged & said.inside)))
        found += [np.ones_like(said.inside)] if feature.flagged else []
    found += [window.pause > 0] if design.interval is not None else []
    return found + ([np.ones_like(said.inside)] if design.lacking else [])


def _labels(codec: SeriesCodec, lattice: Ints, names: Sequence[str]) -> tuple[Any, Any]:
    """Labels and which are seen, with shape (B, L): an entity that training did not have is not seen."""
    design = codec.design
    levels = torch.from_numpy(label_times(design.calendar, design.clock, lattice))
    told = torch.ones_like(levels, dtype=torch.bool)
    if not design.names:
        return levels, told
    number: Mapping[str, int] = {name: place for place, name in enumerate(design.names)}
    entity = torch.tensor([number.get(name, -1) for name in names])[:, None]
    return torch.cat([entity.clamp(min=0), levels], 1), torch.cat([entity >= 0, told], 1)


def _around(line: Line, length: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Windows around what is missing.

    Returns:
        Where they begin and where their stretches end; the numbers of the stretches; from where to where each is asked.
    """
    holes = line.missing.any(0) | line.absent
    edge = np.zeros(len(holes) + 1, np.bool_)
    edge[line.bounds] = True
    firsts = np.flatnonzero(holes & (edge[:-1] | ~np.append(False, holes[:-1])))
    lasts = np.flatnonzero(holes & (edge[1:] | ~np.append(holes[1:], False))) + 1
    found: list[tuple[int, int, int, int, int]] = []
    done = 0
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        stretch = int(np.searchsorted(line.bounds, first, "right")) - 1
        begin, end = int(line.bounds[stretch]), int(line.bounds[stretch + 1])
        at = max(first, done)
        while at < last:
            start = max(
                begin, min((at + min(last, at + length // 2)) // 2 - length // 2, end - length)
            )
            until = start + length
            until = end if until >= end else max(until - length // 8, min(last, until))
            found.append((start, end, stretch, at, until))
            at = done = until
    table = np.array(found, np.int64).reshape(-1, 5)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3:]
