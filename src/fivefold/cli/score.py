"""`fivefold score`: how probable a text is under a model."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import columns, print_json

SHOWN = 60


@options.verb(
    'fivefold score model "To be, or not to be"\nfivefold score model held_out.txt --json'
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.argument("text")
@options.seed
@options.as_json
def score(model: Path, text: str, seed: int, as_json: bool) -> None:
    """Say how probable TEXT is under MODEL.

    A TEXT that names a file or a folder is read. Prints the log-probability in nats and, of sequences, the bits per
    byte of each text and of all. With `--json` also the log-probability of each symbol, where the family has it. For
    some families it is a lower bound.
    """
    from fivefold.model import load
    from fivefold.scoring import score as run
    from fivefold.scoring import total

    loaded = load(model)
    found = run(loaded, text, symbols=as_json, seed=seed)
    if as_json:
        told = {"family": loaded.family.name, "likelihood": loaded.family.likelihood}
        print_json({**told, **total(found), "texts": [each.to_dict() for each in found]})
        return
    bound = "" if loaded.family.likelihood == "exact" else " at least"
    rows = [("", f"log p{bound}, nats", "bits per byte")]
    lines = [(_short(each.text) or f"row {i}", each.to_dict()) for i, each in enumerate(found, 1)]
    lines += [(f"all {len(found):,}", total(found))] if len(found) > 1 else []
    rows += [(name, _number(e["log_prob"]), _number(e["bits_per_byte"])) for name, e in lines]
    click.echo(columns(rows))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
