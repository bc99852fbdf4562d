"""Fit the shallow mixture on a table, draw rows, and say what both cost: the plain model that the families must beat.

python mixture.py train.csv synthetic.csv cost.json --rows 32561 --seed 0
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path

import torch

from fivefold.codecs.reading import read_table
from fivefold.codecs.table import TableCodec
from fivefold.codecs.writing import write_table
from fivefold.compare.mixture import Mixture
from fivefold.seeds import seed_of, seeded


def main() -> None:
    """Fit and draw."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("train")
    wanted.add_argument("out", type=Path)
    wanted.add_argument("cost", type=Path)
    wanted.add_argument("--rows", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    asked = wanted.parse_args()

    table = read_table(asked.train)
    codec = TableCodec().fit(table)
    x = codec.encode(table, seed=seed_of("encode", asked.seed))
    mixture = Mixture(codec.space)
    mixture.prepare(x, seeded(torch.device("cpu"), "mixture", asked.seed))
    fitted, memory = spent()

    drawn = mixture.sample(asked.rows, generator=seeded(torch.device("cpu"), "sample", asked.seed))
    write_table(codec.decode(drawn, seed=seed_of("decode", asked.seed)), asked.out)
    costs = {
        "fit_cpu_seconds": fitted,
        "fit_memory": memory,
        "sample_cpu_seconds": round(spent()[0] - fitted, 3),
    }
    asked.cost.write_text(json.dumps(costs), encoding="utf-8")


def spent() -> tuple[float, int]:
    """Processor seconds of this process so far, and the bytes that it held at most."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return round(used.ru_utime + used.ru_stime, 3), used.ru_maxrss * 1024


if __name__ == "__main__":
    main()
