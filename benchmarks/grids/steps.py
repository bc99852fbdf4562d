"""What fewer steps cost a diffusion: the quality of its pictures, and how many it draws a processor second.

    python benchmarks/grids/steps.py --data package/data --seconds 120
    python benchmarks/grids/steps.py --data package/data --model painter

A diffusion learns MNIST for so many processor seconds, or is taken from a folder that `fivefold fit` wrote; with each
number of steps it draws as many pictures, from three seeds, turn by turn. They are judged as `run.py --task mnist`
judges them; quality is what `compare` shows, 1 - sqrt(Frechet distance / 128), precision and recall in the mean.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from pictures import PICTURES
from run import RESULTS, WORK, machine
from tasks import MNIST

import fivefold
from fivefold.codecs.pictures.arrays import table_of
from fivefold.compare.quality import quality
from fivefold.files import write_atomically
from fivefold.measures.figure import Figure
from fivefold.model import Model

STEPS = (4, 8, 16, 50)
COUNT, SEEDS = 2_000, 3
MOST = 1 << 40
FILE = RESULTS / "steps.json"
Found = dict[str, Any]


def main() -> None:
    """Measure, keep what was found and print it."""
    asked = options().parse_args()
    torch.set_num_threads(1)
    data = WORK / MNIST.name / "data"
    if not (data / PICTURES).exists():
        data.mkdir(parents=True, exist_ok=True)
        MNIST.read(asked.data, data)
    model = fivefold.load(asked.model) if asked.model else fitted(data, asked.seconds)
    found = measured(model, data, asked.count, asked.seeds)
    write_atomically(FILE, (json.dumps(found, indent=1) + "\n").encode())
    print(section(found))


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help=f"{MNIST.folder}, for the first time")
    parser.add_argument("--model", type=Path, help="a diffusion of MNIST; one is fitted if none")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the training")
    parser.add_argument("--count", type=int, default=COUNT, help="pictures that are judged")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="drawings of each, from seed 0")
    return parser


def fitted(data: Path, seconds: float) -> Model:
    """A diffusion that learned the digits and their classes."""
    with np.load(data / PICTURES) as file:
        train = table_of(file["train"], file["train_labels"].astype(str), "digits", MOST)
    return fivefold.fit(train, family="diffusion", kind="image", minutes=seconds / 60)


def measured(model: Model, data: Path, count: int, seeds: int) -> Found:
    """Quality, Frechet distance and pictures a processor second, with each number of steps and each seed.

    Arguments:
        model: a diffusion of pictures as `data` has them.
        data: the folder that the judge is made from.
        count: how many pictures are drawn at a time.
        seeds: how many times.
    """
    judge = MNIST.judge(data)
    runs = []
    with tempfile.TemporaryDirectory() as place:
        for seed in range(seeds):
            for steps in STEPS:
                began = time.process_time()
                made = fivefold.sample(model, count, seed=seed, steps=steps)
                spent = time.process_time() - began
                x = model.codec.encode(made, seed=seed)
                levels = np.moveaxis(x.array[x.rows.numpy()], 1, 3).astype(np.uint8)
                np.savez_compressed(Path(place) / PICTURES, made=levels)
                figures = judge(Path(place), seed)
                runs.append({"steps": steps, "seed": seed, "cpu_seconds": spent} | told(figures))
    training = model.evidence.get("training", {})
    about = {"count": count, "scorer": judge.name, "fit_cpu_seconds": training.get("seconds")}
    return {**about, **machine(), "parameters": model.parameters, "runs": runs}


def told(figures: dict[str, Found]) -> Found:
    """Of the judge's figures those that are kept, and the quality that they come to."""
    known = {name: Figure(name, name, figure["value"]) for name, figure in figures.items()}
    kept = ("frechet_distance", "precision", "recall")
    return {"quality": quality(known).value} | {name: figures[name]["value"] for name in kept}


def section(found: Found) -> str:
    """What was found as a section of a page.

    Arguments:
        found: what `steps.json` holds.
    """
    longest = mean(_of(found, STEPS[-1], "quality"))
    rows = []
    for steps in STEPS:
        values = _of(found, steps, "quality")
        speed = found["count"] / mean(_of(found, steps, "cpu_seconds"))
        rows.append(
            f"| {steps} | {mean(values):.3f} ({min(values):.3f} to {max(values):.3f}) "
            f"| {1 - mean(values) / longest:.1%} | {mean(_of(found, steps, 'frechet_distance')):.2f} "
            f"| {mean(_of(found, steps, 'precision')):.3f} | {mean(_of(found, steps, 'recall')):.3f} "
            f"| {speed:,.0f} |\n"
        )
    about = (
        f"{found['count']:,} digits are drawn with each number of steps, "
        f"by a model of {found['parameters'] / 1e6:.2f} M parameters that was trained for "
        f"{found['fit_cpu_seconds']:.0f} CPU s; {found['scorer']}."
    )
    head = "| steps | quality | lost | Frechet | precision | recall | pictures a CPU s |\n"
    rule = "|---:|---:|---:|---:|---:|---:|---:|\n"
    return "\n\n".join(["## Steps of a diffusion", about, head + rule + "".join(rows)])


def _of(found: Found, steps: int, name: str) -> list[float]:
    return [run[name] for run in found["runs"] if run["steps"] == steps]


if __name__ == "__main__":
    main()
