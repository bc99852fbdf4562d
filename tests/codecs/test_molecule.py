import gzip

import pyarrow as pa
import pytest

from fivefold.codecs import chemistry
from fivefold.codecs.molecule import MoleculeCodec
from fivefold.codecs.moleculefile import molecules_of, read_molecules
from fivefold.codecs.reading import read_data
from fivefold.errors import InputError, MissingExtraError

DRUGS = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "C[C@H](N)C(=O)O",
    "[Na+].[Cl-]",
    "F/C=C/F",
    "C1CC%10CCCCC%10C1",
    "BrCCl",
    "[13CH4]",
    "c1ccc2[nH]ccc2c1",
]


@pytest.mark.parametrize("alphabet", ["smiles", "fragments", "characters", "bytes"])
def test_smiles_come_back_to_the_letter(alphabet):
    table = pa.table({"smiles": DRUGS})
    codec = MoleculeCodec(alphabet=alphabet).fit(table)
    again = MoleculeCodec.from_dict(codec.to_dict())
    assert again.decode(codec.encode(table)[: len(DRUGS)]).equals(table)


def test_fragments_make_molecules_short_and_never_cut_an_atom():
    table = pa.table({"smiles": ["CC(=O)Nc1ccc(Cl)cc1", "Clc1ccccc1[nH]", "CC(=O)NCl"] * 20})
    single, joined = (MoleculeCodec(alphabet=a).fit(table) for a in ("smiles", "fragments"))
    assert len(joined.encode(table).symbols) < 0.4 * len(single.encode(table).symbols)
    base = joined.alphabet.base
    for word in joined.alphabet.spelling[1:]:
        atoms = base.pattern.findall(word.decode())
        assert "".join(atoms) == word.decode() or len(word) == 1
    symbols, sizes = joined.alphabet.flat(table["smiles"].combine_chunks())
    assert symbols.tolist() == [
        s for t in table["smiles"].to_pylist() for s in joined.alphabet.encode(t)
    ]
    assert sizes.sum() == len(symbols)


def test_symbols_bound_the_fragments():
    table = pa.table({"smiles": ["CC(=O)Nc1ccc(Cl)cc1"] * 20})
    least = MoleculeCodec(alphabet="smiles").fit(table).space.alphabet
    assert (
        MoleculeCodec(alphabet="fragments", symbols=least + 3).fit(table).space.alphabet
        == least + 3
    )


@pytest.mark.parametrize("joins", [7, [[1]], [[0, 1]], [[1, 10**6]], [["x", 1]]])
def test_joins_that_do_not_hold_are_refused(joins):
    state = MoleculeCodec(alphabet="fragments").fit(pa.table({"smiles": DRUGS})).to_dict()
    state["alphabet"]["joins"] = joins
    with pytest.raises(InputError, match="damaged"):
        MoleculeCodec.from_dict(state)


def test_an_atom_in_brackets_that_was_never_seen_can_be_written():
    codec = MoleculeCodec().fit(pa.table({"smiles": ["CCO"]}))
    new = pa.table({"smiles": ["C[Se]C"]})
    assert codec.documents(codec.encode(new)).equals(new)


def test_every_datum_begins_a_molecule():
    codec = MoleculeCodec(length=8).fit(pa.table({"smiles": ["C" * 40, "CCO"]}))
    assert codec.condition({}, 50).values.discrete[:, 0].eq(0).all()


def test_selfies_give_the_canonical_molecule_back():
    pytest.importorskip("selfies")
    pytest.importorskip("rdkit")
    smiles = [chemistry.canonical(text) for text in (DRUGS[0], DRUGS[1], DRUGS[2], DRUGS[6])]
    table = pa.table({"smiles": smiles})
    codec = MoleculeCodec(alphabet="selfies").fit(table)
    assert codec.alphabet.name == "selfies"
    again = MoleculeCodec.from_dict(codec.to_dict())
    assert again.decode(codec.encode(table)[:4]).equals(table)


def test_what_selfies_cannot_write_is_an_error():
    pytest.importorskip("selfies")
    with pytest.raises(InputError, match="SELFIES cannot write"):
        MoleculeCodec(alphabet="selfies").fit(pa.table({"smiles": ["C(", "CO"]}))


def test_without_the_library_selfies_name_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "selfies", None)
    with pytest.raises(MissingExtraError, match="molecule"):
        MoleculeCodec(alphabet="selfies").fit(pa.table({"smiles": ["CCCCCCCO"]}))


