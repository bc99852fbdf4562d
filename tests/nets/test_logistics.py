"""Mixtures of logistics: normalised over levels and over the line, the same in the limit, and drawn as they say."""

import math

import pytest
import torch

from fivefold.nets.logistics import Scale


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scale(quantum: float | None, levels: int = 6) -> Scale:
    made = Scale(1, quantum, components=3)
    made.prepare(torch.arange(levels).float().view(1, 1, -1) * (quantum or 1))
    return made


def said(n: int, spread: float = 0.0) -> torch.Tensor:
    logits, places, scales = torch.randn(3, 3, generator=generator(3))
    one = torch.cat([logits, 1 + 2 * places, scales + spread])
    return one.view(1, 9, 1).expand(1, 9, n)


@pytest.mark.parametrize("spread", [-8.0, -2.0, 0.0, 3.0])
@pytest.mark.parametrize("quantum", [0.01, 1.0])
def test_the_chances_of_all_levels_sum_to_one(quantum, spread) -> None:
    levels = torch.arange(6).float().view(1, 6) * quantum
    found = scale(quantum).log_prob(said(6, spread), levels, torch.full((1, 6), 0.3))
    assert float((found.exp() * quantum).sum()) == pytest.approx(1, abs=1e-5)


def test_a_density_integrates_to_one() -> None:
    x = torch.linspace(-60, 60, 60_001).view(1, -1)
    found = scale(None).log_prob(said(x.shape[1]), x, torch.zeros_like(x))
    assert float(found.exp().sum() * 120 / 60_000) == pytest.approx(1, abs=1e-3)


def test_fine_levels_are_a_density() -> None:
    x = torch.linspace(0.01, 0.049, 20).view(1, -1)
    fine, none = scale(1e-4, levels=600), scale(None)
    given = said(20), x, torch.zeros_like(x)
    torch.testing.assert_close(fine.log_prob(*given), none.log_prob(*given), atol=1e-3, rtol=0)


def test_levels_far_from_every_component_have_finite_gradients() -> None:
    x = torch.tensor([[0.0, 50.0, 51.0, 100.0]])
    made = scale(1.0, levels=101)
    parameters = said(4, -9.0).clone().requires_grad_()
    found = made.log_prob(parameters, x, torch.zeros_like(x))
    found.sum().backward()
    assert bool(torch.isfinite(found).all())
    assert bool(torch.isfinite(parameters.grad).all())


def test_a_level_is_drawn_as_often_as_its_chance_says() -> None:
    """Pearson's chi-square, 5 degrees: 20.5 is exceeded once in 1,000."""
    n, made = 20_000, scale(1.0)
    u = torch.rand(2, n, generator=generator())
    x = made.draw(0, said(n)[0], torch.full((n,), 0.2), u)
    levels = torch.arange(6.0).view(1, 6)
    expected = n * made.log_prob(said(6), levels, torch.full((1, 6), 0.2)).exp()[0]
    found = torch.bincount(x.long(), minlength=6)
    assert float(((found - expected).square() / expected).sum()) < 20.5


def test_numbers_are_drawn_from_the_density() -> None:
    """Kolmogorov's distance of 20,000 draws: 1.95 / sqrt(n) is exceeded once in 1,000."""
    n, made = 20_000, scale(None)
    u = torch.rand(2, n, generator=generator())
    drawn = made.draw(0, said(n)[0], torch.zeros(n), u).sort().values
    x = torch.linspace(-60, 60, 60_001).view(1, -1)
    density = made.log_prob(said(x.shape[1]), x, torch.zeros_like(x)).exp()[0].double()
    below = (density.cumsum(0) - density / 2) * 120 / 60_000
    share = torch.searchsorted(drawn, x[0], right=True) / n
    assert float((share - below).abs().max()) < 1.95 / math.sqrt(n)


def test_a_number_is_told_with_whether_it_is_at_an_end() -> None:
    found = scale(1.0).features(torch.tensor([[0.0], [2.0], [5.0]]))
    assert found[:, 0].tolist() == [[0, 1, 0], [2, 0, 0], [5, 0, 1]]
