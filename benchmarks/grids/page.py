"""Write the results as a page, a section a task: who draws the better data after how many processor seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import mean
from typing import Any

from contenders import PRINCIPLES, Contender
from tasks import TASKS, Column, Task

Result = dict[str, Any]

HEAD = """# Benchmarks: pictures, series and tracks

<!-- Written by benchmarks/grids/run.py from benchmarks/grids/results/*/*.json; change those, not this page. -->

The five families of fivefold and reference implementations of the same kinds learn the same data for the same number of
processor seconds, each in a process with one thread; as much is drawn from each, and all is judged by the same scorer
(`fivefold.measures`), by which `compare` judges too. *Floor* is what real data get from it that no contender saw.
"""

READING = """## How to read it

Of pictures:

- **Frechet**: distance of the pictures drawn to test pictures, as Gaussians in the features named above. Its floor, the
  distance of other real ones, depends on how many there are. It is not the "FID" of Inception features.
- **kernel**: the unbiased kernel distance of the same features, about 0 for real pictures; to be trusted with few.
- **precision, recall, density, coverage**: how many of the pictures drawn lie among real ones, and how many of the real
  ones among those drawn (Kynkäänniemi 2019, Naeem 2020); higher is better. Blurring raises the first and lowers the
  second: read both.
- **bits**: bits per dimension of test pictures, exact or an upper bound; none where a family has no likelihood.

Of series and tracks, all in windows. Errors, detection and recall are beside training windows, so that who repeats
those can come nearer than the floor; predictions and forecasts are of held-out ones.

- **marginals, autocorrelation, cross-correlation, spectrum**: how far distributions of values, correlations across lags
  and mean periodograms are from real ones; 0 at best.
- **detection, discriminative**: whether boosting tells windows from real ones, as area under the curve (0.5 at best),
  and TimeGAN's score, the accuracy above a half of another classifier (0 at best).
- **predictive**: how badly what is learned from drawn windows predicts real ones; lower is better.
- **memorised**: the share of windows that lie closer to a training window than real ones do.
- **CRPS, over naive, over boosting**: the error of forecasts by draws, in deviations, and their skill over a
  seasonal-naive and a boosted forecast: 1 is perfect, 0 as good, below 0 worse.

Budgets are of training: starting Python, reading and drawing come on top. What is seen **a CPU s** is seen in training.
"""

END = """The peers' versions are pinned in `benchmarks/grids/environments/grids.txt`, their adapters are in
`benchmarks/grids/peers/`. They share one environment in `build/peers`; torchvision, which two of them import and none
of what is called here uses, is kept out.
"""


def page(results: Mapping[str, list[Result]]) -> str:
    """The page for these results, whatever is missing.

    Arguments:
        results: of each task what `run.py` keeps, in any order.
    """
    sections = [section(task, results.get(task.name, [])) for task in TASKS.values()]
    return "\n".join([HEAD, *sections, READING, repeat(), END])


def section(task: Task, results: list[Result]) -> str:
    """What is known of one task."""
    order = {c.name: i for i, c in enumerate(task.contenders)}
    rows = sorted(results, key=lambda r: (PRINCIPLES.index(r["principle"]), order[r["name"]]))
    about = f"## {task.title}\n\n{task.about}\n"
    parts = [about, _setting(task, rows), _curves(task, rows), _longest(task, rows)]
    return "\n".join(part for part in [*parts, _terms(task, rows)] if part)


def repeat() -> str:
    """The commands that make it all again."""
    lines = [
        line
        for task in TASKS.values()
        for line in (
            task.source,
            f"python benchmarks/grids/run.py --task {task.name} --data {task.folder} --seeds 3",
        )
    ]
    return "\n".join(
        [
            "## How to repeat it\n\n```",
            *lines,
            "python benchmarks/grids/run.py --task mnist --only vae,fivefold_variational",
            "python benchmarks/grids/run.py --page\n```\n",
        ]
    )


def _done(result: Result, seconds: int | None = None) -> list[Result]:
    return [
        r
        for r in result["runs"]
        if "figures" in r and (seconds is None or r["seconds"] == seconds)
    ]


def _setting(task: Task, results: list[Result]) -> str:
    runs = [r for result in results for r in _done(result)]
    if not runs:
        return "Nothing is measured yet.\n"
    dates = sorted({r["date"][:10] for r in runs})
    loads = [r["load"] for r in runs]
    return (
        f"{_said(str(r['count']) for r in results)} {task.things} each; {_said(r['scorer'] for r in results)}.\n"
        f"Machine: {_said(r['machine'] for r in runs)}; load when a training began: "
        f"{min(loads):.1f} to {max(loads):.1f}. Measured {' to '.join({dates[0]: 0, dates[-1]: 0})}.\n"
    )


def _said(words: Iterable[str]) -> str:
    return "; ".join(sorted(set(words)))


def _values(runs: list[Result], column: Column, part: str = "value") -> list[float]:
    """What runs say of a column: a figure's value or floor, or what a run itself says."""
    own = [r["figures"].get(column.key, {}).get(part) for r in runs]
    cost = [r.get(column.key) for r in runs] if part == "value" else []
    return [value / column.unit for value in [*own, *cost] if value is not None]


def _cell(runs: list[Result], column: Column, part: str = "value") -> str:
    found = _values(runs, column, part)
    return format(mean(found), column.form) if found else "-"


def _curves(task: Task, results: list[Result]) -> str:
    """One figure over processor seconds: the mean over seeds, and its spread where there are several."""
    column = task.curve
    shown = [r for r in results if _values(_done(r), column)]
    if not shown:
        return ""
    budgets = sorted({r["seconds"] for result in shown for r in _done(result)})
    rows = []
    for result in shown:
        cells = []
        for seconds in budgets:
            found = _values(_done(result, seconds), column)
            ends = [format(end, column.form) for end in (min(found), max(found))] if found else []
            spread = f" ({' to '.join(ends)})" if len(found) > 1 else ""
            cells.append(_cell(_done(result, seconds), column) + spread)
        rows.append([*_who(result), *cells])
    floor = _cell([r for result in shown for r in _done(result)], column, "floor")
    head = ["kind", "model", *(f"{seconds} CPU s" for seconds in budgets)]
    said = f" (floor {floor})" if floor != "-" else ""
    return f"### {column.title} over processor seconds{said}\n\n" + _table(head, rows)


def _who(result: Result) -> list[str]:
    title = _name(result) if result["title"] != "fivefold" else "**fivefold**"
    return [result["principle"], title + (" \\*" if result["note"] else "")]


def _name(about: Mapping[str, Any]) -> str:
    alone = about["maker"] == "fivefold"
    return about["title"] if alone else f"{about['maker']} {about['title']}"


def _longest(task: Task, results: list[Result]) -> str:
    """Everything that is known of the longest trainings, and of real data."""
    budgets = [r["seconds"] for result in results for r in _done(result)]
    if not budgets:
        return ""
    rows = []
    for result in results:
        runs = _done(result, max(budgets))
        if runs:
            rows.append([*_who(result), *(_cell(runs, column) for column in task.columns)])
    every = [r for result in results for r in _done(result, max(budgets))]
    rows.append(["floor", "real data", *(_cell(every, c, "floor") for c in task.columns)])
    title = f"### After {max(budgets)} CPU seconds\n\n"
    noted = any(result["note"] for result in results)
    note = "\n\\* see below.\n" if noted else ""
    return title + _table(["kind", "model", *(c.title for c in task.columns)], rows) + note


def _terms(task: Task, results: list[Result]) -> str:
    lines = [f"- {_name(r)}: {r['note']}." for r in results if r["note"]]
    for result in results:
        lines += [
            f"- {_name(result)} ({result['principle']}), {r['seconds']} CPU s, seed {r['seed']}, "
            f"has no figures: {r['failed']}."
            for r in result["runs"]
            if "failed" in r
        ]
    here = {r["name"] for r in results}
    missing = [_missing(c) for c in task.contenders if c.name not in here]
    lines += [f"- {name} is not measured yet." for name in missing]
    return "\n".join(lines) + "\n" if results and lines else ""


def _missing(contender: Contender) -> str:
    return f"{_name(vars(contender))} ({contender.principle})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, with columns as wide as their widest cell."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )
