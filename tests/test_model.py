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
