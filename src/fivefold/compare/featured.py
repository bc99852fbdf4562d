"""How families are tried on grids that are judged in the features of a net: what pictures and sounds have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from fivefold.compare.components import Components
from fivefold.compare.grids import Floats, GridTrial, listed
from fivefold.compare.parts import Parts
from fivefold.intake import Codec
from fivefold.measures.figure import Figure
from fivefold.measures.gridded import GridJudge
from fivefold.measures.pictures import bits_per_dimension


class FeaturedTrial(GridTrial):
    """The families on grids of levels, judged in the features of a net that learned to tell the real ones apart.

    Arguments:
        parts: the listings of the parts.
        effort: the share of the usual number of grids that is drawn and judged.
    """

    judged_by: ClassVar[Callable[..., GridJudge]]

    @staticmethod
    @abstractmethod
    def read(codec: Any, table: pa.Table) -> Iterable[Any]:
        """What a listing lists, one after another."""

    @classmethod
    def split(cls, codec: Codec, table: pa.Table, seed: int) -> Parts:
        """Whole files at random; those that are damaged are left out before, where that was asked for."""
        fitted: Any = codec.fit(table)
        whole = [row for row, _ in fitted.faults.without(cls.read(fitted, table))]
        return listed(table, whole, fitted, seed)

    def ready(self, folder: Path) -> None:
        """Train the net in whose features all jobs judge."""
        self._judge(folder, self.parts.holdout).seer  # noqa: B018

    def _judge(self, folder: Path | None, holdout: pa.Table) -> GridJudge:
        return self.judged_by(
            self.parts.train, holdout, form=self.codec.form, shown=self.lessons, cache=folder
        )

    @cached_property
    def judge(self) -> GridJudge:
        """What knows the real ones."""
        return self._judge(self.parts.folder, self.parts.holdout)

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic ones."""
        return self.judge.figures(made)

    def glance(self, made: pa.Table) -> list[Figure]:
        """The two distances of some hundred."""
        return self.judge.glance(made)

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """One half of the held-out ones judged as if it were synthetic, beside the other half."""
        half = len(self.parts.holdout) // 2
        release = self.parts.holdout.slice(0, min(half, self.rows))
        return self._judge(self.parts.folder, self.parts.holdout.slice(half)).figures(release)

    def coded(self, log_probs: Floats) -> Figure:
        """Bits per dimension, of the levels."""
        return bits_per_dimension(log_probs, self.codec.space.dimensions)

    def baseline(self) -> tuple[Components, str]:
        """Normal distributions on principal components."""
        return Components(self.codec.space), "Mixture of principal components"
