import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.words import Words
from fivefold.errors import InputError


class Steps(Words):
    name, pattern, always = "steps", re.compile(r"[a-z]+"), ("go",)


def learned(texts, symbols=None):
    return Steps.fit(pa.chunked_array([texts]), symbols)


@given(st.text())
def test_any_text_comes_back(text):
    alphabet = learned(["go stay stay stay rare"])
    symbols = alphabet.encode(text)
    assert alphabet.decode(symbols) == text
    assert all(0 < symbol < alphabet.size for symbol in symbols)


def test_a_frequent_word_is_one_symbol_and_a_rare_one_is_spelt():
    alphabet = learned(["go stay stay stay rare"])
    assert alphabet.words == ("go", "stay")
    assert len(alphabet.encode("stay")) == 1
    assert len(alphabet.encode("rare")) == 4


def test_symbols_bound_the_words():
    texts = [f"{'a' * n} " * 3 for n in range(2, 40)]
    assert learned(texts, symbols=270).size <= 270


def test_flat_is_encode_end_to_end():
    alphabet = learned(["go stay stay stay rare"])
    texts = ["go", "", "rare stay"]
    symbols, sizes = alphabet.flat(pa.array(texts))
    assert sizes.tolist() == [len(alphabet.encode(text)) for text in texts]
    assert symbols.tolist() == [symbol for text in texts for symbol in alphabet.encode(text)]


@pytest.mark.parametrize("words", ["go", ["go", "go"], ["go", ""], [1]])
def test_a_description_that_does_not_hold_is_refused(words):
    with pytest.raises(ValueError, match="differ"):
        Steps.from_dict({"words": words})


def test_a_letter_that_cannot_be_spelt_is_named():
    class Plain(Words):
        name, pattern, letters, purpose = "plain", re.compile("."), b"ab", "a plain text"

    with pytest.raises(InputError, match="'c' is no letter of a plain text"):
        Plain([]).encode("abc")
