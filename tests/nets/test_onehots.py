"""Packed one-hot vectors: order, normalisation and draws."""

import torch

from fivefold.nets.onehots import OneHots

SIZES = (5, 2, 3, 2)


def test_what_is_encoded_decodes_to_itself() -> None:
    hots = OneHots(SIZES)
    g = torch.Generator().manual_seed(0)
    x = torch.stack([torch.randint(0, size, (20,), generator=g) for size in SIZES], 1)
    points = hots.encode(x)
    assert (points.sum(1) == 4).all()
    columns = points.nonzero()[:, 1].view(20, 4)
    assert torch.equal(hots.decode(columns), x)


def test_probabilities_sum_to_one_within_each_position() -> None:
    hots = OneHots(SIZES)
    p = hots.softmax(10 * torch.randn(7, 12, generator=torch.Generator().manual_seed(0)))
    total = torch.zeros(7, 4).index_add(1, hots.owner, p)
    assert torch.allclose(total, torch.ones(7, 4), atol=1e-6)


def test_draws_have_the_probabilities_they_should() -> None:
    hots = OneHots(SIZES)
    g = torch.Generator().manual_seed(0)
    p = hots.softmax(torch.randn(1, 12, generator=g))
    p[0, 0] = 0.0
    p[0, 1] = 1.0
    drawn = hots.draw(p.expand(40_000, -1), g)
    found = torch.zeros(40_000, 12).scatter_(1, drawn, 1.0).mean(0)
    assert torch.allclose(found, p[0], atol=0.012)
    assert found[0] == 0


def test_marginals_are_those_of_the_data() -> None:
    hots = OneHots((3, 2))
    x = torch.tensor([[0, 1]] * 60 + [[2, 0]] * 40)
    found = hots.encode(x).mean(0)
    assert torch.allclose(hots.log_marginals(x).exp(), found, atol=0.01)


def test_no_positions_are_no_columns() -> None:
    hots = OneHots(())
    g = torch.Generator().manual_seed(0)
    assert hots.encode(torch.zeros(4, 0, dtype=torch.int64)).shape == (4, 0)
    assert hots.draw(hots.softmax(torch.zeros(4, 0)), g).shape == (4, 0)
