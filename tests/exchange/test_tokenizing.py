"""Exported tokenizers: symbol by symbol what the alphabet gives."""

import gzip
import importlib.util
import json
from pathlib import Path

import pyarrow as pa
import pytest

from fivefold.codecs.fragments import Fragments
from fivefold.codecs.protein import AminoAcids
from fivefold.codecs.smiles import Selfies, Smiles
from fivefold.errors import InputError
from fivefold.exchange.tokenizing import exported
from fivefold.spaces import END

tokenizers = pytest.importorskip("tokenizers")
MOLECULES = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[C@@H](N)C(=O)O.[Na+].[Cl-]",
    "BrCCBr.ClC(Cl)Cl",
    "C%12CCCCC%12[nH]Br",
    "F/C=C/F.[Br-].[13CH4]",
    "C[NBrCl]Br",
    "[Br",
]


def tokenizer_of(alphabet):
    return tokenizers.Tokenizer.from_str(json.dumps(exported(alphabet)))


def held_to(alphabet, texts) -> None:
    """Every text has the symbols that the alphabet gives it, and comes back."""
    made = tokenizer_of(alphabet)
    assert made.get_vocab_size() == alphabet.size
    for text, found in zip(texts, made.encode_batch(texts), strict=True):
        assert found.ids == [END, *alphabet.encode(text)]
        assert made.decode(found.ids, skip_special_tokens=True) == text


@pytest.mark.parametrize("symbols", [None, 100, 400])
def test_fragments_are_joined_as_ours_are(symbols) -> None:
    rare = MOLECULES[:1] * 30 + MOLECULES[2:4] * 20 + MOLECULES[4:]
    alphabet = Fragments.fit(pa.chunked_array([rare]), symbols)
    assert len(alphabet.joins) > 10
    assert "%12" in alphabet.base.words
    assert "[Na+]" not in alphabet.base.words
    held_to(alphabet, MOLECULES)


@pytest.mark.parametrize("kind", [Fragments, Smiles])
def test_molecules_of_a_benchmark_are_cut_as_ours_are(kind) -> None:
    package = importlib.util.find_spec("moses")
    if package is None:
        pytest.skip("molsets is not installed")
    folder = Path(package.submodule_search_locations[0])
    with gzip.open(folder / "dataset" / "data" / "test.csv.gz", "rt") as file:
        rows = [line.split(",")[0].strip() for _, line in zip(range(4001), file, strict=False)][1:]
    held_to(kind.fit(pa.chunked_array([rows[:2000]])), rows)


def test_proteins_are_read_letter_by_letter() -> None:
    held_to(AminoAcids(), ["MKVLA*", "GGB"])


def test_two_symbols_that_write_the_same_are_refused() -> None:
    base = Smiles.fit(pa.chunked_array([["CC"]]))
    carbon = base.encode("C")[0]
    both = [(carbon, carbon), (carbon, base.size), (base.size, carbon)]
    with pytest.raises(InputError, match="two symbols of the alphabet write 'CCC'"):
        exported(Fragments(base, both))


def test_symbols_that_are_no_pieces_of_a_text_have_no_tokenizer() -> None:
    pytest.importorskip("selfies")
    with pytest.raises(InputError, match="no form that other programs read"):
        exported(Selfies.fit(pa.chunked_array([["CCO"]])))
