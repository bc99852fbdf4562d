import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.ngrams import grams
from fivefold.measures.units import BEGIN, END, levels_of, numbered, split, texts_of


def test_every_kind_is_cut_into_its_units():
    assert split("It's 3 p.m.", "words") == ["It", "'", "s", "3", "p", ".", "m", "."]
    assert split("北京is大", "words") == ["北", "京", "is", "大"]
    assert split("BrC[C@@H](Cl)%12", "atoms") == ["Br", "C", "[C@@H]", "(", "Cl", ")", "%12"]
    assert split("? a b | ? c", "activities") == ["a b", "c"]
    assert split("MKV", "residues") == list("MKV")


@pytest.mark.parametrize("level", ["characters", "words", "atoms"])
def test_texts_are_wrapped_in_edges_and_can_be_read_back(level):
    sides = [["C1 N\ud800", "", "Br-Cl"], ["\0\0é"]]
    for texts, view in zip(sides, numbered(sides, level), strict=True):
        for k, text in enumerate(texts):
            codes = view.codes[view.owners == k]
            assert codes[0] == BEGIN
            assert codes[-1] == END
            assert [view.words[c] for c in codes[1:-1]] == split(text, level)
        assert view.lengths.tolist() == [len(split(text, level)) for text in texts]


def test_take_gives_the_texts_asked_for():
    (view,) = numbered([["abc", "", "de", "f"]], "characters")
    some = view.take(np.array([2, 0, 0, 1]))
    spelt = ["".join(some.words[c] for c in some.codes[some.owners == k][1:-1]) for k in range(4)]
    assert spelt == ["de", "abc", "abc", ""]


def test_runs_do_not_cross_texts_and_equal_runs_have_equal_keys():
    (view,) = numbered([["abcab", "ab", "c"]], "characters")
    runs = grams(view, 2)
    assert runs.owners.tolist() == [0, 0, 0, 0, 1]
    assert runs.keys[0] == runs.keys[3] == runs.keys[4]
    assert len(set(runs.keys.tolist())) == 3
    assert len(grams(view, 9).keys) == 0
    assert grams(view, 3, edges=True).owners.tolist() == [0, 0, 0, 0, 0, 1, 1, 2]


def test_sequences_come_as_tables_columns_or_lists():
    assert texts_of(pa.table({"x": ["a", None]})) == texts_of(pa.array(["a", None])) == ["a", ""]
    with pytest.raises(InputError, match="2 columns"):
        texts_of(pa.table({"x": ["a"], "y": ["b"]}))
    with pytest.raises(InputError, match="int64"):
        texts_of(pa.table({"x": [1]}))
    with pytest.raises(InputError, match="item 2"):
        texts_of(["a", 3])
    with pytest.raises(InputError, match="unknown-kind"):
        levels_of("poem")
