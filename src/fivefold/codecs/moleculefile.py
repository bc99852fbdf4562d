"""Molecules in files and tables, checked: what is no molecule is left out and named, or refused.

| format | endings |
|---|---|
| one SMILES string a line, a name behind it | `.smi`, `.smiles`, `.ism`, `.can` |
| SD file (by RDKit) | `.sdf`, `.sd` |
| a column of a table | any |
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from fivefold.codecs import chemistry
from fivefold.codecs.delimited import as_utf8
from fivefold.codecs.places import noted, place, remember
from fivefold.errors import InputError

ENDINGS = (".smi", ".smiles", ".ism", ".can", ".sdf", ".sd")
EXPRESSION = r"^(?:\[[^\[\]]+\]|Br|Cl|%[0-9]{2}|[BCNOSPFIbcnosp0-9().=#$:/\\~*@?>+-])+$"
ALLOWED = 0.01
"""The share of invalid molecules that are left out; more are an error."""
NAMED = 5
NAMES = ("smiles", "canonical_smiles", "isomeric_smiles", "mol", "molecule", "structure")


def read_molecules(data: bytes, where: str, encoding: str | None = None) -> pa.Table:
    r"""The molecules of a file of SMILES or an SD file.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        encoding: how its characters are written; None for UTF-8.

    Returns:
        A table of one column `smiles`; its memory says what was left out.

    Example:
        >>> read_molecules(b"CCO ethanol\nc1ccccc1\n", "two.smi").column("smiles").to_pylist()
        ['CCO', 'c1ccccc1']
    """
    if b"$$$$" in data or b"M  END" in data:
        found = chemistry.read_sdf(data, where)
        places = [f"{where} molecule {number}" for number in range(1, len(found) + 1)]
        return _kept([smiles or "" for smiles in found], places, where)
    lines = as_utf8(data, encoding, where).decode().splitlines()
    numbered = [(n, line.split()[0]) for n, line in enumerate(lines, 1) if line.split()]
    numbered = [(n, word) for n, word in numbered if not word.startswith("#") or len(word) < 2]
    if numbered and numbered[0][1].lower().strip('",') in NAMES:
        numbered = numbered[1:]
    if not numbered:
        raise InputError("holds no molecules", where=where, code="empty")
    places = [f"{where}:{number}" for number, _ in numbered]
    return _kept([word for _, word in numbered], places, where)


def molecules_of(table: pa.Table, column: str) -> pa.Table:
    """The molecules in a column of a table, as `read_molecules`."""
    memory = table.schema.metadata
    words = pc.fill_null(table.column(column), "").to_pylist()
    places = _Rows(memory, column)
    found = _kept(words, places, place(memory, None, column))
    return found.replace_schema_metadata({**(memory or {}), **(found.schema.metadata or {})})


def find_column(table: pa.Table) -> str | None:
    """The column that holds molecules: by its name, or because nine of ten words in it could be SMILES.

    Example:
        >>> find_column(pa.table({"id": ["a", "b"], "x": ["CC(=O)O", "c1ccccc1"]}))
        'x'
    """
    texts = [f.name for f in table.schema if pt.is_string(f.type)]
    for name in NAMES:
        for column in texts:
            if column.lower().replace(" ", "_") == name:
                return column
    return next((column for column in texts if is_smiles(table.column(column))), None)


def is_smiles(words: pa.ChunkedArray) -> bool:
    """Whether nine of ten words could be SMILES, and half of them are more than letters."""
    some = words.slice(0, 1000).drop_null()
    if not len(some):
        return False
    fit = pc.match_substring_regex(some, EXPRESSION)
    marked = pc.match_substring_regex(some, r"[cCnNoO].*[(=#1\[]")
    longer = pc.less(pc.utf8_length(some), 500)
    return bool(np.mean(np.asarray(fit) & np.asarray(longer)) > 0.9 and np.mean(marked) > 0.5)


class _Rows(Sequence[str]):
    """The places of the rows of a table, named when they are asked for."""

    def __init__(self, memory: dict[bytes, bytes] | None, column: str) -> None:
        self.memory, self.column = memory, column

    def __len__(self) -> int:
        return 0

    def __getitem__(self, row: int) -> str:  # type: ignore[override]
        return place(self.memory, row, self.column)


def _kept(smiles: list[str], places: Sequence[str], where: str) -> pa.Table:
    """The valid ones of molecules that stand at places."""
    words = pa.array(smiles, pa.string())
    strange = ~np.asarray(pc.match_substring_regex(words, EXPRESSION))
    fit = np.flatnonzero(~strange)
    notices: list[str] = []
    if chemistry.present():
        wrong, rewritten, done = chemistry.examine([smiles[row] for row in fit])
        strange[fit[wrong]] = True
        if rewritten is not None:
            for row, text in zip(fit.tolist(), rewritten, strict=True):
                smiles[row] = text
        notices += [done] if done else []
    else:
        notices.append('molecules were not checked: pip install "fivefold[molecule]" for RDKit')
    bad = np.flatnonzero(strange).tolist()
    if bad:
        notices.append(_judged(bad, smiles, places, where))
    kept = pa.array(smiles, pa.string()).filter(pa.array(~strange))
    return noted(remember(pa.table({"smiles": kept}), where, lined=False), notices)


def _judged(bad: list[int], smiles: list[str], places: Sequence[str], where: str) -> str:
    """What to say of molecules that are none; an InputError where they are too many."""
    first = ", ".join(f"{places[row]} {smiles[row][:40]!r}" for row in bad[:NAMED])
    more = f" and {len(bad) - NAMED:,} more" if len(bad) > NAMED else ""
    said = f"{len(bad):,} of {len(smiles):,} are no valid SMILES: {first}{more}"
    if len(bad) > max(ALLOWED * len(smiles), 1 if len(smiles) >= 20 else 0):
        raise InputError(
            said,
            where=where,
            hint=f"correct or remove them; up to {ALLOWED:.0%} are left out unasked",
            code="invalid-smiles",
        )
    return f"{said}; left out"
