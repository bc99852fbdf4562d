"""Every alphabet decodes what it encodes, and says what it cannot write."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.alphabets import HOMES, Bytes, alphabet_from, alphabet_type, content
from fivefold.codecs.bytepairs import BytePairs, chosen_size
from fivefold.codecs.characters import RARE, Characters
from fivefold.errors import InputError

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
CORPUS = ["the cat sat on the mat\n" * 20, "猫坐在垫子上。" * 12, "naïve 🙂\t\r\n\0" * 11]


@pytest.fixture(scope="module", params=list(HOMES))
def alphabet(request):
    if request.param == "bpe":
        pytest.importorskip("tokenizers")
    return alphabet_type(request.param).fit(pa.chunked_array([CORPUS]))


def test_decode_gives_back_what_was_fitted_on(alphabet):
    for text in [*CORPUS, ""]:
        symbols = alphabet.encode(text)
        assert alphabet.decode(symbols) == text
        assert all(0 < symbol < alphabet.size for symbol in symbols)


def test_many_texts_have_the_symbols_of_each(alphabet):
    texts = [*CORPUS, "", "the mat", "猫"]
    flat, sizes = alphabet.flat(pa.array(["x", *texts]).slice(1))
    ends = sizes.cumsum()
    for text, start, end in zip(texts, ends - sizes, ends, strict=True):
        assert flat[start:end].tolist() == alphabet.encode(text)


def test_an_alphabet_comes_back_from_json(alphabet):
    again = alphabet_from(json.loads(json.dumps(alphabet.to_dict())))
    assert again.size == alphabet.size
    assert again.encode(CORPUS[0]) == alphabet.encode(CORPUS[0])


def test_half_a_surrogate_pair_is_refused(alphabet):
    with pytest.raises(InputError, match=r"character 2 is U\+D800, half of a pair"):
        alphabet.encode("a\ud800")


@settings(max_examples=60, deadline=None)
@given(text=ANY)
def test_bytes_and_byte_pairs_write_any_text(text):
    pytest.importorskip("tokenizers")
    for alphabet in (Bytes(), PAIRS[0]):
        assert alphabet.decode(alphabet.encode(text)) == text
        flat, sizes = alphabet.flat(pa.array([text]))
        assert alphabet.decode(flat.tolist()) == text
        assert sizes.tolist() == [len(flat)]


PAIRS = []


@pytest.fixture(scope="module", autouse=True)
def _pairs():
    try:
        PAIRS.append(BytePairs.fit(pa.chunked_array([CORPUS]), 320))
    except ImportError:
        PAIRS.append(Bytes())


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY, min_size=1, max_size=5))
def test_characters_write_exactly_what_they_were_fitted_on(texts):
    alphabet = Characters.fit(pa.chunked_array([texts]))
    flat, sizes = alphabet.flat(pa.array(texts))
    ends = sizes.cumsum()
    found = [alphabet.decode(flat[e - s : e].tolist()) for s, e in zip(sizes, ends, strict=True)]
    assert found == texts


def test_rare_characters_are_written_as_bytes_and_not_in_the_description():
    text = "ordinary words " * 50 + "é" * RARE + "ß" * (RARE - 1)
    alphabet = Characters.fit(pa.chunked_array([[text]]))
    assert "é" in alphabet.kept
    assert "ß" not in json.dumps(alphabet.to_dict(), ensure_ascii=False)
    assert len(alphabet.encode("ß")) == 2
    assert alphabet.notice == "1 rare characters (1.17% of the text) are written as their bytes"


@settings(max_examples=60, deadline=None)
@given(text=ANY, kept=st.sampled_from(["a", "ab", "abcdefgh", "the quick brown"]))
def test_characters_that_were_never_seen_are_written_as_bytes(text, kept):
    alphabet = Characters("".join(sorted(set(kept))))
    symbols = alphabet.encode(text)
    assert alphabet.decode(symbols) == text
    assert all(0 < symbol < alphabet.size for symbol in symbols)


def test_the_number_of_characters_can_be_limited():
    text = "".join(chr(0x4E00 + k) * (20 + k) for k in range(300))
    alphabet = Characters.fit(pa.chunked_array([[text]]), symbols=300)
    assert alphabet.size == 300
    assert chr(0x4E00 + 299) in alphabet.kept
    assert chr(0x4E00) not in alphabet.kept
    assert alphabet.decode(alphabet.flat(pa.array([text]))[0].tolist()) == text
    with pytest.raises(InputError, match="has at least 244 symbols, not 100"):
        Characters.fit(pa.chunked_array([[text]]), symbols=100)


def test_symbols_that_are_no_character_become_a_mark():
    assert Bytes().decode([196]) == "\ufffd"


def test_content_of_a_slice_is_its_own():
    data, offsets = content(pa.array(["aa", "é", "", "b"]).slice(1))
    assert bytes(data) == "éb".encode()
    assert offsets.tolist() == [0, 2, 2, 3]
    assert content(pa.array([], pa.string()))[1].tolist() == [0]


class TestBytePairs:
    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("tokenizers")

    def test_the_name_of_the_end_in_a_text_is_text(self):
        alphabet = PAIRS[0]
        symbols = alphabet.encode("a<|end|>b")
        assert 0 not in symbols
        assert alphabet.decode(symbols) == "a<|end|>b"
        assert 0 not in alphabet.flat(pa.array(["<|end|>"]))[0]

    def test_words_give_the_same_symbols_as_the_whole_text(self):
        alphabet = PAIRS[0]
        text = "the  cat\n\n  sat's on 42 mats\t\t!\n" * 5
        assert alphabet._by_words
        flat = alphabet.flat(pa.array([text]))[0]
        assert flat.tolist() == alphabet.tokenizer.encode(text, add_special_tokens=False).ids

    def test_a_long_run_without_blanks_is_cut(self):
        alphabet = PAIRS[0]
        text = "a" * 300_000
        assert alphabet.decode(alphabet.flat(pa.array([text]))[0].tolist()) == text

    def test_a_foreign_end_changes_places_with_symbol_0(self):
        own = PAIRS[0]
        foreign = BytePairs(own.tokenizer.to_str(), end=200, specials={"user": 199}, size=400)
        text = "the cat 猫"
        symbols = foreign.encode(text)
        assert foreign.decode(symbols) == text
        assert 0 not in symbols
        assert foreign.order[symbols].tolist() == own.encode(text)
        assert foreign.flat(pa.array([text]))[0].tolist() == symbols
        assert foreign.size == 400
        again = alphabet_from(foreign.to_dict())
        assert (again.end, again.specials, again.size) == (200, {"user": 199}, 400)

    def test_a_tokenizer_that_cuts_otherwise_is_run_on_whole_pieces(self):
        described = json.loads(PAIRS[0].tokenizer.to_str())
        split = {"type": "Split", "pattern": {"Regex": r"\s*\S+\s*"}, "behavior": "Isolated"}
        bytewise = {**described["pre_tokenizer"], "use_regex": False}
        steps = [{**split, "invert": False}, bytewise]
        described["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
        alphabet = BytePairs(json.dumps(described))
        assert not alphabet._by_words
        texts = [CORPUS[0] * 30, "", "猫 cat"]
        flat, sizes = alphabet.flat(pa.array(texts))
        ends = sizes.cumsum()
        found = [
            alphabet.decode(flat[e - s : e].tolist()) for s, e in zip(sizes, ends, strict=True)
        ]
        assert found == texts

    def test_the_size_grows_with_the_corpus(self):
        sizes = [chosen_size(pa.chunked_array([["x" * n]])) for n in (1_000, 600_000, 9_000_000)]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1] <= 4_096

    @pytest.mark.parametrize("symbols", [10, 1 << 30])
    def test_an_impossible_size_is_refused(self, symbols):
        with pytest.raises(InputError, match="byte pairs has 300 to"):
            BytePairs.fit(pa.chunked_array([CORPUS]), symbols)

    @pytest.mark.parametrize(
        "change",
        [
            {"tokenizer": {}},
            {"tokenizer": {"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}},
            {"end": 1 << 40},
            {"specials": {"user": -1}},
            {"size": 1 << 40},
        ],
    )
    def test_a_hostile_description_is_an_error(self, change):
        with pytest.raises(ValueError, match=r"no tokenizer|outside"):
            alphabet_from({**PAIRS[0].to_dict(), **change})


def test_damaged_characters_are_an_error():
    with pytest.raises(ValueError, match="must differ"):
        alphabet_from({"name": "characters", "kept": "aa"})
    with pytest.raises(InputError, match="no alphabet 'klingon'; one of: bytes"):
        alphabet_from({"name": "klingon"})


def test_characters_are_fast():
    text = "".join(chr(97 + k % 26) for k in range(1000)) * 5000
    array = pa.array([text])
    alphabet = Characters.fit(pa.chunked_array([array]))
    flat, _ = alphabet.flat(array)
    assert flat.dtype == np.uint32
    assert len(flat) == 5_000_000
