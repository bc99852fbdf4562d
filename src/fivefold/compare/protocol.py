"""The protocol: one split, one budget of processor time, the same seeds for every family.

    data -> train | validation | holdout
    for each family and seed:    fit within the budget, judge
    for each family:             quality at three sizes, cost of a step at four widths or lengths
    beside them:                 a cheap model, and real data judged as if they were synthetic

Every job runs alone in a process of one thread, as many at a time as there are cores, so that processor seconds mean
the same for all. What is finished is kept in the folder; the same command goes on from there.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from fivefold.codecs.schema import Schema
from fivefold.compare import summary
from fivefold.compare.jobs import SIZES, Job, run
from fivefold.compare.result import Comparison, Data, plain
from fivefold.compare.trials import Trial, trial_of
from fivefold.errors import FivefoldError
from fivefold.families import FAMILIES
from fivefold.files import write_atomically
from fivefold.intake import Reading
from fivefold.machine import Machine, cores
from fivefold.preparation import check_family, describe_source
from fivefold.training import Progress

Report = Callable[[Progress], None]
SIZE_SHARE = 0.25
SMALLEST_FIT = 2.0
WHOLE_EFFORT, LEAST_EFFORT = 10.0, 0.125


def compare(
    data: Any,
    *,
    minutes: float = 5.0,
    families: Sequence[str] | None = None,
    seeds: int = 2,
    target: str | None = None,
    out: Path | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Report | None = None,
    **reading: Any,
) -> summary.Kept:
    """Say which family of generative model to trust with a table, with texts, molecules, pictures, series, ...

    Arguments:
        data: a path, an address, the name of a bundled table, a frame or an Arrow table.
        minutes: the budget of the whole comparison, on the clock of this machine.
        families: some of the five, or all.
        seeds: trainings of each family.
        target: the column by which usefulness is measured; tables only.
        out: the folder for the report and the models; `comparison` if None.
        seed: the first seed, and that of the split.
        threads: trainings at the same time, each of one thread; the cores of the machine if None.
        on_progress: called when a piece of work is done, and every few seconds.
        reading: how the data are read: what `fivefold.intake.Reading` takes, such as `kind`, `schema` or `length`.

    Returns:
        The comparison, with the folder and the report in it.

    Raises:
        InputError: where the data or an option is wrong.
    """
    started = time.monotonic()
    chosen = check_families(families)
    folder = Path(out if out is not None else "comparison")
    given = Reading(**reading)
    codec, table = given.open(data)
    parts = trial_of(codec.kind).split(codec, table, seed)
    effort = min(1.0, max(LEAST_EFFORT, minutes / WHOLE_EFFORT))
    trial = trial_of(codec.kind)(parts, effort)
    trial.check(target)
    source = describe_source(data, table)
    workers = max(1, min(threads or cores(), len(chosen) * seeds + 2))
    budget = fit_seconds(minutes, workers, len(chosen), seeds, trial.overhead, trial.cheap)
    with tempfile.TemporaryDirectory(prefix="fivefold-") as place:
        parts.write(Path(place))
        trial.ready(Path(place))
        digest = f"{source['sha256']}-{seed}-{json.dumps(parts.codec.to_dict(), sort_keys=True)}"
        common = Job("floor", place, digest, seed=seed, target=target, rows=trial.rows)
        common = replace(common, effort=effort, results=str(folder / "jobs"))
        jobs = plan_jobs(common, chosen, seeds, budget, folder)
        cost = dict.fromkeys(("fit", "baseline", "floor"), trial.overhead)
        cost |= dict.fromkeys(("size", "scale"), trial.cheap)
        done = work(jobs, folder, workers, cost, on_progress)
        comparison = Comparison(
            data=_data(data, source, trial, target),
            machine=summary.machine(Machine.here(), workers),
            command=_command(data, given, minutes, chosen, seeds, target, folder, seed),
            seed=seed,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            minutes=minutes,
            fit_seconds=budget,
            families=[],
            seconds=time.monotonic() - started,
        )
        comparison = summary.complete(comparison, chosen, done, trial)
    return summary.keep(comparison, folder)


def check_families(names: Sequence[str] | None) -> list[str]:
    """The families asked for, in the order of the survey.

    Raises:
        InputError: where one is unknown.
    """
    wanted = list(FAMILIES) if names is None else list(names)
    for name in wanted:
        check_family(name)
    return [name for name in FAMILIES if name in wanted]


def fit_seconds(
    minutes: float, workers: int, families: int, seeds: int, overhead: float, cheap: float
) -> float:
    """The processor seconds of one fit, so that everything ends within the minutes.

    Arguments:
        minutes: of the whole comparison.
        workers: jobs at the same time.
        families: how many.
        seeds: fits of each.
        overhead: processor seconds that judging a fit takes.
        cheap: the same for a cheap judgement.
    """
    total = 60 * minutes * workers * 0.95
    judging = overhead * (families * seeds + 2) + cheap * families * (len(SIZES) + 1)
    fits = families * (seeds + SIZE_SHARE * len(SIZES))
    return round(max(SMALLEST_FIT, (total - judging) / fits), 1)


def plan_jobs(
    common: Job, families: Sequence[str], seeds: int, budget: float, folder: Path
) -> list[Job]:
    """All jobs, the longest first."""
    fits = [
        replace(
            common,
            kind="fit",
            family=name,
            seed=common.seed + number,
            seconds=budget,
            folder=str(folder / "models" / f"{name}-{common.seed + number}"),
        )
        for number in range(seeds)
        for name in families
    ]
    sizes = [
        replace(
            common,
            kind="size",
            family=name,
            size=size,
            seconds=round(max(SMALLEST_FIT, SIZE_SHARE * budget), 1),
        )
        for name in families
        for size in SIZES
    ]
    scales = [replace(common, kind="scale", family=name) for name in families]
    return [*fits, replace(common, kind="baseline"), common, *sizes, *scales]


def work(
    jobs: Sequence[Job],
    folder: Path,
    workers: int,
    cost: Mapping[str, float],
    on_progress: Report | None,
) -> list[tuple[Job, dict[str, Any]]]:
    """Do the jobs, several at a time, and return each with its result; one that is kept is not done again."""
    done: dict[str, dict[str, Any]] = {}
    weight = {job.key: job.seconds + cost.get(job.kind, 1.0) for job in jobs}
    total, started = sum(weight.values()), time.monotonic()

    def say(note: str) -> None:
        if on_progress is None:
            return
        share = sum(weight[key] for key in done) / total
        running = min(0.99, (time.monotonic() - started) * workers / total)
        share = max(share, min(running, share + workers * max(weight.values()) / total))
        left = (total - share * total) / workers
        on_progress(Progress("compare", share, left, note))

    kept = {job.key: found for job in jobs if (found := _kept(job, folder)) is not None}
    done |= kept
    with _one_thread_each(), _pool(workers) as pool:
        with _deaf_children():
            pending = {pool.submit(run, job): job for job in jobs if job.key not in kept}
        try:
            while pending:
                say(f"{len(done)} of {len(jobs)} done")
                ready, _ = wait(pending, timeout=2.0, return_when=FIRST_COMPLETED)
                for future in ready:
                    job = pending.pop(future)
                    done[job.key] = _result(future, job)
                    if "failed" not in done[job.key]:
                        content = json.dumps(done[job.key], allow_nan=False)
                        write_atomically(folder / "jobs" / f"{job.key}.json", content.encode())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.terminate()
            raise
    return [(job, done[job.key]) for job in jobs]


def _result(future: Future[dict[str, Any]], job: Job) -> dict[str, Any]:
    try:
        return plain(future.result())
    except FivefoldError as error:
        return {"failed": str(error)}
    except (RuntimeError, ValueError, MemoryError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def _kept(job: Job, folder: Path) -> dict[str, Any] | None:
    path = folder / "jobs" / f"{job.key}.json"
    needs_model = job.folder is not None and not (Path(job.folder) / "manifest.json").exists()
    if not path.exists() or needs_model:
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError:
        return None
    return found


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started meanwhile do not hear Ctrl-C: this process ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _data(data: Any, source: dict[str, Any], trial: Trial, target: str | None) -> Data:
    parts = trial.parts
    told = parts.codec.describe()
    return Data(
        name=source["name"].split(".")[0],
        path=str(data) if isinstance(data, str | os.PathLike) else "a frame",
        sha256=source["sha256"],
        rows=source["rows"],
        train=len(parts.train),
        validation=len(parts.validation),
        holdout=len(parts.holdout),
        kinds=told.get("columns", {}),
        target=target,
        notices=parts.notices or list(parts.codec.notices),
        kind=parts.codec.kind,
        passages=trial.passages_held,
        written={k: v for k, v in told.items() if k not in ("columns", "kind") and v is not None},
    )


def _command(
    data: Any,
    given: Reading,
    minutes: float,
    families: Sequence[str],
    seeds: int,
    target: str | None,
    folder: Path,
    seed: int,
) -> str:
    name = str(data) if isinstance(data, str | os.PathLike) else "DATA"
    parts = ["fivefold", "compare", name, "--minutes", f"{minutes:g}", "--seeds", str(seeds)]
    parts += ["--seed", str(seed), "--out", str(folder)]
    if len(families) < len(FAMILIES):
        parts += ["--families", ",".join(families)]
    for option in fields(given):
        value = getattr(given, option.name)
        if value is not None and not isinstance(value, Schema):
            words = [] if value is True else [str(value)]
            parts += [f"--{option.name.replace('_', '-')}", *words]
    return shlex.join(parts + (["--target", target] if target else []))
