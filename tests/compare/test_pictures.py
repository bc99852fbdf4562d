"""Molecules as pictures that a page can hold."""

import xml.etree.ElementTree as ET

import pytest

from fivefold.compare.pictures import drawn, molecule

pytest.importorskip("rdkit")


def test_a_molecule_becomes_one_clean_drawing() -> None:
    svg = molecule("CC(=O)Oc1ccccc1C(=O)O")
    root = ET.fromstring(svg)
    assert root.tag == "svg"
    assert root.attrib["viewBox"]
    assert len(list(root)) > 10
    assert "xmlns" not in svg
    assert "http" not in svg


@pytest.mark.parametrize("text", ["", "C1CC", "<script>", "CC(", "c1cc"])
def test_what_is_no_molecule_has_no_picture(text, capfd) -> None:
    assert molecule(text) == ""
    assert capfd.readouterr().err == ""


def test_other_kinds_have_no_pictures() -> None:
    assert drawn(["CC", "to be"], "text") == ["", ""]
    assert drawn(["CC", "to be"], "molecule")[1] == ""
