"""`fivefold fill`: fill in the blanks of a text."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import columns, print_json


@options.verb(
    'fivefold fill model "To be or ___ to be" --count 5\n'
    'fivefold fill model "C1=CC=CC=C1[MASK]" --symbols 1 --json'
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.argument("text")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    default=5,
    show_default=True,
    help="How many fillings.",
)
@click.option(
    "--symbols",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many symbols of the model's alphabet a blank hides; 1 to 4 are tried if not given.",
)
@click.option(
    "--blank", metavar="TEXT", help="How a blank is written; ___ or [MASK] if not given."
)
@options.seed
@options.as_json
def fill(
    model: Path,
    text: str,
    count: int,
    symbols: int | None,
    blank: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Fill in the blanks of TEXT with MODEL, a folder of the diffusion family.

    Each filling comes with its probability given the rest of the text and the number of symbols: exact for one symbol,
    an estimate from below for more. Fillings of unequal numbers of symbols are ranked by the mean over their symbols.
    """
    from fivefold.model import load
    from fivefold.understanding import fill as run

    found = run(load(model), text, blank=blank, count=count, symbols=symbols, seed=seed)
    if as_json:
        print_json([filling.to_dict() for filling in found])
        return
    rows = [("text", "probability", "a symbol")]
    rows += [(in_a_line(f.text), f"{f.probability:.3g}", f"{f.each:.3g}") for f in found]
    click.echo(columns(rows))


def in_a_line(text: str) -> str:
    r"""The text with line breaks and what else steers a terminal written out.

    Example:
        >>> print(in_a_line("ein\n是"))
        ein\n是
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
