"""`fivefold compare`: five families, one budget, one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.faults import keep
from fivefold.cli.output import print_json
from fivefold.cli.progress import shown


@options.verb(
    "fivefold compare people.csv --minutes 5 --target income --out comparison\n"
    "fivefold compare corpus/ --minutes 10\n"
    "fivefold compare pictures/ --picture-size 28 --minutes 10"
)
@options.table("data")
@click.option(
    "--minutes",
    type=options.POSITIVE,
    metavar="N",
    default=5.0,
    show_default=True,
    help="Budget of the whole comparison.",
)
@options.families
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    default=2,
    show_default=True,
    help="Trainings a family.",
)
@options.target
@click.option(
    "--out",
    type=options.FOLDER,
    default="comparison",
    show_default=True,
    help="Folder for the report and the models.",
)
@options.as_json
@options.seed
@options.schema
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Trainings at the same time; as many as there are cores if not given.",
)
@options.encoding
@options.reading
def compare(
    data: str,
    minutes: float,
    families: list[str] | None,
    seeds: int,
    target: str | None,
    out: Path,
    as_json: bool,
    seed: int,
    schema: Path | None,
    threads: int | None,
    encoding: str | None,
    **reading: Any,
) -> None:
    """Say which family of generative model to trust with DATA.

    Trains the five families on the same split with the same budget and measures speed, quality, diversity,
    stability and privacy. DATA is a table, texts, code, molecules, proteins, an event log, log lines, music,
    pictures or series: a file, a folder, a URL, or `adult`, the bundled census table. Prints the measured table and a
    recommendation, and writes a report and the trained models.
    """
    from fivefold.compare import compare as run

    keep(f"what is finished lies in {out}: the same command again goes on from there")
    with shown() as on_progress:
        comparison = run(
            data,
            minutes=minutes,
            families=families,
            seeds=seeds,
            target=target,
            out=out,
            seed=seed,
            schema=schema,
            threads=threads,
            encoding=encoding,
            **reading,
            on_progress=on_progress,
        )
    if as_json:
        print_json(comparison.to_dict())
        return
    click.echo(comparison.text())
    click.echo(f"report: {comparison.report}")
