"""From data to a training that could begin: read, encoded, parted, with a family and a plan."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family
from fivefold.files import write_atomically
from fivefold.intake import SPLITS, Codec, Reading
from fivefold.machine import Machine
from fivefold.seeds import seed_of
from fivefold.spaces import Data, Space
from fivefold.training import Plan, fit_budget, make_plan

TRAINING_COPIES = 7
"""Weights, gradients, two moments, the average, the best average, and one in the making."""
PREFERRED = {"columns": "diffusion", "sequence": "autoregressive"}
"""The family for each sort of space where none is named."""


@dataclass(frozen=True)
class Task:
    """A training that could begin: encoded data, an untrained family and a plan."""

    codec: Codec
    x: Data
    held_out: Data
    family: Family
    plan: Plan
    source: dict[str, Any]
    notices: list[str] = field(default_factory=list)


def prepare(
    data: Any,
    *,
    family: str | None = None,
    reading: Reading | None = None,
    minutes: float | None = None,
    epochs: float | None = None,
    size: float = 1.0,
    seed: int = 0,
    threads: int | None = None,
    device: str | None = None,
    settled: Path | None = None,
) -> Task:
    """Read, encode and part the data, and make the family and its plan; `settled` keeps the plan for a resume."""
    if family is not None:
        check_family(family)
    codec, table = (reading or Reading()).open(data)
    codec.fit(table)
    sort = codec.space.sort
    where = choose_device(device)
    encoded = codec.encode(table, seed=seed_of("encode", seed)).to(where)
    x, held_out, notices = SPLITS[sort](encoded, seed)
    built = build(family or PREFERRED[sort], codec.space, size=size, seed=seed).to(where)
    task = Task(
        codec=codec,
        x=x,
        held_out=held_out,
        family=built,
        plan=make_plan(built, len(x), seed=seed, threads=threads or 1, epochs=epochs),
        source=describe_source(data, table),
        notices=notices,
    )
    return Task(**{**vars(task), "plan": _settle(task, minutes, settled)})


def check_family(name: str) -> None:
    """Refuse a family that there is not.

    Raises:
        InputError: naming those that there are.
    """
    if name not in FAMILIES:
        raise InputError(
            f"unknown family {name!r}", hint=f"one of: {', '.join(FAMILIES)}", code="family"
        )


def build(family: str, space: Space, *, size: float = 1.0, seed: int = 0) -> Family:
    """An untrained family of a size that suits the space; its first weights depend on the seed alone.

    Raises:
        InputError: where training it would need more memory than the machine has.
    """
    kind = FAMILIES[family]
    config = kind.sized(space, size)
    with torch.device("meta"):
        needed = 4 * TRAINING_COPIES * sum(p.numel() for p in kind(space, **config).parameters())
    available = Machine.here().memory_available
    if needed > available:
        raise InputError(
            f"the {family} family over {space.positions + space.dimensions} variables needs "
            f"{needed / 1e9:.0f} GB to train and {available / 1e9:.0f} GB are free",
            hint="leave columns out (`fivefold schema`), choose another family or a smaller --size",
            code="too-large",
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("weights", seed))
        return kind(space, **config)


def choose_device(name: str | None) -> torch.device:
    """The named device, or the best there is.

    Raises:
        InputError: where the device is unknown or absent.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"no device {name!r}", hint="`fivefold doctor` says what is there", code="device"
        ) from error
    return device


def describe_source(data: Any, table: pa.Table) -> dict[str, Any]:
    """Where data came from, how large they are and the digest of their content."""
    named = isinstance(data, str | os.PathLike)
    digest = hashlib.sha256()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    digest.update(sink.getvalue())
    return {
        "name": Path(str(data)).name if named else "a frame",
        "rows": len(table),
        "columns": table.num_columns,
        "sha256": digest.hexdigest(),
    }


def evidence(task: Task, history: dict[str, Any]) -> dict[str, Any]:
    """What must be known to repeat a training and to judge it."""
    return {
        "data": task.source,
        "training": {
            "seed": task.plan.seed,
            "plan": task.plan.to_dict(),
            "steps": history["points"][-1]["step"] if history["points"] else 0,
            "rows": len(task.x),
            "held_out": len(task.held_out),
            "notices": task.notices,
            **history,
        },
        "machine": Machine.here().to_dict(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _settle(task: Task, minutes: float | None, settled: Path | None) -> Plan:
    """The plan within the budget; a resumed training keeps the one it began with."""
    if settled is not None and settled.exists():
        return Plan.from_dict(json.loads(settled.read_bytes()))
    chosen = task.plan
    if minutes is not None:
        chosen = fit_budget(chosen, task.family, task.x, 60 * minutes)
    if settled is not None:
        write_atomically(settled, json.dumps(chosen.to_dict()).encode())
    return chosen
