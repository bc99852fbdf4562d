"""The script that brings a report into the README, and the recipe that reads one."""

import importlib.util
import json
import re
import struct
import sys
from pathlib import Path

import pytest

from fivefold.compare.numerals import bare

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def readme():
    spec = importlib.util.spec_from_file_location("readme", ROOT / "scripts" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_have_a_row_for_each_family_and_the_lines_to_read_first(readme, comparison):
    text = readme.measured(comparison)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 5 + 2 + 5 + 2
    assert len({row.count("|") for row in rows[:7]}) == 1
    assert len({row.count("|") for row in rows[7:]}) == 1
    assert rows[-2].startswith("| shallow mixture |")
    assert rows[-1].startswith("| real against real |")


def test_figures_stand_with_both_words(readme, comparison):
    aspect = comparison.families[0].aspects["training_speed"]
    cell = readme.measured(comparison).splitlines()[2].split(" | ")[1]
    assert (
        cell
        == f"{bare(aspect.figure.value, 's')} {aspect.measured} {'=' if aspect.agrees else '≠ ' + aspect.survey}"
    )


def test_what_is_needed_to_measure_again_stands_beside_it(readme, comparison):
    text = readme.conditions(comparison)
    for fact in (comparison.date[:10], comparison.machine.cpu, comparison.data.sha256[:16]):
        assert fact in text
    assert re.search(r"`fivefold compare \w+ ", text), "the name of the table, not a path"


def test_only_what_stands_between_the_markers_changes(readme, comparison):
    before, after = f"above\n{readme.BEGIN}", f"{readme.END}\nbelow\n"
    once = readme.inserted(f"{before}\nyesterday\n{after}", comparison)
    assert once.startswith(before)
    assert once.endswith(after)
    assert "yesterday" not in once
    assert readme.inserted(once, comparison) == once


def test_a_readme_without_markers_is_refused(readme, comparison):
    with pytest.raises(SystemExit, match="lacks the markers"):
        readme.inserted("nothing here", comparison)


def test_the_readme_has_the_markers(readme):
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count(readme.BEGIN) == text.count(readme.END) == 1


def test_without_a_browser_the_old_picture_stays(readme, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = tmp_path / "report.png"
    picture.write_bytes(b"old")
    readme.photograph(tmp_path / "report.html", picture)
    assert picture.read_bytes() == b"old"
    assert "report.png is as it was" in capsys.readouterr().out


def test_the_browsers_picture_is_kept(readme, tmp_path, monkeypatch, capsys):
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1200, 1700)
    browser = tmp_path / "chromium"
    browser.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "(shot,) = [a.partition('=')[2] for a in sys.argv if a.startswith('--screenshot=')]\n"
        f"open(shot, 'wb').write({png!r})\n"
    )
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    readme.photograph(tmp_path / "report.html", tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes() == png
    assert "1200 x 1700" in capsys.readouterr().out


def test_the_recipe_for_report_json_runs(comparison, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comparison").mkdir()
    document = json.dumps(comparison.to_dict())
    (tmp_path / "comparison" / "report.json").write_text(document, encoding="utf-8")
    page = (ROOT / "docs" / "how-to.md").read_text("utf-8")
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "report[" in c]
    exec(code, {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == comparison.advice.headline
    assert len(printed) == 1 + 5 + 1
