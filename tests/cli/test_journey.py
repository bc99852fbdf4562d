"""The commands as a person types them, on a small table; in a process of its own where that matters."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fivefold import __version__
from fivefold.cli import main


def process(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "fivefold", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def run(*words: object) -> Result:
    """The command in this process, which has loaded everything already."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(people, tmp_path_factory) -> Path:
    """A model folder that `fivefold fit` wrote."""
    folder = tmp_path_factory.mktemp("fitted") / "model"
    done = process("fit", people, "--family", "autoregressive", "--epochs", 2, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"model: {folder}\n"
    return folder


def test_python_m_fivefold_is_the_command():
    assert process("version").stdout == f"fivefold {__version__}\n"


def test_schema_writes_what_fit_reads(people, tmp_path):
    file = tmp_path / "schema.json"
    assert run("schema", people, "--out", file).exit_code == 0
    printed = run("schema", people).stdout
    assert json.loads(printed)["columns"] == json.loads(file.read_text())["columns"]
    done = run("fit", people, "--schema", file, "--dry-run", "--json")
    assert done.exit_code == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["columns"]["town"] == "category"
    assert {"parameters", "rows", "seconds", "steps"} <= set(plan)


def test_inspect_says_what_a_model_is(model):
    found = json.loads(run("inspect", model, "--json").stdout)
    assert found["family"] == "autoregressive"
    assert list(found["columns"]) == ["age", "income", "town", "owner"]
    assert "family: autoregressive\n" in run("inspect", model).stdout


def test_sample_writes_csv_to_stdout_and_nothing_else(model):
    done = process("sample", model, "--rows", 7)
    rows = list(csv.reader(done.stdout.splitlines()))
    assert done.returncode == 0, done.stderr
    assert rows[0] == ["age", "income", "town", "owner"]
    assert len(rows) == 8
    assert {row[2] for row in rows[1:]} <= {"Leeds", "York", "Hull"}


def test_same_seed_same_bytes_on_stdout_and_in_a_file(model, tmp_path):
    printed = [run("sample", model, "--rows", 50, "--seed", seed).stdout for seed in (1, 1, 2)]
    file = tmp_path / "rows.csv"
    run("sample", model, "--rows", 50, "--seed", 1, "--out", file)
    assert printed[0] == printed[1] != printed[2]
    assert file.read_text() == printed[0]


def test_sample_keeps_to_the_conditions(model):
    done = run("sample", model, "--rows", 20, "--where", "town=York", "--where", "owner=no")
    rows = list(csv.reader(done.stdout.splitlines()))[1:]
    assert {tuple(row[2:]) for row in rows} == {("York", "no")}


def test_a_reader_that_has_enough_is_no_fault(model):
    command = [sys.executable, "-m", "fivefold", "sample", str(model), "--rows", "50000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_measure_judges_any_table(people, tmp_path):
    page = tmp_path / "report.html"
    done = run("measure", people, people, "--target", "owner", "--json", "--out", page)
    assert done.exit_code == 0, done.stderr
    figures = {figure["name"]: figure for figure in json.loads(done.stdout)["figures"]}
    assert figures["column_shape_error"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Column-shape error" in run("measure", people, people).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "nowhere.csv"], "nowhere.csv: no such file"),
        (["fit", "empty.csv", "--out", "model"], "empty.csv"),
        (["schema", "folder"], "is a folder"),
        (["sample", "folder", "--rows", "3"], "folder"),
        (["measure", "nowhere.csv", "adult"], "nowhere.csv"),
        (["fit", "adult", "--out", "model", "--device", "abacus"], "no device 'abacus'"),
        (["fit", "adult", "--out", "model", "--minutes", "0"], "--minutes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line_and_exit_code_2(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "folder").mkdir()
    done = run(*words)
    assert done.exit_code == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")
def test_an_interrupted_fit_says_how_to_go_on_and_does(people, tmp_path):
    folder = tmp_path / "model"
    words = ["fit", str(people), "--family", "autoregressive", "--out", str(folder)]
    command = [sys.executable, "-m", "fivefold", *words, "--epochs", "2000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        wait_for(folder / "training")
        time.sleep(1.0)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said
    assert run(*words, "--epochs", "1").exit_code == 2, (
        "an interrupted training is not overwritten"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")
def test_an_interrupted_comparison_ends_all_its_processes_quietly(people, tmp_path):
    folder = tmp_path / "comparison"
    words = ["compare", str(people), "--minutes", "2", "--seeds", "1", "--out", str(folder)]
    command = [sys.executable, "-m", "fivefold", *words]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline().startswith("compare "), "a first line of progress"
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert f"what is finished lies in {folder}" in said
    assert "Traceback" not in said


def wait_for(place: Path, seconds: float = 60.0) -> None:
    """Wait until a file or folder is there."""
    end = time.monotonic() + seconds
    while not place.exists():
        assert time.monotonic() < end, f"{place} did not appear"
        time.sleep(0.05)


def test_progress_goes_to_stderr_when_data_goes_to_a_file(model, tmp_path):
    done = run("sample", model, "--rows", 10, "--out", tmp_path / "rows.parquet")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert "10 drawn" in done.stderr


@pytest.mark.slow
def test_compare_prints_the_table_and_keeps_report_and_models(people, tmp_path):
    folder = tmp_path / "comparison"
    done = run("compare", people, "--minutes", 1, "--seeds", 1, "--out", folder)
    assert done.exit_code == 0, done.stderr
    assert all(family in done.stdout for family in ("autoregressive", "adversarial", "flow"))
    assert done.stdout.splitlines()[-1] == f"report: {folder / 'report.html'}"
    assert (folder / "report.html").stat().st_size < 3_000_000
    assert json.loads((folder / "report.json").read_text())
