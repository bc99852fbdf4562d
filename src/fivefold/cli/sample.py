"""`fivefold sample`: draw rows, texts, molecules, ... from a model."""

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
    'fivefold sample model --rows 500 --where "income=>50K" --where sex=Female > rows.csv\n'
    'fivefold sample model --prompt "Once upon" --count 20 --temperature 0.8\n'
    "fivefold sample painter --count 64 --class 7 --guidance 2 --steps 8 --out grid.png"
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.option(
    "--rows",
    "--count",
    "rows",
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
    help="CSV, TSV, Parquet, JSON Lines or Arrow by its ending, or the kind's own form (.txt, .smi, .fasta, .xes, "
    ".abc); of pictures .png for a sheet, .npz for arrays, no ending for a folder; on stdout if not given.",
)
@click.option(
    "--where",
    metavar="COL=VALUE",
    multiple=True,
    callback=_where,
    help="Only rows with this value, or series that begin so, such as hour=6; may be repeated.",
)
@click.option("--class", "label", metavar="NAME", help="Only pictures of this class.")
@click.option(
    "--guidance",
    type=options.NOT_NEGATIVE,
    metavar="N",
    help="How much classes count: 1 as they are, more for clearer and less various pictures.",
)
@click.option(
    "--steps", type=click.IntRange(min=1), metavar="N", help="Of a diffusion: more are slower."
)
@click.option("--balance", metavar="COL", help="Every category of this column equally often.")
@click.option(
    "--avoid",
    metavar="FILE",
    help="Data, such as those trained on, of which none may be reproduced.",
)
@options.seed
@click.option("--prompt", metavar="TEXT", help="What every text begins with.")
@click.option(
    "--temperature",
    type=options.NOT_NEGATIVE,
    metavar="N",
    help="Below 1 likelier symbols or numbers, above 1 rarer ones; 0 always the likeliest.",
)
@click.option(
    "--top-k", type=click.IntRange(min=1), metavar="N", help="Only the N likeliest symbols."
)
@click.option(
    "--top-p",
    type=options.Number(0, 1, min_open=True),
    metavar="P",
    help="Only the likeliest symbols that together have this probability.",
)
@click.option(
    "--min-p",
    type=options.Number(0, 1),
    metavar="P",
    help="Only symbols at least this share as likely as the likeliest.",
)
@click.option(
    "--repetition-penalty",
    type=options.POSITIVE,
    metavar="N",
    help="Above 1: symbols that were used become less likely.",
)
@click.option(
    "--max-symbols",
    type=click.IntRange(min=1),
    metavar="N",
    help="The most symbols after the prompt; what the model's context holds if not given.",
)
@click.option(
    "--stop", metavar="TEXT", multiple=True, help="A string that ends a text; may be repeated."
)
@click.option(
    "--json-schema",
    type=options.KNOWN_FILE,
    help="A JSON schema that every text must satisfy.",
)
@click.option("--regex", metavar="EXPR", help="What every text must match as a whole.")
@click.option(
    "--engine",
    type=click.Choice(("fivefold", "ctranslate2", "ctranslate2-int8")),
    help="What writes texts: our own, or CTranslate2, which is faster for few texts and knows no rules of form.",
)
def sample(
    model: Path,
    rows: int,
    out: str,
    where: dict[str, str] | None,
    label: str | None,
    json_schema: Path | None,
    **how: Any,
) -> None:
    """Draw rows, texts, pictures or stretches of a series from MODEL.

    MODEL is a folder that `fivefold fit` wrote; one of molecules draws molecules. Rows are written as they are drawn,
    so that any number of them needs the same memory. Temperature and what follows it are for models of sequences
    that write symbol by symbol: the autoregressive family, and the flow. Classes, guidance and steps are for pictures.
    """
    from fivefold.estimators import sample as run

    if json_schema is not None:
        how["schema"] = json_schema.read_text(encoding="utf-8")
    if label is not None:
        if "class" in (where or {}):
            raise click.UsageError("the class is given twice, by --class and by --where")
        where = {**(where or {}), "class": label}

    with shown() as on_progress:
        run(model, rows, out=out, where=where, on_progress=on_progress, **how)
    if out != STDOUT:
        click.echo(f"{rows:,} drawn: {out}", err=True)
