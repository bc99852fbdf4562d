"""From a table to a training that could begin: read, encoded, split, with a family and a plan."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from fivefold.codecs.reading import read_table
from fivefold.codecs.schema import Schema
from fivefold.codecs.table import TableCodec
from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family
from fivefold.files import write_atomically
from fivefold.machine import Machine
from fivefold.seeds import seed_of
from fivefold.spaces import Batch, Space
from fivefold.training import Plan, fit_budget, make_plan

HELD_OUT, HELD_OUT_MOST = 0.05, 5_000
TRAINING_COPIES = 7
"""Weights, gradients, two moments, the average, the best average, and one in the making."""


@dataclass(frozen=True)
class Task:
    """A training that could begin: encoded data, an untrained family and a plan."""

    codec: TableCodec
    x: Batch
    held_out: Batch
    family: Family
    plan: Plan
    source: dict[str, Any]


def prepare(
    data: Any,
    *,
    family: str = "diffusion",
    minutes: float | None = None,
    epochs: float | None = None,
    size: float = 1.0,
    schema: Schema | Path | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    device: str | None = None,
    encoding: str | None = None,
    settled: Path | None = None,
) -> Task:
    """Read, encode and split the data, and make the family and its plan; `settled` keeps the plan for a resume."""
    if family not in FAMILIES:
        raise InputError(
            f"unknown family {family!r}", hint=f"one of: {', '.join(FAMILIES)}", code="family"
        )
    table = read_table(data, encoding=encoding)
    codec = TableCodec(schema if isinstance(schema, Schema | None) else Schema.load(schema))
    codec.fit(table)
    where = choose_device(device)
    x = codec.encode(table, seed=seed_of("encode", seed)).to(where)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(x))).to(where)
    held = held_out_rows(len(x))
    built = build(family, codec.space, size=size, seed=seed).to(where)
    task = Task(
        codec=codec,
        x=x[order[held:]],
        held_out=x[order[:held]],
        family=built,
        plan=make_plan(built, len(x) - held, seed=seed, threads=threads or 1, epochs=epochs),
        source=describe_source(data, table),
    )
    return Task(**{**vars(task), "plan": _settle(task, minutes, settled)})


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


def held_out_rows(rows: int) -> int:
    """How many rows training never sees, for choosing the best weights."""
    return min(HELD_OUT_MOST, max(1, min(rows // 5, max(64, round(HELD_OUT * rows)))))


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
