"""From data to a model: `fit`, `plan`, `sample`, and an estimator in scikit-learn's manner."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from fivefold.codecs.reading import read_data
from fivefold.codecs.schema import Schema
from fivefold.drawing import sample as sample
from fivefold.drawing.live import live_sheet
from fivefold.errors import InputError, NotFittedError
from fivefold.intake import Reading
from fivefold.model import Model
from fivefold.nets.lora import merge
from fivefold.preparation import TRAINING_COPIES, Task, evidence, prepare
from fivefold.training import Progress, step_seconds, train
from fivefold.training.team import Team, joined

Report = Callable[[Progress], None]


def fit(
    data: Any,
    *,
    family: str | None = None,
    out: Path | str | None = None,
    minutes: float | None = None,
    epochs: float | None = None,
    size: float = 1.0,
    resume: bool = False,
    seed: int = 0,
    threads: int | None = None,
    device: str | None = None,
    net: str | None = None,
    start: Model | Path | str | None = None,
    lora: int | None = None,
    shard: bool = False,
    on_progress: Report | None = None,
    **reading: Any,
) -> Model:
    """Train one family on a table, on texts, molecules, event logs, on pictures or series.

    Arguments:
        data: a path, an address, the name of a bundled table, a frame, an Arrow table, or arrays of pictures.
        family: one of `fivefold.families.FAMILIES`; `autoregressive` for sequences and else `diffusion` if None.
        out: the folder for the model; a training that is killed resumes from it.
        minutes: a budget of processor time, for more or fewer steps than the family's own plan; kept as the clock goes.
        epochs: passes over the data, in place of the family's own number.
        size: scale of the width of the networks.
        resume: go on with an interrupted training in `out`.
        seed: the same seed gives the same model on the same machine with the same number of threads.
        threads: processor threads, 1 by default.
        device: `cpu`, `cuda`, ...; the best if None.
        net: of an autoregressive model or a flow of sequences `transformer`, or `rnn`, `lstm`, `gru`; of a diffusion of
            grids `unet` or `dit`.
        start: a model to train further, with its own codec.
        lora: the rank of matrices beside those of `start`, which then stay as they are; all are trained if None.
        shard: whether each process that `torchrun` starts keeps a slice of the weights, for models too large for one.
        on_progress: called now and then.
        reading: how the data are read: what `fivefold.intake.Reading` takes, such as `kind`, `schema` or `length`.

    Returns:
        The model; it is also in `out`, and so is, of pictures and series, a sheet of samples that is renewed meanwhile.

    Raises:
        InputError: where the data, an option or the folder is wrong.
    """
    folder = None if out is None else Path(out)
    with joined() as team:
        if folder is not None:
            _check_folder(folder, resume)
        team.wait()
        task = prepare(
            data,
            family=family,
            reading=Reading(**reading),
            minutes=minutes,
            epochs=epochs,
            size=size,
            net=net,
            start=start,
            lora=lora,
            seed=seed,
            threads=threads,
            device=device,
            shard=shard,
            settled=None if folder is None else folder / "training" / "plan.json",
        )
        model = _trained(task, folder, team, on_progress)
        team.wait()
    return model


def _trained(task: Task, folder: Path | None, team: Team, on_progress: Report | None) -> Model:
    """The model that a task leads to, kept in the folder; checkpoints and samples are there meanwhile."""
    live = live_sheet(task.codec, folder) if team.leads and not task.plan.sharded else None
    history = train(
        task.family,
        task.x,
        task.held_out,
        task.plan,
        checkpoint=None if folder is None else folder / "training" / "checkpoint.safetensors",
        on_progress=on_progress if team.leads else None,
        on_validate=live,
    )
    merge(task.family).requires_grad_(False)
    model = Model(task.family, task.codec, evidence(task, history.to_dict()))
    if folder is not None and team.leads:
        model.save(folder)
        if live is not None:
            live.draw(model.family)
        shutil.rmtree(folder / "training", ignore_errors=True)
    return model


def plan(data: Any, **options: Any) -> dict[str, Any]:
    """What `fit` would do with these options: rows, kinds, parameters, steps, seconds and memory."""
    for unused in ("out", "resume", "on_progress"):
        options.pop(unused, None)
    names = {field.name for field in fields(Reading)} & options.keys()
    reading = Reading(**{name: options.pop(name) for name in names})
    task = prepare(data, reading=reading, **options)
    a_step = step_seconds(task.plan, task.family, task.x)
    parameters = sum(p.numel() for p in task.family.parameters())
    return {
        "data": task.source,
        "kind": task.codec.kind,
        **task.codec.describe(),
        "notices": [*task.codec.notices, *task.notices],
        "family": task.family.name,
        "parameters": parameters,
        "rows": {"training": len(task.x), "held_out": len(task.held_out)},
        "steps": task.plan.steps,
        "batch": task.plan.batch,
        "seconds": round(a_step * task.plan.steps, 1),
        "megabytes": round(TRAINING_COPIES * 4 * parameters / 1e6, 1),
    }


class GenerativeModel:
    """A generative model of a table, or of sequences, as a scikit-learn estimator.

    Arguments:
        family: one of the five families; `diffusion` for tables and `autoregressive` for sequences if None.
        minutes: a budget of processor time.
        epochs: passes over the data.
        size: scale of the networks.
        schema: kinds of columns that are not to be found by themselves.
        kind, column, alphabet, symbols, length: how sequences are read, as `fit` takes them.
        random_state: the seed.
        threads: processor threads.
        device: `cpu`, `cuda`, ...

    Attributes:
        model_: the trained `Model`, after `fit`.

    Example:
        >>> table = pa.table({"a": ["x", "y"] * 50, "n": list(range(100))})
        >>> model = GenerativeModel("autoregressive", epochs=1).fit(table)
        >>> len(model.sample(3))
        3
    """

    def __init__(
        self,
        family: str | None = None,
        *,
        minutes: float | None = None,
        epochs: float | None = None,
        size: float = 1.0,
        schema: Schema | Path | str | None = None,
        kind: str | None = None,
        column: str | None = None,
        alphabet: str | None = None,
        symbols: int | None = None,
        length: int | None = None,
        random_state: int = 0,
        threads: int | None = None,
        device: str | None = None,
    ) -> None:
        self.family = family
        self.minutes = minutes
        self.epochs = epochs
        self.size = size
        self.schema = schema
        self.kind = kind
        self.column = column
        self.alphabet = alphabet
        self.symbols = symbols
        self.length = length
        self.random_state = random_state
        self.threads = threads
        self.device = device

    def fit(self, X: Any, y: None = None) -> Self:
        """Train on a table."""
        options = self.get_params()
        self.model_ = fit(X, seed=options.pop("random_state"), **options)
        return self

    def sample(self, n_samples: int = 1, *, random_state: int = 0) -> pa.Table:
        """Draw new rows."""
        return sample(self._fitted(), n_samples, seed=random_state)

    def score_samples(self, X: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
        """log p of each row in nats: exact, a bound, or NoLikelihoodError, as the family has it."""
        model = self._fitted()
        _, table = read_data(X, kind=model.codec.kind, column=self.column)
        return model.log_prob(table).numpy()

    def score(self, X: Any, y: None = None) -> float:
        """The mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Change constructor's arguments."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise InputError(
                    f"no parameter {name!r}", hint=f"one of: {', '.join(self.get_params())}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"GenerativeModel({self.family!r})"

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFittedError("this model is not fitted yet", hint="call fit first")
        return self.model_


def _check_folder(folder: Path, resume: bool) -> None:
    if (folder / "manifest.json").exists():
        raise InputError(
            "holds a finished model",
            where=str(folder),
            hint="choose another --out or remove the folder",
            code="exists",
        )
    if (folder / "training").exists() and not resume:
        raise InputError(
            "holds an interrupted training",
            where=str(folder),
            hint="go on with --resume, or remove the folder",
            code="interrupted",
        )
