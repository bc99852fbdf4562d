"""The page of pictures says what the results say."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(grids):
    return grids.page.page


def run(seconds, seed, value, **others):
    figures = {"frechet_distance": {"value": value, "floor": 1.5}, "recall": {"value": 0.75}}
    about = {"date": "2026-01-02T03:04Z", "load": 1.0, "machine": "abacus", "parameters": 2e6}
    return {"seconds": seconds, "seed": seed, "figures": figures, **about, **others}


def result(name, principle, *runs, **others):
    about = {
        "title": name.upper(),
        "maker": "somebody",
        "note": "",
        "count": 500,
        "scorer": "features: a net",
    }
    return {"name": name, "principle": principle, **about, "runs": list(runs), **others}


def cells(text, start):
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_page_of_no_results_says_so(page) -> None:
    text = page({})
    assert text.count("Nothing is measured yet.") == 4


def test_a_curve_is_the_mean_over_seeds_with_its_spread(page) -> None:
    runs = run(30, 0, 40.0), run(60, 0, 20.0), run(60, 1, 30.0)
    text = page({"emoji": [result("vae", "variational", *runs)]})
    assert cells(text, "| variational") == [
        "variational",
        "somebody VAE",
        "40.0",
        "25.0 (20.0 to 30.0)",
    ]
    assert "After 60 CPU seconds" in text
    assert cells(text, "| floor")[:3] == ["floor", "real data", "1.5"]


def test_who_failed_or_is_missing_is_named(page) -> None:
    broken = {"seconds": 30, "seed": 0, "failed": "out of breath"}
    results = [result("maf", "flow", broken), result("vae", "variational", run(30, 0, 9.0))]
    text = page({"mnist": results})
    assert "(flow), 30 CPU s, seed 0, has no figures: out of breath." in text
    assert "torchgan DCGAN (adversarial) is not measured yet." in text
    assert "| flow" not in text


def test_the_page_in_docs_is_the_page_of_the_results(grids) -> None:
    results = grids.run.found(grids.folder / "results")
    assert results["mnist"]
    said = (ROOT / "docs" / "benchmarks-grids.md").read_text("utf-8")
    assert said == grids.page.page(results)
