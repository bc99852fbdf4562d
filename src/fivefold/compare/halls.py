"""The sections of a report in which exhibits hang: the same part of every family side by side."""

from __future__ import annotations

from dataclasses import dataclass

from fivefold.compare.exhibits import Exhibit, Part
from fivefold.compare.nouns import Nouns
from fivefold.compare.result import Comparison


@dataclass(frozen=True)
class Hall:
    """A section.

    Arguments:
        key: its anchor on the page.
        title: its heading.
        about: what is to be seen.
        walls: for each family its key, its name and what hangs there: real ones first, then the recommended family.
        wide: whether they hang below one another.
    """

    key: str
    title: str
    about: str
    walls: list[tuple[str, str, list[Exhibit]]]
    wide: bool = False


@dataclass(frozen=True)
class Plan:
    """A section that there may be; `{one}` and `{many}` stand for what the data are."""

    part: Part
    title: str
    about: str
    wide: bool = False


REAL = "Real, held out"
PLANS = (
    Plan(
        "samples",
        "Side by side",
        "What each family makes, not chosen by anyone: the first {many} that it drew. Beside them stand real ones "
        "that were held out.",
    ),
    Plan("sounds", "To be heard", "The first {many} that each family drew, and real ones."),
    Plan(
        "neighbours",
        "The nearest real ones",
        "Above what a family made, below the training {one} that is nearest to it. What is but a copy shows here. "
        "These are real {many}: keep the page where the data may be seen.",
    ),
    Plan(
        "between",
        "From one to another",
        "Ways between two held-out {many} through the codes that a family gives them; the ends are what it gives back "
        "for them. A family without codes has no such ways.",
    ),
    Plan(
        "steps",
        "From noise, in more and more steps",
        "Each row is one noise, and what becomes of it in so many steps: where columns no longer differ, more steps "
        "are a waste.",
    ),
    Plan(
        "forecast",
        "How it goes on",
        "Held-out stretches: the past in grey, then 5% to 95% and 25% to 75% of what each family holds possible, and "
        "in grey what came.",
        wide=True,
    ),
    Plan(
        "spectrum",
        "Rhythm",
        "How strong the data swing at each period, and how far what was tells what will be: real in grey.",
    ),
)


def exhibited(comparison: Comparison, nouns: Nouns) -> list[Hall]:
    """The sections of what there is to be looked at, in order.

    Arguments:
        comparison: everything that was found.
        nouns: what a datum is called.
    """
    titles = {family.family: family.title for family in comparison.families}
    pick = comparison.advice.family
    order = ["real", *([pick] if pick else []), *(name for name in titles if name != pick)]
    halls = []
    for plan in PLANS:
        hung = [e for e in comparison.exhibits if e.part == plan.part]
        walls = [
            (name, titles.get(name, REAL), [e for e in hung if e.family == name])
            for name in order
            if any(e.family == name for e in hung)
        ]
        if walls:
            said = plan.about.format(one=nouns.one, many=nouns.many)
            halls.append(Hall(plan.part, plan.title, said, walls, plan.wide))
    return halls
