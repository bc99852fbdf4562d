r"""Alphabets of molecules: SMILES and SELFIES.

SMILES are cut by the regular expression that the literature uses: an atom in brackets is one symbol, so are Br, Cl and
ring closures of two digits. A molecule that holds anything else is an error. SELFIES are symbols of a grammar in which
every chain is a molecule; they are made from SMILES and turned back by their library.

References:
    Weininger, "SMILES, a chemical language and information system", J. Chem. Inf. Comput. Sci. 1988.
    Schwaller et al., "Molecular Transformer", ACS Central Science 2019, arXiv:1811.02633 (the expression).
    Krenn et al., "Self-referencing embedded strings (SELFIES)", Mach. Learn.: Sci. Technol. 2020, arXiv:1905.13741.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from fivefold.codecs.chemistry import canonical
from fivefold.codecs.words import Words
from fivefold.errors import InputError, MissingExtraError

PATTERN = r"\[[^\[\]]+\]|Br|Cl|%[0-9]{2}|[BCNOSPFIbcnosp0-9().=#$:/\\~*@?>+-]"
REMEMBERED = 1 << 19


class Smiles(Words):
    """Atoms, bonds, branches and rings of SMILES; a rare atom in brackets is spelt.

    Example:
        >>> alphabet = Smiles.fit(pa.chunked_array([["c1ccccc1Cl", "C[nH]", "C[nH]", "C[nH]"]]))
        >>> alphabet.words, len(alphabet.encode("C[nH]")), len(alphabet.encode("C[Na+]"))
        (('Br', 'Cl', '[nH]'), 2, 6)
        >>> alphabet.decode(alphabet.encode("C[Na+]"))
        'C[Na+]'
    """

    name = "smiles"
    pattern = re.compile(PATTERN)
    letters = (string.ascii_letters + string.digits + "[]().=#$:/\\~*@?>+-%").encode()
    always = ("Br", "Cl")
    purpose = "a SMILES string"


class Selfies(Words):
    """Symbols of SELFIES. Molecules go in and come out as SMILES, which come out canonical where RDKit is there.

    Example:
        >>> alphabet = Selfies.fit(pa.chunked_array([["CCO", "CO", "CO"]]))
        >>> alphabet.decode(alphabet.encode("CCO"))
        'CCO'
    """

    name = "selfies"
    pattern = re.compile(r"\[[^\[\]]+\]|\.")
    letters = bytes(range(33, 127))
    always = ("[C]", "[O]", "[N]", "[Branch1]", "[Ring1]")
    purpose = "a SELFIES string"

    @property
    def pieces(self) -> None:
        """None: a molecule is not what its symbols write."""
        return None

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Selfies:
        """The symbols of the molecules in SELFIES."""
        return super().fit(pa.chunked_array([written(texts.to_pylist())]), symbols)

    def encode(self, text: str) -> list[int]:
        """The symbols of a molecule in SMILES; an InputError where SELFIES cannot write it."""
        return super().encode(_selfies(text))

    def decode(self, symbols: Sequence[int]) -> str:
        """The molecule of symbols, in SMILES."""
        decoder = _library().decoder
        try:
            found = decoder(super().decode(symbols))
        except _library().DecoderError:
            return ""
        return canonical(found) or found


def written(molecules: Sequence[str | None]) -> pa.Array:
    """Molecules in SELFIES; empty ones stay empty."""
    return pa.array([_selfies(smiles or "") for smiles in molecules], pa.string())


@lru_cache(REMEMBERED)
def _selfies(smiles: str) -> str:
    library = _library()
    try:
        return library.encoder(smiles) if smiles else ""
    except library.EncoderError as fault:
        raise InputError(
            f"SELFIES cannot write the molecule {smiles[:60]!r}",
            hint="leave it out, or choose --alphabet smiles",
            code="selfies",
        ) from fault


def _library() -> Any:
    try:
        import selfies
    except ImportError as fault:
        raise MissingExtraError("selfies", "molecule", "the alphabet of SELFIES") from fault
    return selfies
