import pytest

from fivefold.compare.quality import (
    parameter_efficiency,
    pooled_curve,
    quality,
    reach,
    scale_of_content,
    stability,
    training_speed,
)
from fivefold.compare.result import CurvePoint, Run, ScalePoint, SizePoint
from fivefold.measures.figure import Figure


def figures(shape=0.01, trend=0.03, auc=0.6, half=0.0):
    ends = (lambda v: (v - half, v + half)) if half else (lambda v: (None, None))
    return {
        "column_shape_error": Figure("column_shape_error", "", shape, *ends(shape), floor=0.01),
        "pair_trend_error": Figure("pair_trend_error", "", trend, *ends(trend), floor=0.02),
        "detection_auc": Figure("detection_auc", "", auc, *ends(auc), "target", 0.5, 0.5, "AUC"),
    }


def run(seed, points, diverged=False, **measured):
    curve = [CurvePoint(t, q) for t, q in points]
    return Run(seed, None, 1.0, 1.0, 1, diverged, curve=curve, figures=measured)


def test_quality_is_the_mean_of_its_three_parts():
    assert quality(figures()).value == pytest.approx((0.99 + 0.97 + 0.8) / 3)
    assert quality(figures(0, 0, 0.5)).value == 1.0


def test_quality_counts_a_fooled_classifier_like_a_fooling_one():
    assert quality(figures(auc=0.4)).value == pytest.approx(quality(figures(auc=0.6)).value)


def test_quality_along_a_curve_uses_the_cheap_parts_only():
    found = quality(figures(), cheap=True)
    assert found.value == pytest.approx(0.98)
    assert "AUC" not in found.definition


def test_quality_says_what_it_lacks():
    found = quality({"column_shape_error": Figure("column_shape_error", "", 0.1)})
    assert found.value == pytest.approx(0.9)
    assert "pair trend error" in found.note
    assert "detection auc" in found.note
    assert quality({}).value is None


def test_quality_has_an_interval_that_holds_its_value():
    found = quality(figures(auc=0.51, half=0.02))
    assert found.low < found.value < found.high
    assert found.high <= 1 + 0.02
    assert found.floor == pytest.approx((0.99 + 0.98 + 1) / 3)


def test_curves_of_seeds_are_pooled_from_where_all_are_measured():
    pooled = pooled_curve([run(0, [(1, 0.5), (3, 0.7)]), run(1, [(2, 0.7), (4, 0.9)])])
    assert [p.cpu_seconds for p in pooled] == [2, 3, 4]
    assert pooled[0].quality == pytest.approx((0.6 + 0.7) / 2)
    assert (pooled[-1].low, pooled[-1].high) == (0.7, 0.9)


def test_a_curve_of_one_seed_has_no_band():
    assert pooled_curve([run(0, [(1, 0.5), (3, 0.7)])])[0].low is None


def test_diverged_runs_have_no_part_in_a_curve():
    assert pooled_curve([run(0, [(1, 0.5)], diverged=True)]) == []
    assert training_speed([run(0, [(1, 0.5)], diverged=True)]).value is None


def test_reach_reads_between_points():
    points = [(1.0, 0.0), (100.0, 1.0)]
    assert reach(points, share=0.5) == pytest.approx(10.0)
    assert reach(points, share=0.5, final=4.0) is None
    assert reach([]) is None


def test_training_speed_is_the_time_to_95_percent_of_its_own_quality():
    found = training_speed([run(0, [(1, 0.1), (10, 1.0)]), run(1, [(2, 0.1), (20, 1.0)])])
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(3 * found.low / 2)


def test_parameter_efficiency_is_the_smallest_size_that_is_good_enough():
    sizes = [SizePoint(4000, 0.98), SizePoint(250, 0.5), SizePoint(1000, 0.97)]
    assert 250 < parameter_efficiency(sizes).value < 1000
    assert parameter_efficiency([]).value is None


def test_scale_is_the_exponent_of_growth():
    scaling = [ScalePoint(c, 0.001 * c**1.5) for c in (4, 8, 16)]
    assert scale_of_content(scaling).value == pytest.approx(1.5)
    assert scale_of_content(scaling[:1]).value is None


def test_stability_counts_a_diverged_run_as_nothing():
    good = {"quality": Figure("quality", "Quality", 0.9)}
    assert stability([run(0, [], **good), run(1, [], **good)]).value == 0
    assert stability([run(0, [], **good), run(1, [], diverged=True)]).value == 0.9
    assert stability([run(0, [], **good)]).value is None
