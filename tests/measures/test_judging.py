"""One call for every kind."""

import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.judging import judge
from fivefold.measures.table import measure


def names(figures) -> set[str]:
    found = [figure.name for figure in figures]
    assert len(found) == len(set(found))
    return set(found)


def test_a_table_is_judged_as_measure_judges_it() -> None:
    draw = np.random.default_rng(0)
    tables = [pa.table({"a": draw.normal(size=80), "b": draw.integers(3, size=80)}) for _ in "12"]
    assert judge(*tables) == measure(*tables)


def test_a_log_is_also_asked_what_only_a_log_can_be() -> None:
    draw = np.random.default_rng(0)
    logs = [
        [" | ".join(f"? {s}" for s in draw.choice([*"abc"], 4)) for _ in range(60)] for _ in "12"
    ]
    found = names(judge(*logs, kind="events"))
    assert {"column_shape_error", "coverage", "directly_follows_fitness"} <= found


def test_molecules_are_asked_what_moses_asks() -> None:
    pytest.importorskip("rdkit")
    real, held = ["CCO", "CCN", "CCC", "c1ccccc1O"] * 15, ["CCCO", "CCCN"] * 15
    found = {
        f.name: f for f in judge(real, ["CCO", "C1C", "CCCl"] * 15, kind="molecule", holdout=held)
    }
    assert found["valid"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("kind", "texts", "wanted"),
    [
        ("protein", ["MKVLAA", "MKVWWA", "AAKLMM"] * 8, {"nearest_identity", "kmer_divergence"}),
        ("events", ["? a | ? b", "? a | ? c"] * 12, {"directly_follows_fitness", "fitting_cases"}),
        ("molecule", ["CCO", "c1ccccc1O", "CCN"] * 8, {"valid", "novelty", "snn_test"}),
    ],
)
def test_each_kind_is_asked_what_only_it_can_be_asked(kind, texts, wanted):
    if kind == "molecule":
        pytest.importorskip("rdkit")
    assert wanted <= names(judge(texts, texts[:20], kind=kind))


@pytest.mark.parametrize("option", [{"target": "a"}, {"schema": object()}])
def test_what_is_for_tables_is_refused(option) -> None:
    with pytest.raises(InputError, match=r"does not apply.*'text'"):
        judge(["a b"] * 9, ["b a"] * 9, kind="text", **option)
