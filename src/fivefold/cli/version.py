"""`fivefold version`: which version is installed."""

from __future__ import annotations

import platform

import click

from fivefold import __version__
from fivefold.cli import options
from fivefold.cli.output import print_json


@options.verb("fivefold version --json")
@options.as_json
def version(as_json: bool) -> None:
    """Print the version.

    With `--json` those of Python and PyTorch as well.
    """
    if not as_json:
        click.echo(f"fivefold {__version__}")
        return
    from fivefold.doctor import installed

    found = {"fivefold": __version__, "python": platform.python_version()}
    print_json({**found, "torch": installed("torch")})
