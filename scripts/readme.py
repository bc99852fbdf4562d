"""Bring a report into the README, as tables and as a picture: `python scripts/readme.py --report build/demo`.

The table stands between two markers in README.md, with what is needed to measure it again; the picture is the top of
`report.html` as headless Chromium draws it. Without Chromium the old picture stays and the script says so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from fivefold.compare.numerals import DASH, bare, heading, seconds, size
from fivefold.compare.result import Aspect, Comparison, Figure
from fivefold.compare.words import COLUMNS, TITLES

ROOT = Path(__file__).parents[1]
README, PICTURE = ROOT / "README.md", ROOT / "docs" / "report.png"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--virtual-time-budget=2000",
)
WIDTH, HEIGHT = 1200, 1700
HEADS = {
    "training_speed": "training speed, CPU time",
    "generation_speed": "generation speed, rows / CPU s",
    "parameter_efficiency": "parameter efficiency, parameters",
    "scale": "scale of content, exponent",
    "quality": "quality",
    "diversity": "diversity, coverage",
    "stability": "training stability, spread",
}
FIGURES = {
    "column_shape_error": "column-shape error",
    "pair_trend_error": "pair-trend error",
    "detection_auc": "detection AUC",
    "utility": "utility",
    "coverage": "coverage",
    "membership_tpr_at_1": "membership, TPR at 1% FPR",
    "excess_copies": "copies beyond base rate",
}


def main() -> None:
    """Read the options, then write README.md and docs/report.png."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    options.add_argument("--report", type=Path, required=True, help="what `compare --out` wrote")
    options.add_argument("--no-picture", action="store_true", help="leave docs/report.png alone")
    given = options.parse_args()
    document = json.loads((given.report / "report.json").read_bytes())
    README.write_text(inserted(README.read_text("utf-8"), Comparison.from_dict(document)), "utf-8")
    print(f"{README.name}: table inserted")
    if not given.no_picture:
        photograph(given.report / "report.html", PICTURE)


def inserted(text: str, comparison: Comparison) -> str:
    """The README with a comparison between its markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"README.md lacks the markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{measured(comparison)}\n{END}{after}"


def measured(c: Comparison) -> str:
    """Both tables in Markdown, and how they were measured."""
    return "\n".join(
        [
            *_grid(["family", *HEADS.values()], _aspects(c)),
            "",
            "Figure, then the measured word; `=` the survey says the same, `≠` it says the word that follows.",
            "",
            *_grid(["", "CPU s of a fit", *FIGURES.values()], _figures(c)),
            "",
            conditions(c),
        ]
    )


def conditions(c: Comparison) -> str:
    """What must be known to measure the same again."""
    machine, data = c.machine, c.data
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    seeds = max((len(family.runs) for family in c.families), default=0)
    command = c.command.replace(data.path, data.name)
    return (
        f"Measured {c.date[:10]} on {machine.cpu}, {machine.cores} cores, {size(machine.memory)} "
        f"({', '.join(machine.features)}; {versions}) by `{command}`: first seed {c.seed}, {seeds} seeds a family, "
        f"{seconds(c.fit_seconds)} of processor time for each fit, {data.train:,} rows to train on, "
        f"{data.holdout:,} held out (table {data.name}, SHA-256 `{data.sha256[:16]}`)."
    )


def _aspects(c: Comparison) -> Iterator[list[str]]:
    for family in c.families:
        cells = [_cell(family.aspects.get(column.key)) for column in COLUMNS]
        chosen = family.family == c.advice.family
        name = TITLES[family.family].lower()
        yield [f"**{name}**" if chosen else name, *cells]


def _cell(aspect: Aspect | None) -> str:
    """One cell, such as `12.3 s fast ≠ slow`."""
    if aspect is None or aspect.figure.value is None:
        return DASH
    value = bare(aspect.figure.value, aspect.figure.unit)
    if aspect.measured is None:
        return value
    survey = "=" if aspect.agrees else f"≠ {aspect.survey}"
    return f"{value} {aspect.measured} {survey}"


def _figures(c: Comparison) -> Iterator[list[str]]:
    rows = [(TITLES[f.family].lower(), f.seconds, f.figures) for f in c.families]
    if c.baseline is not None:
        rows.append(("shallow mixture", c.baseline.seconds, c.baseline.figures))
    rows.append(("real against real", None, c.floor))
    for name, spent, figures in rows:
        cost = DASH if spent is None else f"{spent:.1f}"
        yield [name, cost, *(_value(figures.get(key)) for key in FIGURES)]


def _value(figure: Figure | None) -> str:
    if figure is None:
        return DASH
    return f"{bare(figure.value, figure.unit)} {heading(figure.unit)}".strip()


def _grid(heads: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'---:|' * (len(heads) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def photograph(page: Path, picture: Path) -> None:
    """The top of a page as PNG."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print(f"no {' or '.join(BROWSERS)} here: {picture.name} is as it was")
        return
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "report.png"
        options = [f"--screenshot={shot}", f"--window-size={WIDTH},{HEIGHT}"]
        profile = f"--user-data-dir={folder}/profile"
        command = [browser, *FLAGS, profile, *options, page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        content = shot.read_bytes()
    picture.write_bytes(content)
    width, height = struct.unpack(">II", content[16:24])
    print(f"{picture.name}: {width} x {height}, {len(content):,} bytes")


if __name__ == "__main__":
    main()
