"""A model is a folder: whole, verified, never unpickled."""

import json

import pyarrow as pa
import pytest
import torch

from fivefold import estimators
from fivefold.errors import InputError, NoLikelihoodError
from fivefold.model import CHUNK, FILES, Known, Model, load, verify


def people(rows: int = 400) -> pa.Table:
    sex = ["f", "m"] * (rows // 2)
    age = [20 + (7 * i) % 45 for i in range(rows)]
    pay = [1000.5 + 13 * ((i * i) % 997) for i in range(rows)]
    return pa.table({"id": list(range(rows)), "sex": sex, "age": age, "pay": pay})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "model"
    estimators.fit(people(), family="autoregressive", epochs=3, size=0.25, out=place)
    return place


@pytest.fixture
def copy(folder, tmp_path):
    place = tmp_path / "copy"
    place.mkdir()
    for name in (*FILES, "manifest.json"):
        (place / name).write_bytes((folder / name).read_bytes())
    return place


def rows_of(model: Model, rows: int, **how) -> pa.Table:
    return pa.concat_tables(model.sample(rows, **how))


def test_a_loaded_model_draws_what_the_saved_one_drew(folder) -> None:
    first = estimators.fit(people(), family="autoregressive", epochs=3, size=0.25)
    assert rows_of(first, 50).equals(rows_of(load(folder), 50))


def test_saving_a_loaded_model_gives_the_same_bytes(folder, tmp_path) -> None:
    load(folder).save(tmp_path / "again")
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_refused_by_name(copy, name) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}.*altered"):
        load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_missing_file_is_refused_by_name(copy, name) -> None:
    (copy / name).write_bytes((copy / name).read_bytes()[:-5])
    with pytest.raises(InputError, match=name):
        load(copy)
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"{name}.*missing"):
        load(copy)


def test_a_model_of_a_newer_version_says_what_to_do(copy) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(InputError, match=r"format 99.*upgrade"):
        load(copy)


def test_a_folder_without_manifest_is_not_a_model(copy) -> None:
    (copy / "manifest.json").unlink()
    with pytest.raises(InputError, match="not a finished model"):
        verify(copy)


@pytest.mark.parametrize("content", ["[]", "{", "null", '{"format": 1, "files": []}'])
def test_a_damaged_manifest_is_refused(copy, content) -> None:
    (copy / "manifest.json").write_text(content)
    with pytest.raises(InputError):
        load(copy)


def test_chunks_do_not_depend_on_how_many_rows_are_asked_for(folder) -> None:
    model = load(folder)
    few, many = (rows_of(model, rows) for rows in (CHUNK, CHUNK + 500))
    assert many.slice(0, CHUNK).equals(few)
    assert len(many) == CHUNK + 500
    assert many["id"].to_pylist() == list(range(400, 400 + CHUNK + 500))


def test_another_seed_gives_other_rows(folder) -> None:
    model = load(folder)
    assert not rows_of(model, 50, seed=1).equals(rows_of(model, 50, seed=2))


def test_where_and_balance_hold_in_every_row(folder) -> None:
    model = load(folder)
    table = rows_of(model, 101, where={"age": 30}, balance="sex")
    assert set(table["age"].to_pylist()) == {30}
    sexes = table["sex"].to_pylist()
    assert abs(sexes.count("f") - sexes.count("m")) == 1


def test_an_unknown_value_names_the_allowed_ones(folder) -> None:
    with pytest.raises(InputError, match=r"allowed: 'f', 'm'"):
        rows_of(load(folder), 3, where={"sex": "x"})


def test_rows_to_avoid_do_not_occur(folder) -> None:
    model = load(folder)
    drawn = rows_of(model, 300).drop_columns("id")
    again = rows_of(model, 300, avoid=drawn)
    assert Known(drawn).positions(again) == []


def test_rows_that_cannot_be_avoided_are_an_error() -> None:
    table = pa.table({"a": ["x", "y"] * 40})
    model = estimators.fit(table, family="autoregressive", epochs=1, size=0.25)
    with pytest.raises(InputError, match="avoid"):
        rows_of(model, 10, avoid=table)


def test_log_probabilities_of_a_discrete_table_sum_to_one() -> None:
    table = pa.table({"a": ["x", "y", "y", "z"] * 30, "b": [True, False, True] * 40})
    model = estimators.fit(table, family="autoregressive", epochs=5, size=0.25)
    every = pa.table({"a": ["x", "y", "z"] * 2, "b": [True] * 3 + [False] * 3})
    assert float(model.log_prob(every).exp().sum()) == pytest.approx(1, abs=2e-3)


