"""Everything that a comparison found: what `report.json` holds and every page is drawn from.

The protocol fills it, the words judge it, the report prints it; none of them needs anything else.
Every part is a frozen dataclass of plain values, so that a comparison written today can be read,
drawn and checked again tomorrow.
Aggregates only: no row of the training data has a place in it; of sequences, a few that were held out.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from fivefold.compare.curves import CurvePoint, ScalePoint, SizePoint, Step
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.profile import (
    Attention,
    ColumnResult,
    Examples,
    Gallery,
    PairResult,
    Pairs,
)
from fivefold.errors import InputError
from fivefold.measures.figure import Figure

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "FORMAT",
    "Advice",
    "Aspect",
    "Attention",
    "ColumnResult",
    "Comparison",
    "CurvePoint",
    "Data",
    "Examples",
    "Exhibit",
    "FamilyResult",
    "Figure",
    "Gallery",
    "Machine",
    "PairResult",
    "Pairs",
    "Run",
    "ScalePoint",
    "SizePoint",
    "Step",
]

FORMAT = 1


@dataclass(frozen=True)
class Data:
    """What the families were trained on.

    Arguments:
        name: the name for people, such as `adult`.
        path: where it was read from, as the user wrote it.
        sha256: the hash of the file's bytes, or of the Arrow stream of a frame.
        rows: all rows; `train`, `validation` and `holdout` are its parts.
        kinds: the kind of each column, in the order of the table.
        target: the column that usefulness is measured with, or None.
        notices: what was left out or changed, one sentence each.
        kind: `table`, or the kind of sequence.
        written: how sequences are written as symbols: alphabet, symbols, length.
        passages: how many windows of documents were held out; None for tables.
    """

    name: str
    path: str
    sha256: str
    rows: int
    train: int
    validation: int
    holdout: int
    kinds: dict[str, str]
    target: str | None = None
    notices: list[str] = field(default_factory=list)
    kind: str = "table"
    written: dict[str, Any] = field(default_factory=dict)
    passages: int | None = None


@dataclass(frozen=True)
class Machine:
    """Where it was measured: times and energy mean nothing without it.

    Arguments:
        cpu: the processor's name.
        cores: the cores that this process may use.
        threads: the threads that training used.
        memory: bytes.
        device: `cpu`, or the accelerator's name.
        features: what speeds matrix products up, such as `amx_bf16`.
        system: the operating system.
        versions: of python, torch, fivefold and whatever else changes the figures.
    """

    cpu: str
    cores: int
    threads: int
    memory: int
    device: str = "cpu"
    features: list[str] = field(default_factory=list)
    system: str = ""
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One fit: a family with one seed.

    Arguments:
        seed: its seed.
        folder: the kept model, as the user would type it, or None where none was kept.
        cpu_seconds: processor seconds of the fit.
        wall_seconds: seconds on the clock.
        steps: optimiser steps taken.
        diverged: whether the loss was not finite or the samples were unusable.
        stopped_because: `budget`, `early stopping`, `epochs done`, `diverged`, ...
        training: the training curve.
        curve: quality along the way, of this run alone.
        figures: what was measured of this run, by name.
        loss_unit: the unit of the training curve, empty where it is the family's own.
    """

    seed: int
    folder: str | None
    cpu_seconds: float
    wall_seconds: float
    steps: int
    diverged: bool = False
    stopped_because: str = ""
    training: list[Step] = field(default_factory=list)
    curve: list[CurvePoint] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    loss_unit: str = ""


@dataclass(frozen=True)
class Aspect:
    """One cell of the measured table: a figure and two words for it.

    Arguments:
        figure: what was measured.
        survey: the survey's word.
        measured: our word, or None where the measurement allows none.
        agrees: whether both words are the same, or None where there is no measured word.
        explanation: one sentence, how the word came about.
    """

    figure: Figure
    survey: str
    measured: str | None = None
    agrees: bool | None = None
    explanation: str = ""


