"""What is said of a diffusion's steps is what was measured."""

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "grids"
BEFORE = ("judging", "pictures", "timelines", "contenders", "tasks", "page", "run")


@pytest.fixture
def steps(monkeypatch):
    for name in (*BEFORE, "steps"):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        found = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, found)
        spec.loader.exec_module(found)
    return found


def test_quality_is_lost_from_that_in_the_most_steps_and_seeds_are_averaged(steps):
    runs = [
        {"steps": n, "seed": seed, "cpu_seconds": n / 10, "quality": quality + seed / 50}
        | {"frechet_distance": 9.0, "precision": 0.8, "recall": 0.7}
        for n, quality in ((4, 0.39), (8, 0.71), (16, 0.78), (50, 0.79))
        for seed in (0, 1)
    ]
    about = {"count": 1_000, "parameters": 2e6, "fit_cpu_seconds": 60.2, "scorer": "features: a"}
    lines = steps.section({**about, "runs": runs}).splitlines()
    row = next(line for line in lines if line.startswith("| 8 |"))
    assert row == "| 8 | 0.720 (0.710 to 0.730) | 10.0% | 9.00 | 0.800 | 0.700 | 1,250 |"
    assert "2.00 M parameters" in lines[2]


def test_a_perfect_drawing_has_quality_one(steps):
    figures = {
        name: {"value": value}
        for name, value in (("frechet_distance", 0.0), ("precision", 1.0), ("recall", 1.0))
    }
    assert steps.told(figures) == {
        "quality": 1.0,
        "frechet_distance": 0.0,
        "precision": 1.0,
        "recall": 1.0,
    }
