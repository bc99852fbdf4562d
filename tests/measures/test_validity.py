import builtins

import pytest

from fivefold.measures.chemistry import rdkit
from fivefold.measures.validity import exact_copies, validity


@pytest.mark.parametrize(
    "text", ["(" * 5_000, "x = '\\d'", "-" * 20_000 + "1", "a\0b", "[" * 300 + "]" * 300]
)
def test_hostile_programs_are_parsed_without_harm(text):
    assert validity([text], [text], kind="code").value in (0.0, 1.0)


def test_each_kind_is_judged_by_its_own_grammar():
    assert validity(["x = 1", "x ="], ["y = 2"], kind="code").value == 0.5
    assert validity(["MKV", "mkv", "M*", ""], ["MK"], kind="protein").value == 0.25
    assert validity(["a"], ["b"], kind="text") is None
    figure = validity([], [], kind="code")
    assert figure.value is figure.low is None


def test_molecules_are_judged_by_rdkit():
    pytest.importorskip("rdkit")
    figure = validity(
        ["CCO", "C1CC", "c1ccccc1", "C(C)(C)(C)(C)C", "", "garbage"], ["C"], kind="molecule"
    )
    assert figure.value == pytest.approx(2 / 6)
    assert figure.floor == 1


def test_without_rdkit_the_figure_names_the_extra(monkeypatch):
    real = builtins.__import__
    rdkit.cache_clear()

    def without(name, *args, **kwargs):
        if name.startswith("rdkit"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr("fivefold.measures.chemistry.import_module", without)
    figure = validity(["CCO"], ["C"], kind="molecule")
    rdkit.cache_clear()
    assert figure.value is None
    assert "fivefold[molecule]" in figure.note


def test_copies_are_counted_with_an_exact_interval():
    figure = exact_copies(["a", "b"], ["a", "a", "c", "d"], ["b", "e"])
    assert figure.value == figure.floor == 0.5
    assert figure.low == pytest.approx(0.0676, abs=1e-3)
