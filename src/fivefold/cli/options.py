"""Options that several verbs share, spelt once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fivefold.cli.faults import DEBUG

Function = TypeVar("Function", bound=Callable[..., Any])

FAMILIES = ("autoregressive", "adversarial", "variational", "flow", "diffusion")
KINDS = (
    *("table", "text", "code", "molecule", "protein", "events", "log", "music", "image"),
    *("series", "track", "sound"),
)
QUIET = "fivefold.quiet"


def _note(key: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        ctx.meta[key] = bool(value or ctx.meta.get(key))

    return callback


def everywhere(function: Function) -> Function:
    """`--quiet` and `--debug`, which may stand before or after the verb."""
    for names, key, text in (
        (("--debug",), DEBUG, "On a fault, show the traceback."),
        (("-q", "--quiet"), QUIET, "No progress on stderr."),
    ):
        option = click.option(
            *names, is_flag=True, expose_value=False, callback=_note(key), help=text
        )
        function = option(function)
    return function


def verb(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command with `--quiet`, `--debug` and an example at the end of its help.

    Arguments:
        example: one command line or several, a line each.
    """
    lines = "\n".join(f"  {line}" for line in example.splitlines())

    def decorate(function: Callable[..., None]) -> click.Command:
        settings = {"help_option_names": ["-h", "--help"]}
        command = click.command(epilog=f"\b\nExample:\n{lines}", context_settings=settings)
        return command(everywhere(function))

    return decorate


def table(name: str) -> Callable[[Function], Function]:
    """Required data: a file, a folder, a URL or the name of a bundled table."""
    return click.argument(name)


def reading(function: Function) -> Function:
    """How data are read: what they are, how texts are written as symbols, to which form the others are brought."""
    for option in (
        click.option(
            "--skip-bad",
            is_flag=True,
            default=None,
            help="Leave damaged pictures or sounds out, and count and list them.",
        ),
        click.option(
            "--seconds",
            type=POSITIVE,
            metavar="N",
            help="Of sounds: how long one is, longer ones are cut into windows; found if not given.",
        ),
        click.option(
            "--rate",
            type=click.IntRange(min=1),
            metavar="HZ",
            help="Of sounds: samples a second, 8000 to 24000; found if not given.",
        ),
        click.option(
            "--channels",
            type=click.Choice(("1", "3", "4")),
            callback=_whole,
            help="Of pictures: grey, colour, colour with transparency; found if not given.",
        ),
        click.option(
            "--crop",
            type=click.Choice(("centre", "stretch")),
            help="Of pictures of other proportions: cut off what stands over, or bend; centre if not given.",
        ),
        click.option(
            "--picture-size",
            metavar="N|WxH",
            help="To what pictures are brought, such as 64 or 64x48; found if not given.",
        ),
        click.option(
            "--length",
            type=click.IntRange(min=3),
            metavar="N",
            help="Longest sequence, in symbols, longer ones are cut; of series the steps of a window.",
        ),
        click.option(
            "--symbols",
            type=click.IntRange(min=2),
            metavar="N",
            help="Symbols of a learned alphabet, such as bpe.",
        ),
        click.option(
            "--alphabet",
            metavar="NAME",
            help="How sequences are written: bytes, characters, bpe, ...; chosen by the kind if not given.",
        ),
        column,
        kind,
    ):
        function = option(function)
    return function


def _whole(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    return None if value is None else int(value)


def _families(_: click.Context, __: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in FAMILIES]
    if unknown or not names:
        wrong = ", ".join(map(repr, unknown)) or "nothing"
        raise click.BadParameter(f"{wrong} is not among {', '.join(FAMILIES)}")
    return list(dict.fromkeys(names))


class Number(click.FloatRange):
    """A number within bounds; `nan` and `inf` are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number that a word means."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is no number that can be worked with.", param, ctx)
        return found


POSITIVE = Number(min=0, min_open=True)
NOT_NEGATIVE = Number(min=0)
FILE = click.Path(path_type=Path)
KNOWN_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
KNOWN_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)

seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Same seed, same bytes.",
)
target = click.option("--target", metavar="COL", help="The column that a model should predict.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
schema = click.option(
    "--schema", type=KNOWN_FILE, help="Kinds of the columns, as `fivefold schema` wrote them."
)
encoding = click.option(
    "--encoding", help="Encoding of a text file; found by itself if not given."
)
threads = click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="Processor threads."
)
kind = click.option(
    "--kind", type=click.Choice(KINDS), help="What the data are; recognised if not given."
)
column = click.option(
    "--column",
    "--roles",
    "column",
    metavar="COL",
    help="The column that holds the sequences; of series time=..,entity=..,values=a|b.",
)
families = click.option(
    "--families", metavar="A,B", callback=_families, help=f"Some of: {', '.join(FAMILIES)}."
)
