"""Fit one of our families to pictures for so many processor seconds, draw some, and say what it cost.

    python ours.py fivefold_variational pictures.npz made.npz cost.json --seconds 120 --count 500 --seed 0

The same arguments and the same files as `python -m peers`. It is what `fivefold fit --minutes` and `fivefold sample`
do, labels included.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

import fivefold
from fivefold.codecs.pictures.arrays import table_of
from fivefold.machine import Machine
from fivefold.measures import bits_per_dimension
from fivefold.model import Model

MOST = 1 << 40
JUDGED = 1_000


def main() -> None:
    """Run the family that the command line names."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("name")
    wanted.add_argument("pictures", type=Path)
    wanted.add_argument("out", type=Path)
    wanted.add_argument("cost", type=Path)
    wanted.add_argument("--seconds", type=float, required=True)
    wanted.add_argument("--count", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    asked = wanted.parse_args()

    torch.set_num_threads(1)
    family = asked.name.removeprefix("fivefold_")
    with np.load(asked.pictures) as file:
        train, test = (listing(file[name], file[f"{name}_labels"]) for name in ("train", "test"))
    began = time.process_time()
    model = fivefold.fit(
        train, family=family, kind="image", minutes=asked.seconds / 60, seed=asked.seed
    )
    fitted = time.process_time() - began
    began = time.process_time()
    made = fivefold.sample(model, asked.count, seed=asked.seed)
    drawing = time.process_time() - began
    np.savez_compressed(asked.out, made=drawn(model, made))
    history = model.evidence["training"]
    batch = history["plan"]["batch"]
    exact = model.family.likelihood != "none"
    found = {
        "parameters": sum(p.numel() for p in model.family.parameters()),
        "train_cpu_seconds": round(history["seconds"], 2),
        "fit_cpu_seconds": round(fitted, 2),
        "sample_cpu_seconds": round(drawing, 2),
        "steps": history["steps"],
        "pictures_a_second": round(history["steps"] * batch / history["seconds"], 1),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "bits_per_dimension": bits(model, test.slice(0, JUDGED)) if exact else None,
        "versions": {"fivefold": fivefold.__version__, "torch": Machine.here().versions["torch"]},
    }
    asked.cost.write_text(json.dumps(found), encoding="utf-8")


def listing(pictures: NDArray[np.uint8], labels: NDArray[np.int64]) -> pa.Table:
    """Pictures (N, 28, 28) and their classes as the table that `fivefold` reads such files to."""
    return table_of(pictures[..., None], labels.astype(str), "digits", MOST)


def drawn(model: Model, table: pa.Table) -> NDArray[np.uint8]:
    """The pictures of a table, uint8 with shape (N, 28, 28)."""
    x = model.codec.encode(table)
    return np.ascontiguousarray(x.array[x.rows.numpy()][:, 0]).astype(np.uint8)


def bits(model: Model, test: pa.Table) -> float | None:
    """Bits per dimension of pictures, labels included."""
    return bits_per_dimension(model.log_prob(test).numpy(), 28 * 28).value


if __name__ == "__main__":
    main()
