"""Dequantize: every symbol a cell as wide as its share, every number its normal quantile, both recovered."""

import math

import pytest
import torch

from fivefold.spaces import Batch, Space
from fivefold.spaces.dequantize import Dequantize


def data(n: int = 2000) -> Batch:
    g = torch.Generator().manual_seed(0)
    rare = (torch.rand(n, 1, generator=g) < 0.05).long()
    symbols = torch.cat([rare, torch.randint(7, (n, 1), generator=g)], 1)
    return Batch(torch.randn(n, 2, 1, generator=g), symbols)


def bridge() -> Dequantize:
    made = Dequantize(Space((2, 1), (3, 7)))
    made.fit(data())
    return made


def test_cells_tile_the_interval_and_follow_the_shares() -> None:
    made = bridge()
    for own in (slice(0, 3), slice(3, 10)):
        torch.testing.assert_close(made.width[own].sum(), torch.tensor(1.0, dtype=torch.float64))
        torch.testing.assert_close(made.lower[own][1:], made.width[own].cumsum(0)[:-1])
    assert abs(float(made.width[1]) - 0.05) < 0.02
    assert 0 < float(made.width[2]) < 0.001


def test_points_are_uniform_when_places_are() -> None:
    x = data()
    r = torch.rand(x.discrete.shape, generator=torch.Generator().manual_seed(1))
    u = bridge().encode(x, r)
    assert u.shape == (2000, 4)
    torch.testing.assert_close(u.mean(0), torch.full((4,), 0.5).double(), atol=0.03, rtol=0)
    torch.testing.assert_close(
        u.std(0), torch.full((4,), 1 / math.sqrt(12)).double(), atol=0.02, rtol=0
    )


def test_decode_inverts_encode_to_the_edges_of_the_cells() -> None:
    made, x = bridge(), data()
    for r in (torch.zeros(2000, 2), torch.full((2000, 2), 1 - 1e-6)):
        u = made.encode(x, r)
        found = made.decode(u)
        assert torch.equal(found.discrete, x.discrete)
        torch.testing.assert_close(found.continuous, x.continuous, atol=1e-5, rtol=0)
        torch.testing.assert_close(made.locate(u)[1], r.double(), atol=1e-6, rtol=0)


def test_volume_is_the_cell_and_the_slope_of_the_quantile() -> None:
    made, x = bridge(), data(5)
    volume = made.log_volume(x)
    cells = made.width[x.discrete + torch.tensor([0, 3])].log().float()
    torch.testing.assert_close(volume[:, :2], cells)
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(x.continuous.flatten(1))
    torch.testing.assert_close(volume[:, 2:], normal)


def test_spaces_of_one_sort() -> None:
    numbers = Dequantize(Space((2,)))
    x = Batch(torch.randn(3, 2), torch.zeros(3, 0, dtype=torch.int64))
    torch.testing.assert_close(
        numbers.decode(numbers.encode(x, torch.zeros(3, 0))).continuous, x.continuous
    )
    symbols = Dequantize(Space(None, (4,)))
    x = Batch(torch.zeros(4, 0), torch.arange(4)[:, None])
    u = symbols.encode(x, torch.full((4, 1), 0.5))
    torch.testing.assert_close(u[:, 0], torch.tensor([0.125, 0.375, 0.625, 0.875]).double())
    assert torch.equal(symbols.decode(u).discrete, x.discrete)


def test_positions_of_a_sequence_share_their_cells() -> None:
    made = Dequantize(Space.sequence(4, length=3))
    x = Batch(torch.zeros(2, 0), torch.tensor([[0, 1, 1], [0, 1, 0]]), torch.tensor([3, 2]))
    made.fit(x)
    assert made.width.tolist() == pytest.approx([2.5 / 7, 3.5 / 7, 0.5 / 7, 0.5 / 7])
    symbols = Batch(torch.zeros(4, 0), torch.arange(4)[:, None].repeat(1, 3))
    u = made.encode(symbols, torch.full((4, 3), 0.5))
    assert torch.equal(made.decode(u).discrete, symbols.discrete)
    assert float(made.log_volume(x)[1, 2]) == 0
