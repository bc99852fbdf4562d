"""The invertible map of grids: exact both ways, triangular, and a distribution."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.nets.grids import maps
from fivefold.nets.grids.maps import GridMap
from fivefold.spaces import Batch, Condition, Space

SPACES = {
    "series": Space.grid(3, (11,), (2, 4)),
    "picture": Space.grid(1, (6, 5), (3,)),
    "volume": Space.grid(2, (4, 2, 3)),
    "point": Space.grid(1, (1,)),
}
LEVELS = Space.grid(1, (5, 4), (3,), quantum=0.5)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=[128, 2], ids=["at once", "in stages"])
def most(request, monkeypatch) -> None:
    """With many cells one after another, and with few, so that there are finer stages."""
    monkeypatch.setattr(maps, "MOST", request.param)


def rough(space: Space) -> GridMap:
    """A map with random weights, far from the first one."""
    torch.manual_seed(0)
    maps = GridMap(space, width=64, depth=1, fine=16, layers=1, hidden=8, components=3)
    for p in maps.parameters():
        if p.numel() and not p.detach().any():
            torch.nn.init.normal_(p, std=0.2)
    return maps


def drawn(space: Space, n: int, seed: int = 1) -> Batch:
    g = seeded(seed)
    labels = [torch.randint(size, (n, 1), generator=g) for size in space.discrete]
    none = torch.zeros(n, 0, dtype=torch.int64)
    x = torch.randn(n, *space.shape, generator=g)
    if space.quantum is not None:
        x = (x / space.quantum).round() * space.quantum
    return Batch(x, torch.cat([none, *labels], 1))


def prefix(space: Space, x: Batch, most: int) -> Condition:
    seen = torch.zeros(space.shape, dtype=torch.bool)
    seen[:, :most] = True
    return Condition(x, seen, torch.ones(space.positions, dtype=torch.bool))


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("name", [*SPACES, "levels"])
def test_decode_inverts_encode(name: str) -> None:
    space = {**SPACES, "levels": LEVELS}[name]
    maps, x = rough(space), drawn(space, 20)
    maps.prepare(x)
    with torch.no_grad():
        y = maps.encode(x, generator=seeded())
    assert bool(((y > 0) & (y < 1)).all())
    found = maps.decode(y)
    assert torch.equal(found.discrete, x.discrete)
    torch.testing.assert_close(found.continuous, x.continuous, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_encode_inverts_decode(name: str, seed: int) -> None:
    """In float64 from end to end but for the data themselves, which are float32."""
    maps = MADE.setdefault(name, rough(SPACES[name]))
    L = SPACES[name].positions
    y = torch.rand(4, len(maps.order), generator=seeded(seed), dtype=torch.float64)
    x = maps.decode(y)
    with torch.no_grad():
        found = maps.encode(x, generator=seeded())
    torch.testing.assert_close(found[:, L:], y[:, L:], atol=1e-4, rtol=0)
    again = maps.decode(found)
    assert torch.equal(again.discrete, x.discrete)


MADE: dict[str, GridMap] = {}


@pytest.mark.usefixtures("most")
def test_decode_inverts_encode_under_a_condition() -> None:
    space = SPACES["picture"]
    maps, x = rough(space), drawn(space, 20)
    c = prefix(space, x, 3)
    hidden = c.impose(Batch(torch.zeros_like(x.continuous), torch.zeros_like(x.discrete)))
    with torch.no_grad():
        y = maps.encode(x, c, generator=seeded())
    found = maps.decode(y, Condition(hidden, c.continuous, c.discrete))
    assert torch.equal(found.continuous[:, c.continuous], x.continuous[:, c.continuous])
    torch.testing.assert_close(found.continuous, x.continuous, atol=1e-5, rtol=0)


@pytest.mark.usefixtures("most")
def test_the_map_is_triangular_and_its_log_determinant_the_log_density(monkeypatch) -> None:
    monkeypatch.setattr(maps, "compute_type", lambda device: torch.float64)
    space = Space.grid(2, (3, 2))
    net, nothing = rough(space), torch.zeros(1, 0, dtype=torch.int64)
    order = net.order.argsort()

    def transform(z: torch.Tensor) -> torch.Tensor:
        grid = z[order.argsort()].view(1, *space.shape)
        return net.encode(Batch(grid, nothing), generator=seeded())[0, order]

    for z in 0.5 * torch.randn(3, 12, generator=seeded()):
        slopes = torch.autograd.functional.jacobian(transform, z).double()
        assert float(slopes.triu(1).abs().max()) == 0
        x = Batch(z[order.argsort()].view(1, *space.shape), nothing)
        found = net.log_prob(x)[0].double()
        torch.testing.assert_close(found, slopes.diagonal().log().sum(), atol=1e-3, rtol=0)


@pytest.mark.usefixtures("most")
def test_the_density_of_two_numbers_integrates_to_one() -> None:
    maps = rough(Space.grid(1, (2,)))
    axis = torch.linspace(-12, 12, 241)
    x = torch.cartesian_prod(axis, axis)[:, None]
    with torch.no_grad():
        found = maps.log_prob(Batch(x, torch.zeros(len(x), 0, dtype=torch.int64)))
    assert float(found.exp().sum()) * 0.1**2 == pytest.approx(1, abs=0.01)


@pytest.mark.usefixtures("most")
def test_chances_of_levels_and_labels_sum_to_one() -> None:
    space = Space.grid(1, (2, 2), (2,), quantum=0.5)
    levels = torch.cartesian_prod(*[torch.tensor([-0.5, 0.0, 0.5])] * 4).view(-1, 1, 2, 2)
    labels = torch.arange(2).repeat_interleave(len(levels))[:, None]
    x = Batch(levels.repeat(2, 1, 1, 1), labels)
    maps = rough(space)
    maps.prepare(x)
    with torch.no_grad():
        found = maps.log_prob(x) + 4 * math.log(0.5)
    assert float(found.exp().sum()) == pytest.approx(1, abs=2e-3)


@pytest.mark.usefixtures("most")
def test_draws_have_the_chances_that_log_prob_says() -> None:
    """A chi-square statistic of 15 degrees of freedom: above 37.7 once in a thousand."""
    space = Space.grid(1, (2, 2), quantum=1.0)
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4).view(-1, 1, 2, 2)
    maps = rough(space)
    maps.prepare(Batch(every, torch.zeros(16, 0, dtype=torch.int64)))
    with torch.no_grad():
        chances = maps.log_prob(Batch(every, torch.zeros(16, 0, dtype=torch.int64))).exp()
    x = maps.draw(4000, generator=seeded()).continuous.flatten(1).long()
    counts = torch.bincount(x @ torch.tensor([8, 4, 2, 1]), minlength=16)
    expected = 4000 * chances / chances.sum()
    assert float(((counts - expected).square() / expected).sum()) < 37.7


def test_a_forecast_needs_no_correction_and_what_shows_the_future_does() -> None:
    space = SPACES["series"]
    maps, x = rough(space), drawn(space, 4)
    past = prefix(space, x, 6)
    assert not maps.approximate(None)
    assert not maps.approximate(past)
    future = Condition(x, past.continuous.flip(1), past.discrete)
    assert maps.approximate(future)
    unlabelled = Condition(x, past.continuous, torch.tensor([True, False]))
    assert maps.approximate(unlabelled)
    one = torch.zeros(4, *space.shape, dtype=torch.bool)
    one[2, 0, 9] = True
    assert maps.approximate(Condition(x, one, past.discrete))


@pytest.mark.usefixtures("most")
def test_what_a_condition_shows_counts_nothing_and_is_kept() -> None:
    space = SPACES["picture"]
    maps, x = rough(space), drawn(space, 8)
    everything = prefix(space, x, 6)
    with torch.no_grad():
        assert float(maps.log_prob(x, everything).abs().max()) == 0
    seen = torch.rand(8, *space.shape, generator=seeded()) < 0.5
    c = Condition(x, seen, torch.zeros(1, dtype=torch.bool))
    found = maps.draw(8, c, generator=seeded())
    assert torch.equal(found.continuous[seen], x.continuous[seen])


def test_few_data_are_drawn_as_many_are() -> None:
    maps = rough(LEVELS)
    maps.prepare(drawn(LEVELS, 64))
    y = torch.rand(5, len(maps.order), generator=seeded(), dtype=torch.float64)
    whole, parts = maps.decode(y), [maps.decode(y[i : i + 1]) for i in range(5)]
    assert torch.equal(whole.continuous, torch.cat([part.continuous for part in parts]))
