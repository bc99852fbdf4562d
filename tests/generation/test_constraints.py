"""Constraints over alphabets: characters of several symbols, and characters that an alphabet lacks."""

import json

import pyarrow as pa
import pytest
import torch

from fivefold.codecs.alphabets import Bytes
from fivefold.codecs.bytepairs import BytePairs
from fivefold.codecs.fragments import Fragments
from fivefold.codecs.protein import AminoAcids
from fivefold.codecs.smiles import Smiles
from fivefold.codecs.templates import Templates
from fivefold.codecs.text import TextCodec
from fivefold.errors import InputError
from fivefold.families import Autoregressive
from fivefold.generation import generate
from fivefold.generation.constraints import Constraint, Grammar

pytest.importorskip("llguidance")
TEXT = "Füße über Straßen: 是 non è vero, 123\n"
MOLECULES = pa.chunked_array([["c1ccccc1O", "CC(=O)N"] * 20])
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 3}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("alphabet", ["bytes", "characters", "bpe"])
def test_characters_of_several_symbols_are_written(alphabet) -> None:
    pytest.importorskip("tokenizers")
    symbols = 300 if alphabet == "bpe" else None
    codec = TextCodec(alphabet=alphabet, symbols=symbols, length=64)
    codec.fit(pa.table({"text": [TEXT]}))
    torch.manual_seed(0)
    family = Autoregressive(codec.space, width=32, depth=1)
    for g in generate(family, codec, ["", "x"], regex="(ü|è|是){3}😀", seed=1):
        assert len(g.text) == 4
        assert set(g.text[:3]) <= set("üè是")
        assert g.text[3] == "😀"
        assert g.finished == "end"
    schema = {"enum": ["weiß", "größe"]}
    [one] = generate(family, codec, [""], schema=schema)
    assert json.loads(one.text) in schema["enum"]


@pytest.mark.parametrize("alphabet", ["bytes", "characters", "bpe"])
def test_symbols_are_spelt_as_texts_are_encoded(alphabet) -> None:
    pytest.importorskip("tokenizers")
    codec = TextCodec(alphabet=alphabet, symbols=300 if alphabet == "bpe" else None)
    found = codec.fit(pa.table({"text": [TEXT * 20]})).alphabet
    pieces = found.pieces
    assert len(pieces) == found.size
    text = TEXT + "😀 {}"
    assert b"".join(pieces[symbol] for symbol in found.encode(text)).decode() == text


def test_tokens_of_other_tokenizers_are_spelt() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {"<s>": 0, "▁the": 1, "cat": 2, "<0xC3>": 3, "<0x9F>": 4, "▁": 5}
    made = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab=vocabulary, merges=[], byte_fallback=True)
    )
    made.add_special_tokens(["<s>"])
    steps = [
        tokenizers.decoders.Replace("▁", " "),
        tokenizers.decoders.ByteFallback(),
        tokenizers.decoders.Fuse(),
    ]
    made.decoder = tokenizers.decoders.Sequence(steps)
    alphabet = BytePairs(made.to_str(), end=0, specials={"<s>": 0}, size=8)
    assert alphabet.pieces == [b"", b" the", b"cat", b"\xc3", b"\x9f", b" ", b"", b""]


WRITABLE = {
    "alternative": (Smiles.fit(MOLECULES), r"(a\{|C+)N"),
    "fragments": (Fragments.fit(MOLECULES), r"(C+\{|CC)"),
    "repetition first": (Smiles.fit(MOLECULES), "C*(!|N)"),
    "proteins": (AminoAcids(), r"M[A-Z]{3,5}\*"),
}


@pytest.mark.parametrize("name", WRITABLE)
def test_a_constraint_that_can_be_kept_is_taken(name) -> None:
    alphabet, regex = WRITABLE[name]
    assert Grammar(Constraint("regex", regex), alphabet).begin().allowed().any()


LACKING = {
    "schema": (AminoAcids(), Constraint.schema(PERSON), ': " , - 0 : a e g m n { }'),
    "schema, many letters": (Fragments.fit(MOLECULES), Constraint.schema(PERSON), ': " , { }'),
    "at the end": (Smiles.fit(MOLECULES), Constraint("regex", "C+!"), ": !"),
    "not of ASCII": (AminoAcids(), Constraint("regex", "M(é|è)"), ": [éè]"),
}


@pytest.mark.parametrize("name", LACKING)
def test_characters_that_an_alphabet_lacks_are_named(name) -> None:
    alphabet, constraint, named = LACKING[name]
    with pytest.raises(InputError, match=f"'{alphabet.name}' cannot write{named};") as caught:
        Grammar(constraint, alphabet)
    assert caught.value.code == "constraint"


def test_a_text_that_cannot_go_on_is_an_error_that_names_what_is_lacking() -> None:
    alphabet = Smiles.fit(MOLECULES)
    walk = Grammar(Constraint("regex", r"(a\{|C+)N"), alphabet).begin()
    walk.add(alphabet.encode("a")[0])
    with pytest.raises(InputError, match=r"cannot write: \{"):
        walk.allowed()


def test_symbols_that_are_no_pieces_of_text_take_no_constraint() -> None:
    with pytest.raises(InputError, match="no pieces of a text"):
        Grammar(Constraint("regex", "a"), Templates([("took ", " s")]))
    assert Grammar(Constraint("regex", "a"), Bytes()).begin().allowed().sum() == 1
