"""Measure the five families of fivefold against named peers on one table, and write `docs/benchmarks.md`.

    python benchmarks/tables/run.py                                  whoever has no result yet, on the Adult table
    python benchmarks/tables/run.py --holdout adult-test.csv.gz      with rows that nobody learned from
    python benchmarks/tables/run.py --only ours                      the five families again
    python benchmarks/tables/run.py --only ctgan,tvae                these two again
    python benchmarks/tables/run.py --rescore                        judge the kept synthetic tables again
    python benchmarks/tables/run.py --page                           write the page alone

Each contender is a process of its own with one thread. Its result is one JSON file, so that an interrupted run goes on
where it stopped. Peers get environments of their own in `build/peers`; synthetic tables stay in `build/bench`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from contenders import Contender, chosen
from making import Bench, FailedError, make
from page import page
from scoring import score

from fivefold import __version__
from fivefold import data as bundled
from fivefold.codecs.reading import read_table
from fivefold.files import write_atomically
from fivefold.machine import Machine

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]


def main() -> None:
    """Run whoever is asked for, and write the page."""
    asked = options().parse_args()
    train = bundled.path("adult") if asked.data is None else asked.data.resolve()
    if not train.name.endswith((".csv", ".csv.gz")):
        raise SystemExit(f"{train}: the peers read CSV only (.csv or .csv.gz)")
    other = ROOT / "build" / "bench" / train.name.split(".")[0]
    results = HERE / "results" if asked.data is None else other / "results"
    target = asked.target or ("income" if asked.data is None else None)
    if not asked.page:
        bench = Bench(train, read_table(train), asked.seed, other / "work")
        judge = Judge(bench, results, asked.holdout, target)
        again = asked.only is not None and not asked.rescore
        for contender in chosen(asked.only):
            judge(contender, again=again, rescore=asked.rescore)
    text = page([json.loads(file.read_text("utf-8")) for file in sorted(results.glob("*.json"))])
    place = ROOT / "docs" / "benchmarks.md" if asked.data is None else other / "benchmarks.md"
    write_atomically(place, text.encode())
    print(f"{place}", file=sys.stderr)


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="another CSV; its results go to build/bench")
    parser.add_argument("--holdout", type=Path, help="real rows that nobody learns from")
    parser.add_argument("--target", help="the column by which usefulness is measured")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", metavar="A,B", help="names, or ours, peers, scale: made anew")
    parser.add_argument("--rescore", action="store_true", help="judge the kept tables again")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    return parser


class Judge:
    """Brings contenders to a result each.

    Arguments:
        bench: what they share.
        results: the folder for results.
        holdout: a file with real rows that nobody learned from, or nothing.
        target: the column by which usefulness is measured, or nothing.
    """

    def __init__(
        self, bench: Bench, results: Path, holdout: Path | None, target: str | None
    ) -> None:
        self.bench, self.results, self.target = bench, results, target
        self.holdout = None if holdout is None else read_table(holdout)

    def __call__(
        self, contender: Contender, *, again: bool = False, rescore: bool = False
    ) -> None:
        """Make, score and keep, but for what is there already."""
        file = self.results / f"{contender.name}.json"
        if file.exists() and not (again or rescore):
            return
        made = self.bench.place(contender) / "made.json"
        if again or not made.exists():
            if rescore:
                return
            print(f"{contender.name}: fitting and drawing", file=sys.stderr)
            write_atomically(made, _json(self._make(contender)))
        result = json.loads(made.read_text(encoding="utf-8"))
        if "failed" not in result:
            print(f"{contender.name}: scoring", file=sys.stderr)
            result |= self._score(contender)
        write_atomically(file, _json(describe(contender, self.bench) | result))

    def _make(self, contender: Contender) -> dict[str, Any]:
        began = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", "load": os.getloadavg()[0]}
        try:
            made = make(contender, self.bench)
        except FailedError as failed:
            made = {"failed": str(failed), **failed.cost}
        ours = contender.kind != "peers"
        return (
            began | made | ({"versions": own_versions()} if ours else {}) | {"machine": machine()}
        )

    def _score(self, contender: Contender) -> dict[str, Any]:
        place = self.bench.place(contender)
        real = read_table(place / "half.csv") if contender.name == "real" else self.bench.table
        figures = score(real, place / "synthetic.csv", self.holdout, self.target, self.bench.seed)
        return {
            "holdout": None if self.holdout is None else digest(self.holdout),
            "target": self.target,
            "scorer": own_versions()["fivefold"],
            "figures": figures,
        }


def describe(contender: Contender, bench: Bench) -> dict[str, Any]:
    """Who it is and on what terms it ran."""
    return {
        "name": contender.name,
        "title": contender.title,
        "maker": contender.maker,
        "kind": contender.kind,
        "principle": contender.principle,
        "beside": contender.beside,
        "epochs": contender.epochs,
        "terms": contender.terms,
        "limit_cpu_seconds": contender.seconds,
        "seed": bench.seed,
        "data": {"name": bench.train.name.split(".")[0], **digest(bench.table)},
    }


def digest(table: pa.Table) -> dict[str, Any]:
    """The size of a table and a checksum of its cells."""
    text = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        text.update(repr((name, column.to_pylist())).encode())
    return {"rows": len(table), "columns": table.num_columns, "sha256": text.hexdigest()}


def machine() -> dict[str, Any]:
    """What processor seconds depend on."""
    here = Machine.here()
    memory = round(here.memory / 2**30, 1)
    return {"cpu": here.cpu, "cores": here.cores, "memory_gib": memory, "system": here.system}


def own_versions() -> dict[str, str]:
    """The version and commit of fivefold, and what computes below it."""
    asked = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    below = {k: v for k, v in Machine.here().versions.items() if k in ("torch", "numpy")}
    return {"fivefold": f"{__version__} ({commit})" if commit else __version__} | below


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


if __name__ == "__main__":
    main()
