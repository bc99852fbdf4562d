"""Choices: each rule by its definition, and draws that follow the distribution."""

import math

import pytest
import torch

from fivefold.errors import InputError
from fivefold.nets.choices import Choice, invert, min_p, repetition_penalty, top_k, top_p

LOGITS = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05], [0.1, 0.3, 0.25, 0.05, 0.3]]).log()


def kept(logits: torch.Tensor) -> list[list[int]]:
    return [row.nonzero().flatten().tolist() for row in logits > -math.inf]


def test_top_k_keeps_the_k_likeliest_and_all_that_equal_the_last() -> None:
    assert kept(top_k(LOGITS, 2)) == [[0, 1], [1, 4]]
    assert kept(top_k(LOGITS, 1)) == [[0], [1, 4]]
    assert kept(top_k(LOGITS, 99)) == [[0, 1, 2, 3, 4]] * 2


def test_top_p_keeps_the_fewest_that_reach_the_probability() -> None:
    assert kept(top_p(LOGITS, 0.6)) == [[0, 1], [1, 4]]
    assert kept(top_p(LOGITS, 0.61)) == [[0, 1], [1, 2, 4]]
    assert kept(top_p(LOGITS, 0.01)) == [[0], [1]]
    assert kept(top_p(LOGITS, 0.999)) == [[0, 1, 2, 3, 4]] * 2


def test_min_p_keeps_what_is_likely_enough_beside_the_likeliest() -> None:
    assert kept(min_p(LOGITS, 0.29)) == [[0, 1, 2], [0, 1, 2, 4]]


def test_a_repetition_penalty_makes_used_symbols_less_likely() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    found = repetition_penalty(logits, torch.tensor([[True, True, False]]), 2.0)
    assert found.tolist() == [[1.0, -4.0, 1.0]]


def test_a_draw_inverts_the_distribution_function() -> None:
    p = LOGITS.exp()
    places = torch.linspace(0, 1, 2001)[:-1] + 1 / 4000
    found = invert(p[:1].repeat(2000, 1), places)
    share = torch.bincount(found, minlength=5) / 2000
    torch.testing.assert_close(share, p[0], atol=1e-3, rtol=0)


def test_impossible_symbols_are_never_drawn_at_the_edges() -> None:
    p = torch.tensor([[0.0, 0.3, 0.0, 0.7, 0.0]]).repeat(3, 1)
    assert invert(p, torch.tensor([0.0, 0.3, 1 - 2**-24])).tolist() == [1, 3, 3]


def test_filters_work_together_after_the_temperature() -> None:
    u = torch.linspace(0, 1, 501)[:-1]
    rows = LOGITS[:1].repeat(500, 1)
    found = Choice(temperature=0.5, top_k=3, top_p=0.9, min_p=0.01)(rows, u)
    cold = (LOGITS[0, :2] * 2).softmax(-1)
    share = torch.bincount(found, minlength=2) / 500
    torch.testing.assert_close(share, cold, atol=5e-3, rtol=0)
    assert Choice(temperature=0)(LOGITS, u[:2]).tolist() == [0, 1]


@pytest.mark.parametrize(
    "how",
    [
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"min_p": -0.1},
        {"repetition_penalty": 0.0},
    ],
)
def test_wrong_values_are_named(how) -> None:
    with pytest.raises(InputError, match=next(iter(how))):
        Choice(**how)
