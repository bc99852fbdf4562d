"""Fit one of our families for so many processor seconds, draw from it, and say what it cost.

    python ours.py fivefold_variational DATA OUT --seconds 120 --count 500 --seed 0

The same arguments and the same folders as `python -m peers`. It is what `fivefold fit --minutes` and `fivefold sample`
do, labels included; of series and tracks the ends of held-out windows are forecast as well. `bootstrap` is the humble
model that `compare` tries beside the families.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from peers.clock import peak
from pictures import PICTURES
from pyarrow import feather
from timelines import FORECASTS, ROWS, learned

import fivefold
from fivefold.codecs.pictures.arrays import table_of
from fivefold.compare.bootstrap import SeasonalBootstrap
from fivefold.compare.parts import Parts
from fivefold.compare.timelines import SeriesTrial
from fivefold.families import FAMILIES
from fivefold.machine import Machine
from fivefold.measures import bits_per_dimension
from fivefold.model import Model
from fivefold.seeds import seeded

MOST = 1 << 40
JUDGED = 1_000
Cost = dict[str, Any]


def main() -> None:
    """Run the family that the command line names."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("name")
    wanted.add_argument("data", type=Path)
    wanted.add_argument("out", type=Path)
    wanted.add_argument("--seconds", type=float, required=True)
    wanted.add_argument("--count", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    asked = wanted.parse_args()

    torch.set_num_threads(1)
    asked.family = asked.name.removeprefix("fivefold_")
    cost = (pictures if (asked.data / PICTURES).exists() else windows)(asked)
    cost["memory"] = peak()
    cost["versions"] = {
        "fivefold": fivefold.__version__,
        "torch": Machine.here().versions["torch"],
    }
    (asked.out / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


def pictures(asked: argparse.Namespace) -> Cost:
    """Learn and draw pictures."""
    with np.load(asked.data / PICTURES) as file:
        train, test = (
            listing(file[name], file.get(f"{name}_labels")) for name in ("train", "test")
        )
    model, cost = fitted(asked, train, kind="image")
    made, spent = drawn(asked, model)
    x = model.codec.encode(made)
    levels = np.moveaxis(x.array[x.rows.numpy()], 1, 3).astype(np.uint8)
    np.savez_compressed(asked.out / PICTURES, made=levels)
    return cost | spent | {"bits_per_dimension": bits(model, test.slice(0, JUDGED))}


def listing(levels: NDArray[np.uint8], labels: NDArray[np.int64] | None) -> pa.Table:
    """Pictures (N, H, W, C) and their classes as the table that `fivefold` reads such files to."""
    return table_of(levels, None if labels is None else labels.astype(str), "pictures", MOST)


def bits(model: Model, test: pa.Table) -> float | None:
    """Bits per dimension of pictures, labels included; none where there is no likelihood."""
    if model.family.likelihood == "none":
        return None
    return bits_per_dimension(model.log_prob(test).numpy(), model.codec.space.dimensions).value


def windows(asked: argparse.Namespace) -> Cost:
    """Learn and draw windows, and forecast the ends of held-out ones."""
    parts = Parts.read(asked.data)
    known, length = learned(parts), parts.codec.design.length
    if asked.family not in FAMILIES:
        model, cost = bootstrapped(asked, parts, known), {"data_a_second": None}
    else:
        model, cost = fitted(asked, known, kind=parts.codec.kind, length=length)
    made, spent = drawn(asked, model)
    feather.write_feather(made, asked.out / ROWS)
    if asked.family in FAMILIES:
        trial = SeriesTrial(replace(parts, codec=model.codec))
        truth, draws = trial.futures(model, asked.seed)
        np.savez_compressed(
            asked.out / FORECASTS,
            past=truth.values[:, : trial.past],
            draws=np.stack([draw.values[:, trial.past :] for draw in draws]),
        )
    return cost | spent


def bootstrapped(asked: argparse.Namespace, parts: Parts, known: pa.Table) -> Model:
    """The humble model, which keeps windows."""
    codec = type(parts.codec)(length=parts.codec.design.length).fit(known)
    family = SeasonalBootstrap(codec.space)
    family.prepare(codec.encode(known, seed=asked.seed), seeded("cpu", "prepare", asked.seed))
    return Model(family, codec, {})


def fitted(asked: argparse.Namespace, known: pa.Table, **reading: Any) -> tuple[Model, Cost]:
    """A model that was trained for the budget, and what it took."""
    began = time.process_time()
    model = fivefold.fit(
        known, family=asked.family, minutes=asked.seconds / 60, seed=asked.seed, **reading
    )
    history = model.evidence["training"]
    return model, {
        "parameters": sum(p.numel() for p in model.family.parameters()),
        "train_cpu_seconds": round(history["seconds"], 2),
        "fit_cpu_seconds": round(time.process_time() - began, 2),
        "steps": history["steps"],
        "data_a_second": round(
            history["steps"] * history["plan"]["batch"] / history["seconds"], 1
        ),
    }


def drawn(asked: argparse.Namespace, model: Model) -> tuple[pa.Table, Cost]:
    """What the model makes, and what that took."""
    began = time.process_time()
    made = fivefold.sample(model, asked.count, seed=asked.seed)
    return made, {"sample_cpu_seconds": round(time.process_time() - began, 2)}


if __name__ == "__main__":
    main()
