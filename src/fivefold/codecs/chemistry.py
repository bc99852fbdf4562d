"""What RDKit is asked: is it a molecule, how is it written canonically, what does an SD file hold.

RDKit is optional: without it molecules are taken as they are written, and a notice says so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from fivefold.errors import InputError, MissingExtraError

CHECKED = 50_000
"""How many molecules are checked before the rest is trusted; about five seconds."""
LONGEST = 10_000
"""Letters of a molecule; RDKit is not asked about longer ones."""
OTHERWISE = 0.05
"""The share of molecules written otherwise than canonically from which on all are rewritten."""


@cache
def _rdkit() -> Any:
    try:
        from rdkit import Chem
    except ImportError:
        return None
    return Chem


def present() -> bool:
    """Whether RDKit is installed."""
    return _rdkit() is not None


def canonical(smiles: str) -> str | None:
    """The canonical SMILES of a molecule, or None where it is none (or where there is no RDKit).

    Example:
        >>> canonical("OCC"), canonical("C(C") if present() else None
        ('CCO', None)
    """
    chem = _rdkit()
    if chem is None or len(smiles) > LONGEST:
        return None
    from rdkit import rdBase

    with rdBase.BlockLogs():
        molecule = chem.MolFromSmiles(smiles)
    return None if molecule is None else chem.MolToSmiles(molecule)


def invalid(smiles: Sequence[str]) -> list[int]:
    """The places of those that are no molecules: cannot be parsed, or break a rule of valence or aromaticity."""
    chem = _rdkit()
    from rdkit import rdBase

    with rdBase.BlockLogs():
        return [
            place
            for place, text in enumerate(smiles)
            if len(text) > LONGEST or chem.MolFromSmiles(text) is None
        ]


def examine(smiles: Sequence[str]) -> tuple[list[int], list[str] | None, str]:
    """Check molecules, and write all of them canonically where they are not.

    Of more than `CHECKED` molecules so many are checked first, spread evenly; the others only if one of these is
    invalid. By the rule of three, fewer than 3 in `CHECKED` of the rest are then invalid, with 95% confidence.

    Arguments:
        smiles: the molecules.

    Returns:
        The places of invalid molecules, all molecules rewritten (or None where they stay as they are), and what was
        done, in a sentence or nothing.
    """
    count = len(smiles)
    chosen = np.unique(np.linspace(0, count - 1, min(count, CHECKED)).astype(np.int64)).tolist()
    some = chosen[:: max(1, len(chosen) // 500)]
    forms = [canonical(smiles[place]) for place in some]
    valid = [(smiles[place], form) for place, form in zip(some, forms, strict=True) if form]
    if sum(text != form for text, form in valid) > OTHERWISE * max(1, len(valid)):
        found = [canonical(text) for text in smiles]
        bad = [place for place, form in enumerate(found) if form is None]
        rewritten = [form or text for form, text in zip(found, smiles, strict=True)]
        return bad, rewritten, "molecules were rewritten as canonical SMILES"
    bad = [chosen[place] for place in invalid([smiles[place] for place in chosen])]
    if len(chosen) == count:
        return bad, None, ""
    if not bad:
        done = f"{len(chosen):,} of {count:,} molecules, spread evenly, were checked by RDKit"
        return bad, None, f"{done}: all are valid"
    return invalid(smiles), None, ""


def read_sdf(data: bytes, where: str) -> list[str | None]:
    """The molecules of an SD file as canonical SMILES; None for each that RDKit cannot read."""
    chem = _rdkit()
    if chem is None:
        raise MissingExtraError("rdkit", "molecule", "reading an SD file")
    from rdkit import rdBase

    with rdBase.BlockLogs():
        found = list(chem.ForwardSDMolSupplier(io.BytesIO(data)))
    if not found:
        raise InputError("holds no molecules", where=where, code="empty")
    return [None if molecule is None else chem.MolToSmiles(molecule) for molecule in found]
