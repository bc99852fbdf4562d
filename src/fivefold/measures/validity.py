"""Are generated sequences well formed, and are they more than copies?

What is well formed, only some kinds can say by themselves:

    code        Python's own parser accepts it (it is parsed, never run)
    molecule    RDKit reads it: valences and rings are right
    protein     it has residues, and only the twenty standard amino acids

An exact copy is a sequence that stands in the training data letter for letter. Short ones are copied by chance, and
real data repeat themselves, so the floor is the share of held-out real sequences that stand there too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fivefold.codecs.code import passes
from fivefold.errors import MissingExtraError
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import clopper_pearson

RESIDUES = frozenset("ACDEFGHIKLMNPQRSTVWY")
SOURCES = {
    "code": ("Share of programs that Python's parser accepts.", "ast.parse of Python's library"),
    "molecule": (
        "Share of SMILES that RDKit reads as a molecule.",
        "MOSES (Polykovskiy et al. 2020)",
    ),
    "protein": ("Share of sequences of the twenty standard amino acids only.", "IUPAC-IUB 1984"),
}


def is_program(text: str) -> bool:
    r"""Whether a text is a Python program; an empty one is none.

    Example:
        >>> is_program("def f(x):\n    return x"), is_program("def f(x:"), is_program(" ")
        (True, False, False)
    """
    return bool(text.strip()) and passes("python", text)


def is_protein(text: str) -> bool:
    """Whether a text is a sequence of standard amino acids.

    Example:
        >>> is_protein("MKV"), is_protein("MKZ"), is_protein("")
        (True, False, False)
    """
    return bool(text) and set(text) <= RESIDUES


def judge(kind: str) -> Callable[[Sequence[str]], list[bool]] | None:
    """What tells well formed sequences of a kind from others; None where nothing can."""
    if kind == "molecule":
        from fivefold.measures.chemistry import valid

        return valid
    known: dict[str, Callable[[str], bool]] = {
        "code": is_program,
        "protein": is_protein,
    }
    single = known.get(kind)
    return (lambda texts: [single(text) for text in texts]) if single else None


def validity(
    synthetic: Sequence[str], real: Sequence[str], *, kind: str, note: str = ""
) -> Figure | None:
    """The share of well-formed sequences; None for a kind that has no such notion.

    Arguments:
        synthetic: the sequences to be judged.
        real: real sequences, for the floor.
        kind: the kind of sequence.
        note: what a reader must know of the samples.
    """
    judged = judge(kind)
    if judged is None:
        return None
    try:
        good = sum(judged(synthetic))
    except MissingExtraError as fault:
        return _share("valid", kind, None, 0, None, str(fault))
    floor = sum(judged(real)) / len(real) if real else None
    return _share("valid", kind, good, len(synthetic), floor, note)


def _share(
    name: str, kind: str, good: int | None, texts: int, floor: float | None, note: str
) -> Figure:
    known = good is not None and texts > 0
    low, high = clopper_pearson(good or 0, texts) if known else (None, None)
    definition, source = SOURCES[kind]
    return Figure(
        name=name,
        title="Valid",
        value=(good or 0) / texts if known else None,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        floor=floor,
        definition=definition,
        source=source,
        note=note,
    )


def exact_copies(
    train: Sequence[str], synthetic: Sequence[str], holdout: Sequence[str], *, note: str = ""
) -> Figure:
    """The share of sequences that stand in the training data letter for letter.

    Arguments:
        train: the sequences that the generator learned from.
        synthetic: the sequences to be judged.
        holdout: real sequences that it did not learn from, for the floor.
        note: what a reader must know of the samples.

    Example:
        >>> exact_copies(["a", "b"], ["a", "c"], ["d"]).value
        0.5
    """
    known = set(train)
    copies = sum(text in known for text in synthetic)
    low, high = clopper_pearson(copies, len(synthetic)) if synthetic else (None, None)
    return Figure(
        name="exact_copies",
        title="Exact copies",
        value=copies / len(synthetic) if synthetic else None,
        low=low,
        high=high,
        better="lower",
        best=0.0,
        floor=sum(text in known for text in holdout) / len(holdout) if holdout else None,
        definition="Share of synthetic sequences that are equal to a training sequence.",
        source="fivefold",
        note=note,
    )