def test_few_invalid_molecules_are_left_out_and_named():
    pytest.importorskip("rdkit")
    lines = ["CCO"] * 400
    lines[6], lines[9] = "C1CC", "Pb(C)"
    table = read_molecules("\n".join(lines).encode(), "a.smi")
    assert len(table) == 398
    (notice,) = MoleculeCodec().fit(table).notices
    assert "a.smi:7 'C1CC'" in notice
    assert "a.smi:10 'Pb(C)'" in notice


def test_many_invalid_molecules_are_refused_with_five_lines_and_the_count():
    pytest.importorskip("rdkit")
    with pytest.raises(InputError, match="7 of 27") as caught:
        read_molecules(("C\n" * 20 + "C(\n" * 7).encode(), "a.smi")
    assert "a.smi:21" in str(caught.value)
    assert "a.smi:25" in str(caught.value)
    assert "a.smi:26" not in str(caught.value)
    assert "and 2 more" in str(caught.value)


def test_molecules_written_otherwise_become_canonical():
    pytest.importorskip("rdkit")
    table = read_molecules(b"OCC\nC(O)C\nCO\n", "a.smi")
    assert table["smiles"].to_pylist() == ["CCO", "CCO", "CO"]


def test_a_file_with_names_and_a_header_is_read():
    table = read_molecules(b"SMILES Name\nCCO ethanol\n\nCO\tmethanol\r\n", "a.smi")
    assert table["smiles"].to_pylist() == ["CCO", "CO"]


def test_the_column_of_a_table_is_found_and_a_bad_row_named(tmp_path):
    pytest.importorskip("rdkit")
    path = tmp_path / "a.csv"
    rows = [f"{n},{'C' * (n % 5)}CNC(C)=O" for n in range(200)]
    path.write_text("id,SMILES\n" + "\n".join([*rows, "200,CC(=O"]) + "\n")
    kind, table = read_data(str(path))
    assert (kind, table.column_names, len(table)) == ("molecule", ["smiles"], 200)
    assert "a.csv:202 column SMILES" in MoleculeCodec().fit(table).notices[0]


def test_an_sd_file_is_read():
    chem = pytest.importorskip("rdkit.Chem")
    blocks = [chem.MolToMolBlock(chem.MolFromSmiles(text)) + "$$$$\n" for text in DRUGS[:2]]
    table = read_molecules("".join(blocks).encode(), "a.sdf")
    assert table["smiles"].to_pylist() == [chemistry.canonical(text) for text in DRUGS[:2]]


def test_without_rdkit_molecules_are_taken_unchecked_and_a_notice_says_so(monkeypatch):
    monkeypatch.setattr(chemistry, "_rdkit", lambda: None)
    table = molecules_of(pa.table({"smiles": ["OCC", "C(C"]}), "smiles")
    codec = MoleculeCodec().fit(table)
    assert table["smiles"].to_pylist() == ["OCC", "C(C"]
    assert "fivefold[molecule]" in codec.notices[0]
    assert codec.documents(codec.encode(table)).equals(table.replace_schema_metadata(None))


def test_of_many_molecules_some_are_checked_first_and_all_if_one_is_invalid(monkeypatch):
    pytest.importorskip("rdkit")
    monkeypatch.setattr(chemistry, "CHECKED", 10)
    bad, rewritten, said = chemistry.examine(["CCO"] * 50)
    assert (bad, rewritten) == ([], None)
    assert "10 of 50" in said
    bad, _, _ = chemistry.examine(["C(", "C1"] + ["CCO"] * 48)
    assert bad == [0, 1]


def test_hostile_strings_are_invalid_not_fatal():
    pytest.importorskip("rdkit")
    assert chemistry.canonical("(" * 5_000) is None
    assert chemistry.invalid(["C" * 20_000]) == [0]


@pytest.mark.parametrize("name", ["out.smi", "out.smi.gz"])
def test_written_molecules_are_read_again(tmp_path, name):
    table = pa.table({"smiles": DRUGS[:3]})
    MoleculeCodec().fit(table).write(table, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    data = gzip.decompress(data) if name.endswith("gz") else data
    assert data.decode() == "".join(f"{text}\n" for text in DRUGS[:3])


def test_another_ending_is_refused(tmp_path):
    table = pa.table({"smiles": DRUGS[:3]})
    with pytest.raises(InputError, match=r"\.smi"):
        MoleculeCodec().fit(table).write(table, tmp_path / "out.pdf")
