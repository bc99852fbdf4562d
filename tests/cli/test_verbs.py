"""Every verb: its help, its options and what it hands to the Python API."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from fivefold.cli import main, options

VERBS = [
    "compare",
    "doctor",
    "exam",
    "export",
    "fill",
    "fit",
    "forecast",
    "import",
    "inspect",
    "interpolate",
    "measure",
    "sample",
    "schema",
    "score",
    "version",
]


READING = dict.fromkeys(
    (
        *("kind", "column", "alphabet", "symbols", "length", "picture_size", "crop", "channels"),
        *("rate", "seconds", "skip_bad"),
    )
)
WRITING = {
    "prompt": None,
    "temperature": None,
    "top_k": None,
    "top_p": None,
    "min_p": None,
    "repetition_penalty": None,
    "max_symbols": None,
    "stop": (),
    "regex": None,
    "engine": None,
    "guidance": None,
    "steps": None,
}


def run(*words: str):
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def calls(monkeypatch):
    """The Python API replaced by functions that note what they are given."""
    noted: list[tuple] = []

    def note(answer):
        def function(*words, **settings):
            settings.pop("on_progress", None)
            noted.append((words, settings))
            return answer

        return function

    model = SimpleNamespace(describe=lambda: {"family": "flow", "rows": 3})
    comparison = SimpleNamespace(
        to_dict=lambda: {"families": [], "spread": float("nan")},
        text=lambda: "the table",
        report=Path("out/report.html"),
    )
    modules = {
        "fivefold.estimators": {
            "fit": note(model),
            "plan": note({"rows": 3, "seconds": 1.5}),
            "sample": note(None),
        },
        "fivefold.compare": {"compare": note(comparison)},
        "fivefold.model": {"load": lambda folder: model},
    }
    for name, functions in modules.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**functions))
    return noted


@pytest.fixture
def data(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("a,b\n1,2\n")
    return file


def test_these_are_the_verbs():
    assert sorted(main.commands) == VERBS


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_verb_has_help_with_an_example(verb, flag):
    done = run(verb, flag)
    assert done.exit_code == 0
    assert f"Example:\n    fivefold {verb}" in done.output


def test_help_of_all_shows_verbs_an_example_and_the_exit_codes():
    done = run("-h")
    assert all(f"\n  {verb} " in done.output for verb in VERBS)
    assert "Example:\n" in done.output
    assert "130 interrupted" in done.output


def test_every_option_is_explained():
    for verb in main.commands.values():
        assert not [p.name for p in verb.params if p.param_type_name == "option" and not p.help]


def test_kinds_are_those_that_the_package_has():
    from fivefold.codecs import CODECS

    assert set(options.KINDS) == set(CODECS)


def test_families_are_those_that_the_package_has():
    from fivefold.families import FAMILIES

    assert set(options.FAMILIES) == set(FAMILIES)


def test_compare_hands_its_options_on(calls, data):
    words = (
        f"compare {data} --minutes 2 --families flow,diffusion --seeds 3 --target b --threads 1"
    )
    done = run(*words.split(), "--out", "out", "--seed", "7", "--encoding", "latin-1")
    assert done.exit_code == 0, done.output
    settings = {
        "minutes": 2.0,
        "families": ["flow", "diffusion"],
        "seeds": 3,
        "target": "b",
        "out": Path("out"),
        "seed": 7,
        "schema": None,
        "threads": 1,
        "encoding": "latin-1",
        **READING,
    }
    assert calls == [((str(data),), settings)]
    assert done.stdout == "the table\nreport: out/report.html\n"


def test_compare_prints_json_that_every_reader_takes(calls, data):
    done = run("compare", str(data), "--json")
    assert json.loads(done.stdout, parse_constant=pytest.fail) == {"families": [], "spread": None}


def test_a_file_of_the_same_name_goes_before_a_bundled_table(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "adult").write_text("a,b\n1,2\n")
    run("compare", "adult")
    assert calls[0][0] == ("adult",)


@pytest.mark.parametrize("families", ["flow,gan", "", " , "])
def test_compare_names_the_families_there_are(calls, families):
    done = run("compare", "adult", "--families", families)
    assert done.exit_code == 2
    assert "autoregressive" in done.stderr
    assert not calls


def test_fit_hands_its_options_on(calls, data):
    words = f"fit {data} --family flow --out model --minutes 1 --epochs 3 --size 0.5 --resume"
    done = run(*words.split(), "--device", "cpu", "--threads", "2")
    assert done.exit_code == 0, done.output
    settings = {
        "family": "flow",
        "out": Path("model"),
        "minutes": 1.0,
        "epochs": 3.0,
        "size": 0.5,
        "resume": True,
        "net": None,
        "start": None,
        "lora": None,
        "schema": None,
        "seed": 0,
        "threads": 2,
        "device": "cpu",
        "shard": False,
        "encoding": None,
        **READING,
    }
    assert calls == [((str(data),), settings)]
    assert done.stdout == "model: model\n"


def test_fit_without_a_place_for_the_model_is_refused_before_any_work(calls, data):
    done = run("fit", str(data))
    assert done.exit_code == 2
    assert "--out" in done.stderr
    assert not calls


def test_fit_dry_run_prints_the_plan_and_needs_no_place(calls, data):
    assert run("fit", str(data), "--dry-run").stdout == "rows: 3\nseconds: 1.5\n"
    assert json.loads(run("fit", str(data), "--dry-run", "--json").stdout)["rows"] == 3


def test_sample_hands_its_conditions_on(calls, tmp_path):
    done = run(
        *("sample", str(tmp_path), "--rows", "5", "--out", "rows.csv", "--balance", "sex"),
        *("--where", "income=>50K", "--where", "note=a=b"),
    )
    assert done.exit_code == 0, done.output
    where = {"income": ">50K", "note": "a=b"}
    settings = {"out": "rows.csv", "where": where, "balance": "sex", "avoid": None, "seed": 0}
    assert calls == [((tmp_path, 5), {**settings, **WRITING})]
    assert done.stdout == ""


def test_sample_hands_on_how_a_text_shall_be_written(calls, tmp_path):
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "integer"}')
    done = run(
        *("sample", str(tmp_path), "--prompt", "Once", "--count", "5", "--temperature", "0.5"),
        *("--top-k", "7", "--stop", "a", "--stop", "b", "--json-schema", str(schema)),
    )
    assert done.exit_code == 0, done.output
    (words, settings) = calls[0]
    assert words == (tmp_path, 5)
    wanted = {"prompt": "Once", "temperature": 0.5, "top_k": 7, "stop": ("a", "b")}
    assert {name: settings[name] for name in wanted} == wanted
    assert settings["schema"] == '{"type": "integer"}'


def test_fit_and_compare_hand_on_what_the_data_are(calls, data):
    words = "--kind molecule --column smiles --alphabet tokens --symbols 90 --length 64"
    for verb in (["fit", "--out", "model"], ["compare"]):
        done = run(verb[0], str(data), *verb[1:], *words.split())
        assert done.exit_code == 0, done.output
    wanted = {"kind": "molecule", "column": "smiles", "alphabet": "tokens"}
    for _, settings in calls:
        assert {**wanted, "symbols": 90, "length": 64}.items() <= settings.items()


@pytest.mark.parametrize("where", [["income"], ["=5"], ["a=1", "--where", "a=2"]])
def test_sample_refuses_a_condition_that_is_none(calls, tmp_path, where):
    done = run("sample", str(tmp_path), "--out", "rows.csv", "--where", *where)
    assert done.exit_code == 2
    assert not calls


def test_inspect_prints_an_outline_or_json(calls, tmp_path):
    (tmp_path / "manifest.json").touch()
    assert run("inspect", str(tmp_path)).stdout == "family: flow\nrows: 3\n"
    assert json.loads(run("inspect", str(tmp_path), "--json").stdout) == {
        "family": "flow",
        "rows": 3,
    }


@pytest.mark.parametrize(
    ("verb", "words"),
    [("inspect", "nowhere: no such file"), ("sample", "'nowhere' does not exist")],
)
def test_a_model_that_is_not_there_is_wrong_input(verb, words):
    done = run(verb, "nowhere")
    assert done.exit_code == 2
    assert words in done.stderr


def test_version_says_the_same_in_three_ways():
    from fivefold import __version__

    assert run("version").stdout == f"fivefold {__version__}\n"
    assert __version__ in run("--version").stdout
    assert json.loads(run("version", "--json").stdout)["fivefold"] == __version__
