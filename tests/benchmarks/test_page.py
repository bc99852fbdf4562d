import json
from importlib import import_module
from pathlib import Path

import pytest

TABLES = Path(__file__).parents[2] / "benchmarks" / "tables"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.syspath_prepend(str(TABLES))
    return import_module("page").page


def result(name, kind, principle, **others):
    figures = {
        "column_shape_error": {"value": 0.01},
        "pair_trend_error": {"value": 0.02},
        "detection_auc": {"value": 0.6},
        "utility": {"value": 0.9, "floor": 0.92},
        "coverage": {"value": 0.95},
        "membership_tpr_at_1": {"value": None},
    }
    return {
        "name": name,
        "title": name.upper(),
        "maker": "somebody",
        "kind": kind,
        "principle": principle,
        "beside": f"fivefold_{principle}" if kind == "peers" else "",
        "terms": "",
        "limit_cpu_seconds": 900,
        "seed": 0,
        "data": {"name": "people", "rows": 1000, "columns": 3, "sha256": "ab" * 32},
        "holdout": None,
        "target": "income",
        "date": "2026-01-02T03:04Z",
        "load": 1.0,
        "machine": {"cpu": "abacus", "cores": 2, "memory_gib": 8.0, "system": "Linux"},
        "versions": {name: "1.0"},
        "fit_cpu_seconds": 10.0,
        "fit_memory": 10**9,
        "sample_cpu_seconds": 0.5,
        "rows": 1000,
        "figures": figures,
    } | others


def cells(text, start):
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_page_of_no_results_says_so(page):
    assert "Nothing is measured yet." in page([])


def test_row_holds_the_figures_and_a_dash_for_what_is_absent(page):
    row = cells(page([result("tvae", "peers", "variational")]), "variational")
    assert row[1:] == [
        "TVAE",
        "10.0",
        "1.0",
        "2,000",
        "1.00%",
        "2.00%",
        "0.600",
        "0.900",
        "0.950",
        "-",
    ]


def test_ours_stand_before_the_peer_of_the_same_principle_and_real_data_at_the_end(page):
    given = [
        result("real", "scale", "two halves"),
        result("ctgan", "peers", "adversarial"),
        result("tvae", "peers", "variational"),
        result("fivefold_variational", "ours", "variational"),
    ]
    lines = page(given).splitlines()
    order = [
        next(n for n, line in enumerate(lines) if word in line)
        for word in ("**fivefold**", "TVAE", "CTGAN", "REAL")
    ]
    assert order == sorted(order)


def test_ratios_above_one_mean_that_fivefold_is_better(page):
    peer = result("ctgan", "peers", "adversarial", fit_cpu_seconds=50.0, sample_cpu_seconds=2.0)
    ours = result("fivefold_adversarial", "ours", "adversarial")
    row = cells(page([peer, ours]), "CTGAN : adversarial")
    assert row[1:] == ["5.0", "4.0", "1.00", "1.00", "1.00"]


def test_terms_and_failures_are_said(page):
    limited = result("ctgan", "peers", "adversarial", terms="29 of 300 epochs")
    broken = result("nflow", "peers", "flow", failed="sampling: passed the limit")
    del broken["figures"]
    text = page([limited, broken])
    assert "CTGAN (somebody): 29 of 300 epochs." in text
    assert (
        "NFLOW (somebody) has no figures: sampling: passed the limit (fitting alone took 10 CPU s)."
        in text
    )
    assert "CTGAN \\*" in text
    assert "TVAE (sdv) is not measured yet." in text


def test_page_on_disk_is_what_the_script_writes(page):
    results = [json.loads(file.read_text()) for file in sorted(TABLES.glob("results/*.json"))]
    assert (TABLES.parents[1] / "docs" / "benchmarks.md").read_text() == page(results)
