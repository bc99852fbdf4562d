"""From the results of the jobs to the comparison: pooled over seeds, judged, advised, written down."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from fivefold.compare.advice import recommend
from fivefold.compare.exhibits import Exhibit
from fivefold.compare.jobs import Job
from fivefold.compare.nouns import nouns_of
from fivefold.compare.profile import Attention, Examples
from fivefold.compare.quality import (
    parameter_efficiency,
    pooled_curve,
    quality,
    scale_of_content,
    stability,
    training_speed,
)
from fivefold.compare.result import (
    Comparison,
    CurvePoint,
    FamilyResult,
    Machine,
    Run,
    ScalePoint,
    SizePoint,
    Step,
)
from fivefold.compare.trials import Trial
from fivefold.compare.words import TITLES, judge
from fivefold.files import write_atomically
from fivefold.machine import Machine as Here
from fivefold.measures.figure import Figure

EXAMPLES = 10


@dataclass(frozen=True)
class Kept:
    """A comparison and where it lies.

    Arguments:
        comparison: everything that was found.
        folder: the folder with the report and the models.
    """

    comparison: Comparison
    folder: Path

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.folder / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """What `report.json` holds."""
        return self.comparison.to_dict()

    def text(self) -> str:
        """The measured table and the recommendation, for a terminal."""
        from fivefold.compare.terminal import text_table

        return text_table(self.comparison)


def keep(comparison: Comparison, folder: Path) -> Kept:
    """Write `report.json` and `report.html`."""
    from fivefold.compare.report import comparison_page

    content = json.dumps(comparison.to_dict(), ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "report.json", content.encode())
    write_atomically(folder / "report.html", comparison_page(comparison).encode())
    return Kept(comparison, folder)


def complete(
    comparison: Comparison,
    families: Sequence[str],
    done: Sequence[tuple[Job, dict[str, Any]]],
    trial: Trial,
) -> Comparison:
    """The comparison with everything that the jobs found."""
    part = nouns_of(comparison.data.kind).parts
    results = [_family(name, done) for name in families]
    seven = judge({result.family: _seven(result, part) for result in results})
    results = [replace(result, aspects=seven[result.family]) for result in results]
    floor = next((result for job, result in done if job.kind == "floor"), {})
    filled = replace(
        comparison,
        families=results,
        baseline=_baseline(done),
        floor=_figures(floor),
    )
    filled = replace(filled, advice=recommend(filled))
    made = _tables(families, done)
    columns, pairs = trial.portrait(made)
    gallery = trial.gallery(made)
    shown = filled.advice.family or next(iter(made), None)
    tabular = trial.kind == "table" and shown in made
    return replace(
        filled,
        columns=columns,
        pairs=pairs,
        examples=examples(made[shown], shown) if tabular and shown else filled.examples,
        gallery=gallery,
        attention=next(
            (Attention(**r["attention"]) for _, r in done if "attention" in r), Attention()
        ),
        exhibits=_exhibits(families, done, trial),
    )


def machine(here: Here, workers: int) -> Machine:
    """The machine as the report shows it."""
    return Machine(
        cpu=here.cpu,
        cores=here.cores,
        threads=1,
        memory=here.memory,
        features=[*here.features, f"{workers} trainings at a time"],
        system=here.system,
        versions=here.versions,
    )


def pooled(figures: Sequence[Figure]) -> Figure:
    """One figure for several seeds: the mean, and an interval that holds each seed's own.

    Example:
        >>> a, b = Figure("auc", "AUC", 0.5, 0.4, 0.6), Figure("auc", "AUC", 0.7, 0.6, 0.8)
        >>> found = pooled([a, b])
        >>> round(found.value, 3), found.low, found.high
        (0.6, 0.4, 0.8)
    """
    known = [f for f in figures if f.value is not None]
    if len(known) < 2:
        return known[0] if known else figures[0]
    values = [f.value for f in known if f.value is not None]
    lows = [f.value if f.low is None else f.low for f in known]
    highs = [f.value if f.high is None else f.high for f in known]
    return replace(
        known[0],
        value=statistics.fmean(values),
        low=min(low for low in lows if low is not None),
        high=max(high for high in highs if high is not None),
        details={**known[0].details, "seeds": values},
    )


def examples(table: pa.Table, family: str) -> Examples:
    """Ten synthetic rows as people read them."""
    rows = table.slice(0, EXAMPLES).to_pylist()
    cells = [["" if v is None else str(v) for v in row.values()] for row in rows]
    return Examples(family, table.column_names, cells)


def _family(name: str, done: Sequence[tuple[Job, dict[str, Any]]]) -> FamilyResult:
    fits = [(j, r) for j, r in done if j.kind == "fit" and j.family == name]
    runs = [_run(job, result) for job, result in fits]
    sound = [run for run in runs if not run.diverged]
    names = {key: None for run in sound for key in run.figures}
    figures = {
        key: pooled([run.figures[key] for run in sound if key in run.figures]) for key in names
    }
    if figures:
        figures["quality"] = pooled([quality(run.figures) for run in sound])
    sizes = [r for j, r in done if j.kind == "size" and j.family == name and "failed" not in r]
    scaling = [r for j, r in done if j.kind == "scale" and j.family == name and "points" in r]
    return FamilyResult(
        family=name,
        title=TITLES[name],
        runs=runs,
        figures=figures,
        curve=pooled_curve(runs),
        sizes=[SizePoint(**{**r, "quality": r["quality"] or 0.0}) for r in sizes],
        scaling=[ScalePoint(**point) for r in scaling for point in r["points"]],
        parameters=next((r["parameters"] for _, r in fits if "parameters" in r), None),
        seconds=statistics.fmean(run.cpu_seconds for run in runs) if runs else None,
    )


def _run(job: Job, result: Mapping[str, Any]) -> Run:
    if "failed" in result:
        return Run(job.seed, None, 0.0, 0.0, 0, diverged=True, stopped_because=result["failed"])
    history = result["history"]
    kept = None if job.folder is None else Path(job.folder).as_posix()
    return Run(
        seed=job.seed,
        folder=None if history["diverged"] else kept,
        cpu_seconds=history["seconds"],
        wall_seconds=result["wall_seconds"],
        steps=result["steps"],
        diverged=history["diverged"],
        stopped_because=history["stopped"],
        training=[
            Step(int(p["step"]), p["seconds"], p["train"], p["held_out"])
            for p in history["points"]
        ],
        curve=[CurvePoint(**point) for point in result["curve"]],
        figures=_figures(result),
        loss_unit=result.get("loss_unit", ""),
    )


def _figures(result: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: Figure(**figure) for name, figure in result.get("figures", {}).items()}


def _seven(result: FamilyResult, parts: str) -> dict[str, Figure]:
    """The figures of the survey's seven columns."""
    found = {
        "training_speed": training_speed(result.runs),
        "parameter_efficiency": parameter_efficiency(result.sizes),
        "scale": scale_of_content(result.scaling, parts),
        "stability": stability(result.runs),
    }
    for column, name in (
        ("generation_speed", "generation_speed"),
        ("quality", "quality"),
        ("diversity", "coverage"),
    ):
        if name in result.figures:
            found[column] = result.figures[name]
    return found


