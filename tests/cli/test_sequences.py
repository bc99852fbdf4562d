"""The commands on texts: the same verbs as for tables, and those that only sequences have."""

import json

import pytest
from click.testing import CliRunner, Result

from fivefold.cli import main
from fivefold.generation import ENGINES

LINES = [f"{word} and {word} make {word}{word}." for word in ("ab", "cd", "ef", "gh")] * 30


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    file = tmp_path_factory.mktemp("texts") / "lines.csv"
    file.write_text("line,n\n" + "".join(f'"{line}",1\n' for line in LINES))
    return file


@pytest.fixture(scope="module")
def model(corpus):
    folder = corpus.parent / "model"
    done = run(
        *("fit", corpus, "--kind", "text", "--column", "line", "--alphabet", "characters"),
        *("--length", 32, "--epochs", 2, "--size", 0.5, "--out", folder),
    )
    assert done.exit_code == 0, done.output
    return folder


def test_the_family_of_texts_is_autoregressive_if_none_is_named(model) -> None:
    found = json.loads(run("inspect", model, "--json").stdout)
    assert (found["family"], found["kind"], found["alphabet"]) == (
        "autoregressive",
        "text",
        "characters",
    )
    assert found["length"] == 32
    assert "- alphabet: characters" in (model / "README.md").read_text()


def test_a_dry_run_says_how_texts_would_be_written(corpus) -> None:
    words = ("--kind", "text", "--column", "line", "--alphabet", "bytes", "--length", 16)
    plan = json.loads(run("fit", corpus, *words, "--dry-run", "--json").stdout)
    assert (plan["kind"], plan["symbols"], plan["length"]) == ("text", 257, 16)
    assert plan["rows"]["training"] > plan["rows"]["held_out"] > 0


def test_texts_go_on_from_a_prompt(model) -> None:
    done = run("sample", model, "--prompt", "ab and", "--count", 4, "--temperature", 0, "--quiet")
    assert done.exit_code == 0, done.output
    texts = done.stdout.splitlines()
    assert len(texts) == 4
    assert all(text.startswith("ab and") for text in texts)


def test_another_engine_writes_the_same_greedy_texts(model) -> None:
    pytest.importorskip("ctranslate2")
    words = ("--prompt", "ab and", "--count", 2, "--temperature", 0, "--max-symbols", 8, "--quiet")
    found = [run("sample", model, *words, "--engine", engine) for engine in ENGINES]
    assert [done.exit_code for done in found] == [0, 0, 0], found[-1].output
    assert found[0].stdout == found[1].stdout
    refused = run("sample", model, *words, "--regex", "a+", "--engine", "ctranslate2")
    assert refused.exit_code == 2
    assert "under a constraint" in refused.stderr


def test_a_text_is_scored(model) -> None:
    printed = run("score", model, "ab and ab make abab.")
    assert printed.exit_code == 0, printed.output
    assert "bits per byte" in printed.stdout
    told = json.loads(run("score", model, "ab and ab make abab.", "--json").stdout)
    assert told["likelihood"] == "exact"
    (text,) = told["texts"]
    assert len(text["symbols"]) == 21
    assert told["bits_per_byte"] == pytest.approx(text["bits_per_byte"])


def test_texts_are_measured(corpus, tmp_path) -> None:
    page = tmp_path / "report.html"
    words = ("--kind", "text", "--column", "line")
    made = tmp_path / "made.csv"
    made.write_text("text\n" + "\n".join(f'"{line}"' for line in LINES[:60]))
    done = run("measure", corpus, made, *words, "--json", "--out", page)
    assert done.exit_code == 0, done.output
    figures = {f["name"]: f for f in json.loads(done.stdout)["figures"]}
    assert figures["column_shape_error"]["value"] < 0.05
    assert "Lengths and units" in page.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample", "MODEL", "--where", "age=3"], "--where is for models of tables"),
        (["sample", "MODEL", "--prompt", "xyz" * 40], "prompt"),
        (["fit", "CORPUS", "--kind", "text", "--column", "nowhere", "--out", "m"], "nowhere"),
        (["fit", "CORPUS", "--kind", "molecule", "--column", "line", "--out", "m"], "line"),
        (["fit", "CORPUS", "--kind", "text", "--column", "line", "--schema", "CORPUS", "--out", "m"], "--schema"),
        (["fit", "tiny.txt", "--kind", "text", "--out", "m"], "--length"),
        (["fit", "empty.txt", "--kind", "text", "--out", "m"], "empty.txt"),
        (["compare", "tiny.txt", "--kind", "text"], "needs a training part and a holdout"),
        (["measure", "CORPUS", "CORPUS", "--kind", "text", "--column", "line", "--target", "n"], "--target"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_use_is_one_line(words, said, model, corpus, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.txt").write_text("to be or not")
    (tmp_path / "empty.txt").touch()
    places = {"MODEL": str(model), "CORPUS": str(corpus)}
    done = run(*(places.get(word, word) for word in words))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
