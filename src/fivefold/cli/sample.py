"""`fivefold sample`: draw rows from a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.progress import shown

STDOUT = "-"


def _where(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> dict[str, str] | None:
    conditions: dict[str, str] = {}
    for value in values:
        name, equals, wanted = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{value!r} is not COLUMN=VALUE")
        if name.strip() in conditions:
            raise click.BadParameter(f"column {name.strip()!r} is given twice")
        conditions[name.strip()] = wanted
    return conditions or None


@options.verb(
    "fivefold sample model --rows 100000 --out rows.parquet\n"
    'fivefold sample model --rows 500 --where "income=>50K" --where sex=Female > rows.csv'
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    metavar="N",
    default=1000,
    show_default=True,
    help="How many.",
)
@click.option(
    "--out",
    metavar="FILE",
    default=STDOUT,
    help="CSV, TSV, Parquet, JSON Lines or Arrow by its ending; CSV on stdout if not given.",
)
@click.option(
    "--where",
    metavar="COL=VALUE",
    multiple=True,
    callback=_where,
    help="Only rows with this value; may be repeated.",
)
@click.option("--balance", metavar="COL", help="Every category of this column equally often.")
@click.option(
    "--avoid",
    metavar="FILE",
    help="A table, such as the training data, no row of which may be reproduced.",
)
@options.seed
def sample(model: Path, rows: int, out: str, **how: Any) -> None:
    """Draw rows from MODEL, a folder that `fivefold fit` wrote.

    Rows are written as they are drawn, so that any number of them needs the same memory.
    """
    from fivefold.estimators import sample as run

    with shown() as on_progress:
        run(model, rows, out=out, on_progress=on_progress, **how)
    if out != STDOUT:
        click.echo(f"{rows:,} rows: {out}", err=True)
