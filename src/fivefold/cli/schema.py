"""`fivefold schema`: what the columns of a table are."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import print_json


@options.verb("fivefold schema people.csv --out schema.json")
@options.table("data")
@click.option("--out", type=options.FILE, help="Write a file instead of stdout.")
@options.encoding
def schema(data: str, out: Path | None, encoding: str | None) -> None:
    """Find the kind of every column of DATA and print it as JSON.

    Change what was found wrongly and give the file to `fit` or `compare` with `--schema`.
    """
    from fivefold.codecs.reading import read_table
    from fivefold.codecs.schema import infer

    found = infer(read_table(data, encoding=encoding))
    if out is None:
        columns = [
            column.model_dump(mode="json", exclude_defaults=True) for column in found.columns
        ]
        print_json({"version": found.version, "columns": columns})
        return
    found.save(out)
    click.echo(f"schema: {out}", err=True)
