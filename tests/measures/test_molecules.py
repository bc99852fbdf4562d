"""Figures of molecules, against package molsets (MOSES' own code) on the same molecules."""

import csv
import gzip
import importlib.util
import itertools
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from fivefold.errors import InputError, MissingExtraError
from fivefold.measures import chemistry, chemnet
from fivefold.measures.molecules import measure_molecules
from fivefold.measures.resemblance import Molecules, likeness, nearest, similarities

pytest.importorskip("rdkit")

DRUGS = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "CC(=O)Nc1ccc(O)cc1",
    "c1ccc2c(c1)[nH]c1ccccc12",
    "C1CCC2(CC1)OCCO2",
]


def read(name, count, skip=0):
    found = importlib.util.find_spec("moses")
    if found is None:
        pytest.skip("needs package molsets")
    folder = Path(found.submodule_search_locations[0])
    with gzip.open(folder / "dataset" / "data" / f"{name}.csv.gz", "rt") as stream:
        return [row[0] for row in itertools.islice(csv.reader(stream), 1 + skip, 1 + skip + count)]


@pytest.fixture(scope="module")
def moses():
    """MOSES' metrics, with what has since gone from pandas, numpy and RDKit put back for its import."""
    for name in ("moses", "fcd_torch", "pandas"):
        pytest.importorskip(name) if name != "moses" else read("test", 1)
    import pandas as pd

    six, plots = types.ModuleType("rdkit.six"), types.ModuleType("matplotlib")
    six.iteritems = dict.items
    plots.pyplot = types.ModuleType("matplotlib.pyplot")
    patch = pytest.MonkeyPatch()
    for name, module in (
        ("rdkit.six", six),
        ("matplotlib", plots),
        ("matplotlib.pyplot", plots.pyplot),
    ):
        patch.setitem(sys.modules, name, module)
    patch.setattr(
        pd.DataFrame,
        "append",
        lambda self, other, sort: pd.concat([self, other], sort=sort),
        raising=False,
    )
    patch.setattr(np, "NaN", np.nan, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from moses.metrics import metrics
        except Exception as fault:  # its imports break with newer packages
            pytest.skip(f"molsets cannot be imported: {fault}")
        yield metrics
    patch.undo()


def test_every_figure_agrees_with_molsets_to_three_digits(moses):
    train, test, scaffolds = read("train", 300), read("test", 150), read("test_scaffolds", 100)
    made = [
        *read("train", 90),
        *read("test", 60, skip=1_000),
        *["C1CC", "xx", "", "c1ccccc"],
        *[
            "CCO",
            "[Na+].[Cl-]",
            "CC[N+](C)(C)C",
            "C1CCCCCCCC1",
            "O=C=NCCBr",
            "C[Si](C)(C)C",
            "CCO",
        ],
        *DRUGS,
    ]
    known = [text for text in chemistry.canonical(train) if text]
    theirs = moses.get_all_metrics(
        made, k=[50, 100], test=test, test_scaffolds=scaffolds, train=known
    )
    figures = measure_molecules(
        train, made, test, scaffold_test=scaffolds, ks=(50, 100), floors=False
    )
    ours = {figure.name: figure.value for figure in figures}
    pairs = {
        "valid": "valid",
        "unique_at_50": "unique@50",
        "unique_at_100": "unique@100",
        "novelty": "Novelty",
        "internal_diversity": "IntDiv",
        "internal_diversity_2": "IntDiv2",
        "filters": "Filters",
        **{f"{key.lower()}_distance": key for key in ("logP", "SA", "QED", "weight")},
    }
    for name, key in (
        ("snn", "SNN"),
        ("fragments", "Frag"),
        ("scaffolds", "Scaf"),
        ("fcd", "FCD"),
    ):
        pairs |= {f"{name}_test": f"{key}/Test", f"{name}_scaffold_test": f"{key}/TestSF"}
    assert set(pairs) == set(ours)
    assert set(pairs.values()) == set(theirs)
    for name, key in pairs.items():
        assert ours[name] == pytest.approx(theirs[key], rel=5e-4, abs=1e-6), name
    assert 0.5 < ours["valid"] < 1
    assert 0.9 < ours["filters"] < 1


def test_real_molecules_lie_at_the_floor_and_one_scaffold_does_not():
    train, test = read("train", 250), read("test", 250)
    given = {"fcd": False, "properties": False, "ks": (100,)}
    same = {
        f.name: f for f in measure_molecules(train, read("test", 200, skip=2_000), test, **given)
    }
    for name in ("internal_diversity", "snn_test", "filters"):
        assert same[name].value == pytest.approx(same[name].floor, abs=0.08), name
        assert same[name].low <= same[name].value <= same[name].high
    assert "logp_distance" not in same
    assert same["fcd_test"].note == "not asked for"
    chains = ["C" * k + "O" for k in range(1, 41)] * 8
    poor = {f.name: f for f in measure_molecules(train, chains, test, **given)}
    assert poor["unique_at_100"].value == pytest.approx(0.4)
    assert poor["internal_diversity"].high < same["internal_diversity"].floor
    assert poor["scaffolds_test"].value is None
    assert poor["novelty"].value == 1


def test_nothing_valid_has_figures_without_values():
    found = {f.name: f for f in measure_molecules(DRUGS, ["xx", ""], DRUGS, fcd=False)}
    assert found["valid"].value == 0
    assert found["valid"].high < 1
    assert found["novelty"].value is None
    assert found["unique_at_1000"].note
    with pytest.raises(InputError, match="no valid molecule"):
        measure_molecules(DRUGS, DRUGS, ["xx"])


def test_training_molecules_written_otherwise_are_still_known():
    found = {
        f.name: f
        for f in measure_molecules(["OCC", "C(C)N"], ["CCO", "CCN", "CCC"], DRUGS, fcd=False)
    }
    assert found["novelty"].value == pytest.approx(1 / 3)


def test_similarities_are_tanimoto_whatever_the_type_of_the_product():
    dice = np.random.default_rng(0)
    for share in (0.05, 0.9):  # few bits: bfloat16; many: float32
        bits = torch.from_numpy((dice.random((40, 1_024)) < share).astype(np.uint8))
        bits[0] = 0
        (found,) = similarities(bits, bits, lambda t: t)
        a = bits.numpy().astype(bool)
        either = (a[:, None] | a[None]).sum(-1)
        expected = np.where(either > 0, (a[:, None] & a[None]).sum(-1) / np.maximum(either, 1), 1)
        assert found.numpy() == pytest.approx(expected, abs=1e-6)


def test_blocks_do_not_change_what_is_measured(monkeypatch):
    molecules = Molecules.of([*DRUGS, "CCO", "CCN"], properties=False)
    whole = nearest(molecules, molecules), *likeness(molecules)
    monkeypatch.setattr("fivefold.measures.resemblance.BLOCK", 3)
    assert nearest(molecules, molecules) == pytest.approx(whole[0])
    for part, expected in zip(likeness(molecules), whole[1:], strict=True):
        assert part == pytest.approx(expected)


def test_processes_share_the_work_and_give_the_same():
    smiles = DRUGS * 170
    assert chemistry.canonical(smiles, jobs=2) == chemistry.canonical(smiles)


def test_chemnet_reads_smiles_as_its_package_does():
    utils = pytest.importorskip("fcd_torch.utils")
    odd = [
        *DRUGS,
        "[Na+].[Cl-]",
        "C" * 400,
        "[Si](C)(C)C",
        "Br",
        "C[C@@H](N)C(=O)O",
        "[nH]1cccc1",
        "I",
    ]
    expected = np.stack([utils.get_one_hot(text, 350) / 35 for text in odd])
    assert chemnet.encoded(odd).transpose(1, 2).numpy() == pytest.approx(expected)


def test_one_molecule_has_no_cloud():
    assert chemnet.cloud(["C"]) is None


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    def without(name):
        raise ImportError(name)

    chemistry.rdkit.cache_clear()
    monkeypatch.setattr(chemistry, "import_module", without)
    with pytest.raises(MissingExtraError, match=r"fivefold\[molecule\]"):
        measure_molecules(DRUGS, DRUGS, DRUGS)
    monkeypatch.undo()
    chemnet._net.cache_clear()
    monkeypatch.setattr(chemnet, "import_module", without)
    found = {f.name: f for f in measure_molecules(DRUGS, DRUGS, DRUGS, properties=False)}
    assert "fivefold[fcd]" in found["fcd_test"].note
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    chemistry.rejected_patterns.cache_clear()
    assert chemistry.clean(DRUGS) is None
    chemistry.rejected_patterns.cache_clear()