def _baseline(done: Sequence[tuple[Job, dict[str, Any]]]) -> FamilyResult | None:
    for job, result in done:
        if job.kind == "baseline" and "failed" not in result:
            figures = _figures(result)
            return FamilyResult(
                family="baseline",
                title=result["title"],
                figures={**figures, "quality": quality(figures)},
                parameters=result["parameters"],
                seconds=result["seconds"],
            )
    return None


def _exhibits(
    families: Sequence[str], done: Sequence[tuple[Job, dict[str, Any]]], trial: Trial
) -> list[Exhibit]:
    """What is shown of real data, then of each family's first sound run."""
    found = [replace(exhibit, family="real") for exhibit in trial.real()]
    for name in families:
        runs = (result for job, result in done if job.family == name and result.get("exhibits"))
        found += [Exhibit(**e) for e in next(runs, {"exhibits": []})["exhibits"]]
    return found


def _tables(
    families: Sequence[str], done: Sequence[tuple[Job, dict[str, Any]]]
) -> dict[str, pa.Table]:
    """The synthetic table of each family's first sound run."""
    found: dict[str, pa.Table] = {}
    for job, result in done:
        sound = job.kind == "fit" and "failed" not in result and not result["history"]["diverged"]
        if sound and job.family not in found and job.table.exists():
            found[job.family] = feather.read_table(job.table)
    return {name: found[name] for name in families if name in found}
