"""The pieces of work of a comparison, each alone in a process of one thread.

A job is a specification; its key is the digest of the specification and of the data, and its result a JSON document.
Whatever is finished is kept under its key, so that a comparison that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from pyarrow import feather

from fivefold.codecs.table import TableCodec
from fivefold.compare.mixture import Mixture
from fivefold.compare.quality import CHEAP, quality
from fivefold.families import Family
from fivefold.measures.energy import Meter
from fivefold.measures.fidelity import fidelity
from fivefold.measures.figure import Figure
from fivefold.measures.frame import frames
from fivefold.measures.membership import membership, with_source
from fivefold.measures.table import measure
from fivefold.model import CHUNK, Model
from fivefold.preparation import TRAINING_COPIES, build
from fivefold.seeds import seed_of, seeded
from fivefold.spaces import Batch, Space
from fivefold.training import fit_budget, make_plan, step_seconds, train

LOOKS = (1, 2, 4, 7, 11, 15, 20)
LOOK_ROWS = 4_000
SIZES = (0.25, 0.5, 1.0)
WIDTHS = (0.5, 1.0, 2.0, 4.0)
SCALE_ROWS = 2_048


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Arguments:
        kind: `fit`, `size`, `scale`, `mixture` or `floor`.
        parts: the folder with the parts of the data, as `Parts` writes them.
        data: the digest of the data, the split and the schema.
        family: the family, where one is trained.
        seed: of weights, order and noise.
        size: scale of the family's width.
        seconds: the budget of processor seconds.
        target: the column by which usefulness is measured.
        rows: synthetic rows to draw and judge.
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


@dataclass(frozen=True)
class Parts:
    """The parts of the data: what families learn from, choose by, and never see."""

    train: pa.Table
    validation: pa.Table
    holdout: pa.Table
    codec: TableCodec

    def write(self, folder: Path) -> None:
        """Write the parts to a folder of temporary files."""
        for name in ("train", "validation", "holdout"):
            feather.write_feather(getattr(self, name), folder / f"{name}.arrow", "uncompressed")
        (folder / "codec.json").write_text(json.dumps(self.codec.to_dict()), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Parts:
        """The parts that `write` wrote."""
        codec = json.loads((folder / "codec.json").read_text(encoding="utf-8"))
        return cls(
            train=feather.read_table(folder / "train.arrow"),
            validation=feather.read_table(folder / "validation.arrow"),
            holdout=feather.read_table(folder / "holdout.arrow"),
            codec=TableCodec.from_dict(codec),
        )


def run(job: Job) -> dict[str, Any]:
    """Do a job in this process."""
    torch.set_num_threads(1)
    return KINDS[job.kind](job, Parts.read(Path(job.parts)))


def fit_job(job: Job, parts: Parts) -> dict[str, Any]:
    """Train one family, judge it and keep it."""
    look = Look(parts, job.seed)
    family, history, figures, wall = _trained(job, parts, look)
    steps = int(history["points"][-1]["step"]) if history["points"] else 0
    found: dict[str, Any] = {
        "parameters": sum(p.numel() for p in family.parameters()),
        "history": history,
        "steps": steps,
        "wall_seconds": wall,
        "curve": look.points,
    }
    if history["diverged"]:
        return {**found, "figures": {f.name: f.to_dict() for f in figures}}
    evidence = {"training": {"seed": job.seed, "steps": steps, **history}, "data": {}}
    model = Model(family.requires_grad_(False), parts.codec, evidence)
    figures += _judged(job, parts, model)
    evidence["figures"] = {f.name: f.to_dict() for f in figures}
    if job.folder is not None:
        model.save(Path(job.folder))
    return {**found, "figures": {f.name: f.to_dict() for f in figures}}


def size_job(job: Job, parts: Parts) -> dict[str, Any]:
    """Train one family at another size, and judge it cheaply."""
    family, history, _, _ = _trained(job, parts, None)
    figure = Look(parts, job.seed).judge(family)
    return {
        "parameters": sum(p.numel() for p in family.parameters()),
        "quality": 0.0 if history["diverged"] else figure.value,
        "low": figure.low,
        "high": figure.high,
    }


def scale_job(job: Job, parts: Parts) -> dict[str, Any]:
    """Measure what a step of one family costs on tables of other widths."""
    x = parts.codec.encode(parts.train.slice(0, SCALE_ROWS), seed=0)
    points = []
    for width in WIDTHS:
        wide, space = widened(x, parts.codec.space, width)
        family = build(job.family, space)
        plan = make_plan(family, len(parts.train), seed=0)
        plan = replace(plan, batch=min(plan.batch, len(wide)))
        seconds = step_seconds(plan, family, wide, least=0.2)
        columns = max(1, round(width * parts.train.num_columns))
        points.append({"columns": columns, "seconds": seconds, "memory": memory(family, wide)})
    return {"points": points}


def mixture_job(job: Job, parts: Parts) -> dict[str, Any]:
    """Fit the shallow mixture and judge it as the families are judged."""
    x = parts.codec.encode(parts.train, seed=seed_of("encode", job.seed))
    mixture = Mixture(parts.codec.space)
    with Meter() as meter:
        mixture.prepare(x, seeded(x.device, "mixture", job.seed))
    figures = meter.figures() + _judged(job, parts, Model(mixture, parts.codec, {}))
    return {
        "parameters": sum(b.numel() for b in mixture.buffers()),
        "seconds": meter.cpu_seconds,
        "figures": {f.name: f.to_dict() for f in figures},
    }


def floor_job(job: Job, parts: Parts) -> dict[str, Any]:
    """Judge the holdout as if it were a synthetic table: the best that any generator can hope for."""
    half = len(parts.holdout) // 2
    release, holdout = parts.holdout.slice(0, half), parts.holdout.slice(half)
    figures = measure(
        parts.train,
        release,
        holdout=holdout,
        target=job.target,
        schema=parts.codec.schema,
        seed=job.seed,
    )
    return {"figures": {f.name: f.to_dict() for f in figures}}


KINDS: dict[str, Callable[[Job, Parts], dict[str, Any]]] = {
    "fit": fit_job,
    "size": size_job,
    "scale": scale_job,
    "mixture": mixture_job,
    "floor": floor_job,
}


class Look:
    """Cheap looks at a family in training: the curve of its quality against processor seconds."""

    def __init__(self, parts: Parts, seed: int) -> None:
        self.parts, self.seed, self.calls = parts, seed, 0
        self.points: list[dict[str, Any]] = []
        self.real = parts.train.slice(0, LOOK_ROWS)

    def __call__(self, family: Family, point: dict[str, float]) -> None:
        """Look, at some of the validations."""
        self.calls += 1
        if self.calls in LOOKS:
            figure = self.judge(family)
            seen = {"cpu_seconds": point["seconds"], "quality": figure.value}
            self.points.append({**seen, "parts": figure.details})

    def judge(self, family: Family) -> Figure:
        """The cheap part of the quality, of some thousand rows."""
        model = Model(family, self.parts.codec, {})
        made = pa.concat_tables(model.sample(LOOK_ROWS, seed=self.seed))
        real, synthetic = frames([self.real, made], self.parts.codec.schema)
        found = fidelity(real, synthetic, seed=0)
        return quality({f.name: f for f in found}, CHEAP)


def _trained(
    job: Job, parts: Parts, look: Look | None
) -> tuple[Family, dict[str, Any], list[Figure], float]:
    seed = seed_of("encode", job.seed)
    x = parts.codec.encode(parts.train, seed=seed)
    held_out = parts.codec.encode(parts.validation, seed=seed)
    family = build(job.family, parts.codec.space, size=job.size, seed=job.seed)
    plan = make_plan(family, len(x), seed=job.seed)
    plan = fit_budget(plan, family, x, job.seconds)
    started = time.perf_counter()
    meter = Meter()
    with meter:
        history = train(family, x, held_out, plan, on_validate=look)
    return family, history.to_dict(), meter.figures(), time.perf_counter() - started


def _judged(job: Job, parts: Parts, model: Model) -> list[Figure]:
    started = time.process_time()
    made = pa.concat_tables(model.sample(job.rows, seed=job.seed))
    speed = _speed(job.rows, time.process_time() - started, model, job.seed)
    job.table.parent.mkdir(parents=True, exist_ok=True)
    feather.write_feather(made, job.table)
    figures = measure(
        parts.train,
        made,
        holdout=parts.holdout,
        target=job.target,
        schema=parts.codec.schema,
        seed=job.seed,
    )
    return [speed, *figures, *_likelihood(parts, model, job.seed)]


def _speed(rows: int, seconds: float, model: Model, seed: int) -> Figure:
    rates = [rows / max(seconds, 1e-9)]
    for again in range(2):
        started = time.process_time()
        for _ in model.sample(2 * CHUNK, seed=seed + again):
            pass
        rates.append(2 * CHUNK / (time.process_time() - started))
    rates.sort()
    return Figure(
        name="generation_speed",
        title="Generation speed",
        value=rates[1],
        low=rates[0],
        high=rates[2],
        better="higher",
        unit="rows/s",
        definition="Rows drawn and decoded in a processor second: the median of three draws, and their range.",
        source="fivefold",
    )


def _likelihood(parts: Parts, model: Model, seed: int) -> list[Figure]:
    """Held-out log-likelihood in the data's own units, and the attack that uses it."""
    kind = model.family.likelihood
    if kind == "none":
        why = "this family has no likelihood"
        return [Figure("log_prob", "Held-out log-likelihood", None, better="higher", note=why)]
    rows = min(len(parts.holdout), len(parts.train), 4 * CHUNK)
    others = model.log_prob(parts.holdout.slice(0, rows), seed=seed).numpy()
    members = model.log_prob(parts.train.slice(0, rows), seed=seed).numpy()
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


def memory(family: Family, x: Batch) -> int:
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
