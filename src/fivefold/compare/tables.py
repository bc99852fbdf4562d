"""How families are tried on a table: its rows are split at random, judged by columns, pairs and classifiers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from fivefold.codecs.schema import infer
from fivefold.codecs.table import TableCodec
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.mixture import Mixture
from fivefold.compare.parts import Parts
from fivefold.compare.portrait import portrait
from fivefold.compare.profile import ColumnResult, Gallery, Pairs
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.intake import Codec, held_out_rows
from fivefold.measures.fidelity import fidelity
from fivefold.measures.figure import Figure
from fivefold.measures.frame import frames
from fivefold.measures.membership import membership, with_source
from fivefold.measures.table import measure
from fivefold.measures.tasks import check_target
from fivefold.model import CHUNK, Model
from fivefold.spaces import Batch, Data, Space
from fivefold.training import Plan

HOLDOUT, HOLDOUT_MOST = 0.2, 20_000
ROWS_MOST, LOOK_ROWS = 20_000, 4_000
FEWEST = 20
WIDTHS = (0.5, 1.0, 2.0, 4.0)
SCALE_ROWS = 2_048


class TableTrial:
    """The families on a table.

    Arguments:
        parts: the parts of the table.
        effort: not needed: judging a table is cheap.
    """

    looks: ClassVar[tuple[int, ...]] = (1, 2, 4, 7, 11, 15, 20)
    overhead: float = 8.0
    cheap: float = 3.0
    speed_draws: tuple[int, ...] = (2 * CHUNK, 2 * CHUNK)

    def __init__(self, parts: Parts, effort: float = 1.0) -> None:
        assert isinstance(parts.codec, TableCodec)
        self.parts, self.codec = parts, parts.codec
        self.kind = self.codec.kind
        self.schema = self.codec.schema

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Train, validation and holdout rows at random, so that training and holdout differ by chance alone."""
        assert isinstance(codec, TableCodec)
        if len(table) < FEWEST:
            raise InputError(
                f"{len(table)} rows: a comparison needs a training part and a holdout",
                hint=f"give at least {FEWEST} rows",
                code="too-few-rows",
            )
        order = np.random.default_rng(seed).permutation(len(table))
        holdout = min(HOLDOUT_MOST, max(2, round(HOLDOUT * len(table))))
        validation = held_out_rows(len(table) - holdout)
        held, chosen, train = np.split(order, [holdout, holdout + validation])
        found = TableCodec(infer(table, codec.given), codec.rare)
        rows = table.replace_schema_metadata()
        found.fit(rows.take(train))
        return Parts(rows.take(train), rows.take(chosen), rows.take(held), found)

    def ready(self, folder: Path) -> None:
        """Nothing: jobs have no work in common."""

    def check(self, target: str | None) -> None:
        """Refuse a target that is no column."""
        if target is not None:
            check_target(frames([self.parts.train], self.schema)[0], target)

    @property
    def rows(self) -> int:
        """How many synthetic rows are judged."""
        return min(len(self.parts.train), ROWS_MOST)

    @property
    def look_rows(self) -> int:
        """How many are judged cheaply."""
        return LOOK_ROWS

    @property
    def passages_held(self) -> int | None:
        """None: rows are judged whole."""
        return None

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of a synthetic table."""
        return measure(
            self.parts.train,
            made,
            holdout=self.parts.holdout,
            target=target,
            schema=self.schema,
            seed=seed,
        )

    def glance(self, made: pa.Table) -> list[Figure]:
        """Column shapes and pair trends of some thousand rows."""
        real, synthetic = frames([self.parts.train.slice(0, LOOK_ROWS), made], self.schema)
        return fidelity(real, synthetic, seed=0)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the holdout judged as if it were synthetic, beside the other half."""
        half = len(self.parts.holdout) // 2
        release, holdout = self.parts.holdout.slice(0, half), self.parts.holdout.slice(half)
        return measure(
            self.parts.train,
            release,
            holdout=holdout,
            target=target,
            schema=self.schema,
            seed=seed,
        )

    def likelihood(self, model: Model, seed: int) -> list[Figure]:
        """Held-out log-likelihood in the data's own units, and the attack that uses it."""
        kind = model.family.likelihood
        if kind == "none":
            why = "this family has no likelihood"
            return [Figure("log_prob", "Held-out log-likelihood", None, better="higher", note=why)]
        rows = min(len(self.parts.holdout), len(self.parts.train), 4 * CHUNK)
        others = model.log_prob(self.parts.holdout.slice(0, rows), seed=seed).numpy()
        members = model.log_prob(self.parts.train.slice(0, rows), seed=seed).numpy()
        error = 1.96 * float(others.std()) / math.sqrt(len(others))
        mean = float(others.mean())
        figure = Figure(
            name="log_prob",
            title="Held-out log-likelihood",
            value=mean,
            low=mean - error,
            high=mean + error,
            better="higher",
            unit="nats",
            definition="Mean log-probability of a held-out row, numbers counted by the cell of their last digit.",
            source="the family's log_prob and the codec's log_volume",
            note="exact" if kind == "exact" else "a lower bound",
            details={"likelihood": kind, "train": float(members.mean())},
        )
        attacks = membership(members, others)
        renamed = [replace(f, name=f"likelihood_{f.name}") for f in attacks]
        return [figure, *with_source(renamed, "the model's own log-likelihood")]

    def loss_scale(self, family: Family, held_out: Data, plan: Plan) -> tuple[float, str]:
        """Losses as they are: each family has its own."""
        return 1.0, ""

    def held_out(self, seed: int) -> Data:
        """The validation rows, encoded; they are in random order already."""
        found: Batch = self.codec.encode(self.parts.validation, seed=seed)
        return found

    def baseline(self) -> tuple[Mixture, str]:
        """The shallow mixture."""
        return Mixture(self.codec.space), "Shallow mixture"

    def scaled(self) -> Iterator[tuple[int, Batch, Space]]:
        """The table with a part of its columns, and with several copies of them."""
        x = self.codec.encode(self.parts.train.slice(0, SCALE_ROWS), seed=0)
        for width in WIDTHS:
            columns = max(1, round(width * self.parts.train.num_columns))
            yield columns, *widened(x, self.codec.space, width)

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """The shares of values in every column and the association of pairs."""
        return portrait(self.parts.train, made, schema=self.schema, order=self.schema.names)

    def gallery(self, made: Mapping[str, pa.Table]) -> Gallery:
        """Nothing: ten rows of the recommended family stand in the report instead."""
        return Gallery()

    def real(self) -> list[Exhibit]:
        """Nothing: there is nothing to look at."""
        return []

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """Nothing: there is nothing to look at."""
        return []


def widened(x: Batch, space: Space, width: float) -> tuple[Batch, Space]:
    """The same rows with a part of their variables, or with several copies of them."""
    discrete = _tiled(space.positions, width)
    continuous = _tiled(space.dimensions, width)
    flat = x.continuous.flatten(1)[:, continuous]
    sizes = tuple(space.discrete[i] for i in discrete)
    shape = (len(continuous),) if continuous else None
    return Batch(flat, x.discrete[:, discrete]), Space(shape, sizes)


def _tiled(count: int, width: float) -> list[int]:
    return [i % count for i in range(math.ceil(width * count))] if count else []
