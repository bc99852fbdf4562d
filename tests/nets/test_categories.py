"""Packed and per-position categories agree with the plain arithmetic."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fivefold.nets.categories import Packed, PositionHeads, draw, groups, log_marginals

sizes_of = st.lists(st.integers(1, 70), min_size=1, max_size=8)


@given(sizes_of)
def test_groups_hold_every_position_once(sizes) -> None:
    assert sorted(j for members in groups(sizes) for j in members) == list(range(len(sizes)))


def case(sizes: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    x = [torch.randint(0, size, (5, 1), generator=g) for size in sizes]
    return torch.randn(5, sum(sizes), generator=g), torch.cat(x, 1)


@given(sizes_of)
def test_packed_log_prob_is_log_softmax_of_each_part(sizes) -> None:
    logits, x = case(sizes)
    parts = logits.split(sizes, 1)
    expected = [p.log_softmax(-1).gather(1, x[:, [j]]) for j, p in enumerate(parts)]
    assert torch.allclose(Packed(sizes).log_prob(logits, x), torch.cat(expected, 1), atol=1e-5)
    whole = torch.cat([p.log_softmax(-1) for p in parts], 1)
    assert torch.allclose(Packed(sizes).log_softmax(logits), whole, atol=1e-5)


@given(sizes_of)
def test_draws_stay_within_their_vocabulary(sizes) -> None:
    logits, _ = case(sizes)
    x = Packed(sizes).draw(logits, torch.Generator().manual_seed(0))
    assert ((x >= 0) & (x < torch.tensor(sizes))).all()


def test_draws_follow_the_probabilities() -> None:
    p = torch.tensor([0.5, 0.3, 0.15, 0.05])
    x = draw(p.log().expand(40_000, 4), torch.Generator().manual_seed(0))
    counts = torch.bincount(x, minlength=4)
    chi = float(((counts - 40_000 * p) ** 2 / (40_000 * p)).sum())
    assert chi < 16.3  # 0.1% of a chi-square with 3 degrees of freedom


def test_heads_start_at_the_marginals() -> None:
    x = torch.tensor([[0, 2], [0, 1], [1, 2], [0, 2]])
    heads = PositionHeads([2, 3], 4)
    heads.prepare(log_marginals(x, [2, 3]))
    logits = heads.at(0, torch.zeros(1, 4))
    assert logits.softmax(-1)[0].tolist() == pytest.approx([0.7, 0.3])


def test_calibration_makes_mean_predictions_equal_to_frequencies() -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.randint(0, 3, (3000, 1), generator=g).clamp(max=1)
    states = torch.randn(1, 3000, 4, generator=g)
    heads = PositionHeads([3], 4)
    with torch.no_grad():
        heads.weight[0].normal_(generator=g)
    for _ in range(20):
        heads.calibrate([(states, x)])
    mean = heads.at(0, states[0]).softmax(-1).mean(0)
    assert mean.tolist() == pytest.approx(
        (torch.bincount(x[:, 0], minlength=3) / 3000).tolist(), abs=2e-3
    )
