"""Make the synthetic table of one contender, and note what it cost."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from contenders import Contender
from environments import interpreter
from process import Run, run, why

from fivefold.codecs.writing import write_table

HERE = Path(__file__).parent
SHORT, MORE = 2.0, 10


@dataclass(frozen=True)
class Bench:
    """What all contenders share.

    Arguments:
        train: the CSV that they learn from.
        table: the same, read.
        seed: of every one of them.
        work: the folder for synthetic tables, models and logs.
    """

    train: Path
    table: pa.Table
    seed: int
    work: Path

    @property
    def rows(self) -> int:
        """As many rows are drawn as there are to learn from."""
        return len(self.table)

    def place(self, contender: Contender) -> Path:
        """The folder of one contender."""
        return self.work / contender.name


class FailedError(Exception):
    """A contender could not be run to its end."""

    def __init__(self, reason: str, cost: dict[str, Any]) -> None:
        super().__init__(reason)
        self.cost = cost


def make(contender: Contender, bench: Bench) -> dict[str, Any]:
    """Write `synthetic.csv` in the contender's folder; its cost and the commands are returned.

    Raises:
        FailedError: where it passed the limit or fell over.
    """
    place = bench.place(contender)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if contender.name == "real":
        return _halves(bench, place)
    if contender.name == "mixture":
        return _script([sys.executable, HERE / "mixture.py"], contender, bench)
    if contender.kind == "ours":
        return _ours(contender, bench)
    peer = [interpreter(contender.environment), "-m", "peers", contender.name]
    options = ["--limit", str(contender.seconds)]
    if contender.epochs is not None:
        options += ["--epochs", str(contender.epochs)]
    return _script(peer, contender, bench, options)


def _script(
    program: list[str | Path], contender: Contender, bench: Bench, options: list[str] | None = None
) -> dict[str, Any]:
    """One process that fits, draws, and says itself what each of the two cost."""
    place = bench.place(contender)
    out, cost, log = place / "synthetic.csv", place / "cost.json", place / "log"
    command = [*program, bench.train, out, cost, "--rows", str(bench.rows)]
    command += ["--seed", str(bench.seed), *(options or [])]
    ended = run(command, log=log, cwd=HERE)
    known = json.loads(cost.read_text(encoding="utf-8")) if cost.exists() else {}
    if ended.code:
        part = "sampling" if "fit_cpu_seconds" in known else "fitting"
        raise FailedError(f"{part}: {why(ended, log, contender.seconds)}", known)
    return known | {"rows": bench.rows, "commands": [spell(command)]}


def _ours(contender: Contender, bench: Bench) -> dict[str, Any]:
    """`fivefold fit` and `fivefold sample`, a process each.

    Starting Python and loading the model is not drawing rows: what `sample --rows 1` costs is taken off, and where
    little is left ten times as many rows are drawn to time it.
    """
    place, fivefold = bench.place(contender), [sys.executable, "-m", "fivefold"]
    model, seed = place / "model", ["--seed", str(bench.seed), "--quiet"]
    fit = [*fivefold, "fit", bench.train, "--family", contender.principle, "--out", model, *seed]
    fitted = _checked(
        run(fit, log=place / "log", cwd=HERE, limit=contender.seconds), place / "log"
    )

    def draw(rows: int, name: str) -> tuple[list[str | Path], Run]:
        command = [*fivefold, "sample", model, "--rows", str(rows), "--out", place / name, *seed]
        log = place / "log-sample"
        return command, _checked(run(command, log=log, cwd=HERE, limit=contender.seconds), log)

    sample, whole = draw(bench.rows, "synthetic.csv")
    start, timed = draw(1, "one.csv")[1].cpu_seconds, bench.rows
    drawing = whole.cpu_seconds - start
    if drawing < SHORT:
        timed = MORE * bench.rows
        drawing = draw(timed, "many.csv")[1].cpu_seconds - start
        (place / "many.csv").unlink()
    return {
        "fit_cpu_seconds": fitted.cpu_seconds,
        "fit_memory": fitted.memory,
        "sample_cpu_seconds": round(drawing * bench.rows / timed, 3),
        "sample_process_cpu_seconds": whole.cpu_seconds,
        "rows": bench.rows,
        "commands": [spell(fit), spell(sample)],
    }


def _checked(ended: Run, log: Path) -> Run:
    if ended.code:
        raise FailedError(why(ended, log, int(ended.cpu_seconds)), {})
    return ended


def _halves(bench: Bench, place: Path) -> dict[str, Any]:
    """One half of the training rows stands for the real table, the other for a synthetic one."""
    order = np.random.default_rng(bench.seed).permutation(bench.rows)
    middle = bench.rows // 2
    write_table(bench.table.take(pa.array(order[:middle])), place / "half.csv")
    write_table(bench.table.take(pa.array(order[middle : 2 * middle])), place / "synthetic.csv")
    return {"rows": middle}


def spell(command: list[str | Path]) -> str:
    """A command line without the paths of this machine."""
    root = HERE.parents[1]
    known = {sys.executable: "python", str(HERE.parent.parent / "src"): "src"}
    words = []
    for word in map(str, command):
        word = known.get(word, word)
        if word.startswith(str(root)):
            word = str(Path(word).relative_to(root))
        words.append(word)
    return " ".join(words)
