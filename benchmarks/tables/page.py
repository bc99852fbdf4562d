"""Write the results as a page: who is better, by how much, at what cost, and on what terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contenders import CONTENDERS, FAMILIES

Result = dict[str, Any]
TOLD = 0.01
"""Real tables differ from each other by as much: a detection area below 0.5 + TOLD counts as that in a ratio."""

HEAD = """# Benchmarks: tables

<!-- Written by benchmarks/tables/run.py from benchmarks/tables/results/*.json; change those, not this page. -->

The five families of fivefold and peers learn from the same rows, draw as many, and are judged by the same scorer,
`fivefold measure`. Time is processor seconds (user and system) of a whole process with one thread, starting and
reading included. A busy machine makes them rise a little: the load when each began stands in the last table.
"""

READING = """## How to read it

- **fit**: CPU seconds of the whole process until the model is there. **memory**: what that process held at most.
- **rows a CPU s**: rows drawn and written as CSV, by CPU seconds, starting and loading left out.
- **shape**, **trend**: column-shape and pair-trend error as SDMetrics defines them (1 - score); lower is better.
- **detection**: area under the ROC curve of gradient boosting that tells real rows from synthetic ones, with all rows
  (`fivefold measure` takes 10,000 of each, and sees a little less); 0.5 is best.
- **utility**: how well boosting trained on synthetic rows predicts the target of real ones (area under the ROC curve;
  R^2 of a number); higher is better, what training on real rows reaches is said above.
- **coverage**: share of real rows that have a synthetic row near them (Naeem 2020); higher is better.
- **members**: share of training rows that a membership attack finds at 1% false alarms; 1% is chance. It needs a
  holdout; without one there is a dash.

An error below that of real against real is no magic: those two tables have half the rows each, so both vary.
"""

REPEAT = """## How to repeat it

```
make bench-tables                                              # whoever has no result yet; peers get build/peers
.venv/bin/python benchmarks/tables/run.py --holdout FILE       # with rows that nobody learned from
.venv/bin/python benchmarks/tables/run.py --only ours          # the five families again
.venv/bin/python benchmarks/tables/run.py --only ctgan,tvae    # some of the others again
.venv/bin/python benchmarks/tables/run.py --rescore            # judge the kept synthetic tables again
.venv/bin/python benchmarks/tables/run.py --data my.csv        # another table; results and page in build/bench
```

The peers' versions are pinned in `benchmarks/tables/environments/`, their adapters are in `benchmarks/tables/peers/`.
PyTorch is taken as pip finds it: on Linux put PyTorch's CPU index into `PIP_EXTRA_INDEX_URL` to be spared 3 GB of CUDA.
"""


def page(results: list[Result]) -> str:
    """The page for these results, whatever is missing.

    Arguments:
        results: what `run.py` keeps, in any order.
    """
    order = {c.name: place for place, c in enumerate(CONTENDERS)}
    rows = sorted(results, key=lambda r: (_rank(r), order.get(r["name"], len(order))))
    done = [r for r in rows if "figures" in r]
    parts = [HEAD, _setting(done), _measured(done), _ratios(done), _terms(rows), READING, REPEAT]
    return "\n".join(part for part in [*parts, _versions(rows)] if part).rstrip() + "\n"


def _rank(result: Result) -> tuple[int, int]:
    """Family by family with ours first, then other principles, then the rows for scale."""
    if result["principle"] in FAMILIES:
        return FAMILIES.index(result["principle"]), int(result["kind"] != "ours")
    return len(FAMILIES) + int(result["kind"] == "scale"), 0


def _setting(done: list[Result]) -> str:
    if not done:
        return "Nothing is measured yet.\n"
    data, machines = done[0]["data"], {_machine(r["machine"]) for r in done}
    dates = sorted(r["date"][:10] for r in done)
    held = [r["holdout"]["rows"] for r in done if r["holdout"]]
    best = [r["figures"]["utility"]["floor"] for r in done if r["name"] != "real"]
    floor = f"Trained on real rows, the utility is {best[0]:.3f}. " if best and best[0] else ""
    seeds = sorted({r["seed"] for r in done})
    return (
        f"Data: `{data['name']}`, {data['rows']:,} rows and {data['columns']} columns"
        f" (sha256 of the cells {data['sha256'][:12]}); "
        + (f"holdout: {held[0]:,} rows that nobody learned from; " if held else "no holdout; ")
        + f"target: {done[0]['target'] or 'none'}. {floor}Seed {', '.join(map(str, seeds))}.\n"
        f"Machine: {'; '.join(sorted(machines))}. Measured {_dates(dates)}.\n"
    )


def _dates(dates: list[str]) -> str:
    return dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def _machine(known: dict[str, Any]) -> str:
    return (
        f"{known['cpu']}, {known['cores']} cores, {known['memory_gib']:.0f} GiB, {known['system']}"
    )


def _figure(name: str, form: str) -> Callable[[Result], str]:
    def cell(result: Result) -> str:
        value = result["figures"].get(name, {}).get("value")
        return "-" if value is None else format(value, form)

    return cell


COLUMNS: dict[str, Callable[[Result], str]] = {
    "principle": lambda r: r["principle"],
    "model": lambda r: ("**fivefold**" if r["kind"] == "ours" else r["title"]) + _mark(r),
    "fit, CPU s": lambda r: _number(r.get("fit_cpu_seconds")),
    "memory, GB": lambda r: f"{r['fit_memory'] / 1e9:.1f}" if r.get("fit_memory") else "-",
    "rows a CPU s": lambda r: _number(_speed(r)),
    "shape": _figure("column_shape_error", ".2%"),
    "trend": _figure("pair_trend_error", ".2%"),
    "detection": _figure("detection_auc", ".3f"),
    "utility": _figure("utility", ".3f"),
    "coverage": _figure("coverage", ".3f"),
    "members": _figure("membership_tpr_at_1", ".2%"),
}


def _mark(result: Result) -> str:
    return " \\*" if result["terms"] else ""


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _speed(result: Result) -> float | None:
    seconds = result.get("sample_cpu_seconds")
    return result["rows"] / max(seconds, 1e-3) if seconds else None


def _measured(done: list[Result]) -> str:
    rows = [[cell(result) for cell in COLUMNS.values()] for result in done]
    marked = any(result["terms"] for result in done)
    note = "\n\\* trained on terms that are stated below.\n" if marked else ""
    return "## Measured\n\n" + _table(list(COLUMNS), rows) + note


def _ratios(done: list[Result]) -> str:
    """How many times more a peer costs and errs than the family of ours with the same principle."""
    known, rows = {r["name"]: r for r in done}, []
    for peer in (r for r in done if r["beside"] in known):
        ours = known[peer["beside"]]
        errors = [
            _times(_value(peer, name), _value(ours, name))
            for name in ("column_shape_error", "pair_trend_error")
        ]
        row = [
            f"{peer['title']}{_mark(peer)} : {ours['principle']}",
            _times(peer.get("fit_cpu_seconds"), ours.get("fit_cpu_seconds")),
            _times(_speed(ours), _speed(peer)),
            *errors,
            _times(_excess(peer), _excess(ours)),
        ]
        rows.append(row)
    if not rows:
        return ""
    head = [
        "peer : ours",
        "fit time",
        "time a row",
        "shape error",
        "trend error",
        "detection above 0.5",
    ]
    text = "How many times the figure of fivefold each peer's is; above 1 fivefold is better. A peer of no family of\n"
    text += "ours stands beside the autoregressive one. Detection counts from 0.5, and as 0.01 at least.\n"
    return f"## Peers by fivefold\n\n{text}\n" + _table(head, rows)


def _value(result: Result, name: str) -> float | None:
    return result["figures"].get(name, {}).get("value")


def _excess(result: Result) -> float | None:
    value = _value(result, "detection_auc")
    return None if value is None else max(value - 0.5, TOLD)


def _times(upper: float | None, lower: float | None) -> str:
    if not upper or not lower:
        return "-"
    ratio = upper / lower
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"


def _terms(rows: list[Result]) -> str:
    lines = [f"- {_who(r)}: {r['terms']}." for r in rows if r["terms"]]
    for result in (r for r in rows if "failed" in r):
        spent = result.get("fit_cpu_seconds")
        cost = f" (fitting alone took {spent:,.0f} CPU s)" if spent else ""
        lines.append(f"- {_who(result)} has no figures: {result['failed']}{cost}.")
    here = {r["name"] for r in rows}
    lines += [
        f"- {c.title} ({c.maker}) is not measured yet." for c in CONTENDERS if c.name not in here
    ]
    limits = {r["limit_cpu_seconds"] for r in rows if r["kind"] == "peers" and not r["terms"]}
    least = min(limits, default=None)
    opening = f"A peer may use {least:,} CPU s to fit and as many to draw.\n\n" if least else ""
    return (
        "## Terms\n\n" + opening + "".join(f"{line}\n" for line in lines)
        if lines or opening
        else ""
    )


def _who(result: Result) -> str:
    return f"{result['title']} ({result['maker']})" if result["maker"] else result["title"]


def _versions(rows: list[Result]) -> str:
    cells = []
    for result in (r for r in rows if r.get("versions")):
        versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
        model = (
            f"{result['title']} {result['principle']}"
            if result["kind"] == "ours"
            else result["title"]
        )
        cells.append([model, versions, result["date"], f"{result['load']:.1f}"])
    head = ["model", "versions", "date", "load"]
    return "## Versions\n\n" + _table(head, cells) if cells else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, with columns as wide as their widest cell."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )
