"""What all codecs of sequences share: windows, prompts, descriptions."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs import CODECS
from fivefold.codecs.places import NOTICES, noted
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.spools import Spool, parts
from fivefold.codecs.surveys import suitable_alphabet
from fivefold.codecs.text import TextCodec
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch, Space

TEXTS = ["to be or not to be", "", "that is the question", "ü" * 30]
TABLE = pa.table({"text": TEXTS})
SAMPLES = {
    "text": TEXTS,
    "code": ["def f(x):\n    return x\n", "import re\n"],
    "molecule": ["CC(=O)O", "c1ccccc1Cl", "C[C@H](N)C(=O)O"],
    "protein": ["MKVLAGI", "GGB*"],
    "log": ["took 7 s", "took 8 s", "done"],
    "music": ["X:1\nK:G\nGABc dedB\n", "X:2\nK:D\nfd\n"],
    "events": ["2012-04-01T10:00:00 register | +3h check", "2012-04-02T10:00:00 register"],
}


@pytest.fixture(scope="module")
def codec():
    return TextCodec(alphabet="characters", length=12).fit(TABLE)


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_decodes_what_it_encodes(kind):
    kept = CODECS[kind]
    table = pa.table({kept.column: SAMPLES[kind]})
    codec = kept().fit(table)
    assert codec.kind == kind
    assert codec.documents(codec.encode(table)).equals(table)
    assert codec.space.sort == "sequence"
    again = kept.from_dict(json.loads(json.dumps(codec.to_dict())))
    assert again.space == codec.space
    assert again.describe() == codec.describe()
    assert again.encode(table).digest() == codec.encode(table).digest()


def test_a_long_document_is_cut_into_windows_that_go_on(codec):
    data = codec.encode(TABLE)
    assert data.owners.tolist() == [0, 0, 1, 2, 2, 3, 3, 3, 3, 3, 3][: len(data)]
    whole = data[:]
    firsts = whole.discrete[:, 0].tolist()
    assert firsts[0] == 0
    assert firsts[1] == int(data[:1].discrete[0, -1])
    assert codec.documents(data).column("text").to_pylist() == TEXTS


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=40), min_size=1),
    length=st.integers(3, 20),
    size=st.integers(4, 16),
)
def test_documents_come_back_however_they_are_cut(texts, length, size):
    column = pa.chunked_array([texts[:2], texts[2:]], pa.string())
    found: list[str] = [""]
    for part, ends in parts(column, size):
        first, *others = part.to_pylist()
        found[-1] += first
        found += others
        if ends:
            found.append("")
    assert found[:-1] == texts
    if any(texts):
        table = pa.table({"text": column})
        codec = SequenceCodec(alphabet="bytes", length=length).fit(table)
        assert codec.documents(codec.encode(table)).column(0).to_pylist() == texts


def test_symbols_beyond_the_limit_are_in_a_file(codec):
    held = codec.encode(TABLE)
    mapped = codec.encode(TABLE, memory=8)
    assert isinstance(mapped.symbols, np.memmap)
    assert not isinstance(held.symbols, np.memmap)
    assert mapped.digest() == held.digest()


def test_a_text_in_many_parts_has_the_windows_of_the_whole(codec, monkeypatch):
    whole = codec.encode(TABLE)
    for size in (4, 7, 19):
        monkeypatch.setattr("fivefold.codecs.sequences.parts", lambda t, s=size: parts(t, s))
        assert codec.encode(TABLE).digest() == whole.digest()


def test_spool_keeps_order_across_the_limit():
    spool = Spool(np.uint16, memory=6)
    for start in range(0, 10, 2):
        spool.add(np.arange(start, start + 2))
    assert spool.whole().tolist() == list(range(10))


def test_a_generated_batch_ends_at_its_first_end(codec):
    to = codec.alphabet.encode("to")
    rows = torch.tensor([[0, *to, 0, *to], [to[0], *to, to[0], 0, 0]])
    assert codec.decode(Batch(torch.zeros(2, 0), rows)).column(0).to_pylist() == ["to", "tot"]
    short = Batch(torch.zeros(2, 0), rows, torch.tensor([2, 3]))
    assert codec.decode(short).column(0).to_pylist() == ["t", "to"]


def test_a_prompt_is_seen_and_leaves_room(codec):
    condition = codec.condition({"prompt": "to"}, 3)
    assert len(condition) == 3
    assert condition.discrete.shape == (3, 12)
    assert condition.discrete.sum(1).tolist() == [3, 3, 3]
    assert condition.values.discrete[0, :3].tolist() == [0, *codec.alphabet.encode("to")]
    unequal = codec.prompts(["", "to be"])
    assert unequal.discrete.sum(1).tolist() == [1, 6]
    with pytest.raises(InputError, match="prompt has 18 symbols and the context holds 10"):
        codec.prompts(["to be or not to be"])
    with pytest.raises(InputError, match="no column 'age' to ask for"):
        codec.condition({"age": 3}, 1)
    with pytest.raises(InputError, match="a prompt is a text"):
        codec.condition({"prompt": 3}, 1)
    assert codec.impose(TABLE, {"prompt": "to"}) is TABLE


def test_without_a_prompt_data_go_on_from_what_windows_go_on_from():
    table = pa.table({"text": ["ab" * 600, "b" * 600]})
    codec = TextCodec(alphabet="characters", length=8).fit(table)
    firsts = codec.condition({}, 2000, seed=1).values.discrete[:, 0]
    counts = torch.bincount(firsts, minlength=3) / 2000
    assert counts[0] < 0.05
    assert abs(counts[2] - 2 / 3) < 0.06
    assert torch.equal(firsts, codec.condition({}, 2000, seed=1).values.discrete[:, 0])
    short = TextCodec(alphabet="characters").fit(pa.table({"text": ["abc", "de"]}))
    assert short.condition({}, 50).values.discrete.sum() == 0


def test_units_are_bytes(codec):
    assert codec.units(TABLE) == 18 + 0 + 20 + 60
    assert codec.log_volume(codec.encode(TABLE)[:3]).tolist() == [0, 0, 0]


def test_length_is_that_of_the_documents_up_to_a_limit():
    short = TextCodec(alphabet="bytes").fit(pa.table({"text": ["a" * 20, "b"]}))
    assert short.space == Space.sequence(257, 24)
    long = TextCodec(alphabet="bytes").fit(pa.table({"text": ["a" * 9000, "b"]}))
    assert long.space.positions == TextCodec.longest


def test_nothing_of_the_text_is_in_the_description():
    secret = "the password of root is hunter2"
    table = pa.table({"text": ["ordinary words and more of them " * 40, secret]})
    for alphabet in ("characters", "bytes", "bpe"):
        if alphabet == "bpe":
            pytest.importorskip("tokenizers")
        written = json.dumps(TextCodec(alphabet=alphabet).fit(table).to_dict())
        assert "hunter" not in written
        assert "password" not in written


def test_notices_of_the_reading_and_of_the_codec_are_kept():
    table = noted(pa.table({"text": ["a", "", None]}), ["one file was left out"])
    assert NOTICES in table.schema.metadata
    codec = TextCodec().fit(table)
    assert codec.notices == ["one file was left out", "2 empty documents of 3"]
    assert TextCodec.from_dict(codec.to_dict()).notices == codec.notices


def test_any_lone_column_of_words_is_taken_and_others_are_named():
    assert TextCodec().fit(pa.table({"review": ["a", "b"]})).units(pa.table({"x": ["abc"]})) == 3
    with pytest.raises(
        InputError, match=r"no column of text called 'text'; there are: a \(int64\)"
    ):
        TextCodec().fit(pa.table({"a": [1]}))


@pytest.mark.parametrize("texts", [[""], [None, ""], []])
def test_nothing_to_learn_from_is_an_error(texts):
    with pytest.raises(InputError, match="no text to learn from"):
        TextCodec().fit(pa.table({"text": pa.array(texts, pa.string())}))


def test_wrong_options_are_errors():
    with pytest.raises(InputError, match="text has no alphabet 'smiles'; one of: bpe, characters"):
        TextCodec(alphabet="smiles")
    with pytest.raises(InputError, match="at least 2 symbols"):
        TextCodec(symbols=1)
    with pytest.raises(InputError, match="3 to 131,072 positions, not 2"):
        TextCodec(length=2)
    with pytest.raises(NotFittedError):
        _ = TextCodec().space
    with pytest.raises(InputError, match=r"the ending names no form"):
        CODECS["music"]().fit(pa.table({"tune": ["X:1\nK:G\nG\n"]})).write(
            pa.table({"tune": ["X:1"]}), "a.xyz"
        )


@pytest.mark.parametrize(
    "change",
    [
        {"length": 1 << 40},
        {"length": None},
        {"alphabet": {"name": "klingon"}},
        {"alphabet": {"name": "characters", "kept": "aa"}},
        {"alphabet": []},
        {"openings": {"999999": 1}},
        {"openings": {"0": -1}},
        {"notices": None},
    ],
)
def test_a_damaged_description_is_an_error(codec, change):
    with pytest.raises(InputError, match=r"codec.json: the description of the text is damaged"):
        TextCodec.from_dict({**codec.to_dict(), **change})


def test_byte_pairs_are_chosen_where_there_is_enough_text():
    pytest.importorskip("tokenizers")
    assert suitable_alphabet(pa.chunked_array([["word " * 60_000]])) == "bpe"
    assert suitable_alphabet(pa.chunked_array([["word " * 100]])) == "characters"


def test_writing_texts(tmp_path):
    codec = TextCodec().fit(TABLE)
    codec.write(pa.table({"text": ["one", "two"]}), tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "one\ntwo\n"
    codec.write(pa.table({"text": ["one\ntwo", "three"]}), tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "one\ntwo\n\nthree\n"
    with pytest.raises(InputError, match="the ending names no form"):
        codec.write(TABLE, tmp_path / "c.pdf")
