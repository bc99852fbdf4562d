"""From data to a training that could begin: read, encoded, parted, with a family and a plan."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from fivefold.codecs import places
from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family
from fivefold.files import sha256, write_atomically
from fivefold.intake import OPTIONS, SPLITS, Codec, Reading
from fivefold.machine import Machine
from fivefold.model import Model, load
from fivefold.nets.lora import adapt
from fivefold.seeds import seed_of
from fivefold.spaces import Data, Space
from fivefold.training import Plan, fit_budget, make_plan
from fivefold.training.plan import mean_length
from fivefold.training.team import Team

TRAINING_COPIES = 7
"""Weights, gradients, two moments, the average, the best average, and one in the making."""
TUNED = 2.0
"""Passes over the data in training a model further."""
TUNING: dict[str, Any] = {"optimiser": "adamw", "decay": 0.0, "ema": 0.05, "conditional": 0.0}
RATE, LORA_RATE = 1e-4, 1e-3
PREFERRED = {"columns": "diffusion", "sequence": "autoregressive", "grid": "diffusion"}
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
    net: str | None = None,
    start: Model | Path | str | None = None,
    lora: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    device: str | None = None,
    shard: bool = False,
    settled: Path | None = None,
) -> Task:
    """Read, encode and part the data, and make the family and its plan; `settled` keeps the plan for a resume."""
    if family is not None:
        check_family(family)
    if lora is not None and start is None:
        raise InputError(
            "low-rank adaptation changes a model that is trained already",
            hint="name it with --start MODEL",
            code="option",
        )
    if shard and Team.here().size == 1:
        raise InputError(
            "one process has no other to share its weights with",
            hint="start several: torchrun --nproc-per-node 2 -m fivefold fit ... --shard",
            code="option",
        )
    before = load(start) if isinstance(start, Path | str) else start
    reading, where = reading or Reading(), choose_device(device)
    codec, table = (reading if before is None else suited(reading, before)).open(data)
    codec = codec.fit(table) if before is None else before.codec
    sort = codec.space.sort
    encoded = codec.encode(table, seed=seed_of("encode", seed)).to(where)
    x, held_out, notices = SPLITS[sort](encoded, seed)
    if before is None:
        name = family or PREFERRED[sort]
        built = build(name, codec.space, size=size, seed=seed, net=net, shard=shard).to(where)
    else:
        built = begun(before, family, lora, seed).to(where)
        epochs = epochs or TUNED
    plan = make_plan(
        built,
        len(x),
        seed=seed,
        present=mean_length(x),
        threads=threads or 1,
        epochs=epochs,
    )
    plan = replace(plan, sharded=shard)
    if before is not None:
        recipe = replace(built.recipe, **TUNING, rate=RATE if lora is None else LORA_RATE)
        plan = replace(plan, recipe=recipe, fresh=False)
    task = Task(
        codec=codec,
        x=x,
        held_out=held_out,
        family=built,
        plan=plan,
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


def suited(reading: Reading, before: Model) -> Reading:
    """The way of reading that suits a model that is there already: its kind and its alphabet.

    Raises:
        InputError: where another is asked for.
    """
    kind = before.codec.kind
    if reading.kind not in (None, kind):
        raise InputError(
            f"the model to start from is of {kind}, not of {reading.kind}", code="option"
        )
    for name in OPTIONS:
        if getattr(reading, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise InputError(
                f"{option} does not go with a model to start from, which has its own",
                hint=f"leave {option} out",
                code="option",
            )
    return replace(reading, kind=kind)


def begun(before: Model, family: str | None, lora: int | None, seed: int) -> Family:
    """A copy of a trained family that can be trained further, as it is or by matrices of low rank beside its own.

    Raises:
        InputError: where another family is asked for.
    """
    if family not in (None, before.family.name):
        raise InputError(
            f"the model to start from is {before.family.name}, not {family}", code="option"
        )
    built = copy.deepcopy(before.family).requires_grad_(True).train()
    if lora is None:
        return built
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("lora", seed))
        adapt(built, lora)
    return built


def build(
    family: str,
    space: Space,
    *,
    size: float = 1.0,
    seed: int = 0,
    net: str | None = None,
    shard: bool = False,
) -> Family:
    """An untrained family of a size that suits the space; its first weights depend on the seed alone.

    Raises:
        InputError: where training it would need more memory than the machine has.
    """
    kind = FAMILIES[family]
    config = kind.sized(space, size)
    if net is not None:
        with torch.device("meta"):
            choice = "net" in kind(space, **config).config
        if not choice:
            raise InputError(
                f"the {family} family over data of this sort has no choice of net",
                hint="families that write one symbol after another have, and diffusion on grids",
                code="option",
            )
        config["net"] = net
    with torch.device("meta"):
        parameters = sum(p.numel() for p in kind(space, **config).parameters())
    slices = Team.here().size if shard else 1
    needed = 4 * parameters * (TRAINING_COPIES if slices == 1 else 1 + TRAINING_COPIES / slices)
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
    """Where data came from, how large they are and the digest of their content, wherever it lies.

    Example:
        >>> found = describe_source("people.csv", pa.table({"age": [39, 50]}))
        >>> found["name"], found["rows"], found["columns"], len(found["sha256"])
        ('people.csv', 2, 1, 64)
    """
    named = isinstance(data, str | os.PathLike)
    digest, memory = Digest(), table.schema.metadata or {}
    digest.found.update(memory.get(places.RATE, b""))
    content = table.replace_schema_metadata(None)
    if places.FILES in memory:
        files = memory[places.FILES].decode()
        content = content.drop_columns(files)
        for path in table[files].to_pylist():
            digest.found.update(_digest_of(path))
    with pa.ipc.new_stream(pa.PythonFile(digest, "w"), content.schema) as stream:
        stream.write_table(content)
    return {
        "name": Path(str(data)).name if named else "a frame",
        "rows": len(table),
        "columns": table.num_columns,
        "sha256": digest.found.hexdigest(),
    }


def _digest_of(path: str) -> bytes:
    """The digest of a file; one that cannot be read is the codec's to complain of."""
    try:
        return bytes.fromhex(sha256(Path(path)))
    except OSError:
        return b"none"


class Digest(io.RawIOBase):
    """A file that keeps nothing but the SHA-256 digest of what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.found = hashlib.sha256()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, content: Any) -> int:
        """Add to the digest."""
        view = memoryview(content)
        self.found.update(view)
        return view.nbytes


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
            "notices": [*task.notices, *task.family.notices],
            **history,
        },
        "machine": Machine.here().to_dict(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _settle(task: Task, minutes: float | None, settled: Path | None) -> Plan:
    """The plan within the budget; a resumed training keeps the one it began with."""
    if settled is not None and settled.exists():
        return Plan.from_dict(json.loads(settled.read_bytes()))
    chosen, team = task.plan, Team.here()
    if minutes is not None:
        chosen = Plan.from_dict(
            team.agreed(fit_budget(chosen, task.family, task.x, 60 * minutes).to_dict())
        )
    if settled is not None and team.leads:
        write_atomically(settled, json.dumps(chosen.to_dict()).encode())
    return chosen
