"""Molecules after some minutes of one processor core, judged as MOSES judges them, beside its published table.

    python benchmarks/sequences/molecules.py                          250,000 molecules, 10 processor minutes
    python benchmarks/sequences/molecules.py --family diffusion       another family
    python benchmarks/sequences/molecules.py --minutes 2 --samples 5000 --test 5000     a quick look

The data are training SMILES of MOSES (package `molsets`, 1,584,663 molecules; its files are read, it is not imported).
The published models saw all of them for 50 to 100 epochs on a GPU; this one sees a part of them for some minutes. The
distances are to a part of MOSES' test set, drawn by the seed; their floor, real molecules against real ones, is printed
beside them. The published distances are to the whole test set.

References:
    Polykovskiy et al., "Molecular Sets (MOSES)", Frontiers in Pharmacology 2020, arXiv:1811.12823; the table is that of
    https://github.com/molecularsets/moses (means of three runs).
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from record import record

from fivefold.codecs import read_table
from fivefold.codecs.molecule import MoleculeCodec
from fivefold.intake import Reading
from fivefold.measures.figure import Figure
from fivefold.measures.molecules import measure_molecules
from fivefold.model import Model
from fivefold.preparation import prepare
from fivefold.training import fit_budget, train

COLUMNS = ("valid", "unique_at_1000", "unique_at_10000", "novelty", "fcd_test", "snn_test")
COLUMNS += ("fragments_test", "scaffolds_test", "internal_diversity", "filters")
PUBLISHED = {
    "HMM": (0.0760, 0.6230, 0.5671, 0.9994, 24.4661, 0.3876, 0.5754, 0.2065, 0.8466, 0.9024),
    "NGram": (0.2376, 0.9740, 0.9217, 0.9694, 5.5069, 0.5209, 0.9846, 0.5302, 0.8738, 0.9582),
    "Combinatorial": (1.0, 0.9983, 0.9909, 0.9878, 4.2375, 0.4514, 0.9912, 0.4445, 0.8732, 0.9557),
    "CharRNN": (0.9748, 1.0, 0.9994, 0.8419, 0.0732, 0.6015, 0.9998, 0.9242, 0.8562, 0.9943),
    "AAE": (0.9368, 1.0, 0.9973, 0.7931, 0.5555, 0.6081, 0.9910, 0.9022, 0.8557, 0.9960),
    "VAE": (0.9767, 1.0, 0.9984, 0.6949, 0.0990, 0.6257, 0.9994, 0.9386, 0.8558, 0.9970),
    "JTN-VAE": (1.0, 1.0, 0.9996, 0.9143, 0.3954, 0.5477, 0.9965, 0.8964, 0.8551, 0.9760),
    "LatentGAN": (0.8966, 1.0, 0.9968, 0.9498, 0.2968, 0.5371, 0.9986, 0.8867, 0.8565, 0.9735),
}


def main() -> None:
    """Train, draw, measure, print and record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", default="autoregressive")
    parser.add_argument("--minutes", type=float, default=10.0, help="processor minutes")
    parser.add_argument("--molecules", type=int, default=250_000, help="to learn from")
    parser.add_argument("--samples", type=int, default=30_000)
    parser.add_argument("--test", type=int, default=30_000, help="real ones to compare with")
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument(
        "--batch", type=int, help="molecules a step; the family's own if not given"
    )
    parser.add_argument("--alphabet", choices=MoleculeCodec.alphabets)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    learned, unseen = drawn("train", asked.molecules, asked.seed), drawn("test", asked.test, 0)
    model, found = trained(learned, asked)
    made, speed = sampled(model, asked.samples, asked.seed)
    figures = measure_molecules(learned, made, unseen)
    found |= speed | {"figures": [asdict(figure) for figure in figures]}
    show(asked.family, figures, found)
    record(
        f"molecules-{asked.family}",
        found | {"asked": vars(asked), "published": PUBLISHED, "columns": COLUMNS},
        data=f"MOSES, {len(learned):,} training and {len(unseen):,} test molecules",
        seed=asked.seed,
    )


def drawn(part: str, count: int, seed: int) -> pa.Table:
    """Some molecules of a part of MOSES, in a random order."""
    spec = importlib.util.find_spec("moses")
    if spec is None or spec.origin is None:
        raise SystemExit("the data are in package molsets: pip install --no-deps molsets")
    table = read_table(Path(spec.origin).parent / "dataset" / "data" / f"{part}.csv.gz")
    rows = np.random.default_rng(seed).permutation(len(table))[:count]
    return pa.table({"smiles": table.column("SMILES").take(pa.array(rows))})


def trained(learned: pa.Table, asked: argparse.Namespace) -> tuple[Model, dict[str, Any]]:
    """A model that has learned for the processor minutes asked for, and what that cost."""
    started = time.process_time()
    task = prepare(
        learned,
        family=asked.family,
        reading=Reading(kind="molecule", alphabet=asked.alphabet),
        size=asked.size,
        seed=asked.seed,
        threads=1,
    )
    ready = time.process_time()
    plan = replace(task.plan, batch=asked.batch or task.plan.batch)
    plan = fit_budget(plan, task.family, task.x, 60 * asked.minutes, stretch=1000)
    history = train(task.family, task.x, task.held_out, plan)
    done = time.process_time()
    symbols = float(task.x.lengths.float().mean()) - 1  # type: ignore[attr-defined]
    rate = history.steps * plan.batch / history.seconds
    return Model(task.family, task.codec, {}), {
        "parameters": sum(p.numel() for p in task.family.parameters()),
        "config": task.family.config,
        "steps": history.steps,
        "batch": plan.batch,
        "preparation_seconds": ready - started,
        "training_seconds": done - ready,
        "budget_seconds": 60 * asked.minutes,
        "trained_seconds": history.seconds,
        "symbols_a_step": plan.batch * symbols,
        "training_molecules_per_second": rate,
        "training_symbols_per_second": rate * symbols,
        "held_out": [point["held_out"] for point in history.points],
    }


def sampled(model: Model, count: int, seed: int) -> tuple[list[str], dict[str, float]]:
    """New molecules, and how many of them a processor second makes."""
    started = time.process_time()
    chunks = [chunk.column(0).to_pylist() for chunk in model.sample(count, seed=seed)]
    seconds = time.process_time() - started
    made = [smiles for chunk in chunks for smiles in chunk]
    symbols = int(model.codec.encode(pa.table({"smiles": made}), seed=0).lengths.sum()) - count
    return made, {
        "sampled_molecules_per_second": count / seconds,
        "sampled_symbols_per_second": symbols / seconds,
    }


def show(family: str, figures: list[Figure], found: dict[str, Any]) -> None:
    """Print the table."""
    values = {figure.name: figure.value for figure in figures}
    floors = {figure.name: figure.floor for figure in figures}
    rows = {f"fivefold {family}": tuple(values.get(name) for name in COLUMNS)}
    rows |= {"(real molecules)": tuple(floors.get(name) for name in COLUMNS)}
    print(f"{'':24}" + "".join(f"{name.removesuffix('_test')[:12]:>13}" for name in COLUMNS))
    for name, row in (rows | PUBLISHED).items():
        cells = (f"{'':>13}" if value is None else f"{value:13.4f}" for value in row)
        print(f"{name:24}" + "".join(cells))
    for name in (
        "training_seconds",
        "training_symbols_per_second",
        "sampled_molecules_per_second",
    ):
        print(f"{name.replace('_', ' ')}: {found[name]:,.0f}")


if __name__ == "__main__":
    main()
