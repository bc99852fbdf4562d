"""What RDKit says of molecules, one at a time and many at once.

    valid          does it read as a molecule whose valences and rings are right?
    canonical      one SMILES for each molecule
    profile        fingerprint, scaffold, fragments and properties of a molecule
    clean          free of the structures that medicinal chemists reject

A fingerprint is Morgan's of radius 2 in 1,024 bits; a scaffold is Bemis and Murcko's with two rings or more; fragments
are those of BRICS; properties are logP (Crippen), synthetic accessibility (Ertl), drug-likeness (QED) and weight.

References:
    Molecular Sets (MOSES): A Benchmarking Platform for Molecular Generation Models (Polykovskiy et al., 2020),
    arXiv:1811.12823
    Estimation of synthetic accessibility score of drug-like molecules (Ertl, Schuffenhauer, 2009)
    Quantifying the chemical beauty of drugs (Bickerton et al., 2012)
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import MissingExtraError

RADIUS, BITS = 2, 1_024
RINGS = 2
LONGEST = 10_000
ATOMS = frozenset(("C", "N", "S", "O", "F", "Cl", "Br", "H"))
PROPERTIES = ("logP", "SA", "QED", "weight")
T = TypeVar("T")


@dataclass(frozen=True)
class Profile:
    """One molecule.

    Arguments:
        bits: the fingerprint, packed, with shape (BITS / 8,).
        scaffold: the SMILES of its scaffold, or None where it has fewer than two rings.
        fragments: the SMILES of its fragments.
        properties: logP, synthetic accessibility, drug-likeness and weight, with shape (4,); NaN where not asked.
    """

    bits: NDArray[np.uint8]
    scaffold: str | None
    fragments: tuple[str, ...]
    properties: tuple[float, ...]


@cache
def rdkit() -> Any:
    """RDKit's `Chem`, silent about what it cannot read.

    Raises:
        MissingExtraError: RDKit is not installed.
    """
    try:
        import_module("rdkit.RDLogger").DisableLog("rdApp.*")
    except ImportError as fault:
        raise MissingExtraError("rdkit", "molecule", "judging molecules") from fault
    return import_module("rdkit.Chem")


def molecule(smiles: str) -> Any | None:
    """The molecule that a SMILES describes, or None where it describes none."""
    if not smiles or len(smiles) > LONGEST:
        return None
    try:
        return rdkit().MolFromSmiles(smiles)
    except (ValueError, RuntimeError):  # RDKit raises for a few SMILES instead of giving None
        return None


def _canonical(smiles: str) -> str | None:
    found = molecule(smiles)
    return None if found is None else str(rdkit().MolToSmiles(found))


def canonical(smiles: Sequence[str], jobs: int = 1) -> list[str | None]:
    """The canonical SMILES of each molecule, None where there is none.

    Arguments:
        smiles: SMILES.
        jobs: how many processes share the work.
    """
    rdkit()
    return _shared(_canonical, smiles, jobs)


def valid(smiles: Sequence[str]) -> list[bool]:
    """Whether each text is a molecule."""
    rdkit()
    return [molecule(text) is not None for text in smiles]


def profiles(smiles: Sequence[str], *, properties: bool = True, jobs: int = 1) -> list[Profile]:
    """The profile of each molecule.

    Arguments:
        smiles: SMILES that are valid.
        properties: whether the four properties are wanted, which take most of the time.
        jobs: how many processes share the work.
    """
    rdkit()
    return _shared(_full_profile if properties else _short_profile, smiles, jobs)


def _shared(work: Callable[[str], T], items: Sequence[str], jobs: int) -> list[T]:
    if jobs < 2 or len(items) < 1_000:
        return [work(item) for item in items]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, items, chunksize=250))


def _full_profile(smiles: str) -> Profile:
    return _profile(smiles, properties=True)


def _short_profile(smiles: str) -> Profile:
    return _profile(smiles, properties=False)


def _profile(smiles: str, properties: bool) -> Profile:
    murcko = import_module("rdkit.Chem.Scaffolds.MurckoScaffold")
    Chem, found = rdkit(), molecule(smiles)
    if found is None:
        raise ValueError(f"{smiles!r} is no molecule")
    bits = np.packbits(_generator().GetFingerprintAsNumPy(found))
    pieces = Chem.MolToSmiles(Chem.rdmolops.FragmentOnBRICSBonds(found)).split(".")
    scaffold = None
    try:
        frame = murcko.GetScaffoldForMol(found)
    except (ValueError, RuntimeError):
        frame = None
    if frame is not None and frame.GetRingInfo().NumRings() >= RINGS:
        scaffold = Chem.MolToSmiles(frame)
    measured = _properties(found) if properties else (float("nan"),) * len(PROPERTIES)
    return Profile(bits, scaffold, tuple(pieces), measured)


@cache
def _generator() -> Any:
    module = import_module("rdkit.Chem.rdFingerprintGenerator")
    return module.GetMorganGenerator(radius=RADIUS, fpSize=BITS)


def _properties(found: Any) -> tuple[float, ...]:
    values = (
        import_module("rdkit.Chem.Crippen").MolLogP(found),
        import_module("rdkit.Contrib.SA_Score.sascorer").calculateScore(found),
        import_module("rdkit.Chem.QED").qed(found),
        import_module("rdkit.Chem.Descriptors").MolWt(found),
    )
    return tuple(float(value) for value in values)


@cache
def rejected_patterns() -> tuple[Any, ...] | None:
    """The structures that MOSES' filters reject, or None where package `molsets` is not installed.

    Its lists (medicinal chemistry filters, pan-assay interference) are read as files; the package is not imported.
    """
    found = importlib.util.find_spec("moses")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "metrics"
    with (folder / "mcf.csv").open(encoding="utf-8", newline="") as stream:
        patterns = [row["smarts"] for row in csv.DictReader(stream)]
    with (folder / "wehi_pains.csv").open(encoding="utf-8", newline="") as stream:
        patterns += [row[0] for row in csv.reader(stream)]
    return tuple(rdkit().MolFromSmarts(pattern) for pattern in patterns)


def clean(smiles: Sequence[str], batch: int = 2_000) -> list[bool] | None:
    """Whether each molecule passes MOSES' filters; None where their lists are not there.

    All molecules of a batch are searched for one structure after the other, and most are left out by a fingerprint
    of their pattern without being searched: five times as fast as asking each molecule for each structure.

    Arguments:
        smiles: SMILES that are valid.
        batch: how many molecules are searched at once.
    """
    patterns = rejected_patterns()
    if patterns is None:
        return None
    passed: list[bool] = []
    for start in range(0, len(smiles), batch):
        passed += _clean(smiles[start : start + batch], patterns)
    return passed


def _clean(smiles: Sequence[str], patterns: Iterable[Any]) -> list[bool]:
    Chem, search = rdkit(), import_module("rdkit.Chem.rdSubstructLibrary")
    library = search.SubstructLibrary(search.MolHolder(), search.PatternHolder())
    good = []
    for text in smiles:
        found = molecule(text)
        good.append(found is not None and _plain(found))
        library.AddMol(Chem.AddHs(found if found is not None else Chem.MolFromSmiles("C")))
    for pattern in patterns:
        for place in library.GetMatches(pattern, numThreads=1, maxResults=len(smiles)):
            good[place] = False
    return good


def _plain(found: Any) -> bool:
    """No large ring, no charge, and the usual atoms only."""
    if any(len(ring) >= 8 for ring in found.GetRingInfo().AtomRings()):
        return False
    return all(a.GetFormalCharge() == 0 and a.GetSymbol() in ATOMS for a in found.GetAtoms())
