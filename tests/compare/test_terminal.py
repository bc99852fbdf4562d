from dataclasses import replace

from fivefold.compare.report import text_table
from fivefold.compare.result import FamilyResult


def test_the_table_fits_a_terminal(comparison):
    assert max(len(line) for line in text_table(comparison).splitlines()) <= 120


def test_every_family_has_its_figures_and_words(comparison):
    lines = text_table(comparison).splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("flow"))
    assert "21 k" in lines[row]
    assert "slow ≠ fast" in lines[row + 1]
    assert "= medium" in lines[row + 1]


def test_the_recommended_family_is_marked(comparison):
    assert "* autoregressive" in text_table(comparison)
    assert comparison.advice.headline in text_table(comparison)


def test_real_against_real_and_the_mixture_stand_below(comparison):
    table = text_table(comparison)
    assert table.index("shallow mixture") < table.index("real against real")


def test_what_was_not_measured_is_a_dash(comparison):
    bare = replace(comparison, families=[FamilyResult("flow", "Flow")], baseline=None, floor={})
    assert text_table(bare).splitlines()[2].split() == ["flow", *["–"] * 7]
