"""`fivefold forecast`: how series go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.output import columns, figure_rows
from fivefold.files import write_atomically

STDOUT = "-"


@options.verb(
    "fivefold forecast model recent.csv --horizon 48 --draws 100 --out forecast.csv\n"
    "fivefold forecast model recent.csv --horizon 48 --chart fans.svg --truth later.csv"
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.argument("recent")
@click.option(
    "--horizon", type=click.IntRange(min=1), metavar="N", required=True, help="Steps to come."
)
@click.option(
    "--draws",
    type=click.IntRange(min=2),
    metavar="N",
    default=100,
    show_default=True,
    help="Continuations of each entity.",
)
@click.option(
    "--out",
    metavar="FILE",
    default=STDOUT,
    help="Quantiles of every variable at every step; CSV on stdout if not given.",
)
@click.option("--paths", metavar="FILE", help="Write every continuation as well.")
@click.option(
    "--chart", type=options.FILE, metavar="FILE.svg", help="Draw the past and what may come."
)
@click.option("--truth", metavar="FILE", help="What came: the forecast is judged by it.")
@click.option(
    "--steps", type=click.IntRange(min=1), metavar="N", help="Of a diffusion: more are slower."
)
@options.seed
def forecast(
    model: Path,
    recent: str,
    out: str,
    paths: str | None,
    chart: Path | None,
    truth: str | None,
    **how: Any,
) -> None:
    """Say how the series of RECENT go on, by MODEL, a folder of series or tracks.

    RECENT has the columns that the model was trained on; each of its entities is gone on from its last row. Written are
    the 5%, 25%, 50%, 75% and 95% quantiles of the continuations. With `--truth` the forecast is judged by CRPS, beside
    one that repeats the season and a boosted one; both learn from RECENT.
    """
    from fivefold.codecs.writing import check_place, write_table
    from fivefold.drawing.forecasting import forecast as run
    from fivefold.drawing.forecasting import judged, what_came
    from fivefold.model import load
    from fivefold.plots.fans import fan_chart, stacked
    from fivefold.plots.svg import standalone

    if chart is not None and chart.suffix.lower() != ".svg":
        raise click.BadParameter(f"{chart.name!r} does not end with .svg", param_hint="--chart")
    for place in filter(None, (out, paths)):
        check_place(place)
    loaded = load(model)
    came = what_came(loaded, truth) if truth else None
    found = run(loaded, recent, **how)
    figures = [] if came is None else judged(found, came, seed=how["seed"])
    write_table(found.table(), out)
    if paths:
        write_table(found.every(), paths)
    if chart is not None:
        drawn = stacked([fan_chart(fan) for fan in found.fans(came)], "Forecast")
        write_atomically(chart, standalone(drawn).encode())
    if figures:
        click.echo(columns(figure_rows(figures)), err=out == STDOUT)
    for file in (out if out != STDOUT else None, paths, chart):
        if file:
            click.echo(f"written: {file}", err=True)
