"""`fivefold doctor`: what is installed, missing and usable."""

from __future__ import annotations

import click

from fivefold.cli import options
from fivefold.cli.output import outline, print_json


@options.verb("fivefold doctor")
@options.as_json
def doctor(as_json: bool) -> None:
    """Say what is installed, missing and usable.

    Leaves with exit code 3 if something that every command needs is missing.
    """
    from fivefold.doctor import examine
    from fivefold.errors import CheckFailedError

    findings = examine()
    print_json(findings) if as_json else click.echo("\n".join(outline(findings)))
    if findings["problems"]:
        found = f"problems found: {len(findings['problems'])}"
        raise CheckFailedError(found, hint="see the end of the list", code="doctor")
