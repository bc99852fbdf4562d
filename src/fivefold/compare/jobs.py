"""The pieces of work of a comparison, each alone in a process of one thread.

A job is a specification; its key is the digest of the specification and of the data, and its result a JSON document.
Whatever is finished is kept under its key, so that a comparison that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from pyarrow import feather

from fivefold.compare.attention import attention
from fivefold.compare.nouns import nouns_of
from fivefold.compare.parts import Parts
from fivefold.compare.quality import quality
from fivefold.compare.trials import Trial, trial_of
from fivefold.families import Family
from fivefold.measures.energy import Meter
from fivefold.measures.figure import Figure
from fivefold.model import Model, chunk_of
from fivefold.preparation import TRAINING_COPIES, build
from fivefold.seeds import seed_of, seeded
from fivefold.spaces import Data
from fivefold.training import fit_budget, make_plan, step_seconds, train
from fivefold.training.plan import mean_length

SIZES = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Arguments:
        kind: `fit`, `size`, `scale`, `baseline` or `floor`.
        parts: the folder with the parts of the data, as `Parts` writes them.
        data: the digest of the data, the split and the schema.
        family: the family, where one is trained.
        seed: of weights, order and noise.
        size: scale of the family's width.
        seconds: the budget of processor seconds.
        target: the column by which usefulness is measured.
        rows: synthetic rows to draw and judge.
        effort: the share of the usual effort that judging may take.
        folder: where the model is kept, or None.
        results: the folder for results and synthetic tables.
    """

    kind: str
    parts: str
    data: str
    family: str = ""
    seed: int = 0
    size: float = 1.0
    seconds: float = 0.0
    target: str | None = None
    rows: int = 0
    effort: float = 1.0
    folder: str | None = None
    results: str = ""

    @property
    def key(self) -> str:
        """A name that depends on everything that the result depends on, but not on where it is computed."""
        what = {k: v for k, v in asdict(self).items() if k not in ("parts", "folder", "results")}
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def table(self) -> Path:
        """Where the synthetic rows that were judged are kept."""
        return Path(self.results) / f"{self.key}.arrow"

    @property
    def title(self) -> str:
        """What the job does, for people."""
        if self.kind in ("fit", "size"):
            return f"{self.kind} {self.family} (seed {self.seed}, size {self.size:g})"
        return self.kind


def run(job: Job) -> dict[str, Any]:
    """Do a job in this process."""
    torch.set_num_threads(1)
    parts = Parts.read(Path(job.parts))
    return KINDS[job.kind](job, trial_of(parts.codec.kind)(parts, job.effort))


def fit_job(job: Job, trial: Trial) -> dict[str, Any]:
    """Train one family, judge it and keep it."""
    look = Look(trial, job.seed)
    family, history, figures, wall, unit = _trained(job, trial, look)
    steps = int(history["points"][-1]["step"]) if history["points"] else 0
    found: dict[str, Any] = {
        "parameters": sum(p.numel() for p in family.parameters()),
        "history": history,
        "loss_unit": unit,
        "steps": steps,
        "wall_seconds": wall,
        "curve": look.points,
    }
    if history["diverged"]:
        return {**found, "figures": {f.name: f.to_dict() for f in figures}}
    evidence = {"training": {"seed": job.seed, "steps": steps, **history}, "data": {}}
    model = Model(family.requires_grad_(False), trial.parts.codec, evidence)
    judged, made = _judged(job, trial, model)
    figures += judged
    evidence["figures"] = {f.name: f.to_dict() for f in figures}
    if job.folder is not None:
        model.save(Path(job.folder))
    looked = attention(model, seed=job.seed)
    shown: dict[str, Any] = {} if looked is None else {"attention": asdict(looked)}
    exhibits = trial.exhibits(model, made, job.seed)
    shown["exhibits"] = [asdict(replace(exhibit, family=job.family)) for exhibit in exhibits]
    return {**found, **shown, "figures": {f.name: f.to_dict() for f in figures}}


def size_job(job: Job, trial: Trial) -> dict[str, Any]:
    """Train one family at another size, and judge it cheaply."""
    family, history, *_ = _trained(job, trial, None)
    figure = Look(trial, job.seed).judge(family)
    return {
        "parameters": sum(p.numel() for p in family.parameters()),
        "quality": 0.0 if history["diverged"] else figure.value,
        "low": figure.low,
        "high": figure.high,
    }


def scale_job(job: Job, trial: Trial) -> dict[str, Any]:
    """Measure what a step of one family costs on data of other sizes: more columns, longer sequences."""
    points = []
    for count, x, space in trial.scaled():
        family = build(job.family, space)
        plan = make_plan(family, len(trial.parts.train), seed=0)
        plan = replace(plan, batch=min(plan.batch, len(x)))
        seconds = step_seconds(plan, family, x, least=0.2)
        points.append({"columns": count, "seconds": seconds, "memory": memory(family, x)})
    return {"points": points}


