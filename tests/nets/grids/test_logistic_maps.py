"""Mixtures of logistics as maps: they invert, and their slopes are the density."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.nets.grids.logistic_maps import Logistics, place, snapped
from fivefold.nets.logistics import Scale


def said(seed: int, numbers: int, components: int = 3) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3 * components, numbers, generator=g, dtype=torch.float64)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), u=st.floats(1e-6, 1 - 1e-6))
def test_inverse_inverts_the_distribution_function(seed: int, u: float) -> None:
    mixtures = Logistics.of(said(seed, 1), torch.zeros(1, 1, dtype=torch.float64))
    there = mixtures.inverse(torch.full((1, 1), u, dtype=torch.float64))
    assert float(mixtures.cdf(there)) == pytest.approx(u, abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_levels_fill_the_unit_interval_by_their_chances(seed: int) -> None:
    scale = Scale(1, 0.5, components=3)
    scale.prepare(torch.tensor([[[-1.0, 1.0]]]))
    v = torch.linspace(-1, 1, 5, dtype=torch.float64)[None]
    spoken, moved = said(seed, 1).expand(-1, -1, 5), torch.full((1, 5), 0.3, dtype=torch.float64)
    mixtures = Logistics.of(spoken, moved)
    low, high = (place(scale, mixtures, v, torch.full_like(v, r)) for r in (0.0, 1.0))
    torch.testing.assert_close(low[:, 1:], high[:, :-1])
    assert float(low[0, 0]) == pytest.approx(0, abs=1e-9)
    assert float(high[0, -1]) == pytest.approx(1, abs=1e-9)
    chance = scale.log_prob(spoken, v, moved).exp() * 0.5
    torch.testing.assert_close(high - low, chance.double(), atol=1e-5, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), u=st.floats(1e-6, 1 - 1e-6))
def test_a_place_lies_in_the_cell_of_its_level(seed: int, u: float) -> None:
    scale = Scale(1, 0.5, components=3)
    scale.prepare(torch.tensor([[[-1.0, 1.0]]]))
    mixtures = Logistics.of(said(seed, 1), torch.zeros(1, 1, dtype=torch.float64))
    there = torch.full((1, 1), u, dtype=torch.float64)
    level = snapped(scale, mixtures.inverse(there))
    low, high = (place(scale, mixtures, level, torch.full_like(level, r)) for r in (0.0, 1.0))
    assert float(low) - 1e-9 <= u <= float(high) + 1e-9


def test_a_temperature_below_one_draws_nearer_to_the_likeliest() -> None:
    spoken, zero = said(1, 1), torch.zeros(1, 1, dtype=torch.float64)
    u = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    wide, narrow = (
        Logistics.of(spoken.expand(-1, -1, 99), zero, t).inverse(u[None]) for t in (1.0, 0.5)
    )
    assert float(narrow.std()) < float(wide.std())
