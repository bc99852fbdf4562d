"""Write `docs/benchmarks-sequences.md` from the results that the scripts beside this one have left.

    python benchmarks/sequences/page.py

A result is shown as it was written: tables of what was found, under the command, the data, the seed, the machine, its
load and the date. Nothing is typed in by hand but what a section is about.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fivefold.files import write_atomically

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
WIDE, DEEPEST = 9, 2
LEFT_OUT = {"plan", "history", "held_out", "columns", "between", "recipe"}
PAGE = ROOT / "docs" / "benchmarks-sequences.md"
ABOUT = {
    "training_quality": "Characters of Shakespeare: bits per byte against processor seconds, ours beside "
    "nanoGPT's recipe and an LSTM, both written from their published configurations.",
    "training_speed": "Training: symbols that one processor second learns from, in the layout that exports to "
    "Llama and Qwen3 format, beside nanoGPT's layout in float32.",
    "generation": "Generation: symbols in a processor second beside `transformers`' `generate`, same weights.",
    "drawing": "Drawing many short sequences at once, as molecules are.",
    "molecules-autoregressive": "Molecules: trained on MOSES' SMILES, judged as MOSES judges, beside its table.",
    "collapse": "Posterior collapse, shown and prevented: a variational model of molecules without help, with free "
    "bits, with word dropout, and with a code of fixed capacity (what the family uses).",
    "game": "The adversarial game played over symbols directly, and over learned codes.",
    "hiding": "Masked diffusion: the bound on bits per byte of unseen works, and what the convolution over "
    "neighbouring symbols is worth, beside the autoregressive family at the same size and time.",
    "revealing": "Masked diffusion: in which order symbols are revealed, and in how many steps.",
    "understanding": "Masked training, then classification of reviews, beside TF-IDF with logistic regression.",
    "exams": "What an imported model knows: questions by likelihood, programs by running them.",
    "harness": "Exported models under lm-evaluation-harness, beside `fivefold exam` on the same questions.",
    "throughput": "Training throughput over length: the Transformer and recurrent nets, symbols a second.",
    "recall": "Recall over distance: the share of right answers after the same training time.",
}


def main() -> None:
    """Write the page."""
    results = [json.loads(p.read_text("utf-8")) for p in sorted((HERE / "results").glob("*.json"))]
    order = list(ABOUT)
    results.sort(key=lambda r: order.index(r["name"]) if r["name"] in order else len(order))
    write_atomically(PAGE, page(results).encode())
    print(PAGE, file=sys.stderr)


def page(results: list[dict[str, Any]]) -> str:
    """The page of some results.

    Arguments:
        results: as `record` wrote them.
    """
    head = (
        "# Sequences, measured\n\n"
        "Written by `python benchmarks/sequences/page.py` from the results beside that script. One thread, processor\n"
        "seconds. *Load* is what else the machine was doing: where it is above 1 or 2, absolute speeds are too low,\n"
        "and only ratios of what ran side by side should be read.\n"
    )
    return head + "".join(f"\n{section(result)}" for result in results)


def section(result: Mapping[str, Any]) -> str:
    """One result with everything that is needed to repeat it."""
    machine = result["machine"]
    about = ABOUT.get(result["name"], "")
    lines = [f"## {re.sub('[-_]', ' ', result['name']).capitalize()}", "", about, ""]
    lines += list(tables(result["found"]))
    lines += [
        (
            f"`{result['command']}` on {result['data']}, seed {result['seed']}, {result['date'][:10]}; "
            f"{machine['cpu']}, load {result['load']}, torch {machine['versions'].get('torch', '?')}."
        ),
        "",
    ]
    return "\n".join(lines)


def tables(found: Any, depth: int = 0) -> Iterator[str]:
    """What was found, in Markdown: single figures as a list, entries that are alike as one table, others one by one."""
    found = named(found)
    single = {k: v for k, v in found.items() if not isinstance(v, Mapping | list)}
    rows = {k: named(v) for k, v in found.items() if isinstance(v, Mapping) and plain(named(v))}
    deep = {k: v for k, v in found.items() if isinstance(v, Mapping | list) and k not in rows}
    if single:
        yield from (f"- {k}: {number(v)}" for k, v in single.items())
        yield ""
    if rows:
        yield from table(rows)
    for key, value in deep.items():
        parts = list(tables(value, depth + 1)) if depth < DEEPEST and key not in LEFT_OUT else []
        if parts:
            yield f"**{key}**"
            yield ""
            yield from parts


def named(found: Any) -> dict[str, Any]:
    """A list of figures by their names, each with its interval and its floor; other lists are left out."""
    if isinstance(found, Mapping):
        return {k: v for k, v in found.items() if k not in LEFT_OUT}
    figures = [f for f in found if isinstance(f, Mapping) and {"name", "value"} <= f.keys()]
    return {f["name"]: {k: f.get(k) for k in ("value", "low", "high", "floor")} for f in figures}


def plain(found: Mapping[str, Any]) -> bool:
    """Whether a mapping holds nothing but single figures."""
    return bool(found) and not any(isinstance(v, Mapping | list) for v in found.values())


def table(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Rows of figures as a table, turned where there are more columns than a page holds."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    if len(columns) > max(WIDE, len(rows)):
        rows = {c: {k: row.get(c) for k, row in rows.items()} for c in columns}
        columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for key, row in rows.items():
        yield f"| {key} | {' | '.join(number(row.get(c)) for c in columns)} |"
    yield ""


def number(value: Any) -> str:
    """A figure for people.

    Example:
        >>> number(0.12345), number(12345.6), number(None), number(3)
        ('0.123', '12,346', '–', '3')
    """
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|").replace("\n", " ")
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


if __name__ == "__main__":
    main()
