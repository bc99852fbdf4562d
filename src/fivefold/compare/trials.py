"""What a comparison asks of data, whatever they are: a trial for tables, one for all that is written as a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Protocol

import pyarrow as pa

from fivefold.compare.bootstrap import SeasonalBootstrap
from fivefold.compare.components import Components
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.images import ImageTrial
from fivefold.compare.mixture import Mixture
from fivefold.compare.ngram import NGram
from fivefold.compare.parts import Parts
from fivefold.compare.profile import ColumnResult, Gallery, Pairs
from fivefold.compare.sounds import SoundTrial
from fivefold.compare.tables import TableTrial
from fivefold.compare.texts import SequenceTrial
from fivefold.compare.timelines import SeriesTrial
from fivefold.families import Family
from fivefold.intake import Codec
from fivefold.measures.figure import Figure
from fivefold.model import Model
from fivefold.spaces import Data, Space
from fivefold.training import Plan

Baseline = Mixture | NGram | Components | SeasonalBootstrap


class Trial(Protocol):
    """How families are tried on one sort of data."""

    kind: str
    parts: Parts
    looks: ClassVar[tuple[int, ...]]
    """The validations at which the curve of the quality has a point."""
    overhead: float
    """Processor seconds that judging one fit takes, about."""
    cheap: float
    """The same for a cheap judgement."""
    speed_draws: tuple[int, ...]
    """How many data are drawn again to measure the speed; none where the chunks that are judged tell it."""

    def __init__(self, parts: Parts, effort: float = 1.0) -> None:
        """The parts, and the share of the usual effort with which a short comparison judges."""

    @staticmethod
    def split(codec: Codec, table: pa.Table, seed: int) -> Parts:
        """The parts of the data, and the codec fitted."""

    def ready(self, folder: Path) -> None:
        """Do once what all jobs need, and leave it in the folder of the parts."""

    def check(self, target: str | None) -> None:
        """Refuse a target that cannot be measured."""

    @property
    def rows(self) -> int:
        """How many synthetic data are judged."""

    @property
    def look_rows(self) -> int:
        """How many are judged cheaply."""

    @property
    def passages_held(self) -> int | None:
        """How many parts of documents were held out, where documents are judged by parts."""

    def figures(self, made: pa.Table, target: str | None, seed: int) -> list[Figure]:
        """Everything that is measured of synthetic data."""

    def glance(self, made: pa.Table) -> list[Figure]:
        """The two figures that are cheap enough for a curve."""

    def floor(self, target: str | None, seed: int) -> list[Figure]:
        """Real data judged as if they were synthetic: the best that any generator can hope for."""

    def likelihood(self, model: Model, seed: int) -> list[Figure]:
        """How probable held-out data are, and the attack that uses it."""

    def loss_scale(self, family: Family, held_out: Data, plan: Plan) -> tuple[float, str]:
        """The factor that brings a loss into a unit that families share, and the unit; 1 and nothing where none is."""

    def held_out(self, seed: int) -> Data:
        """The validation part, encoded, in an order in which any beginning stands for the whole."""

    def baseline(self) -> tuple[Baseline, str]:
        """The cheap model beside the families, not fitted yet, and its name for people."""

    def scaled(self) -> Iterator[tuple[int, Data, Space]]:
        """Data of other sizes: how many columns or positions they have, the data, and their space."""

    def portrait(self, made: Mapping[str, pa.Table]) -> tuple[list[ColumnResult], Pairs]:
        """What real and synthetic data look like beside each other."""

    def gallery(self, made: Mapping[str, pa.Table]) -> Gallery:
        """Whole samples of each family to be read side by side; empty for tables and grids."""

    def real(self) -> list[Exhibit]:
        """Real data to be looked at; nothing for tables and sequences."""

    def exhibits(self, model: Model, made: pa.Table, seed: int) -> list[Exhibit]:
        """What a family makes, to be looked at; nothing for tables and sequences."""


TRIALS: dict[str, type[Trial]] = {
    "table": TableTrial,
    "image": ImageTrial,
    "series": SeriesTrial,
    "track": SeriesTrial,
    "sound": SoundTrial,
}
"""The trial of each kind of data that is not a sequence."""


def trial_of(kind: str) -> type[Trial]:
    """How families are tried on data of a kind."""
    return TRIALS.get(kind, SequenceTrial)
