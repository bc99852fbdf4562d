"""The scripts in benchmarks/grids, which are no package, as modules."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

GRIDS = Path(__file__).parents[2] / "benchmarks" / "grids"
MODULES = ("judging", "pictures", "timelines", "contenders", "tasks", "page", "run")


@pytest.fixture
def grids(monkeypatch):
    found = SimpleNamespace(folder=GRIDS)
    for name in MODULES:
        spec = importlib.util.spec_from_file_location(name, GRIDS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        setattr(found, name, module)
    return found
