"""Fit one peer on a CSV, draw as many rows as asked, and say what both cost.

    python -m peers ctgan train.csv synthetic.csv cost.json --rows 32561 --seed 0 --epochs 29 --limit 900

Processor seconds are those of the whole process and its children from its start, so importing and reading count as
fitting; drawing and writing count as sampling. Either one is killed by the system at the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
from importlib import import_module, metadata
from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    """Run the peer that the command line names."""
    wanted = argparse.ArgumentParser(prog="python -m peers")
    wanted.add_argument("peer")
    wanted.add_argument("train", type=Path)
    wanted.add_argument("out", type=Path)
    wanted.add_argument("cost", type=Path)
    wanted.add_argument("--rows", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    wanted.add_argument("--epochs", type=int)
    wanted.add_argument("--limit", type=int, required=True)
    asked = wanted.parse_args()

    allow(asked.limit)
    peer = import_module(f"peers.{asked.peer}")
    sow(asked.seed)
    frame = pd.read_csv(asked.train, keep_default_na=False, na_values=[""])
    model = peer.fit(frame, asked.seed, asked.epochs)
    fitted, memory = spent(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    note(asked.cost, fit_cpu_seconds=fitted, fit_memory=memory, versions=versions(peer.PACKAGES))

    allow(asked.limit)
    peer.sample(model, asked.rows, asked.seed).to_csv(asked.out, index=False)
    note(
        asked.cost,
        fit_cpu_seconds=fitted,
        fit_memory=memory,
        sample_cpu_seconds=round(spent() - fitted, 3),
        versions=versions(peer.PACKAGES),
    )
    os._exit(0)  # some peers leave threads or temporary folders that keep the process for minutes


def spent() -> float:
    """Processor seconds of this process and its finished children."""
    whole = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(used.ru_utime + used.ru_stime for used in whole), 3)


def allow(seconds: int) -> None:
    """Let this process use so many processor seconds more."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent()) + seconds, hard))


def sow(seed: int) -> None:
    """Seed every generator that a peer may use without asking."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  peers draw from the global generator
    import torch

    torch.manual_seed(seed)


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """What is installed of these, and of what computes below them."""
    return {name: metadata.version(name) for name in (*packages, "torch", "numpy", "pandas")}


def note(path: Path, **costs: object) -> None:
    """Write what is known so far: if sampling is killed, the cost of fitting is kept."""
    path.write_text(json.dumps(costs), encoding="utf-8")


if __name__ == "__main__":
    main()
