"""The survey's words, and the rule that turns measured figures into the same words.

Chen (2023), after Bond-Taylor et al. (2021), says in seven columns of words what each family is
like. Here each column has a measured figure, and a family gets its word from how far it lies
behind the best family of the column:

    gap <= near          the best word    (high, fast)
    near < gap <= far    the middle word  (medium)
    gap > far            the last word    (low, slow)

where the gap is a ratio for times, speeds and sizes, and a difference for scores. A gap that the
intervals do not bear out is not held against a family: where its interval overlaps the best one's,
it gets one word better. Below three measured families there is no word. The best family of a
column always has the best word, and the order of the families does not matter.

References:
    Deep Generative Modelling: A Comparative Review of VAEs, GANs, Normalizing Flows,
        Energy-Based and Autoregressive Models, Bond-Taylor et al., 2021, https://arxiv.org/abs/2103.04922
    Beyond ChatGPT: opportunities, risks and challenges of generative AI, Chen, 2023,
        https://doi.org/10.19836/j.cnki.37-1100/c.2023.03.012
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fivefold.compare.numerals import number
from fivefold.compare.result import Aspect
from fivefold.measures.figure import Figure

FEWEST = 3
TINY = 1e-12

TITLES = {
    "autoregressive": "Autoregressive",
    "adversarial": "Adversarial",
    "variational": "Variational autoencoder",
    "flow": "Flow",
    "diffusion": "Diffusion",
}


@dataclass(frozen=True)
class Column:
    """One column of the survey's table.

    Arguments:
        key: the key in `FamilyResult.aspects`.
        title: the survey's heading.
        words: from worst to best.
        gap: whether families differ by a ratio or by a difference.
        near: the largest gap that counts as equal to the best.
        far: the largest gap that is still in the middle.
    """

    key: str
    title: str
    words: tuple[str, str, str]
    gap: Literal["ratio", "difference"]
    near: float
    far: float

    def rule(self) -> str:
        """The rule in a sentence.

        Example:
            >>> COLUMNS[0].rule()
            'fast: within 1.25 times the best; slow: more than 3 times behind; medium: between'
        """
        last, middle, best = self.words
        if self.gap == "ratio":
            return (
                f"{best}: within {self.near:g} times the best; "
                f"{last}: more than {self.far:g} times behind; {middle}: between"
            )
        return (
            f"{best}: within {self.near:g} of the best; "
            f"{last}: more than {self.far:g} behind; {middle}: between"
        )


SPEED = ("slow", "medium", "fast")
DEGREE = ("low", "medium", "high")

COLUMNS = (
    Column("training_speed", "Training speed", SPEED, "ratio", 1.25, 3.0),
    Column("generation_speed", "Generation speed", SPEED, "ratio", 1.25, 3.0),
    Column("parameter_efficiency", "Parameter efficiency", DEGREE, "ratio", 1.25, 3.0),
    Column("scale", "Scale of content", DEGREE, "difference", 0.1, 0.5),
    Column("quality", "Quality", DEGREE, "difference", 0.02, 0.1),
    Column("diversity", "Diversity", DEGREE, "difference", 0.02, 0.1),
    Column("stability", "Training stability", DEGREE, "difference", 0.01, 0.05),
)
ASPECTS = {column.key: column for column in COLUMNS}


def _row(words: str) -> dict[str, str]:
    return dict(zip(ASPECTS, words.split(), strict=True))


SURVEY = {
    "autoregressive": _row("slow slow low medium high high high"),
    "adversarial": _row("fast fast high high high low low"),
    "variational": _row("fast fast high high low high high"),
    "flow": _row("slow fast high medium low high high"),
    "diffusion": _row("medium slow high medium high high high"),
}


def judge(figures: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, Aspect]]:
    """The measured table: every figure with both words, and whether they agree.

    Arguments:
        figures: for each family its figures by column key; a missing column counts as not
            measured.

    Returns:
        for each family all seven aspects.

    Example:
        >>> speeds = {"flow": 10.0, "diffusion": 20.0, "adversarial": 40.0}
        >>> figures = {f: Figure("t", "T", value, unit="s") for f, value in speeds.items()}
        >>> table = judge({f: {"training_speed": figure} for f, figure in figures.items()})
        >>> {family: aspects["training_speed"].measured for family, aspects in table.items()}
        {'flow': 'fast', 'diffusion': 'medium', 'adversarial': 'slow'}
    """
    table: dict[str, dict[str, Aspect]] = {family: {} for family in figures}
    for column in COLUMNS:
        cells = {family: row[column.key] for family, row in figures.items() if column.key in row}
        measured = {family: f for family, f in cells.items() if f.value is not None}
        best = min(measured, key=lambda f: (-merit(measured[f]), f)) if measured else None
        for family in figures:
            figure = cells.get(family, Figure(column.key, column.title, None, note="not measured"))
            survey = SURVEY.get(family, {}).get(column.key, "")
            if best is None or figure.value is None or len(measured) < FEWEST:
                why = figure.note or f"fewer than {FEWEST} families measured: no word"
                table[family][column.key] = Aspect(figure, survey, None, None, why)
                continue
            word, why = _word(column, figure, measured[best], best, family == best)
            agrees = word == survey if survey else None
            table[family][column.key] = Aspect(figure, survey, word, agrees, why)
    return table


def merit(figure: Figure) -> float:
    """The value turned so that more is better; minus infinity where there is none.

    Example:
        >>> merit(Figure("auc", "AUC", 0.4, better="target", best=0.5))
        -0.1
    """
    if figure.value is None:
        return float("-inf")
    if figure.better == "higher":
        return figure.value
    if figure.better == "lower":
        return -figure.value
    return -abs(round(figure.value - (figure.best or 0.0), 12))


def overlap(one: Figure, other: Figure) -> bool:
    """Whether two intervals have a value in common; a figure without one is its value alone."""
    (a, b), (c, d) = _ends(one), _ends(other)
    return a <= d and c <= b


def _word(
    column: Column, figure: Figure, best: Figure, leader: str, is_best: bool
) -> tuple[str, str]:
    """The word of one cell and how it came about."""
    if is_best:
        return column.words[2], "the best of the column"
    gap = _gap(column, figure, best)
    steps = 0 if gap <= column.near else 1 if gap <= column.far else 2
    spared = steps > 0 and overlap(figure, best)
    behind = f"{gap:.3g} times behind" if column.gap == "ratio" else f"{gap:.3f} behind"
    why = f"{behind} {TITLES.get(leader, leader)} ({number(best.value, best.unit)})"
    if spared:
        why += "; the intervals overlap: one word better"
    return column.words[2 - steps + spared], why


def _gap(column: Column, figure: Figure, best: Figure) -> float:
    if column.gap == "difference":
        return merit(best) - merit(figure)
    ours, theirs = (max(abs(f.value or 0.0), TINY) for f in (figure, best))
    return max(ours, theirs) / min(ours, theirs)


def _ends(figure: Figure) -> tuple[float, float]:
    value = figure.value or 0.0
    low = value if figure.low is None else figure.low
    high = value if figure.high is None else figure.high
    return low, high
