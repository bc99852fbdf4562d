"""The comparison as a whole, on a table of some hundred rows."""

import json

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.table import TableCodec
from fivefold.compare.jobs import Job, memory
from fivefold.compare.protocol import check_families, compare, fit_seconds
from fivefold.compare.result import Comparison
from fivefold.compare.tables import TableTrial, widened
from fivefold.compare.words import ASPECTS
from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.preparation import build
from fivefold.spaces import Batch, Space


def split(table: pa.Table, seed: int):
    return TableTrial.split(TableCodec(), table, seed)


def people(rows: int = 400) -> pa.Table:
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], rows)
    age = rng.integers(18, 80, rows)
    pay = np.round(1000 + 30.0 * age + 200 * (sex == "m") + rng.normal(0, 80, rows), 2)
    rich = np.where(pay > np.median(pay), "yes", "no")
    return pa.table({"sex": sex, "age": age, "pay": pay, "rich": rich})


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare") / "out"
    kept = compare(
        people(),
        minutes=0.02,
        families=["flow", "autoregressive"],
        seeds=2,
        target="rich",
        out=folder,
    )
    return kept, folder


def test_a_comparison_measures_every_family_with_every_seed(done) -> None:
    comparison = done[0].comparison
    assert [f.family for f in comparison.families] == ["autoregressive", "flow"]
    for family in comparison.families:
        assert [run.seed for run in family.runs] == [0, 1]
        assert not family.failed
        assert set(family.aspects) == set(ASPECTS)
        assert family.figures["quality"].value > 0.3
        assert family.figures["log_prob"].value is not None
        assert len(family.sizes) == 3
        assert [point.columns for point in family.scaling] == [2, 4, 8, 16]
    assert comparison.baseline.figures["quality"].value > 0.3
    assert comparison.floor["detection_auc"].value is not None
    assert comparison.advice.family in FAMILIES


def test_the_parts_of_the_data_add_up_and_the_models_are_kept(done) -> None:
    from fivefold.model import load

    data = done[0].comparison.data
    assert data.train + data.validation + data.holdout == data.rows == 400
    for family in done[0].comparison.families:
        for run in family.runs:
            model = load(run.folder)
            assert model.evidence["figures"]["detection_auc"]["value"] is not None


def test_the_report_json_is_the_comparison(done) -> None:
    kept, folder = done
    document = json.loads((folder / "report.json").read_text())
    assert Comparison.from_dict(document) == Comparison.from_dict(kept.to_dict())
    assert "<html" in (folder / "report.html").read_text()
    assert "Autoregressive" in kept.text() or "autoregressive" in kept.text()


def test_what_is_finished_is_not_computed_again(done, monkeypatch) -> None:
    kept, folder = done
    from fivefold.compare import protocol

    def refuse(workers):
        class Pool:
            def __enter__(self):
                return self

            def __exit__(self, *fault):
                return None

            def submit(self, *work):
                raise AssertionError("a finished job was started again")

        return Pool()

    monkeypatch.setattr(protocol, "_pool", refuse)
    again = compare(
        people(),
        minutes=0.02,
        families=["flow", "autoregressive"],
        seeds=2,
        target="rich",
        out=folder,
    )
    assert again.comparison.families == kept.comparison.families


def test_training_and_holdout_are_disjoint_by_place_and_all_there() -> None:
    table = people().append_column("row", pa.array(range(400)))
    parts = split(table, 0)
    rows = [
        set(part["row"].to_pylist()) for part in (parts.train, parts.validation, parts.holdout)
    ]
    assert len(set.union(*rows)) == 400
    assert sum(map(len, rows)) == 400


def test_the_same_seed_splits_the_same_way() -> None:
    assert split(people(), 3).train.equals(split(people(), 3).train)
    assert not split(people(), 3).train.equals(split(people(), 4).train)


def test_the_budget_of_a_fit_grows_with_minutes_and_shrinks_with_work() -> None:
    cost = (8.0, 3.0)
    assert fit_seconds(10, 2, 5, 2, *cost) > fit_seconds(5, 2, 5, 2, *cost)
    assert fit_seconds(5, 2, 5, 2, *cost) > fit_seconds(5, 2, 5, 4, *cost)
    assert fit_seconds(0.01, 1, 5, 2, *cost) > 0


def test_families_are_checked_and_put_in_the_order_of_the_survey() -> None:
    assert check_families(["diffusion", "autoregressive"]) == ["autoregressive", "diffusion"]
    with pytest.raises(InputError, match="unknown family 'gan'"):
        check_families(["gan"])


def test_too_few_rows_and_an_unknown_target_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="8 rows"):
        compare(people(8), out=tmp_path)
    with pytest.raises(InputError, match="rich"):
        compare(people(), target="rihc", out=tmp_path)


def test_a_fault_in_the_data_is_named_by_its_place_in_the_file(tmp_path) -> None:
    file = tmp_path / "data.csv"
    rows = [f"{i},{i % 3}" for i in range(400)]
    file.write_text("\n".join(["a,b", *rows[:77], "x,1", *rows[77:]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"data.csv:79 column a"):
        compare(file, out=tmp_path / "out")


def test_a_job_is_known_by_what_its_result_depends_on() -> None:
    job = Job("fit", "/a", "digest", family="flow", folder="/b")
    assert job.key == Job("fit", "/c", "digest", family="flow", folder="/d").key
    assert job.key != Job("fit", "/a", "digest", family="flow", seed=1).key
    assert job.key != Job("fit", "/a", "other", family="flow").key


def test_a_widened_table_has_so_many_times_the_variables() -> None:
    import torch

    space = Space((2,), (3, 4, 5))
    x = Batch(torch.randn(8, 2), torch.zeros(8, 3, dtype=torch.int64))
    for width, expected in ((0.5, (1, 2)), (1.0, (2, 3)), (4.0, (8, 12))):
        wide, wider = widened(x, space, width)
        assert (wider.dimensions, wider.positions) == expected
        assert wide.continuous.shape[1] == expected[0]
        assert wide.discrete.shape[1] == expected[1]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_memory_of_training_grows_with_the_table(family) -> None:
    import torch

    found = []
    for count in (4, 16):
        space = Space((2,), (3,) * count)
        x = Batch(torch.randn(64, 2), torch.zeros(64, count, dtype=torch.int64))
        model = build(family, space, size=0.25)
        model.prepare(x, torch.Generator())
        found.append(memory(model, x))
    assert 0 < found[0] < found[1]
