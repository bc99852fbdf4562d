"""The command `fivefold`: thin verbs over the Python API.

A verb reads its options, calls one function and prints: data on stdout, progress on stderr. It imports what it needs
when it runs, so that `fivefold --help` answers at once.
"""

from __future__ import annotations

import click

from fivefold import __version__
from fivefold.cli.bring import bring
from fivefold.cli.compare import compare
from fivefold.cli.doctor import doctor
from fivefold.cli.exam import exam
from fivefold.cli.export import export
from fivefold.cli.faults import Verbs
from fivefold.cli.fill import fill
from fivefold.cli.fit import fit
from fivefold.cli.forecast import forecast
from fivefold.cli.inspect import inspect
from fivefold.cli.interpolate import interpolate
from fivefold.cli.measure import measure
from fivefold.cli.options import everywhere
from fivefold.cli.sample import sample
from fivefold.cli.schema import schema
from fivefold.cli.score import score
from fivefold.cli.version import version

EPILOG = """\b
Example:
  fivefold compare adult --minutes 2
  fivefold fit people.csv --family diffusion --out model
  fivefold sample model --rows 1000 --out rows.csv
  fivefold fit corpus/ --out writer
  fivefold fit pictures/ --out painter
  fivefold sample writer --prompt "Once" --count 5
  fivefold sample painter --count 64 --out sheet.png

\b
Exit codes: 0 done, 1 failed, 2 wrong use or input, 3 a check not passed, 130 interrupted.
"""


@click.group(
    cls=Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 99},
)
@click.version_option(__version__, prog_name="fivefold")
@everywhere
def main() -> None:
    """Bring data, get a generative model that you can defend."""


VERBS = (
    compare,
    fit,
    sample,
    score,
    fill,
    forecast,
    interpolate,
    exam,
    measure,
    schema,
    inspect,
    export,
    bring,
    version,
    doctor,
)
for verb in VERBS:
    main.add_command(verb)
