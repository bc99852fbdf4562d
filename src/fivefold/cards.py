"""The model card: what a person should know before trusting a model, written from its description."""

from __future__ import annotations

from typing import Any

LIKELIHOODS = {
    "exact": "exact",
    "bound": "a lower bound",
    "none": "absent: this family has no likelihood",
}


def card(description: dict[str, Any]) -> str:
    """The card in Markdown, of what `Model.describe` says."""
    evidence = description["evidence"]
    data, run = evidence.get("data", {}), evidence.get("training", {})
    lines = [
        f"# A {description['family']} model of {data.get('name', 'a table')}",
        "",
        "Rows drawn from this model are synthetic: a machine made them, and no row describes a person or thing that",
        "exists. Say so wherever you pass them on. Made with fivefold.",
        "",
        "| | |",
        "|---|---|",
        f"| family | {description['family']} |",
        f"| likelihood | {LIKELIHOODS[description['likelihood']]} |",
        f"| parameters | {description['parameters']:,} |",
        f"| trained on | {data.get('rows', '?'):,} rows, SHA-256 {data.get('sha256', '?')[:16]}... |"
        if data
        else "| trained on | unknown |",
        f"| seed | {run.get('seed', '?')} |",
        f"| steps | {run.get('steps', '?')} ({run.get('stopped', '?')}) |",
        f"| processor seconds | {run.get('seconds', 0):.1f} |",
        "",
        "## Columns",
        "",
        *(f"- `{_plain(name)}`: {kind}" for name, kind in description["columns"].items()),
        "",
    ]
    if description["notices"]:
        lines += ["## Notices", "", *(f"- {_plain(n)}" for n in description["notices"]), ""]
    lines += [
        "## Limits",
        "",
        "Quality and privacy of this model are what was measured, in `evidence.json`; where nothing was measured,",
        "nothing is known. `fivefold measure REAL SYNTHETIC --holdout FILE` measures them.",
        "",
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return "".join(c for c in str(text) if c.isprintable()).replace("`", "'")
