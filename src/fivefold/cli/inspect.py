"""`fivefold inspect`: what a model folder holds, or what data are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.output import outline, print_json

MODEL = ("manifest.json", "config.json", "training")
"""What a model folder holds, a damaged or unfinished one too."""


@options.verb("fivefold inspect model --json\nfivefold inspect pictures/ --skip-bad")
@click.argument("what", metavar="MODEL|DATA")
@options.reading
@options.schema
@options.encoding
@options.as_json
def inspect(what: str, as_json: bool, **reading: Any) -> None:
    """Say what a model is, or what data are.

    Of MODEL, a folder that `fivefold fit` wrote: family, size, columns, training and evidence. Of DATA: their kind, how
    many there are, what was found in them, and what a reader must know of them, such as damaged files.
    """
    if any((Path(what) / name).exists() for name in MODEL):
        from fivefold.model import load

        description = load(what).describe()
    else:
        from fivefold.intake import Reading, describe

        description = describe(what, Reading(**reading))
    print_json(description) if as_json else click.echo("\n".join(outline(description)))
