"""`fivefold fill`: fill in what is missing of a text, a picture or a series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.output import columns, print_json
from fivefold.errors import InputError

STDOUT = "-"
OWN = {
    "text": ("symbols", "blank", "as_json"),
    "picture": ("mask", "label", "guidance", "steps", "out"),
    "series": ("steps", "out"),
}
"""The options that each sort of filling has, beside count and seed."""
FILLINGS = {"text": 5, "picture": 1, "series": 1}


@options.verb(
    'fivefold fill model "To be or ___ to be" --count 5\n'
    'fivefold fill model "C1=CC=CC=C1[MASK]" --symbols 1 --json\n'
    "fivefold fill picture.png --mask mask.png --model painter --count 4 --out filled.png\n"
    "fivefold fill gaps.csv --model weather --out whole.csv"
)
@click.argument("words", metavar="[MODEL] WHAT", nargs=-1, required=True)
@click.option("--model", type=options.KNOWN_FOLDER, help="The model, if it is not named first.")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many fillings; 5 of a text and else 1 if not given.",
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
@click.option(
    "--mask",
    type=options.KNOWN_FILE,
    metavar="FILE",
    help="Of a picture: another of its size, white where it is to be filled.",
)
@click.option("--class", "label", metavar="NAME", help="Of a picture: its class, where known.")
@click.option(
    "--guidance", type=options.NOT_NEGATIVE, metavar="N", help="How much the class counts."
)
@click.option(
    "--steps", type=click.IntRange(min=1), metavar="N", help="Of a diffusion: more are slower."
)
@click.option(
    "--out",
    metavar="FILE",
    help="For pictures .png, .npz or a folder; for series a table, CSV on stdout if not given.",
)
@options.seed
@options.as_json
def fill(words: tuple[str, ...], model: Path | None, count: int | None, **given: Any) -> None:
    """Fill in what is missing of WHAT: the blanks of a text, a part of a picture, the gaps of a series.

    A text needs a model of the diffusion family. Each filling comes with its probability given the rest of the text and
    the number of symbols: exact for one symbol, an estimate from below for more. Fillings of unequal numbers of
    symbols are ranked by the mean over their symbols.

    A picture is a file; `--mask` shows what is to be filled. A series is a table with empty cells or missing rows.
    """
    from fivefold.model import load

    folder, what = _named(words, model)
    loaded = load(folder)
    sort = {"image": "picture", "series": "series", "track": "series"}.get(loaded.codec.kind)
    if sort is None and loaded.family.space.sort != "sequence":
        raise InputError(
            f"a model of kind {loaded.codec.kind} fills nothing in",
            hint="take one of texts, pictures or series",
            code="kind",
        )
    sort = sort or "text"
    own = {"seed": given.pop("seed")}
    for name, value in given.items():
        if name in OWN[sort]:
            own[name] = value
        elif value not in (None, False):
            option = {"label": "class", "as_json": "json"}.get(name, name)
            raise click.UsageError(
                f"--{option} does not apply: the model is of kind {loaded.codec.kind}"
            )
    FILL[sort](loaded, what, count or FILLINGS[sort], **own)


def _named(words: tuple[str, ...], model: Path | None) -> tuple[Path, str]:
    """The model and what is to be filled; the model is the first of two words or that of `--model`."""
    if len(words) != (2 if model is None else 1):
        raise click.UsageError("give MODEL and what is to be filled, or --model MODEL and that")
    if model is not None:
        return model, words[0]
    return options.KNOWN_FOLDER.convert(words[0], None, click.get_current_context()), words[1]


def _text(model: Any, text: str, count: int, *, as_json: bool, **how: Any) -> None:
    from fivefold.understanding import fill as run

    found = run(model, text, count=count, **how)
    if as_json:
        print_json([filling.to_dict() for filling in found])
        return
    rows = [("text", "probability", "a symbol")]
    rows += [(in_a_line(f.text), f"{f.probability:.3g}", f"{f.each:.3g}") for f in found]
    click.echo(columns(rows))


def _picture(
    model: Any,
    picture: str,
    count: int,
    *,
    mask: Path | None,
    label: str | None,
    out: str | None,
    **how: Any,
) -> None:
    from fivefold.drawing.restoring import fill_picture
    from fivefold.drawing.sampling import check_place, written

    if mask is None or out is None:
        raise click.UsageError("a picture needs --mask FILE and --out FILE")
    options.KNOWN_FILE.convert(picture, None, click.get_current_context())
    check_place(model, out, count)
    where = None if label is None else {"class": label}
    found = fill_picture(model, picture, mask, count=count, where=where, **how)
    click.echo(f"{count:,} filled: {written(model, iter([found]), out)}", err=True)


def _series(model: Any, table: str, count: int, *, out: str | None, **how: Any) -> None:
    from fivefold.codecs.writing import write_table
    from fivefold.drawing.restoring import fill_series
    from fivefold.drawing.sampling import check_place

    check_place(model, out or STDOUT, count)
    write_table(fill_series(model, table, count=count, **how), out or STDOUT)
    if out:
        click.echo(f"filled: {out}", err=True)


FILL: dict[str, Callable[..., None]] = {"text": _text, "picture": _picture, "series": _series}


def in_a_line(text: str) -> str:
    r"""The text with line breaks and what else steers a terminal written out.

    Example:
        >>> print(in_a_line("ein\n是"))
        ein\n是
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
