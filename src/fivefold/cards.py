"""The model card: what a person should know before trusting a model, written from its description."""

from __future__ import annotations

from typing import Any

LIKELIHOODS = {
    "exact": "exact",
    "bound": "a lower bound",
    "none": "absent: this family has no likelihood",
}

TOLD = (
    *("kind", "alphabet", "symbols", "length", "size", "channels", "classes", "time", "step"),
    *("entity", "variables", "rate", "seconds"),
)
"""What a codec says that stands on the card."""


def card(description: dict[str, Any]) -> str:
    """The card in Markdown, of what `Model.describe` says."""
    evidence = description["evidence"]
    data, run = evidence.get("data", {}), evidence.get("training", {})
    lines = [
        f"# A {description['family']} model of {data.get('name', 'a table')}",
        "",
        "What is drawn from this model is synthetic: a machine made it, and it describes no person or thing that",
        "exists. Say so wherever you pass it on. Made with fivefold.",
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
        *_contents(description),
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


def _contents(description: dict[str, Any]) -> list[str]:
    """The columns of a table, how sequences are written as symbols, which form pictures and series have."""
    if "columns" in description:
        columns = description["columns"].items()
        return ["## Columns", "", *(f"- `{_plain(name)}`: {kind}" for name, kind in columns)]
    heading = "## Sequences" if "alphabet" in description else "## Data"
    names = [name for name in TOLD if description.get(name)]
    return [heading, "", *(f"- {name}: {_plain(_listed(description[name]))}" for name in names)]


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _plain(text: str) -> str:
    return "".join(c for c in str(text) if c.isprintable()).replace("`", "'")
