"""The reports that a person opens: one self-contained page for a comparison, one for a measurement.

A page loads nothing, holds aggregates only, and its size depends on the number of columns, never on that of rows.
`text_table` is the same in a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from fivefold.codecs.schema import Schema
from fivefold.compare import numerals
from fivefold.compare.charts import (
    Row,
    Series,
    dot_plot,
    growth,
    heat_map,
    loss_curves,
    quality_curves,
    sparkline,
    training_curves,
)
from fivefold.compare.halls import exhibited
from fivefold.compare.likeness import likeness
from fivefold.compare.nouns import nouns_of
from fivefold.compare.numerals import heading
from fivefold.compare.page import by_error, defined, pair_maps, render, said
from fivefold.compare.phrases import phrases_of
from fivefold.compare.pictures import drawn as pictures
from fivefold.compare.portrait import portrait
from fivefold.compare.quality import quality
from fivefold.compare.result import Comparison, FamilyResult, Figure
from fivefold.compare.sheets import GROUPS, REST, Group, Sheet, definitions, group_of, sheets
from fivefold.compare.sketches import SKETCHES
from fivefold.compare.terminal import text_table
from fivefold.compare.words import COLUMNS, Column
from fivefold.plots.canvas import colour

__all__ = ["comparison_page", "measure_page", "text_table"]

DOTS = 6
LIKENESS = 4_000
SYNTHETIC = "synthetic"
FACTS = (
    *(("alphabet", "Alphabet"), ("symbols", "Symbols"), ("length", "Length"), ("size", "Size")),
    *(("classes", "Classes"), ("step", "Step"), ("entities", "Entities"), ("rate", "Rate")),
    ("seconds", "Seconds"),
)
"""What a codec says that stands under the headline."""
ABOUT = {"lower": "lower is better", "higher": "higher is better"}


@dataclass(frozen=True)
class Head:
    """A column of the measured table with what its figures mean."""

    column: Column
    about: str


@dataclass(frozen=True)
class Drawn:
    """A table of figures with its pictures."""

    group: Group
    about: str
    columns: list[Figure]
    lines: list[object]
    dots: list[tuple[str, str]]


@dataclass(frozen=True)
class Shown:
    """Samples of one family, or held-out real ones, each with its picture where it has one."""

    key: str
    title: str
    samples: list[tuple[str, str]]


def comparison_page(comparison: Comparison) -> str:
    """The report of a comparison as one HTML file.

    Arguments:
        comparison: everything that was found.

    Returns:
        the page, complete in itself.
    """
    keys = [family.family for family in comparison.families]
    pick = keys.index(comparison.advice.family) if comparison.advice.family in keys else 0
    columns = by_error(comparison.columns, comparison.advice.family)
    nouns, phrases = nouns_of(comparison.data.kind), phrases_of(comparison.data.kind)
    heats = pair_maps(comparison.pairs, comparison.families, phrases)
    trainings = [(f, svg) for f in comparison.families if (svg := training_curves(f))]
    growths = _growths(comparison)
    drawn = [_drawn(sheet, nouns.many) for sheet in sheets(comparison)]
    curves, losses = _curves(comparison), _losses(comparison)
    gallery = _gallery(comparison)
    exhibits = exhibited(comparison, nouns)
    return render(
        "comparison.html.j2",
        c=comparison,
        n=nouns,
        says=phrases,
        facts=_facts(comparison),
        seeds=max((len(f.runs) for f in comparison.families), default=0),
        shown=len(keys),
        keys=keys,
        titles={family.family: family.title for family in comparison.families},
        pick=pick,
        aspects=[Head(column, _about(comparison, column.key)) for column in COLUMNS],
        agreement=_agreement(comparison),
        sheets=drawn,
        curves=curves,
        losses=losses,
        gallery=gallery,
        exhibits=exhibits,
        attention=_attention(comparison),
        trainings=trainings,
        growths=growths,
        columns=columns,
        heats=heats,
        definitions=definitions(comparison),
        kinds=_kinds(comparison),
        runs=[(f, run) for f in comparison.families for run in f.runs],
        contents=_contents(
            drawn,
            [
                ("samples", "Side by side", bool(gallery)),
                *((hall.key, hall.title, True) for hall in exhibits),
                ("tradeoff", "Quality against time", bool(curves)),
                ("losses", "Loss against time", bool(losses)),
                ("training", "Training", bool(trainings)),
                ("growth", phrases.grows, bool(growths)),
                ("columns", phrases.columns.partition(",")[0], bool(comparison.columns)),
                ("worst", "Worst columns", bool(comparison.columns and comparison.data.kinds)),
                ("pairs", "Pairs", bool(heats)),
                ("attention", "Attention", bool(comparison.attention.symbols)),
                ("rows", "Ten rows", bool(comparison.examples.rows)),
            ],
        ),
        sparkline=_sparkline,
    )


def measure_page(
    figures: Sequence[Figure],
    real: pa.Table,
    synthetic: pa.Table,
    *,
    kind: str = "table",
    names: tuple[str, str] | None = None,
    schema: Schema | None = None,
    notices: Sequence[str] = (),
    command: str = "",
) -> str:
    """The report of one synthetic table, whoever made it.

    Arguments:
        figures: what `measure` returned.
        real: the real table.
        synthetic: the synthetic table.
        kind: what both hold.
        names: what the two are called on the page.
        schema: the kinds of the real table's columns.
        notices: what a reader must know of the data.
        command: what to type to repeat it.

    Returns:
        the page, complete in itself; aggregates only, no row of either table.
    """
    nouns, phrases = nouns_of(kind), phrases_of(kind)
    names = names or (f"the real {nouns.whole}", f"the synthetic {nouns.whole}")
    if kind in SKETCHES:
        real, synthetic = SKETCHES[kind](real, synthetic)
    if kind == "table" or kind in SKETCHES:
        columns, pairs = portrait(real, {SYNTHETIC: synthetic}, schema=schema)
    else:
        columns, pairs = likeness(_texts(real), {SYNTHETIC: _texts(synthetic)}, kind)
    subject = FamilyResult(SYNTHETIC, "Synthetic")
    groups = [(g, [f for f in figures if group_of(f.name) is g]) for g in (*GROUPS, REST)]
    return render(
        "measure.html.j2",
        real=names[0],
        synthetic=names[1],
        shown=0,
        keys=[SYNTHETIC],
        summary=_summary(figures, nouns.many),
        says=phrases,
        notices=notices,
        groups=[
            (replace(group, about=group.about.format(many=nouns.many)), members)
            for group, members in groups
            if members
        ],
        figures=defined(figures),
        columns=by_error(columns, SYNTHETIC),
        heats=pair_maps(pairs, [subject], phrases),
        definition=pairs.definition,
        command=command,
    )


def _drawn(sheet: Sheet, many: str) -> Drawn:
    """A table with a dot plot for each of its first figures."""
    dots = []
    for i, column in enumerate(sheet.columns[:DOTS]):
        rows = [
            Row(line.family, line.title, line.cells[i])
            for line in sheet.lines
            if line.kind != "real"
        ]
        rows = [Row(r.family, _short(r), r.figure) for r in rows]
        real = next((line.cells[i] for line in sheet.lines if line.kind == "real"), None)
        floor = real.value if real is not None else column.floor
        if sum(r.figure is not None and r.figure.value is not None for r in rows) > 1:
            dots.append((column.title, dot_plot(column.title, rows, floor=floor)))
    about = sheet.group.about.format(many=many)
    return Drawn(sheet.group, about, sheet.columns, list(sheet.lines), dots)


def _short(row: Row) -> str:
    return row.label if len(row.label) <= 16 else row.family.capitalize()


def _curves(comparison: Comparison) -> str:
    """The trade-off picture, once wide and once for a phone."""
    floor = {**comparison.floor}
    real = quality(floor, cheap=True).value if floor else None
    drawn = [
        quality_curves(comparison.families, width=width, real=real, baseline=comparison.baseline)
        for width in (1060, 360)
    ]
    return "".join(drawn)


def _losses(comparison: Comparison) -> str:
    """Held-out bits per byte against time, with what the cheap model reaches; for families that have them."""
    base = comparison.baseline
    reached = base.figures.get("bits_per_byte") if base else None
    goal = (base.title, reached.value) if base and reached and reached.value is not None else None
    drawn = [loss_curves(comparison.families, width=width, goal=goal) for width in (1060, 360)]
    return "".join(drawn)


def _gallery(comparison: Comparison) -> list[Shown]:
    """Held-out samples, then those of each family, the recommended one first."""
    gallery, kind = comparison.gallery, comparison.data.kind
    titles = {family.family: family.title for family in comparison.families}
    pick = comparison.advice.family or ""
    order = sorted(gallery.made, key=lambda name: name != pick)
    shown = [("real", "Real, held out", gallery.real)] if gallery.real else []
    shown += [(name, titles.get(name, name), gallery.made[name]) for name in order]
    return [
        Shown(key, title, list(zip(texts, pictures(texts, kind), strict=True)))
        for key, title, texts in shown
    ]


def _attention(comparison: Comparison) -> list[tuple[str, str]]:
    """A heat map for each layer."""
    found, count = comparison.attention, len(comparison.attention.layers)
    return [
        (
            f"Layer {i} of {count}",
            heat_map(f"Attention in layer {i}", found.symbols, layer, deepest=0.5, width=480),
        )
        for i, layer in enumerate(found.layers, 1)
    ]


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    """What stands under the headline."""
    data, nouns = comparison.data, nouns_of(comparison.data.kind)
    counted = "rows" if data.kind in ("series", "track") else nouns.many
    facts = [(counted.capitalize(), numerals.count(data.rows))]
    if data.kinds:
        facts.append(("Columns", numerals.count(len(data.kinds))))
    for key, title in FACTS:
        if data.written.get(key):
            facts.append((title, said(data.written[key])))
    return facts


def _growths(comparison: Comparison) -> list[tuple[str, str]]:
    """Quality against parameters, and the time of a step against columns."""
    sizes = [
        Series(f.family, sorted((float(s.parameters), s.quality) for s in f.sizes))
        for f in comparison.families
    ]
    widths = [
        Series(f.family, sorted((float(s.columns), s.seconds) for s in f.scaling))
        for f in comparison.families
    ]
    parts = nouns_of(comparison.data.kind).parts
    by_size, by_width = "Quality against parameters", f"Time of a step against {parts}"
    drawn = [
        (by_size, growth(by_size, sizes, across="parameters")),
        (by_width, growth(by_width, widths, across=parts, log=True)),
    ]
    return [(title, svg) for title, svg in drawn if svg]


def _sparkline(family: FamilyResult) -> str:
    return sparkline([p.quality for p in family.curve], colour(family.family))


def _about(comparison: Comparison, key: str) -> str:
    """Unit and direction of a column of the measured table, from a figure that stands in it."""
    cells = [f.aspects[key].figure for f in comparison.families if key in f.aspects]
    figure = next((cell for cell in cells if cell.value is not None), None)
    if figure is None:
        return "not measured"
    about = ABOUT.get(figure.better, "")
    title = figure.title if figure.title.lower() != dict(_titles())[key] else ""
    unit = heading(figure.unit) if not title else ""
    return ", ".join(part for part in (title.lower(), unit, about) if part)


def _titles() -> list[tuple[str, str]]:
    return [(column.key, column.title.lower()) for column in COLUMNS]


def _agreement(comparison: Comparison) -> dict[str, int]:
    """How many words agree with the survey, of how many."""
    known = [
        a.agrees for f in comparison.families for a in f.aspects.values() if a.agrees is not None
    ]
    return {"known": len(known), "agree": sum(known)}


def _kinds(comparison: Comparison) -> str:
    """How many columns of each kind."""
    kinds = list(comparison.data.kinds.values())
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def _contents(
    drawn: Sequence[Drawn],
    rest: Sequence[tuple[str, str, bool]],
) -> list[tuple[str, str]]:
    """The page's sections as (anchor, name)."""
    parts = [("table", "Measured table")]
    parts += [(sheet.group.key, sheet.group.title) for sheet in drawn]
    parts += [(key, title) for key, title, there in rest if there]
    return [*parts, ("definitions", "Definitions"), ("repeat", "Repeat it"), ("next", "Next")]


def _texts(table: pa.Table) -> list[str]:
    """Some thousand sequences, spread evenly."""
    rows = range(0, len(table), max(1, len(table) // LIKENESS))
    return [text or "" for text in table.column(0).take(pa.array(rows)).to_pylist()]


def _summary(figures: Sequence[Figure], many: str) -> list[str]:
    """What a measurement says, in sentences."""
    known = {figure.name: figure for figure in figures}
    total = quality(known)
    sentences = []
    if total.value is not None:
        beside = f", where real data reaches {total.floor:.3f}" if total.floor is not None else ""
        sentences.append(f"Quality is {numerals.text(total)} of 1{beside}.")
    detection = known.get("detection_auc")
    if detection and detection.value is not None:
        sentences.append(
            f"A classifier tells synthetic {many} from real ones with an AUC of {numerals.text(detection)}: "
            "0.5 is a coin toss, 1 is certainty."
        )
    return sentences