@dataclass(frozen=True)
class FamilyResult:
    """One family over all of its seeds, or the cheap model printed beside the five.

    Arguments:
        family: the key, such as `diffusion`.
        title: the name for people, such as `Diffusion`.
        runs: one for each seed.
        figures: pooled over seeds, by name: quality, diversity, privacy, energy, `log_prob`, ...
        aspects: the survey's seven columns, by key of `words.ASPECTS`; empty for the mixture.
        curve: quality against processor seconds, pooled over seeds.
        sizes: quality at several numbers of parameters.
        scaling: cost of a step at several numbers of columns.
        parameters: trained parameters.
        seconds: processor seconds of a fit, the mean over seeds.
    """

    family: str
    title: str
    runs: list[Run] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    aspects: dict[str, Aspect] = field(default_factory=dict)
    curve: list[CurvePoint] = field(default_factory=list)
    sizes: list[SizePoint] = field(default_factory=list)
    scaling: list[ScalePoint] = field(default_factory=list)
    parameters: int | None = None
    seconds: float | None = None

    @property
    def failed(self) -> bool:
        """Whether no run of it can be used."""
        return bool(self.runs) and all(run.diverged for run in self.runs)

    @property
    def folder(self) -> str | None:
        """The first kept model that did not diverge."""
        kept = [run.folder for run in self.runs if run.folder and not run.diverged]
        return kept[0] if kept else None


@dataclass(frozen=True)
class Advice:
    """What to do with the measurements.

    Arguments:
        family: the recommended family, or None where none can be recommended.
        runner_up: the next one, or None.
        headline: the recommendation in one sentence.
        reasons: why, one sentence each.
        cautions: what to mind, one sentence each.
        commands: (what for, the command) of the next steps.
    """

    family: str | None
    runner_up: str | None = None
    headline: str = ""
    reasons: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Five families on one table, or one corpus, under one protocol.

    Arguments:
        data, machine: what and where.
        command: what to type to repeat it.
        seed: the first seed; run i of a family has `seed + i`.
        date: ISO 8601 with zone.
        minutes: the budget of the whole comparison.
        fit_seconds: the budget of one fit, processor seconds.
        families: one for each family, in the order of the survey.
        baseline: the cheap model beside them, or None.
        floor: real against real, by figure.
        advice: the recommendation.
        columns, pairs, examples, gallery, attention, exhibits: what the pictures show.
        seconds: processor seconds of the whole comparison.
        format: the version of this structure.
    """

    data: Data
    machine: Machine
    command: str
    seed: int
    date: str
    minutes: float
    fit_seconds: float
    families: list[FamilyResult]
    baseline: FamilyResult | None = None
    floor: dict[str, Figure] = field(default_factory=dict)
    advice: Advice = field(default_factory=lambda: Advice(None))
    columns: list[ColumnResult] = field(default_factory=list)
    pairs: Pairs = field(default_factory=Pairs)
    examples: Examples = field(default_factory=Examples)
    gallery: Gallery = field(default_factory=Gallery)
    attention: Attention = field(default_factory=Attention)
    exhibits: list[Exhibit] = field(default_factory=list)
    seconds: float | None = None
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON holds it: plain values, and null for whatever is not finite."""
        document: dict[str, Any] = plain(asdict(self))
        return document

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Comparison:
        """The comparison that `to_dict` described.

        Arguments:
            document: the content of a `report.json`.

        Returns:
            the comparison; parts that a later version added are left out.
        """
        from pydantic import ValidationError

        if (written := document.get("format", FORMAT)) != FORMAT:
            raise InputError(
                f"the report has format {written}, this version reads {FORMAT}",
                hint="use the version of fivefold that wrote it",
                code="report-format",
            )
        try:
            return _adapter().validate_python(document)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"not a report: {place}: {first['msg']}",
                hint="give the report.json that `fivefold compare` wrote",
                code="not-a-report",
            ) from None


@cache
def _adapter() -> TypeAdapter[Comparison]:
    from pydantic import TypeAdapter

    return TypeAdapter(Comparison)


def plain(value: Any) -> Any:
    """A value as JSON holds it, whatever library made the numbers in it."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)
