"""Measure the five families against reference implementations of their kinds, task by task, and write the page.

    python benchmarks/grids/run.py --task mnist --data package/data             all budgets, one seed
    python benchmarks/grids/run.py --task mnist --data package/data --seeds 3   three seeds
    python benchmarks/grids/run.py --task emoji --only vae,fivefold_variational --seconds 60
    python benchmarks/grids/run.py --page                                       write the page alone

The page says where the data of each task come from. Every training is a process of its own with one thread and a
budget of processor seconds; the contenders take turns, so that a machine that slows down slows all of them. What has a
result is not run again unless `--only` names it. As much is drawn from each and judged by `fivefold.measures`; the data
and what judges them are kept in `build/bench/<task>`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contenders import Contender, chosen
from page import page
from tasks import TASKS, Task

from fivefold.errors import InputError
from fivefold.files import write_atomically
from fivefold.machine import Machine

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
RESULTS, WORK = HERE / "results", ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "benchmarks-grids.md"


def main() -> None:
    """Run whoever is asked for, and write the page."""
    asked = options().parse_args()
    if not asked.page:
        task = TASKS[asked.task]
        bench = Bench(task, asked)
        for seed in range(asked.seeds):
            for seconds in asked.seconds or task.seconds:
                for contender in chosen(task.contenders, asked.only):
                    bench(contender, seconds, seed, again=asked.only is not None)
    write_atomically(PAGE, page(found(RESULTS)).encode())
    print(PAGE, file=sys.stderr)


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=TASKS, default="mnist")
    parser.add_argument("--data", type=Path, help="the folder of the data, for the first time")
    parser.add_argument("--seconds", type=int, nargs="+", help="budgets; the task's own if none")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each, seeds from 0")
    parser.add_argument("--count", type=int, help="how much is drawn and judged")
    parser.add_argument("--only", metavar="A,B", help="names, or ours, peers: run again")
    parser.add_argument("--peers", type=Path, help="a Python with environments/grids.txt")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    return parser


def found(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The results of each task."""
    return {
        name: [
            json.loads(file.read_text("utf-8")) for file in sorted((folder / name).glob("*.json"))
        ]
        for name in TASKS
    }


class Bench:
    """Brings the contenders of a task to a result each.

    Arguments:
        task: the task.
        asked: the command line.
    """

    def __init__(self, task: Task, asked: argparse.Namespace) -> None:
        self.task, self.python = task, asked.peers
        self.count = asked.count or task.count
        self.data, ready = WORK / task.name / "data", WORK / task.name / "ready"
        if not ready.exists():
            if asked.data is None:
                raise SystemExit(
                    f"--data is missing: {task.folder}, once you have run\n    {task.source}"
                )
            self.data.mkdir(parents=True, exist_ok=True)
            task.read(asked.data, self.data)
            ready.touch()
        self.judge = task.judge(self.data)

    def __call__(self, contender: Contender, seconds: int, seed: int, *, again: bool) -> None:
        """One training, unless it is there already."""
        file = RESULTS / self.task.name / f"{contender.name}.json"
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
        about = {**vars(contender), "count": self.count, "scorer": self.judge.name}
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, (json.dumps({**about, "runs": runs}, indent=1) + "\n").encode())

    def _run(self, contender: Contender, seconds: int, seed: int) -> dict[str, Any]:
        out = WORK / self.task.name / contender.name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        own = [sys.executable, HERE / "ours.py"]
        command = [*(own if contender.ours else [self._peers(), "-m", "peers"]), contender.name]
        command += [self.data, out, "--seconds", str(seconds)]
        command += ["--count", str(self.count), "--seed", str(seed)]
        here, log = machine(), out / "log"
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
        cost = json.loads((out / "cost.json").read_text("utf-8"))
        try:
            return {**here, **cost, "figures": self.judge(out, seed)}
        except InputError as fault:
            return {**here, **cost, "failed": f"what it made cannot be judged: {fault}"[:300]}

    def _peers(self) -> Path:
        """The Python of the peers, whose environment is made where none is named."""
        if self.python is None:
            sys.path.append(str(HERE.parent / "tables"))
            from environments import interpreter

            self.python = interpreter("grids", HERE / "environments")
        python: Path = self.python
        return python


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
