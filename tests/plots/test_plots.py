"""Plots of series: well-formed, broken where values are missing, of their own colours as files."""

import math
from xml.etree import ElementTree as ET

import pytest

from fivefold.plots.fans import Fan, fan_chart, stacked
from fivefold.plots.overlays import Overlay, overlays
from fivefold.plots.stretches import MOST, Stretches, small_multiples, unbroken
from fivefold.plots.svg import standalone

FAN = Fan("a & b", [1.0, math.nan, 2.0], [[0.0, 1.0, 2.0]] * 4, [0.1, 0.5, 0.9], [1.0] * 4)


@pytest.mark.parametrize(
    "drawn",
    [
        fan_chart(FAN),
        stacked([fan_chart(FAN)] * 3, "three <of> them"),
        small_multiples(Stretches(["x", "y"], [[[1.0, 2.0], [math.nan, 3.0]]] * 2), "windows"),
        overlays([Overlay("s", [[1.0, 1e-9, 0.0], [0.5, 0.1, 0.2]], log=True)], "spectra"),
    ],
)
def test_drawings_are_whole_files(drawn):
    tree = ET.fromstring(standalone(drawn))
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(tree.get("width")) > 0
    assert "nan" not in drawn.lower()


def test_a_fan_has_a_band_for_each_pair_of_quantiles_and_what_came():
    drawn = fan_chart(FAN)
    assert drawn.count('class="band k1"') == 1
    assert drawn.count('class="line k1"') == 1, "the median"
    assert drawn.count('class="line k6"') == 3, "two pieces of the past, and what came"


def test_several_charts_stand_in_two_columns():
    tree = ET.fromstring(standalone(stacked([fan_chart(FAN)] * 3, "three")))
    inner = [e for e in tree if e.tag.endswith("svg")]
    assert [(e.get("x"), e.get("y")) for e in inner] == [("0", "0"), ("420", "0"), ("0", "190")]


def test_lines_break_where_values_are_missing():
    assert unbroken([math.nan, 1.0, 2.0, math.nan]) == [[(1, 1.0), (2, 2.0)]]
    assert unbroken([math.nan]) == []


def test_of_many_variables_the_first_are_drawn():
    names = [f"v{n}" for n in range(MOST + 3)]
    drawn = small_multiples(Stretches(names, [[[1.0, 2.0]] * len(names)]), "many")
    assert drawn.count("<path") == MOST
    assert small_multiples(Stretches(["x"], []), "none") == ""
