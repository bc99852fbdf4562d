"""README and docs: their Python runs, their commands exist, their links lead somewhere."""

import gzip
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
import pytest

from fivefold import data
from fivefold.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
WRITTEN_BY_SCRIPTS = {ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "report.png"}


def blocks(page: Path, language: str) -> list[str]:
    return [body for tongue, body in FENCE.findall(page.read_text("utf-8")) if tongue == language]


def commands(page: Path) -> Iterator[list[str]]:
    """The `fivefold` commands of a page, whether they stand alone, in a sentence or in a table."""
    text = page.read_text("utf-8")
    for line in "\n".join(blocks(page, "sh")).splitlines():
        if line.startswith("fivefold "):
            yield shlex.split(re.split(r" [|>] ", line)[0], comments=True)
    for quoted in re.findall(r"`(fivefold [^`\n]+)`", text):
        yield shlex.split(quoted)


def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    few = tmp_path / "adult.csv"
    with gzip.open(data.path("adult"), "rt", encoding="utf-8") as table:
        few.write_text("".join(islice(table, 1500)), encoding="utf-8")
    monkeypatch.setattr(data, "path", {"adult": few}.__getitem__)
    (code,) = blocks(ROOT / "README.md", "python")
    assert len(code.splitlines()) <= 10
    code = quicker(code, "minutes=1", "epochs=1")
    run(quicker(code, '"detection"]', '"detection"], rows=300'))
    printed = capsys.readouterr().out
    assert printed.startswith("Column-shape error: 0.")
    assert len(printed.splitlines()) == 3


def test_python_of_the_recipes_runs(people, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(people, tmp_path)
    codes = [
        code for code in blocks(ROOT / "docs" / "how-to.md", "python") if "report" not in code
    ]
    assert len(codes) >= 4
    for code in codes:
        run(code)


@pytest.mark.parametrize("name", ["pictures.md", "series.md"])
def test_python_of_grids_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "docs" / name, "python")
    run(code)


@pytest.mark.slow
def test_the_tutorial_works_from_top_to_bottom(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    for language, body in FENCE.findall(quicker(page, "--minutes 1", "--minutes 0.05")):
        if language == "python":
            run(body)
            continue
        for line in body.splitlines():
            words = [sys.executable, "-m", *shlex.split(line)]
            assert subprocess.run(words, check=False).returncode == 0, line
    assert Path("comparison/report.html").exists()
    assert Path("judged.html").exists()
    assert "least likely: row" in capfd.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist_with_their_options(page):
    for _, *words in commands(page):
        context = click.Context(main)
        known, verb = options(main), None
        for word in words:
            if word.startswith("-") and len(word) > 1:
                assert word.partition("=")[0] in known, shlex.join(words)
            elif verb is None and not word.isupper():
                verb = main.get_command(context, word)
                assert verb is not None, shlex.join(words)
                known = known | options(verb)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        name, _, heading = link.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists() or there in WRITTEN_BY_SCRIPTS, link
        assert not heading or heading in headings(there), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_is_fenced_in_a_known_language(page):
    fences = re.findall(r"^```.*$", page.read_text("utf-8"), re.MULTILINE)
    assert set(fences[::2]) <= {"```", "```sh", "```python", "```json"}
    assert set(fences[1::2]) <= {"```"}


def quicker(text: str, what: str, instead: str) -> str:
    assert what in text
    return text.replace(what, instead)


def run(code: str) -> None:
    exec(compile(code, "docs", "exec"), {"__name__": "docs"})


def options(command: click.Command) -> set[str]:
    named = (name for option in command.params for name in option.opts if name.startswith("-"))
    return {*named, "-h", "--help"}


def headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
