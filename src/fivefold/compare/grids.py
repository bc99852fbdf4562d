"""How families are tried on grids, whatever they stand for: pictures, series, sound.

What all kinds have in common stands here: data encoded once, likelihood by the number, the cost of larger grids. What a
kind is judged by, how it is parted and what of it is shown stands in a file of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch.nn import functional

from fivefold.compare.nouns import nouns_of
from fivefold.compare.parts import Parts
from fivefold.compare.portrait import portrait
from fivefold.compare.profile import ColumnResult, Gallery, Pairs
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.intake import held_out_rows
from fivefold.measures.features import SHOWN
from fivefold.measures.figure import Figure
from fivefold.measures.membership import membership, with_source
from fivefold.model import Model
from fivefold.seeds import seed_of
from fivefold.spaces import Batch, Data, Grids, Space
from fivefold.training import Plan

HOLDOUT, HOLDOUT_MOST = 0.2, 5_000
JUDGED, JUDGED_FEWEST, JUDGED_MOST = 2**21, 256, 2_000
LOOKED_MOST = 256
SCORED, SCORED_FEWEST = 2**19, 48
SIDES = (0.5, 1.0, 2.0)
FEWEST = 80
SCALED, SCALED_MOST = 2**20, 64
OVERHEAD, CHEAP = (5.0, 16.0), (2.0, 4.0)
"""Processor seconds that judging takes, and a cheap look: at no effort, and what the whole adds."""
TAUGHT = 2.0
"""At half the effort the net that judges is trained in full."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class GridTrial:
    """The families on grids.

    Arguments:
        parts: the parts of the data.
        effort: the share of the usual number of data that is drawn and judged.
    """

    looks: ClassVar[tuple[int, ...]] = (2, 5, 10, 20)
    speed_draws: tuple[int, ...] = ()
    codec: Any

    def __init__(self, parts: Parts, effort: float = 1.0) -> None:
        self.parts, self.codec, self.effort = parts, parts.codec, effort
        self.overhead = OVERHEAD[0] + effort * OVERHEAD[1]
        self.cheap = CHEAP[0] + effort * CHEAP[1]
        self.kind = parts.codec.kind

    @property
    def lessons(self) -> int:
        """How many data the net is shown in whose features others are judged."""
        return round(SHOWN * min(1.0, TAUGHT * self.effort))

    def check(self, target: str | None) -> None:
        """Refuse any target: there is no column to predict."""
        if target is not None:
            raise InputError(
                f"--target {target!r} does not apply to data of kind {self.kind!r}",
                hint="leave it out: usefulness is measured by a column of a table",
                code="option",
            )

    @cached_property
    def data(self) -> Grids:
        """The training part, encoded."""
        found: Grids = self.codec.encode(self.parts.train, seed=0)
        return found

    @cached_property
    def others(self) -> Grids:
        """The holdout, encoded."""
        found: Grids = self.codec.encode(self.parts.holdout, seed=0)
        return found

    @property
    def rows(self) -> int:
        """How many synthetic data are judged."""
        wanted = round(self.effort * JUDGED / self.codec.space.dimensions)
        return max(JUDGED_FEWEST, min(JUDGED_MOST, wanted))

    @property
    def look_rows(self) -> int:
        """How many are judged cheaply."""
        return min(LOOKED_MOST, self.rows)

    @property
    def passages_held(self) -> int | None:
        """None: grids are judged whole."""
        return None

    def likelihood(self, model: Model, seed: int) -> list[Figure]:
        """How probable held-out data are, and the attack that uses it."""
        kind = model.family.likelihood
        if kind == "none":
            why = "this family has no likelihood"
            return [replace(self.coded(np.zeros(0)), value=None, note=why)]
        others, members = (self._scored(model, x, seed) for x in (self.others, self.data))
        found = self.coded(others)
        note = "exact" if kind == "exact" else "bound"
        details = {"likelihood": kind, "train": self.coded(members).value, "said": found.note}
        numbers = self.codec.space.dimensions
        attacks = membership(members / numbers, others / numbers)
        renamed = [replace(f, name=f"likelihood_{f.name}") for f in attacks]
        source = "the model's own log-likelihood of a number"
        return [replace(found, note=note, details=details), *with_source(renamed, source)]

    def coded(self, log_probs: Floats) -> Figure:
        """What likelihoods in the data's own units, in nats with shape (n,), say of a number."""
        numbers = self.codec.space.dimensions
        each = log_probs / numbers
        known = len(each) > 1 and bool(np.isfinite(each).all())
        error = 1.96 * float(each.std(ddof=1)) / math.sqrt(len(each)) if known else 0.0
        mean = float(each.mean()) if known else None
        return Figure(
            name="log_prob",
            title="Held-out log-likelihood of a number",
            value=mean,
            low=None if mean is None else mean - error,
            high=None if mean is None else mean + error,
            better="higher",
            unit="nats",
            definition="Mean log-probability of a held-out datum over its numbers, in units of their columns.",
            source="the family's log_prob and the codec's log_volume",
            note=f"{len(each):,} data of {numbers:,} numbers",
        )

    def _scored(self, model: Model, x: Grids, seed: int) -> Floats:
        """log p of some data in nats."""
        wanted = round(self.effort * SCORED / self.codec.space.dimensions)
        order = np.random.default_rng(seed).permutation(len(x))[: max(SCORED_FEWEST, wanted)]
        found: Floats = model.log_prob_of(x.part(torch.from_numpy(order)), seed=seed).numpy()
        return found

    def loss_scale(self, family: Family, held_out: Data, plan: Plan) -> tuple[float, str]:
        """Losses as they are: each family has its own."""
        return 1.0, ""

    def held_out(self, seed: int) -> Grids:
        """The validation part in random order."""
        x: Grids = self.codec.encode(self.parts.validation, seed=seed)
        order = np.random.default_rng(seed_of("order", seed)).permutation(len(x))
        return x.part(torch.from_numpy(order))

    def scaled(self) -> Iterator[tuple[int, Batch, Space]]:
        """The same grids with shorter and longer sides."""
        space = self.codec.space
        most = max(4, min(SCALED_MOST, SCALED // (space.dimensions * 2 ** len(space.extent))))
        x = self.data[:most]
        for times in SIDES:
            extent = tuple(max(4, round(times * side)) for side in space.extent)
            mode = ("linear", "bilinear", "trilinear")[len(extent) - 1]
            grown = functional.interpolate(x.continuous, extent, mode=mode, align_corners=False)
            larger = Space.grid(space.channels, extent, space.discrete, space.quantum)
            yield math.prod(extent), Batch(grown, x.discrete), larger

    def gallery(self, made: Mapping[str, pa.Table]) -> Gallery:
        """Nothing: grids are shown as pictures."""
        return Gallery()

    def sketched(
        self, real: pa.Table, made: Mapping[str, pa.Table]
    ) -> tuple[list[ColumnResult], Pairs]:
        """Tables of what is simple to say of each datum beside each other."""
        return portrait(real, made, order=real.column_names)


def parted(count: int, seed: int) -> tuple[Rows, Rows, Rows]:
    """Rows to train on, to stop by and to hold out, in random order: any beginning of them stands for the whole."""
    order = np.random.default_rng(seed).permutation(count)
    holdout = min(HOLDOUT_MOST, max(2, round(HOLDOUT * count)))
    held, chosen, train = np.split(order, [holdout, holdout + held_out_rows(count - holdout)])
    return train, chosen, held


def listed(table: pa.Table, sound: list[int], codec: Any, seed: int) -> Parts:
    """Parts of a listing of pictures or sounds.

    Arguments:
        table: the listing.
        sound: the rows that are not damaged.
        codec: fitted.
        seed: of the split.

    Raises:
        InputError: where there are too few.
    """
    if len(sound) < FEWEST:
        raise InputError(
            f"{len(sound)} {nouns_of(codec.kind).many}: a comparison needs a training part and a holdout",
            hint=f"give at least {FEWEST}",
            code="too-few-rows",
        )
    rows = np.array(sound)
    train, chosen, held = (table.take(pa.array(rows[part])) for part in parted(len(rows), seed))
    return Parts(train, chosen, held, codec, list(codec.notices))