def test_a_family_without_likelihood_says_so() -> None:
    model = estimators.fit(people(), family="adversarial", epochs=0.2, size=0.25)
    with pytest.raises(NoLikelihoodError):
        model.log_prob(people())


def test_the_card_and_the_description_tell_the_making(folder) -> None:
    model = load(folder)
    told = model.describe()
    assert told["columns"]["id"] == "identifier"
    assert told["evidence"]["data"]["rows"] == 400
    assert told["parameters"] == sum(p.numel() for p in model.family.parameters())
    card = (folder / "README.md").read_text()
    assert "synthetic" in card
    assert "`pay`: decimal" in card
    assert not torch.is_grad_enabled() or not any(
        p.requires_grad for p in model.family.parameters()
    )


LINES = [f"{word} and {word}." for word in ("ab", "cd", "ef", "gh")] * 30


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "writer"
    options = {"kind": "text", "alphabet": "characters", "length": 8, "size": 0.5}
    estimators.fit(LINES, family="autoregressive", epochs=1, out=place, **options)
    return place


def test_a_model_of_texts_is_saved_and_loaded_as_one_of_a_table(writer, tmp_path) -> None:
    model = load(writer)
    assert model.codec.kind == "text"
    assert model.describe()["alphabet"] == "characters"
    model.save(tmp_path / "again")
    for name in FILES:
        assert (writer / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert rows_of(load(tmp_path / "again"), 9).equals(rows_of(model, 9))


def test_chunks_of_texts_do_not_depend_on_how_many_are_asked_for(writer, monkeypatch) -> None:
    monkeypatch.setattr("fivefold.model.trained.chunk_of", lambda space: 16)
    model = load(writer)
    few, many = (rows_of(model, rows)["text"].to_pylist() for rows in (16, 40))
    assert many[:16] == few
    assert len(many) == 40


def test_long_data_are_drawn_fewer_at_a_time() -> None:
    from fivefold.model import chunk_of
    from fivefold.spaces import Space

    sizes = [chunk_of(Space.sequence(100, length)) for length in (4, 64, 4_096, 100_000)]
    assert sizes == [CHUNK, 1_024, 16, 16]
    assert chunk_of(Space((3,), (2, 2))) == CHUNK


def test_a_document_is_the_sum_of_its_windows(writer) -> None:
    model = load(writer)
    table = pa.table({"text": ["ab", "ab and ab. cd and cd.", ""]})
    x = model.codec.encode(table)
    each = model.log_prob_of(x)
    assert len(each) > 3
    sums = [float(each[x.owners == owner].sum()) for owner in range(3)]
    assert model.log_prob(table).tolist() == pytest.approx(sums)


def test_texts_cannot_be_balanced(writer) -> None:
    with pytest.raises(InputError, match="no columns to balance"):
        rows_of(load(writer), 3, balance="sex")


def sealed(place, name: str, value: object) -> None:
    """Write a file of the folder anew, and its digest."""
    from fivefold.files import sha256

    (place / name).write_text(json.dumps(value))
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["files"][name] = sha256(place / name)
    (place / "manifest.json").write_text(json.dumps(manifest))


def test_a_model_of_the_first_format_is_a_table(copy, folder) -> None:
    codec = json.loads((copy / "codec.json").read_text())
    assert codec.pop("kind") == "table"
    sealed(copy, "codec.json", codec)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    assert rows_of(load(copy), 20).equals(rows_of(load(folder), 20))


def test_a_codec_of_an_unknown_kind_or_another_model_is_refused(copy, writer) -> None:
    codec = json.loads((copy / "codec.json").read_text())
    sealed(copy, "codec.json", {**codec, "kind": "poem"})
    with pytest.raises(InputError, match="unknown kind of data 'poem'"):
        load(copy)
    sealed(copy, "codec.json", json.loads((writer / "codec.json").read_text()))
    with pytest.raises(InputError, match="codec is of another model"):
        load(copy)


def test_weights_of_another_shape_are_refused_in_one_line(copy) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["config"]["width"] += 16
    sealed(copy, "config.json", config)
    with pytest.raises(InputError, match="do not fit") as fault:
        load(copy)
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 500
