"""Fit, plan and sample, by function and by estimator."""

import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone

from fivefold import estimators
from fivefold.codecs.reading import read_table
from fivefold.errors import InputError, NotFittedError
from fivefold.estimators import GenerativeModel
from fivefold.families import FAMILIES
from fivefold.model import load
from fivefold.preparation import build


def table(rows: int = 300) -> pa.Table:
    return pa.table(
        {
            "kind": (["a", "b", "b", None] * rows)[:rows],
            "size": [(3 * i) % 17 for i in range(rows)],
            "price": [round(10 + (i * 37 % 101) / 7, 2) for i in range(rows)],
        }
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_a_small_table_and_gives_rows_like_it(family, tmp_path) -> None:
    model = estimators.fit(table(), family=family, epochs=1, size=0.25, out=tmp_path / "m")
    made = estimators.sample(tmp_path / "m", 40)
    assert made.schema.equals(table().schema)
    assert set(made["kind"].to_pylist()) <= {"a", "b", None}
    assert all(0 <= v <= 16 for v in made["size"].to_pylist())
    assert made.equals(estimators.sample(model, 40))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_takes_a_condition_on_any_columns(family) -> None:
    model = estimators.fit(table(), family=family, epochs=1, size=0.25)
    made = estimators.sample(model, 20, where={"kind": "b", "price": "12.5"})
    assert set(made["kind"].to_pylist()) == {"b"}
    assert set(made["price"].to_pylist()) == {12.5}


def test_the_same_seed_gives_the_same_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        estimators.fit(table(), family="autoregressive", epochs=1, size=0.25, out=tmp_path / name)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b")]
    assert weights[0] == weights[1]


SCRIPT = """
import sys
from pathlib import Path
from fivefold import estimators
from fivefold.training import loop
loop.SAVE_EVERY = 0.0
estimators.fit(sys.argv[1], family="autoregressive", epochs=60, size=0.25, out=sys.argv[2], resume=True)
"""


def test_a_fit_killed_by_the_system_resumes_to_the_same_bytes(tmp_path) -> None:
    data = tmp_path / "data.csv"
    from fivefold.codecs.writing import write_table

    write_table(table(2000), data)

    def start(out):
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(data), str(out)])

    assert start(tmp_path / "whole").wait(120) == 0
    broken = start(tmp_path / "broken")
    checkpoint = tmp_path / "broken" / "training" / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    broken.send_signal(signal.SIGKILL)
    assert broken.wait(30) == -signal.SIGKILL
    with pytest.raises(InputError, match="interrupted"):
        load(tmp_path / "broken")
    with pytest.raises(InputError, match="--resume"):
        estimators.fit(
            data, family="autoregressive", epochs=60, size=0.25, out=tmp_path / "broken"
        )
    assert start(tmp_path / "broken").wait(120) == 0
    one, two = (tmp_path / name / "model.safetensors" for name in ("whole", "broken"))
    assert one.read_bytes() == two.read_bytes()
    assert not (tmp_path / "broken" / "training").exists()


def test_a_finished_model_is_not_overwritten(tmp_path) -> None:
    options = {"family": "autoregressive", "epochs": 1, "size": 0.25, "out": tmp_path / "m"}
    estimators.fit(table(), **options)
    with pytest.raises(InputError, match="finished model"):
        estimators.fit(table(), **options)


def test_a_plan_says_what_would_be_done() -> None:
    plan = estimators.plan(table(), family="autoregressive", size=0.25)
    assert plan["columns"] == {"kind": "category", "size": "integer", "price": "decimal"}
    assert plan["rows"] == {"training": 240, "held_out": 60}
    assert plan["steps"] > 10
    assert plan["seconds"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"family": "flows"}, "unknown family"),
        ({"device": "abacus"}, "no device"),
        ({"schema": "/nowhere.json"}, "no such file"),
    ],
)
def test_wrong_options_are_named(options, message) -> None:
    with pytest.raises(InputError, match=message):
        estimators.fit(table(), **options)


def test_too_many_variables_for_the_memory_are_refused_before_they_are_made() -> None:
    from fivefold.spaces import Space

    with pytest.raises(InputError, match=r"GB to train.*leave columns out"):
        build("autoregressive", Space(None, (2,) * 60_000))


def test_the_estimator_keeps_to_scikit_learns_manners() -> None:
    model = GenerativeModel("autoregressive", epochs=1, size=0.25, random_state=3)
    with pytest.raises(NotFittedError):
        model.sample(2)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert copied.set_params(epochs=2).epochs == 2
    with pytest.raises(InputError, match="no parameter"):
        copied.set_params(depth=2)
    assert model.fit(table()) is model
    assert len(model.sample(5, random_state=1)) == 5
    scores = model.score_samples(table())
    assert scores.shape == (300,)
    assert model.score(table()) == pytest.approx(np.mean(scores))


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "csv.gz"])
def test_samples_are_written_in_the_format_of_their_ending(ending, tmp_path) -> None:
    model = estimators.fit(table(), family="autoregressive", epochs=1, size=0.25)
    seen = []
    out = tmp_path / f"rows.{ending}"
    estimators.sample(model, 30, out=out, on_progress=seen.append)
    assert len(read_table(out)) == 30
    assert seen[-1].done == 1


LINES = [f"{word} and {word}." for word in ("ab", "cd", "ef", "gh")] * 30
TEXTS = {"kind": "text", "alphabet": "characters", "length": 12, "size": 0.25}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_texts_and_gives_texts(family, tmp_path) -> None:
    model = estimators.fit(LINES, family=family, epochs=0.3, out=tmp_path / "m", **TEXTS)
    made = estimators.sample(tmp_path / "m", 10)
    assert made.column_names == ["text"]
    assert made.equals(estimators.sample(model, 10))
    begun = estimators.sample(model, 4, prompt="ab ")["text"].to_pylist()
    assert all(text.startswith("ab ") for text in begun)


def test_the_family_is_chosen_by_the_sort_of_data_where_none_is_named() -> None:
    assert estimators.plan(table(), size=0.25)["family"] == "diffusion"
    plan = estimators.plan(LINES, **TEXTS)
    assert plan["family"] == "autoregressive"
    assert (plan["kind"], plan["alphabet"], plan["length"]) == ("text", "characters", 12)
    assert plan["rows"]["held_out"] >= 1


def test_the_estimator_learns_texts() -> None:
    model = GenerativeModel(epochs=0.5, **TEXTS).fit(LINES)
    assert clone(model).get_params()["alphabet"] == "characters"
    scores = model.score_samples(["ab and ab.", "ba dna ba"])
    assert scores.shape == (2,)
    assert scores[0] > scores[1]
