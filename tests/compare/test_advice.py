import re
from dataclasses import replace

import pytest

from fivefold.compare.advice import cost, equals, leak, recommend
from fivefold.compare.result import FamilyResult, Run
from fivefold.measures.figure import Figure


def member(value, half, best=0.01):
    return Figure(
        "membership_tpr_at_1", "Membership", value, value - half, value + half, best=best
    )


def changed(comparison, key, **figures):
    families = [
        replace(f, figures=f.figures | figures) if f.family == key else f
        for f in comparison.families
    ]
    return replace(comparison, families=families)


def with_quality(comparison, **values):
    families = []
    for family in comparison.families:
        aspect = family.aspects["quality"]
        value = values.get(family.family, 0.5)
        figure = replace(aspect.figure, value=value, low=value - 0.002, high=value + 0.002)
        aspects = family.aspects | {"quality": replace(aspect, figure=figure)}
        families.append(replace(family, aspects=aspects))
    return replace(comparison, families=families)


def test_the_best_quality_is_recommended(comparison):
    advice = recommend(comparison)
    assert (advice.family, advice.runner_up) == ("autoregressive", "diffusion")
    assert "autoregressive family" in advice.headline
    assert any("best of five" in reason for reason in advice.reasons)


def test_among_equals_the_cheapest_is_recommended(comparison):
    near = with_quality(comparison, flow=0.955, diffusion=0.950, autoregressive=0.90)
    assert cost(near.families[4], 32_561) < cost(near.families[3], 32_561)
    advice = recommend(near)
    assert (advice.family, advice.runner_up) == ("diffusion", "flow")
    assert "cheapest" in advice.reasons[0]


def test_a_family_that_leaks_is_passed_over(comparison):
    leaking = changed(comparison, "autoregressive", membership_tpr_at_1=member(0.05, 0.01))
    advice = recommend(leaking)
    assert advice.family == "diffusion"
    assert any("passed over" in caution for caution in advice.cautions)


def test_a_membership_interval_that_holds_chance_is_no_leak(comparison):
    assert leak(comparison.families[0]) is None
    clean = changed(comparison, "flow", membership_tpr_at_1=member(0.02, 0.015))
    assert leak(clean.families[3]) is None
    assert leak(changed(comparison, "flow", membership_tpr_at_1=member(0.02, 0.005)).families[3])


def test_when_all_leak_the_rows_must_not_be_published(comparison):
    for key in [f.family for f in comparison.families]:
        comparison = changed(comparison, key, membership_tpr_at_1=member(0.2, 0.01))
    advice = recommend(comparison)
    assert advice.family == "autoregressive"
    assert "Do not publish" in advice.cautions[0]
    assert not any("no better than chance" in reason for reason in advice.reasons)


def test_without_a_usable_family_none_is_recommended(comparison):
    broken = [Run(0, None, 1, 1, 1, diverged=True)]
    families = [replace(f, runs=broken) for f in comparison.families]
    advice = recommend(replace(comparison, families=families))
    assert advice.family is None
    assert "--minutes 15" in advice.commands[0][1]


@pytest.mark.parametrize(
    ("change", "caution"),
    [
        ({"data": "holdout"}, "held out"),
        ({"seeds": 1}, "One seed only"),
        ({"baseline": 0.99}, "baseline, does better"),
    ],
)
def test_limits_of_the_comparison_are_said(make_comparison, change, caution):
    comparison = make_comparison(seeds=change.get("seeds", 2))
    if "data" in change:
        comparison = replace(comparison, data=replace(comparison.data, holdout=90))
    if "baseline" in change:
        good = {"quality": Figure("quality", "Quality", change["baseline"], better="higher")}
        comparison = replace(
            comparison, baseline=FamilyResult("mixture", "Shallow mixture", figures=good)
        )
    assert any(caution in said for said in recommend(comparison).cautions)


def test_paths_in_commands_are_quoted(comparison):
    data = replace(comparison.data, path="my data; rm -rf x.csv")
    for _, command in recommend(replace(comparison, data=data)).commands:
        assert "rm -rf" not in command or "'my data; rm -rf x.csv'" in command


def test_equals_of_the_best_are_those_that_cannot_be_told_from_it(comparison):
    near = with_quality(comparison, flow=0.955, diffusion=0.952, variational=0.92)
    assert [f.family for f in equals(near.families)] == ["flow", "diffusion"]


@pytest.mark.parametrize(("low", "said"), [(0.005, True), (-0.005, False)])
def test_copies_beyond_the_base_rate_are_a_caution(comparison, low, said):
    copies = Figure("excess_copies", "Exact copies beyond the base rate", 0.01, low, 0.015)
    advice = recommend(changed(comparison, "autoregressive", excess_copies=copies))
    assert any("copies of training rows" in caution for caution in advice.cautions) == said


def test_a_leak_by_likelihood_is_a_caution_and_no_veto(comparison):
    held = Figure(
        "likelihood_membership_auc", "Membership, AUC", 0.54, 0.53, 0.55, best=0.5, unit="AUC"
    )
    advice = recommend(changed(comparison, "autoregressive", likelihood_membership_auc=held))
    assert advice.family == "autoregressive"
    assert any("holds the model itself" in caution for caution in advice.cautions)


def test_of_molecules_it_speaks_as_of_molecules(comparison):
    data = replace(comparison.data, kind="molecule", kinds={}, path="set.smi", passages=400)
    advice = recommend(replace(comparison, data=data))
    said = " ".join([advice.headline, *advice.reasons, *advice.cautions])
    assert "molecules" in said
    assert "Only 400 passages" in said
    assert not re.search(r"\brows\b", said)
    commands = [line for _, line in advice.commands]
    assert commands[0].endswith("--count 20")
    assert any("fit set.smi --kind molecule" in line for line in commands)


def test_training_texts_word_for_word_are_a_veto(comparison):
    name = "verbatim_windows"
    figure = Figure(name, "Verbatim windows", 0.3, 0.25, 0.35, best=0.001, floor=0.001)
    leaking = changed(comparison, "autoregressive", verbatim_windows=figure)
    assert recommend(leaking).family != "autoregressive"
    clean = changed(
        comparison, "autoregressive", verbatim_windows=replace(figure, value=0.0, low=0.0)
    )
    advice = recommend(clean)
    assert advice.family == "autoregressive"
    assert any("word for word" in reason for reason in advice.reasons)


def test_a_cheap_model_that_does_better_is_said_to(comparison):
    quality = Figure("quality", "Quality", 0.999, 0.998, 1.0, better="higher", unit="score")
    baseline = replace(
        comparison.baseline, figures={**comparison.baseline.figures, "quality": quality}
    )
    said = " ".join(recommend(replace(comparison, baseline=baseline)).cautions)
    assert "does better (0.999" in said


def test_a_cheap_model_within_the_interval_of_the_chosen_family_is_said_to_be(comparison):
    quality = Figure("quality", "Quality", 0.9, 0.7, 1.0, better="higher", unit="score")
    baseline = replace(
        comparison.baseline, figures={**comparison.baseline.figures, "quality": quality}
    )
    said = " ".join(recommend(replace(comparison, baseline=baseline)).cautions)
    assert "cannot be told from it within the intervals (0.900" in said


def test_families_that_took_a_few_steps_only_are_named(comparison):
    assert "steps" not in " ".join(recommend(comparison).cautions)
    families = [
        replace(f, runs=[replace(run, steps=7) for run in f.runs]) if f.family == "flow" else f
        for f in comparison.families
    ]
    said = " ".join(recommend(replace(comparison, families=families)).cautions)
    assert "The flow family took fewer than 100 steps" in said
