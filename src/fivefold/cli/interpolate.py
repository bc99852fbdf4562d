"""`fivefold interpolate`: what lies between two pictures."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options


@options.verb("fivefold interpolate painter a.png b.png --steps 8 --out strip.png")
@click.argument("model", type=options.KNOWN_FOLDER)
@click.argument("first", type=options.KNOWN_FILE)
@click.argument("second", type=options.KNOWN_FILE)
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    metavar="N",
    default=8,
    show_default=True,
    help="How many pictures, the two ends among them.",
)
@click.option(
    "--out",
    type=options.FILE,
    required=True,
    help=".png for one strip, .npz for arrays, no ending for a folder.",
)
@options.seed
def interpolate(model: Path, first: Path, second: Path, steps: int, out: Path, seed: int) -> None:
    """Go from the picture FIRST to SECOND in steps, each a picture that MODEL could have made.

    MODEL is of a family that gives pictures codes. The ends are what the model gives back for the codes of the two
    pictures, not the pictures themselves.
    """
    from fivefold.drawing.interpolating import interpolate as run
    from fivefold.drawing.strips import write_strip

    write_strip(run(model, str(first), str(second), steps=steps, seed=seed), out)
    click.echo(f"{steps} pictures: {out}", err=True)
