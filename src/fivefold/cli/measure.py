"""`fivefold measure`: judge a synthetic table, whoever made it."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import columns, figure_rows, print_json
from fivefold.files import write_atomically


@options.verb(
    "fivefold measure people.csv synthetic.csv --target income\n"
    "fivefold measure train.csv synthetic.csv --holdout test.csv --out report.html\n"
    "fivefold measure smiles.csv generated.smi --kind molecule"
)
@options.table("real")
@options.table("synthetic")
@click.option(
    "--holdout",
    metavar="FILE",
    help="Real rows that the generator never saw.",
)
@options.target
@options.schema
@options.seed
@options.encoding
@options.kind
@options.column
@options.as_json
@click.option("--out", type=options.FILE, metavar="REPORT.html", help="Write a page as well.")
def measure(
    real: str,
    synthetic: str,
    holdout: str | None,
    target: str | None,
    schema: Path | None,
    seed: int,
    encoding: str | None,
    kind: str | None,
    column: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Measure how well SYNTHETIC stands for REAL.

    Both are tables, or both texts, molecules, cases of an event log, ...

    Quality, diversity, usefulness and, with `--holdout`, privacy: each figure with its interval and, where it can
    be taken, with the value that real data get.
    """
    from fivefold.codecs.reading import read_data
    from fivefold.codecs.schema import Schema
    from fivefold.measures.judging import judge as run

    kind, first = read_data(real, kind=kind, column=column, encoding=encoding)
    tables = [first, read_data(synthetic, kind=kind, encoding=encoding)[1]]
    held = read_data(holdout, kind=kind, encoding=encoding)[1] if holdout else None
    figures = run(
        *tables,
        kind=kind,
        holdout=held,
        target=target,
        schema=Schema.load(schema) if schema else None,
        seed=seed,
    )
    if out:
        from fivefold.compare.report import measure_page

        write_atomically(out, measure_page(figures, *tables, kind=kind).encode())
    if as_json:
        found = [figure.to_dict() for figure in figures]
        print_json({"real": real, "synthetic": synthetic, "seed": seed, "figures": found})
    else:
        click.echo(columns(figure_rows(figures)))
    if out:
        click.echo(f"report: {out}", err=True)
