"""`fivefold exam`, as a person types it."""

import json

import click
import pytest
from click.testing import CliRunner, Result

from fivefold import estimators
from fivefold.cli.exam import exam
from fivefold.cli.faults import Verbs
from fivefold.files import sha256

GROUP = Verbs("fivefold", commands={"exam": exam})


def run(*words: object) -> Result:
    return CliRunner().invoke(GROUP, ["exam", *(str(word) for word in words)])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exams") / "model"
    lines = ["Question: Why?\nAnswer: So", "Question: How?\nAnswer: Thus"] * 30
    estimators.fit(
        lines,
        kind="text",
        alphabet="bytes",
        length=48,
        size=0.5,
        family="autoregressive",
        epochs=1,
        out=folder,
    )
    return folder


@pytest.fixture(scope="module")
def questions(model):
    rows = [{"question": f"Why {k}?", "answer": [f"So {k}"]} for k in range(6)]
    file = model.parent / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_figures_are_printed_with_chance_and_a_note(model, questions) -> None:
    done = run(model, questions, "--count", 4, "--quiet")
    assert done.exit_code == 0, done.output
    head, first, second, *notes = done.stdout.splitlines()
    assert head.split() == ["measure", "value", "interval", "chance", "better"]
    assert first.startswith("Accuracy ")
    assert "25.00%" in first
    assert second.startswith("Accuracy by likelihood a byte")
    assert len(notes) == 1
    assert notes[0].startswith("4 questions, 0 shots")
    assert "drawn from 6" in notes[0]


def test_figures_as_json_come_again(model, questions) -> None:
    words = (model, questions, "--shots", 1, "--seed", 3, "--json")
    first, again = (run(*words).stdout for _ in range(2))
    assert first == again
    told = json.loads(first)
    assert told["sha256"] == sha256(questions)
    assert (told["shots"], told["seed"], told["count"]) == (1, 3, None)
    names = [figure["name"] for figure in told["figures"]]
    assert names == ["accuracy", "accuracy_by_byte"]


def test_wrong_use_is_told_in_one_line(model, questions, tmp_path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "no exam"}')
    for words, part in (
        ((model, other), "no-exam"),
        ((model, questions, "--samples", 2), "samples are for problems"),
        ((model, questions, "--shots", 6), "few-questions"),
        ((tmp_path, questions), "no-manifest"),
        ((model, tmp_path / "none"), "does not exist"),
    ):
        done = run(*words)
        assert done.exit_code == 2
        assert part in done.stderr
        assert not isinstance(done.exception, click.ClickException)


def test_the_help_ends_with_an_example() -> None:
    told = run("--help").stdout
    assert "fivefold exam model HumanEval.jsonl.gz --samples 10" in told
