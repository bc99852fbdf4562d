"""The state of a run in one file: tensors, and a few numbers beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from fivefold.errors import InputError
from fivefold.files import write_atomically
from fivefold.training.sharding import slice_of, whole

if TYPE_CHECKING:
    from fivefold.training.loop import Run

NUMBERS = (
    "number", "steps", "end", "next", "cooling", "top", "best_figure", "stale", "total", "count", "seen", "spent",
)  # fmt: skip


def save(run: Run, path: Path) -> None:
    """Write the whole state of a run to one file, atomically; where weights are cut, all processes help."""
    tensors = {f"family.{k}": v for k, v in run.family.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in run.average.state_dict().items()}
    tensors |= {f"best.{k}": v for k, v in run.best.items()}
    for player, optimiser in run.optimisers.items():
        for i, parameter in enumerate(_parameters(optimiser)):
            name = f"optimiser.{_name(run.family, player)}.{i}"
            tensors |= {f"{name}.{k}": v for k, v in optimiser.state[parameter].items()}
    numbers = {key: getattr(run, key) for key in NUMBERS}
    numbers |= {"spent": run.seconds, "points": run.history.points}
    numbers |= {"stopped": run.history.stopped, "identity": identity(run)}
    payload = {}
    for name, tensor in tensors.items():
        found = whole(tensor.detach())
        if run.team.leads:
            payload[name] = found.cpu().contiguous().clone()
    if run.team.leads:
        write_atomically(path, to_bytes(payload, {"run": json.dumps(numbers)}))


def restore(run: Run, path: Path) -> None:
    """Continue a run from the state that `save` wrote.

    Raises:
        InputError: where the file is damaged or of another run.
    """
    try:
        with safe_open(path, "pt") as file:
            numbers = json.loads(file.metadata()["run"])
            names = list(file.keys())
            tensors = {k: file.get_tensor(k).to(run.x.device) for k in names}
    except Exception as error:
        raise InputError(
            f"the checkpoint cannot be read ({error})",
            where=str(path),
            hint="delete it and train anew",
            code="damaged-checkpoint",
        ) from error
    if numbers["identity"] != identity(run):
        raise InputError(
            "the checkpoint is of another run (other data, seed or plan)",
            where=str(path),
            hint="use the same data and options, or another --out",
            code="other-run",
        )
    shapes = run.family.state_dict()
    for part, kept in {"family.": run.family, "average.": run.average}.items():
        kept.load_state_dict(_cut(_under(tensors, part), shapes))
    run.best = _cut(_under(tensors, "best."), shapes)
    states = (k.removeprefix("optimiser.") for k in tensors if k.startswith("optimiser."))
    for player in {k.rsplit(".", 2)[0] for k in states}:
        module = run.family if player == "self" else run.family.get_submodule(player)
        optimiser = run.optimiser(module)
        for i, parameter in enumerate(_parameters(optimiser)):
            state = _under(tensors, f"optimiser.{player}.{i}.")
            optimiser.state[parameter] = _cut(state, dict.fromkeys(state, parameter))
    for key in NUMBERS:
        setattr(run, key, numbers[key])
    run.history.points, run.history.stopped = numbers["points"], numbers["stopped"]


def identity(run: Run) -> str:
    """A digest of what makes two runs the same: plan, data and shape of the weights."""
    digest = hashlib.sha256(json.dumps(run.plan.to_dict(), sort_keys=True).encode())
    digest.update((run.x.digest() + run.held_out.digest()).encode())
    digest.update(repr([(k, v.shape) for k, v in run.family.state_dict().items()]).encode())
    return digest.hexdigest()


def _name(family: nn.Module, player: nn.Module) -> str:
    return next(name or "self" for name, m in family.named_modules() if m is player)


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _cut(tensors: dict[str, Tensor], like: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v if k == "step" else slice_of(v, like[k]) for k, v in tensors.items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
