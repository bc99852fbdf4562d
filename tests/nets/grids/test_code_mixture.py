"""A mixture over codes: densities, draws, groups, and what fitting raises."""

import math

import pytest
import torch

from fivefold.nets.grids.code_mixture import CodeMixture


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def two_heaps(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Posteriors about (-2, 0, 1) and (2, 0, -1) with a bent covariance, of one group."""
    g = seeded(seed)
    side = 2 * torch.randint(0, 2, (rows, 1), generator=g) - 1
    bend = torch.tensor([[0.5, 0.0, 0.0], [0.4, 0.3, 0.0], [0.0, 0.0, 0.2]])
    mu = side * torch.tensor([2.0, 0.0, -1.0]) + torch.randn(rows, 3, generator=g) @ bend.T
    return mu, torch.full_like(mu, 0.1), torch.zeros(rows, dtype=torch.int64)


def of_heaps(z: torch.Tensor) -> torch.Tensor:
    bend = torch.tensor([[0.5, 0.0, 0.0], [0.4, 0.3, 0.0], [0.0, 0.0, 0.2]])
    covariance = bend @ bend.T + 0.01 * torch.eye(3)
    each = [
        torch.distributions.MultivariateNormal(
            side * torch.tensor([2.0, 0.0, -1.0]), covariance
        ).log_prob(z)
        for side in (-1.0, 1.0)
    ]
    return torch.stack(each).logsumexp(0) - math.log(2)


def test_before_it_is_fitted_it_is_a_standard_normal() -> None:
    prior, z = CodeMixture(2, 3, 4), torch.randn(5, 4, generator=seeded())
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    assert torch.allclose(prior.log_prob(z, torch.tensor([0, 1, 1, 0, 1])), normal, atol=1e-5)
    many = prior.draw(torch.zeros(4000, dtype=torch.int64), seeded())
    assert float(many.mean(0).abs().max()) < 0.08
    assert float((torch.cov(many.T) - torch.eye(4)).abs().max()) < 0.12


def test_fitted_it_is_near_what_the_codes_are_drawn_from() -> None:
    prior = CodeMixture(1, 4, 3)
    prior.fit(*two_heaps(4000, 0), seeded())
    mu, sigma, group = two_heaps(2000, 1)
    z = mu + sigma * torch.randn(mu.shape, generator=seeded(2))
    assert float((of_heaps(z) - prior.log_prob(z, group)).mean()) == pytest.approx(0, abs=0.05)
    drawn = prior.draw(group, seeded(3))
    assert float((prior.log_prob(drawn, group) - of_heaps(drawn)).mean()) < 0.05
    assert abs(float((drawn[:, 0] > 0).float().mean()) - 0.5) < 0.05


def test_a_density_that_integrates_to_one() -> None:
    prior = CodeMixture(1, 4, 2)
    mu, sigma, group = two_heaps(500, 0)
    prior.fit(mu[:, :2], sigma[:, :2], group, seeded())
    line = torch.linspace(-6, 6, 241)
    z = torch.cartesian_prod(line, line)
    total = prior.log_prob(z, torch.zeros(len(z), dtype=torch.int64)).exp().sum() * 0.05**2
    assert float(total) == pytest.approx(1, abs=1e-3)


def test_each_group_has_its_own_and_a_small_one_that_of_all() -> None:
    g = seeded()
    group = torch.tensor([0] * 300 + [1] * 300 + [2] * 3)
    mu = torch.randn(603, 2, generator=g) * 0.2 + 3.0 * (group == 1)[:, None]
    prior = CodeMixture(4, 2, 2)
    prior.fit(mu, torch.full_like(mu, 0.05), group, seeded())
    means = [float(prior.draw(torch.full((500,), y), seeded(y)).mean()) for y in range(4)]
    assert means[0] == pytest.approx(0, abs=0.1)
    assert means[1] == pytest.approx(3, abs=0.1)
    assert means[2] == pytest.approx(1.5, abs=0.25)
    assert means[3] == pytest.approx(1.5, abs=0.25)
    z = torch.tensor([[3.0, 3.0]]).repeat(2, 1)
    near = prior.log_prob(z, torch.tensor([1, 0]))
    assert float(near[0] - near[1]) > 20


def test_codes_that_are_all_alike_do_not_break_it() -> None:
    prior = CodeMixture(1, 4, 3)
    group = torch.zeros(100, dtype=torch.int64)
    prior.fit(torch.zeros(100, 3), torch.full((100, 3), 1e-3), group, seeded())
    assert torch.isfinite(prior.log_prob(prior.draw(group, seeded()), group)).all()
