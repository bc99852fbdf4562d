"""The recommendation: which family to use, why, what to mind and what to type next.

Families are ranked by quality. Those whose interval overlaps the best one's, or that lie within
0.01 of it, count as its equals, and the cheapest of the equals wins: processor seconds to train it
and to generate as many rows as the table has (of sequences, a thousand). Privacy is a veto, not a
bargain: a family whose training rows an attack recognises more often than chance allows, or that
writes more of its training texts word for word than real texts share, interval and all, is passed
over while another family is clean.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from fivefold.compare.nouns import nouns_of
from fivefold.compare.numerals import count, number, seconds, text
from fivefold.compare.result import Advice, Comparison, FamilyResult
from fivefold.compare.words import merit, overlap
from fivefold.measures.figure import Figure

EQUAL = 0.01
RISING = 0.005
FEW_ROWS = 1000
FEW = 100
"""Steps of a training that say little of a family."""
THOUSAND = 1000
LEAKS = ("membership", "verbatim_windows", "memorised_share")
MADE = {
    "table": ("--rows {rows} --out synthetic.csv", "synthetic.csv"),
    "image": ("--count 64 --out sheet.png", "synthetic/"),
    "series": ("--count 100 --out synthetic.csv", "synthetic.csv"),
    "track": ("--count 100 --out synthetic.csv", "synthetic.csv"),
    "sound": ("--count 16 --out synthetic", "synthetic/"),
}
"""How a model of a kind is drawn from, and what its data are called."""


def recommend(comparison: Comparison) -> Advice:
    """What to do with a comparison; its own `advice` is not looked at.

    Arguments:
        comparison: families with their figures, runs and curves.

    Returns:
        the recommendation; without a usable family its `family` is None.
    """
    usable = [f for f in comparison.families if not f.failed and _quality(f).value is not None]
    if not usable:
        return Advice(
            None,
            headline="No family can be recommended: "
            f"none gave usable {nouns_of(comparison.data.kind).many} within this budget.",
            cautions=_warnings(comparison, None),
            commands=[("Try a longer budget", _again(comparison, 3))],
        )
    clean = [family for family in usable if leak(family) is None]
    ranked = _ranked(clean or usable, amount(comparison))
    chosen = ranked[0]
    return Advice(
        family=chosen.family,
        runner_up=ranked[1].family if len(ranked) > 1 else None,
        headline=f"Use {named(chosen)} on {comparison.data.name}.",
        reasons=_reasons(comparison, ranked, clean),
        cautions=_cautions(comparison, chosen, usable, clean),
        commands=_commands(comparison, chosen),
    )


def named(family: FamilyResult) -> str:
    """A family in a sentence.

    Example:
        >>> named(FamilyResult("flow", "Flow"))
        'the flow family'
        >>> named(FamilyResult("variational", "Variational autoencoder"))
        'the variational autoencoder'
    """
    title = family.title.lower()
    return f"the {title}" if " " in title else f"the {title} family"


def leak(family: FamilyResult) -> Figure | None:
    """The figure that shows training data given away, above chance with its whole interval, or None."""
    for figure in family.figures.values():
        if not figure.name.startswith(LEAKS) or figure.low is None:
            continue
        chance = [value for value in (figure.best, figure.floor) if value is not None]
        if chance and figure.low > max(chance):
            return figure
    return None


def equals(families: Sequence[FamilyResult]) -> list[FamilyResult]:
    """The family of best quality and those that the measurement cannot tell from it."""
    best = max(families, key=lambda f: (merit(_quality(f)), f.family))
    top = _quality(best)
    return [
        f
        for f in families
        if f is best or merit(top) - merit(_quality(f)) <= EQUAL or overlap(_quality(f), top)
    ]


def cost(family: FamilyResult, rows: int) -> float:
    """Processor seconds to train the family and to generate so many rows; infinite if unknown."""
    if family.seconds is None:
        return float("inf")
    aspect = family.aspects.get("generation_speed")
    speed = aspect.figure.value if aspect else None
    return family.seconds + (rows / speed if speed else 0.0)


def amount(comparison: Comparison) -> int:
    """How many data the cost of a family counts: as many rows as a table has, a thousand texts or molecules."""
    return comparison.data.rows if comparison.data.kind == "table" else THOUSAND


def _ranked(families: Sequence[FamilyResult], rows: int) -> list[FamilyResult]:
    """The equals of the best by cost, then the rest in the same way."""
    left, ranked = list(families), []
    while left:
        tied = sorted(equals(left), key=lambda f: (cost(f, rows), f.family))
        ranked += tied
        left = [f for f in left if f not in tied]
    return ranked


def _reasons(
    comparison: Comparison, ranked: Sequence[FamilyResult], clean: Sequence[FamilyResult]
) -> list[str]:
    """Why the first of the ranked families was chosen."""
    chosen, rows, nouns = ranked[0], amount(comparison), nouns_of(comparison.data.kind)
    peers = [f for f in equals(ranked) if f is not chosen]
    quality = text(_quality(chosen))
    price = seconds(cost(chosen, rows)) if chosen.seconds is not None else ""
    if len(ranked) == 1:
        reasons = [f"Its quality is {quality}; no other family is left to compare it with."]
    elif peers:
        names = _and([named(f) for f in peers])
        equal = f"Its quality is {quality}; {names} cannot be told from it within the intervals"
        if price:
            equal += f", and it is the cheapest: {price} to train and generate {count(rows)} {nouns.many}"
        reasons = [f"{equal}."]
    else:
        second = f"{named(ranked[1])} comes next with {text(_quality(ranked[1]))}"
        reasons = [f"Its quality is {quality}, the best of {_counted(len(ranked))}; {second}."]
    detection = chosen.figures.get("detection_auc")
    if detection and detection.value is not None:
        reasons.append(
            f"A classifier trained to tell its {nouns.many} from real ones reaches an AUC of "
            f"{text(detection)}, where 0.5 is a coin toss and 1 is certainty."
        )
    if clean and (member := _membership(chosen)):
        reasons.append(
            f"An attack that guesses which {nouns.many} it was trained on does no better than chance: "
            f"{_inner(member.title)} is {text(member)}, chance {number(member.best, member.unit)}."
        )
    verbatim = chosen.figures.get("verbatim_windows")
    if clean and verbatim and verbatim.value is not None and verbatim.floor is not None:
        reasons.append(
            f"Of what it writes, {number(verbatim.value, verbatim.unit)} of all windows of 50 bytes stand word for "
            f"word in the training data; of held-out {nouns.many} it is {number(verbatim.floor, verbatim.unit)}."
        )
    return reasons


def _cautions(
    comparison: Comparison,
    chosen: FamilyResult,
    usable: Sequence[FamilyResult],
    clean: Sequence[FamilyResult],
) -> list[str]:
    """What to mind before relying on the recommendation."""
    cautions = []
    nouns = nouns_of(comparison.data.kind)
    if not clean:
        cautions.append(
            f"Every family gives training {nouns.many} away ({_leaks(usable)}). Do not publish these "
            f"{nouns.many}; train with fewer steps, or on more {nouns.many}."
        )
    for family in usable if clean else ():
        figure = leak(family)
        if figure and merit(_quality(family)) > merit(_quality(chosen)):
            cautions.append(
                f"{family.title} has higher quality ({text(_quality(family))}) but was passed "
                f"over: its {_inner(figure.title)} is {text(figure)}, above chance."
            )
    copies = chosen.figures.get("excess_copies")
    if copies and copies.low is not None and copies.low > 0:
        cautions.append(
            f"{number(copies.value, copies.unit)} of its {nouns.many} are copies of training {nouns.many} "
            "beyond what two real samples share: look at them before you publish any."
        )
    held = chosen.figures.get("likelihood_membership_auc")
    if held and held.low is not None and held.low > max(held.best or 0.5, held.floor or 0.5):
        cautions.append(
            f"Whoever holds the model itself, not only its {nouns.many}, can tell training {nouns.many} from "
            f"others better than chance (AUC {text(held)}): share {nouns.many} rather than the model."
        )
    return cautions + _warnings(comparison, chosen)


def _warnings(comparison: Comparison, chosen: FamilyResult | None) -> list[str]:
    """Limits of the comparison itself."""
    warnings = []
    nouns = nouns_of(comparison.data.kind)
    baseline = comparison.baseline
    cheap = _quality(baseline) if baseline else None
    if chosen and baseline and cheap and (beside := _beside(cheap, _quality(chosen))):
        warnings.append(
            f"{baseline.title}, the cheap baseline, {beside} ({text(cheap)}): "
            f"on this {nouns.whole} a neural family earns little."
        )
    hasty = [f for f in comparison.families if 0 < max((r.steps for r in f.runs), default=0) < FEW]
    if hasty:
        warnings.append(
            f"{_and([named(f) for f in hasty]).capitalize()} took fewer than {FEW} steps, too few to be judged by: "
            "take more minutes."
        )
    if chosen and not any(name.startswith(LEAKS) for name in chosen.figures):
        warnings.append(
            f"Privacy was not measured: do not publish these {nouns.many} on this report alone."
        )
    if chosen and _rising(chosen):
        warnings.append(
            "Its quality was still rising when the budget ended: more minutes may help, and may "
            "change the ranking."
        )
    runs = max((len(f.runs) for f in comparison.families), default=0)
    if runs == 1:
        warnings.append("One seed only: how much a second training would differ is not known.")
    for family in comparison.families:
        broken = [run.stopped_because or "diverged" for run in family.runs if run.diverged]
        if broken:
            failed = f"{len(broken)} of {len(family.runs)} runs"
            warnings.append(f"{family.title} gave no usable model in {failed}: {broken[0]}.")
    held = comparison.data.passages or comparison.data.holdout
    if held < FEW_ROWS:
        what = nouns.many if held == comparison.data.holdout else "passages"
        warnings.append(f"Only {count(held)} {what} were held out, so every interval is wide.")
    warnings.append(
        "Passing these attacks is evidence, not a guarantee, of privacy: "
        "a formal one needs differentially private training."
    )
    return warnings


def _commands(comparison: Comparison, chosen: FamilyResult) -> list[tuple[str, str]]:
    """The next steps as a person types them."""
    folder, data = chosen.folder, shlex.quote(comparison.data.path)
    nouns = nouns_of(comparison.data.kind)
    of_kind = "" if comparison.data.kind == "table" else f" --kind {comparison.data.kind}"
    longer = f"fivefold fit {data}{of_kind} --family {chosen.family} --minutes 10 --out model"
    steps = []
    if folder:
        model = shlex.quote(folder)
        steps.append((f"Generate {nouns.many}", _sampling(comparison, model)))
        steps.append(("See what the model holds", f"fivefold inspect {model}"))
    steps.append((f"Train it longer, on all {nouns.many}", longer))
    made = MADE.get(comparison.data.kind, MADE["table"])[1]
    judge = f"fivefold measure {data} {made}{of_kind}"
    steps.append((f"Judge any synthetic {nouns.whole}", judge))
    steps.append(("Repeat with more time", _again(comparison, 3)))
    return steps


def _sampling(comparison: Comparison, model: str) -> str:
    """How to draw from the chosen model: as many rows as the table has, or a few of what else there is."""
    how, _ = MADE.get(comparison.data.kind, ("--count 20", ""))
    return f"fivefold sample {model} {how.format(rows=comparison.data.rows)}"


def _again(comparison: Comparison, times: float) -> str:
    path = shlex.quote(comparison.data.path)
    if comparison.data.kind != "table":
        path += f" --kind {comparison.data.kind}"
    return f"fivefold compare {path} --minutes {comparison.minutes * times:g}"


def _quality(family: FamilyResult) -> Figure:
    """The quality of a family, from its table cell or its figures."""
    if "quality" in family.aspects:
        return family.aspects["quality"].figure
    return family.figures.get("quality", Figure("quality", "Quality", None, better="higher"))


def _beside(cheap: Figure, chosen: Figure) -> str:
    """How the baseline does beside the chosen family; empty text where it does worse."""
    ahead = merit(cheap) - merit(chosen)
    if ahead > EQUAL:
        return "does better"
    if ahead >= -EQUAL:
        return "does as well"
    return "cannot be told from it within the intervals" if overlap(cheap, chosen) else ""


def _leaks(families: Sequence[FamilyResult]) -> str:
    """The titles of the figures that show it."""
    titles = [_inner(figure.title) for f in families if (figure := leak(f))]
    return ", ".join(dict.fromkeys(titles))


def _membership(family: FamilyResult) -> Figure | None:
    known = [f for f in family.figures.values() if f.name.startswith("membership")]
    return next((f for f in known if f.value is not None and f.low is not None), None)


def _rising(family: FamilyResult) -> bool:
    """Whether the last third of the curve still gained quality."""
    if len(family.curve) < 3:
        return False
    third = family.curve[-max(2, len(family.curve) // 3)]
    return family.curve[-1].quality - third.quality > RISING


def _inner(title: str) -> str:
    """A title inside a sentence."""
    return title[:1].lower() + title[1:]


def _counted(number: int) -> str:
    words = ("none", "one", "two", "three", "four", "five")
    return words[number] if number < len(words) else str(number)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
