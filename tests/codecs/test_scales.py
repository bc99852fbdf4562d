"""A scale is recognised only when no word is left over."""

from __future__ import annotations

import random

import pytest

from fivefold.codecs.scales import SCALES, scale_of


@pytest.mark.parametrize("scale", [scale for scale in SCALES if len(scale) > 2])
def test_the_known_scales_are_found_in_any_order_and_case(scale: tuple[str, ...]):
    words = [word.title() for word in scale]
    random.Random(0).shuffle(words)
    assert scale_of(words) == tuple(word.title() for word in scale)


@pytest.mark.parametrize(
    "order",
    [
        ("0-9", "10-19", "20-29", "100-109"),
        ("<18", "18-24", "25-34", "35+"),
        ("under 20", "20 to 40", "over 40"),
        ("(0, 5]", "(5, 10]", "(10, 15]"),
        ("$0 - $10", "$10 - $20", "$20+"),
        ("1 - poor", "2 - fair", "3 - good", "5 - best"),
        ("1. a", "2. b", "3. c"),
    ],
)
def test_ranges_and_numbered_words_are_ordered_by_their_numbers(order: tuple[str, ...]):
    words = list(order)
    random.Random(1).shuffle(words)
    assert scale_of(words) == order


@pytest.mark.parametrize(
    "words",
    [
        ["low", "high"],
        ["low", "medium", "green"],
        ["10-19", "15-25", "30-40"],
        ["19-10", "20-29", "30-39"],
        ["10-19", "20-29", "unknown"],
        ["Low", "low", "high"],
        ["1 - a", "1 - b", "2 - c"],
        ["5 Main St", "80 High St", "12 Elm St"],
        ["red", "green", "blue"],
    ],
)
def test_what_is_not_sure_is_no_scale(words: list[str]):
    assert scale_of(words) is None
