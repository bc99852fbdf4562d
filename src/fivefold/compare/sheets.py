"""Figures that stand together in one table: families as rows, the cheap model and real against real below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fivefold.compare.result import Comparison, FamilyResult, Figure
from fivefold.compare.words import merit, overlap

REAL = "real"


@dataclass(frozen=True)
class Group:
    """A table of figures: those whose name begins with one of `names`, in this order.

    Arguments:
        key: its anchor on the page.
        title: its heading.
        about: one sentence for people; `{many}` stands for rows, texts, molecules, ...
        names: beginnings of figure names.
    """

    key: str
    title: str
    about: str
    names: tuple[str, ...]


GROUPS = (
    Group(
        "quality",
        "Quality",
        "How close synthetic {many} come to real ones. The row “real against real” shows what two samples of "
        "the real data reach: nothing can be asked to be better than that.",
        (
            "quality",
            "frechet",
            "kernel",
            "marginal",
            "autocorrelation",
            "spectrum",
            "spectral",
            "cross_correlation",
            "discriminative",
            "predictive",
            "crps",
            "column_shape",
            "pair_trend",
            "detection",
            "utility",
            "log_prob",
            "log_likelihood",
            "bits_per",
            "valid",
            "novel",
            "unique",
            "fcd",
            "snn",
            "scaffold",
        ),
    ),
    Group(
        "forecasts",
        "Forecasts",
        "How good a forecast of held-out {many} is, given their beginnings; skill is over a forecast that repeats the "
        "season, and over boosted quantiles: 0 is as good as they are.",
        ("forecast",),
    ),
    Group(
        "diversity",
        "Diversity",
        "Whether synthetic {many} reach everything that real {many} are, the rare ones included.",
        (
            "precision",
            "recall",
            "density",
            "coverage",
            "alpha_",
            "beta_",
            "diversity",
            "rare",
            "distinct",
            "self_bleu",
            "repetition",
            "internal",
        ),
    ),
    Group(
        "privacy",
        "Privacy",
        "Whether training {many} can be recognised from what the model makes. Compare each figure with chance and "
        "with its interval; distance to real {many} alone is no evidence and is not used.",
        (
            "membership",
            "exact",
            "cop",
            "extraction",
            "privacy",
            "attribute",
            "singling",
            "canar",
            "excess",
            "longest",
            "memor",
            "verbatim",
            "exposure",
            "likelihood_membership",
        ),
    ),
    Group(
        "energy",
        "Time and energy",
        "What it costs on this machine.",
        (
            "generation",
            "energy",
            "carbon",
            "emission",
            "power",
            "cpu",
            "wall",
            "seconds",
            "memory",
            "speed",
        ),
    ),
)
REST = Group("other", "Other figures", "Everything else that was measured.", ("",))


@dataclass(frozen=True)
class Line:
    """One row of a table: a family, the cheap model, or real against real.

    Arguments:
        family: the key, `real` for the floor.
        title: the name for people.
        kind: `family`, `baseline` or `real`.
        cells: a figure or None for each column.
        best: whether the cell cannot be told from the best family of its column.
    """

    family: str
    title: str
    kind: str
    cells: list[Figure | None]
    best: list[bool]


@dataclass(frozen=True)
class Sheet:
    """One table ready to be drawn: a figure that stands for each column, and the rows."""

    group: Group
    columns: list[Figure]
    lines: list[Line]


def sheets(comparison: Comparison) -> list[Sheet]:
    """The tables of a comparison, without empty ones."""
    subjects = [*comparison.families, *([comparison.baseline] if comparison.baseline else [])]
    names = list(dict.fromkeys(name for subject in subjects for name in subject.figures))
    tables = []
    for group, members in _grouped(names):
        columns = _told_apart([_representative(subjects, name) for name in members])
        lines = [
            _line(
                subject,
                "baseline" if subject is comparison.baseline else "family",
                columns,
                comparison,
            )
            for subject in subjects
        ]
        if any(f.name in comparison.floor or f.floor is not None for f in columns):
            lines.append(_floor(comparison, columns))
        tables.append(Sheet(group, columns, lines))
    return tables


def definitions(comparison: Comparison) -> list[Figure]:
    """One figure of each name that appears anywhere, by title: its definition and source are wanted."""
    known: dict[str, Figure] = {}
    for family in [*comparison.families, *([comparison.baseline] if comparison.baseline else [])]:
        for figure in [*family.figures.values(), *(a.figure for a in family.aspects.values())]:
            if figure.definition:
                known.setdefault(figure.name, figure)
    for figure in comparison.floor.values():
        known.setdefault(figure.name, figure)
    return _told_apart(sorted(known.values(), key=lambda f: (f.title.lower(), len(f.name))))


def group_of(name: str) -> Group:
    """The table that a figure belongs to.

    Example:
        >>> group_of("membership_tpr_at_1").key, group_of("anything").key
        ('privacy', 'other')
    """
    return next((g for g in GROUPS if name.startswith(g.names)), REST)


def _grouped(names: Sequence[str]) -> list[tuple[Group, list[str]]]:
    def place(name: str) -> tuple[int, int]:
        beginnings = group_of(name).names
        return next((i, names.index(name)) for i, b in enumerate(beginnings) if name.startswith(b))

    groups = [(g, [n for n in names if group_of(n) is g]) for g in (*GROUPS, REST)]
    return [(g, sorted(members, key=place)) for g, members in groups if members]


def _representative(subjects: Sequence[FamilyResult], name: str) -> Figure:
    """A figure of this name that was measured, or the first one."""
    figures = [s.figures[name] for s in subjects if name in s.figures]
    return next((f for f in figures if f.value is not None), figures[0])


def _told_apart(figures: Sequence[Figure]) -> list[Figure]:
    """Figures of one title get the beginning of their name as well."""
    seen: dict[str, int] = {}
    apart = []
    for figure in figures:
        seen[figure.title] = seen.get(figure.title, 0) + 1
        again = f"{figure.title}, by {figure.name.split('_')[0]}"
        apart.append(figure if seen[figure.title] == 1 else replace(figure, title=again))
    return apart


def _line(
    subject: FamilyResult, kind: str, columns: Sequence[Figure], comparison: Comparison
) -> Line:
    cells = [subject.figures.get(column.name) for column in columns]
    best = [kind == "family" and _is_best(cell, comparison.families) for cell in cells]
    return Line(subject.family, subject.title, kind, cells, best)


def _is_best(figure: Figure | None, families: Sequence[FamilyResult]) -> bool:
    """Whether a figure is the families' best, or its interval overlaps the best one's."""
    if figure is None or figure.value is None:
        return False
    rivals = [f.figures[figure.name] for f in families if figure.name in f.figures]
    rivals = [f for f in rivals if f.value is not None]
    top = max(rivals, key=merit)
    return len(rivals) > 1 and (merit(figure) == merit(top) or overlap(figure, top))


def _floor(comparison: Comparison, columns: Sequence[Figure]) -> Line:
    cells: list[Figure | None] = []
    for column in columns:
        known = comparison.floor.get(column.name)
        if known is None and column.floor is not None:
            known = Figure(
                column.name, column.title, column.floor, better=column.better, unit=column.unit
            )
        cells.append(known)
    return Line(REAL, "Real against real", REAL, cells, [False] * len(cells))
