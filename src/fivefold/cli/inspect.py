"""`fivefold inspect`: what a model folder holds."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import outline, print_json


@options.verb("fivefold inspect model --json")
@click.argument("model", type=options.KNOWN_FOLDER)
@options.as_json
def inspect(model: Path, as_json: bool) -> None:
    """Say what MODEL is: family, size, columns, training and evidence."""
    from fivefold.model import load

    description = load(model).describe()
    print_json(description) if as_json else click.echo("\n".join(outline(description)))
