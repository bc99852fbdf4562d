"""`fivefold doctor`: what is there, what is not, what to do."""

import json

from click.testing import CliRunner

from fivefold import doctor
from fivefold.cli import main


def test_doctor_finds_everything_well_here():
    done = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert found["problems"] == []
    assert found["device"]["best"] in {"cpu", "cuda", "mps"}
    assert found["machine"]["cores"] >= 1
    assert all(version != "missing" for version in found["packages"].values())


def test_doctor_names_what_is_missing_and_leaves_with_3(monkeypatch):
    real = doctor.installed
    monkeypatch.setattr(
        doctor, "installed", lambda name: None if name == "pyarrow" else real(name)
    )
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 3
    assert "pyarrow: missing" in done.stdout
    assert "pip install pyarrow" in done.stdout


def test_doctor_says_when_nothing_can_be_written(monkeypatch):
    monkeypatch.setattr(doctor, "writable", lambda folder: False)
    problems = doctor.examine()["problems"]
    assert len(problems) == 2
    assert all("not writable" in problem for problem in problems)


def test_a_folder_that_is_not_there_is_not_writable(tmp_path):
    assert doctor.writable(tmp_path)
    assert not doctor.writable(tmp_path / "nowhere")
