import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.compare.charts import (
    Row,
    Series,
    distribution,
    dot_plot,
    growth,
    heat_map,
    quality_curves,
    sparkline,
    training_curves,
)
from fivefold.compare.charts.heat import chosen, difference
from fivefold.compare.result import ColumnResult, FamilyResult, Figure, Run, Step
from fivefold.plots.canvas import Scale, fitted, written

HOSTILE = "<script>alert('x')</script> \"&amp; ]]>"
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


def elements(svg, tag):
    return [e for e in ET.fromstring(svg).iter() if e.tag == tag]


def drawings(comparison):
    keys = [f.family for f in comparison.families]
    yield quality_curves(comparison.families, real=0.988, baseline=comparison.baseline)
    yield quality_curves(comparison.families, width=360)
    yield from (training_curves(f) for f in comparison.families)
    yield from (distribution(column, keys) for column in comparison.columns)
    yield heat_map("real", comparison.pairs.columns, comparison.pairs.real)
    rows = [Row(f.family, f.title, f.figures["detection_auc"]) for f in comparison.families]
    yield dot_plot("Detection", rows, floor=0.499)
    sizes = [
        Series(f.family, [(s.parameters, s.quality) for s in f.sizes]) for f in comparison.families
    ]
    yield growth("Sizes", sizes, across="parameters")
    widths = [
        Series(f.family, [(s.columns, s.seconds) for s in f.scaling]) for f in comparison.families
    ]
    yield growth("Widths", widths, across="columns", log=True)
    yield sparkline([0.1, 0.5, 0.7], "k1")


def test_every_drawing_is_valid_and_named_for_a_screen_reader(comparison):
    for svg in drawings(comparison):
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.find("title").text


def test_no_coordinate_is_undefined(comparison):
    for svg in drawings(comparison):
        assert "nan" not in svg
        assert "inf " not in svg


def test_every_family_with_a_curve_is_labelled(comparison):
    svg = quality_curves(comparison.families)
    names = [e.text for e in elements(svg, "text")]
    assert {"Autoregressive", "Adversarial", "Variational", "Flow", "Diffusion"} <= set(names)


def test_labels_of_curves_do_not_touch(comparison):
    same = [replace(f, curve=comparison.families[0].curve) for f in comparison.families]
    for width in (760, 360):
        labels = [
            e
            for e in elements(quality_curves(same, width=width), "text")
            if "name" in e.get("class", "")
        ]
        heights = sorted(float(e.get("y")) for e in labels)
        assert all(b - a >= 12 for a, b in pairwise(heights))
        assert heights[0] > 0
        assert heights[-1] < 400


def test_without_curves_there_is_no_drawing():
    assert quality_curves([FamilyResult("flow", "Flow")]) == ""
    assert training_curves(FamilyResult("flow", "Flow")) == ""
    assert dot_plot("Nothing", [Row("flow", "Flow", None)]) == ""
    assert heat_map("none", [], []) == ""
    assert growth("one point", [Series("flow", [(1, 1)])], across="x") == ""
    assert distribution(ColumnResult("a", "integer"), ["flow"]) == ""


def test_a_training_that_was_judged_once_is_a_point_within_its_drawing():
    run = Run(0, None, 1.0, 1.0, 1, training=[Step(1, 1.0, 5.0, 9.0)])
    drawn = training_curves(FamilyResult("flow", "Flow", runs=[run]), height=170)
    (point,) = [e for e in ET.fromstring(drawn).iter() if e.tag.endswith("circle")]
    assert 0 < float(point.get("cy")) < 140


def test_a_figure_that_is_missing_is_a_dash():
    rows = [
        Row("flow", "Flow", Figure("a", "A", 0.5)),
        Row("adversarial", "Adversarial", Figure("a", "A", None)),
    ]
    assert "–" in [e.text for e in elements(dot_plot("A", rows), "text")]


def test_a_drawing_does_not_grow_with_the_number_of_categories():
    def size(n):
        labels = [f"label {i:06d}" for i in range(n)]
        return len(distribution(ColumnResult("a", "category", labels, [], [1 / n] * n), ["flow"]))

    assert size(100_000) < size(20) * 1.2


def test_rare_labels_are_pooled_in_the_last_row():
    column = ColumnResult(
        "a", "category", [str(i) for i in range(30)], [], [1 / 30] * 30, {"flow": [1 / 30] * 30}
    )
    assert "23 others" in [e.text for e in elements(distribution(column, ["flow"]), "text")]


@pytest.mark.parametrize("edges", [[0, 1, 2], [0, 0, 5], [-1e12, 3, 4e300], [1e-9, 2e-9, 3e-9]])
def test_bins_of_any_width_are_drawn_in_order(edges):
    column = ColumnResult("a", "decimal", [], edges, [0.4, 0.6], {"flow": [0.5, 0.5]})
    boxes = [
        e for e in elements(distribution(column, ["flow"]), "rect") if e.get("class") == "hit"
    ]
    assert float(boxes[0].get("x")) <= float(boxes[1].get("x"))
    assert all(float(b.get("width")) >= 0 for b in boxes)


@given(texts, texts)
def test_any_text_is_escaped(name, label):
    hostile = ColumnResult(
        name + HOSTILE, "category", [label + HOSTILE, "b"], [], [0.6, 0.4], {"flow": [0.5, 0.5]}
    )
    svg = distribution(hostile, ["flow"])
    assert "<script" not in svg
    ET.fromstring(svg)
    ET.fromstring(heat_map(name + HOSTILE, [name, label], [[1, None], [None, 1]]))


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_round_few_and_inside(low, span, most):
    span = max(span, abs(low) * 1e-6)
    scale = Scale(low, low + span, 0, 100)
    ticks = scale.ticks(most)
    assert len(ticks) <= most + 2
    assert all(-1e-3 <= scale(t) <= 100 + 1e-3 for t in ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e6))
def test_ticks_of_a_logarithmic_axis_are_inside(low, ratio):
    scale = Scale(low, low * ratio, 0, 100, log=True)
    assert all(-0.5 <= scale(t) <= 100.5 for t in scale.ticks(6))


def test_ticks_have_the_same_number_of_digits():
    assert written([0.5, 0.75, 1.0]) == ["0.50", "0.75", "1.00"]


def test_names_are_cut_with_an_ellipsis():
    assert fitted("x" * 100, 50, 11).endswith("…")
    assert fitted("a\nb", 100, 11) == "a b"


def test_the_most_associated_columns_are_drawn():
    n = 40
    matrix = [
        [1.0 if i == j else (0.9 if {i, j} == {38, 39} else 0.0) for j in range(n)]
        for i in range(n)
    ]
    kept = chosen(matrix)
    assert len(kept) == 24
    assert {38, 39} <= set(kept)


def test_a_difference_is_undefined_where_either_is():
    assert difference([[1.0, None]], [[0.5, 0.5]]) == [[-0.5, None]]


def test_a_sparkline_of_many_values_stays_small():
    assert len(sparkline([math.sin(i) for i in range(10_000)], "k1")) < 1500


def test_a_spike_is_cut_and_says_its_share():
    column = ColumnResult(
        "a", "integer", [], [0, 1, 2, 3], [0.9, 0.05, 0.05], {"flow": [0.8, 0.1, 0.1]}
    )
    svg = distribution(column, ["flow"])
    assert "90.0%" in [e.text for e in elements(svg, "text")]
    assert 'class="gap"' in svg
    even = ColumnResult("a", "integer", [], [0, 1, 2, 3], [0.4, 0.3, 0.3])
    assert 'class="gap"' not in distribution(even, ["flow"])
