"""`fivefold exam`: what a language model knows and can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.output import columns, figure_rows, print_json
from fivefold.cli.progress import shown


@options.verb(
    "fivefold exam model validation.jsonl --count 200 --shots 3\n"
    "fivefold exam model HumanEval.jsonl.gz --samples 10 --json"
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.argument("file", type=options.KNOWN_FILE)
@click.option(
    "--shots",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="Other questions with their right answers before each.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Draw so many of the questions or problems; all if not given.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Programs written for each problem.",
)
@click.option(
    "--confinement",
    type=click.Choice(["namespaces", "limits"]),
    default="namespaces",
    show_default=True,
    help="How programs are held while they run; limits alone are weaker.",
)
@options.seed
@options.as_json
def exam(model: Path, file: Path, as_json: bool, **how: Any) -> None:
    """Let MODEL answer the questions, or solve the problems, of FILE.

    FILE is JSON Lines: questions of BoolQ, CommonsenseQA or TruthfulQA, which are answered by the likelihood of their
    choices, or problems of HumanEval, whose programs are written by the model and run in a sandbox. `fivefold import`
    makes a model of one from elsewhere.
    """
    from fivefold.examination import examine
    from fivefold.files import sha256

    with shown() as on_progress:
        figures = examine(model, file, on_progress=on_progress, **how)
    if as_json:
        told = {"model": str(model), "data": str(file), "sha256": sha256(file), **how}
        print_json({**told, "figures": [figure.to_dict() for figure in figures]})
        return
    head, *rows = figure_rows(figures)
    named = tuple("chance" if name == "real data" else name for name in head)
    click.echo(columns([named, *rows]))
    for note in dict.fromkeys(figure.note for figure in figures):
        click.echo(note)
