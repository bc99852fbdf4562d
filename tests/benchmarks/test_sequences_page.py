"""The page of sequences says what the results say, and nothing else."""

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "sequences"


def module():
    spec = importlib.util.spec_from_file_location("sequences_page", FOLDER / "page.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_page_in_docs_is_the_page_of_the_results() -> None:
    results = [json.loads(p.read_text("utf-8")) for p in (FOLDER / "results").glob("*.json")]
    assert results
    page = (ROOT / "docs" / "benchmarks-sequences.md").read_text("utf-8")
    for result in results:
        assert module().section(result) in page, result["name"]


def test_figures_stand_with_their_intervals() -> None:
    figures = [{"name": "valid", "value": 0.5, "low": 0.4, "high": 0.6}]
    lines = list(module().tables({"steps": 3, "figures": figures}))
    assert "- steps: 3" in lines
    assert "| valid | 0.5 | 0.4 | 0.6 | – |" in lines
