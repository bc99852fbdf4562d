"""Molecules: SMILES or SELFIES as sequences of atoms, bonds, branches and rings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, alphabet_from
from fivefold.codecs.fragments import Fragments
from fivefold.codecs.plainfiles import write_plain
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.smiles import Selfies, Smiles
from fivefold.spaces import END

ENDINGS = (".smi", ".smiles", ".ism", ".can")
OWN: dict[str, type[Alphabet]] = {
    "fragments": Fragments,
    "smiles": Smiles,
    "selfies": Selfies,
}


class MoleculeCodec(SequenceCodec):
    """Turn molecules into sequences of symbols and back.

    Frequent runs of atoms are one symbol each unless another alphabet is asked for: at equal time a model of them was
    measured better, and it draws three times as fast (`benchmarks/sequences/molecules.py`). All alphabets but one are
    decoded to the very string. SELFIES stand for the molecule: they are decoded to its canonical SMILES.

    Example:
        >>> table = pa.table({"smiles": ["CC(=O)O", "c1ccccc1Cl"]})
        >>> codec = MoleculeCodec().fit(table)
        >>> codec.alphabet.name, codec.space.positions
        ('fragments', 16)
        >>> codec.decode(codec.encode(table)[:2]).to_pydict()
        {'smiles': ['CC(=O)O', 'c1ccccc1Cl']}
    """

    kind = "molecule"
    column = "smiles"
    alphabets = ("fragments", "smiles", "selfies", "characters", "bytes", "bpe")

    def learn(self, texts: pa.ChunkedArray) -> Alphabet:
        """The alphabet that was wished for, or the first of the kind."""
        own = OWN.get(self.wish or self.alphabets[0])
        return super().learn(texts) if own is None else own.fit(texts, self.symbols)

    @classmethod
    def alphabet_from(cls, state: Mapping[str, Any]) -> Alphabet:
        """The alphabet out of its description."""
        own = OWN.get(state["name"])
        return alphabet_from(state) if own is None else own.from_dict(state)

    def _opened(self, texts: pa.ChunkedArray) -> dict[int, int]:
        """Data begin with the end of what was before: a molecule is not gone on with from its middle."""
        return {END: len(texts)}

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write one molecule a line: `.smi`, packed if `.gz` follows."""
        lines = (f"{smiles}\n" for smiles in self.texts(table).to_pylist())
        write_plain("".join(lines), path, ENDINGS)