def baseline_job(job: Job, trial: Trial) -> dict[str, Any]:
    """Fit the cheap model and judge it as the families are judged."""
    codec = trial.parts.codec
    x = codec.encode(trial.parts.train, seed=seed_of("encode", job.seed))
    family, title = trial.baseline()
    with Meter() as meter:
        family.prepare(x, seeded(x.device, "mixture", job.seed))
    figures = meter.figures() + _judged(job, trial, Model(family, codec, {}))[0]
    return {
        "title": title,
        "parameters": family.counted,
        "seconds": meter.cpu_seconds,
        "figures": {f.name: f.to_dict() for f in figures},
    }


def floor_job(job: Job, trial: Trial) -> dict[str, Any]:
    """Judge the holdout as if it were synthetic: the best that any generator can hope for."""
    figures = trial.floor(job.target, job.seed)
    return {"figures": {f.name: f.to_dict() for f in figures}}


KINDS: dict[str, Callable[[Job, Trial], dict[str, Any]]] = {
    "fit": fit_job,
    "size": size_job,
    "scale": scale_job,
    "baseline": baseline_job,
    "floor": floor_job,
}


class Look:
    """Cheap looks at a family in training: the curve of its quality against processor seconds."""

    def __init__(self, trial: Trial, seed: int) -> None:
        self.trial, self.seed, self.calls = trial, seed, 0
        self.points: list[dict[str, Any]] = []

    def __call__(self, family: Family, point: dict[str, float]) -> None:
        """Look, at some of the validations."""
        self.calls += 1
        if self.calls in self.trial.looks:
            figure = self.judge(family)
            seen = {"cpu_seconds": point["seconds"], "quality": figure.value}
            self.points.append({**seen, "parts": figure.details})

    def judge(self, family: Family) -> Figure:
        """The cheap part of the quality, of a part of the data."""
        model = Model(family, self.trial.parts.codec, {})
        made = pa.concat_tables(model.sample(self.trial.look_rows, seed=self.seed))
        found = self.trial.glance(made)
        return quality({f.name: f for f in found}, cheap=True)


def _trained(
    job: Job, trial: Trial, look: Look | None
) -> tuple[Family, dict[str, Any], list[Figure], float, str]:
    seed, parts = seed_of("encode", job.seed), trial.parts
    x = parts.codec.encode(parts.train, seed=seed)
    held_out = trial.held_out(seed)
    family = build(job.family, parts.codec.space, size=job.size, seed=job.seed)
    plan = make_plan(family, len(x), seed=job.seed, present=mean_length(x))
    plan = fit_budget(plan, family, x, job.seconds)
    started = time.perf_counter()
    meter = Meter()
    with meter:
        history = train(family, x, held_out, plan, on_validate=look)
    scale, unit = trial.loss_scale(family, held_out, plan)
    found = history.to_dict()
    for point in found["points"]:
        for name in ("train", "held_out"):
            point[name] = None if point[name] is None else scale * point[name]
    return family, found, meter.figures(), time.perf_counter() - started, unit


def _judged(job: Job, trial: Trial, model: Model) -> tuple[list[Figure], pa.Table]:
    """Every figure of a model, and the samples that it was judged by."""
    made, rates = _drawn(model, job.rows, job.seed)
    if trial.speed_draws:
        again = [_drawn(model, n, job.seed + i)[1] for i, n in enumerate(trial.speed_draws)]
        rates = [_mean_rate(found) for found in (rates, *again)]
    job.table.parent.mkdir(parents=True, exist_ok=True)
    feather.write_feather(made, job.table)
    figures = trial.figures(made, job.target, job.seed)
    speed = _speed([rate for _, rate in rates], model)
    return [speed, *figures, *trial.likelihood(model, job.seed)], made


Rate = tuple[int, float]
"""How many were drawn, and how many of them in a processor second."""


def _drawn(model: Model, rows: int, seed: int) -> tuple[pa.Table, list[Rate]]:
    """Synthetic data, and the speed at which each chunk was drawn."""
    chunks: list[pa.Table] = []
    rates: list[Rate] = []
    most = chunk_of(model.family.space)
    started = time.process_time()
    for number, chunk in enumerate(model.sample(rows, seed=seed)):
        now, count = time.process_time(), min(most, rows - number * most)
        chunks.append(chunk)
        rates.append((count, count / max(now - started, 1e-9)))
        started = now
    return pa.concat_tables(chunks), rates


def _mean_rate(rates: list[Rate]) -> Rate:
    rows = sum(count for count, _ in rates)
    return rows, rows / sum(count / rate for count, rate in rates)


def _speed(rates: list[float], model: Model) -> Figure:
    many = nouns_of(model.codec.kind).many
    return Figure(
        name="generation_speed",
        title="Generation speed",
        value=statistics.median(rates),
        low=min(rates),
        high=max(rates),
        better="higher",
        unit=f"{many}/s",
        definition=f"{many.capitalize()} drawn and decoded in a processor second: the median of a few draws, "
        "and their range.",
        source="fivefold",
    )


def memory(family: Family, x: Data) -> int:
    """Bytes that training needs: every copy of the weights, and what one step keeps for its gradients."""
    kept = 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept += tensor.nelement() * tensor.element_size()
        return tensor

    batch = x[: family.recipe.batch]
    generator = seeded(x.device, "memory")
    most = 0
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        for _, _ in family.losses(batch, generator=generator):
            most, kept = max(most, kept), 0
    weights = sum(p.numel() * p.element_size() for p in family.parameters())
    return TRAINING_COPIES * weights + most
