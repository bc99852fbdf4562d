"""Samples of a model of texts: whole, from a prompt, under rules; and what is refused."""

import json
import re

import pyarrow as pa
import pytest

from fivefold import estimators
from fivefold.drawing import sample
from fivefold.errors import InputError
from fivefold.model import load

LINES = [f"{word} and {word} make {word}{word}." for word in ("ab", "cd", "ef", "gh")] * 30
OPTIONS = {"kind": "text", "alphabet": "characters", "length": 32, "size": 0.5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "writer"
    estimators.fit(LINES, family="autoregressive", epochs=3, out=place, **OPTIONS)
    return place


@pytest.fixture(scope="module")
def table_model():
    data = {"a": ["x", "y"] * 40, "b": [1, 2, 3, 4] * 20}
    return estimators.fit(data, family="autoregressive", epochs=1, size=0.25)


def test_texts_are_drawn_and_the_same_seed_gives_the_same(folder) -> None:
    one, two = sample(folder, 40, seed=1), sample(folder, 40, seed=1)
    assert one.column_names == ["text"]
    assert len(one) == 40
    assert one.equals(two)
    assert not one.equals(sample(folder, 40, seed=2))


def test_a_prompt_begins_every_text(folder) -> None:
    for how in ({}, {"temperature": 0.5}, {"stop": (".",)}, {"max_symbols": 60}):
        texts = sample(folder, 5, prompt="ab and", **how)["text"].to_pylist()
        assert len(texts) == 5
        assert all(text.startswith("ab and") for text in texts), how


def test_a_stop_string_ends_texts_and_is_left_out(folder) -> None:
    texts = sample(folder, 20, prompt="ab", stop=("a",))["text"].to_pylist()
    assert all("a" not in text[2:] for text in texts)


def test_texts_can_be_longer_than_the_context(folder) -> None:
    context = load(folder).family.space.positions
    texts = sample(folder, 8, prompt="ab", max_symbols=100, regex="[a-z \n]{80,90}")
    assert all(len(text) >= 82 > context for text in texts["text"].to_pylist())


def test_no_temperature_always_gives_the_likeliest(folder) -> None:
    texts = sample(folder, 6, prompt="ab", temperature=0.0)["text"].to_pylist()
    assert len(set(texts)) == 1


def test_a_schema_is_kept(folder) -> None:
    pytest.importorskip("llguidance")
    schema = json.dumps({"enum": ["ab", "cd"]})
    options = {**OPTIONS, "alphabet": "bytes"}
    model = estimators.fit(['"ab"', '"cd"'] * 40, family="autoregressive", epochs=1, **options)
    texts = sample(model, 5, schema=schema)["text"].to_pylist()
    assert {json.loads(text) for text in texts} <= {"ab", "cd"}


@pytest.mark.parametrize("name", ["texts.txt", "texts.jsonl", "texts.csv", "texts.parquet"])
def test_texts_are_written_in_their_own_form_or_as_a_table(folder, tmp_path, name) -> None:
    from fivefold.codecs.reading import read_data

    out = sample(folder, 12, out=tmp_path / name)
    if name.endswith(".txt"):
        assert len(out.read_text().splitlines()) >= 12
        return
    _, found = read_data(out, kind="text")
    drawn = sample(folder, 12)["text"].to_pylist()
    assert found["text"].to_pylist() == [text for text in drawn if text]


def test_texts_on_standard_output_are_a_line_each(folder, capsys) -> None:
    sample(folder, 7, out="-", prompt="ab and", stop=("\n",))
    assert capsys.readouterr().out.count("\n") == 7


def test_texts_of_several_lines_are_kept_apart(capsys) -> None:
    from fivefold.drawing.sampling import _print_texts

    _print_texts(iter([pa.table({"t": ["a\nb", "c"]}), pa.table({"t": ["d"]})]))
    assert capsys.readouterr().out == "a\nb\n\nc\n\nd\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"where": {"age": 3}}, "--where is for models of tables.*--prompt"),
        ({"balance": "sex"}, "--balance is for models of tables"),
        ({"prompt": "ab" * 90}, "prompt has 180 symbols"),
        ({"temperatur": 1.0}, "unknown option 'temperatur'"),
        ({"stop": ("a",), "avoid": LINES}, "--avoid"),
        ({"temperature": -1.0}, "temperature is -1"),
    ],
)
def test_what_a_model_of_texts_has_no_use_for_is_refused(folder, options, message) -> None:
    with pytest.raises(InputError, match=message):
        sample(folder, 3, **options)


@pytest.mark.parametrize("options", [{"prompt": "x"}, {"temperature": 0.5}, {"stop": ("a",)}])
def test_what_a_model_of_a_table_has_no_use_for_is_refused(table_model, options) -> None:
    with pytest.raises(InputError, match=re.escape("for models of sequences") + ".*--where"):
        sample(table_model, 3, **options)


def test_a_family_that_does_not_write_symbol_by_symbol_says_so() -> None:
    model = estimators.fit(LINES, family="diffusion", epochs=0.3, **OPTIONS)
    with pytest.raises(InputError, match=r"--temperature needs a family.*diffusion"):
        sample(model, 3, temperature=0.5)
    texts = sample(model, 3, prompt="ab and")["text"].to_pylist()
    assert all(text.startswith("ab and") for text in texts)
