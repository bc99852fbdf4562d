"""The package as a whole: what importing it costs, what it offers, what it must never contain."""

import ast
import gzip
import hashlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import fivefold
from fivefold.data import BUNDLED
from fivefold.data import path as bundled_path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "fivefold"
HEAVY = {"jinja2", "numpy", "pandas", "pyarrow", "pydantic", "rich", "scipy", "sklearn", "torch"}


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after the code."""
    report = f"import sys\n{code}\nprint('\\n'.join({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    assert not modules_after("import fivefold") & (HEAVY | {"click"})


def test_help_loads_nothing_heavy():
    code = """
from fivefold.cli import main
for words in ([], ["compare"], ["fit"], ["sample"], ["measure"], ["doctor"]):
    main([*words, "--help"], standalone_mode=False)
"""
    assert not modules_after(code) & HEAVY


def test_public_names_are_listed_and_unknown_ones_refused():
    assert {"compare", "fit", "load", "measure", "sample"} <= set(dir(fivefold))
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        fivefold.fitt  # noqa: B018


@pytest.mark.parametrize(
    "name",
    ["GenerativeModel", "Model", "compare", "fit", "load", "measure", "read_table", "sample"],
)
def test_every_public_name_is_there_and_can_be_called(name):
    assert callable(getattr(fivefold, name))


def test_compare_is_called_whether_or_not_its_folder_was_imported(monkeypatch):
    import fivefold.compare

    monkeypatch.setattr(fivefold.compare, "compare", lambda data, **options: (data, options))
    assert fivefold.compare("people.csv", minutes=1) == ("people.csv", {"minutes": 1})


def test_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["version"]["path"] == "src/fivefold/__init__.py"
    assert f"version: {fivefold.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {fivefold.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_bundled_adult_is_the_training_part_of_the_census_table():
    table = gzip.decompress(bundled_path("adult").read_bytes())
    expected = "3b8a6abd697a6623ef2ccbffc3e2802e167e7fdaa853003d3bd557b0ce7f5d2a"
    assert hashlib.sha256(table).hexdigest() == expected
    assert expected in (SOURCE / "data" / "README.md").read_text(encoding="utf-8")


def test_unknown_bundled_table_names_those_that_exist():
    with pytest.raises(fivefold.InputError, match=f"one of: {', '.join(BUNDLED)}"):
        bundled_path("titanic")


def test_locks_are_hashed_and_hold_no_paths_and_no_cuda():
    for name in ("lock.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        pinned = [line for line in text.splitlines() if "==" in line]
        assert pinned
        assert all(line.endswith("\\") for line in pinned), "a package without a hash"
        assert not any(word in text for word in ("file:", "http:", "https:", "nvidia", "cuda"))
        assert not any(line.startswith("torch==") for line in pinned)


FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.load", "numpy.load", "np.load"}


def dotted(node: ast.AST) -> str:
    """The name that an expression spells, such as `torch.load`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def dangers(tree: ast.AST) -> Iterator[str]:
    """What in a module could run code that comes from data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            yield from (
                f"torch.{a.name}"
                for a in node.names
                if node.module == "torch" and a.name == "load"
            )
        else:
            names = []
        yield from (name for name in names if name.partition(".")[0] in FORBIDDEN_MODULES)
        if isinstance(node, ast.Call):
            yield from dangerous_call(node)


def dangerous_call(call: ast.Call) -> Iterator[str]:
    """The name of a call that runs code from data, or a shell."""
    name = dotted(call.func)
    given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
    if name in FORBIDDEN_CALLS:
        yield name
    if name in {"torch.load", "torch.jit.load"} and given.get("weights_only") is not True:
        yield name
    if given.get("shell") or given.get("allow_pickle") or given.get("trust_remote_code"):
        yield f"{name} with a dangerous option"


@pytest.mark.parametrize(
    "file", sorted(SOURCE.rglob("*.py")), ids=lambda f: str(f.relative_to(SOURCE))
)
def test_no_module_runs_code_that_comes_from_data(file):
    assert not list(dangers(ast.parse(file.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "from torch import load",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "eval(text)",
        "subprocess.run(line, shell=True)",
        "numpy.load(file, allow_pickle=True)",
        "yaml.load(text)",
    ],
)
def test_the_walk_finds_dangers(code):
    assert list(dangers(ast.parse(code)))


def test_the_walk_lets_weights_only_pass():
    assert not list(dangers(ast.parse("torch.load(file, weights_only=True)")))
