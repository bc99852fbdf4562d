"""Diffusion: a true bound, samples that follow the data, conditions without approximation."""

import math
from collections.abc import Callable

import pytest
import torch

from fivefold.families.diffusion import Diffusion
from fivefold.nets.categories import Packed
from fivefold.nets.columns.denoiser import mutual_information
from fivefold.spaces import Batch, Condition, Space


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fitted(
    space: Space, draw: Callable[[int, torch.Generator], Batch], *, conditional: float = 0.0
) -> Diffusion:
    torch.manual_seed(0)
    g, steps = generator(2), 700
    family = Diffusion(space, width=64, depth=1)
    family.prepare(draw(2000, g), g)
    optimiser = torch.optim.Adam(family.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 5e-3, total_steps=steps)
    for step in range(steps):
        x = draw(256, g)
        c = Condition.draw(x, g) if step % 10 < 10 * conditional else None
        ((_, loss),) = family.losses(x, c, generator=g)
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
        schedule.step()
    return family


def two_clusters(n: int, g: torch.Generator) -> Batch:
    """A fair coin k and a number N(2 k - 1, 0.25)."""
    k = torch.randint(2, (n, 1), generator=g)
    return Batch(2.0 * k - 1 + 0.5 * torch.randn(n, 1, generator=g), k)


@pytest.fixture(scope="module")
def clusters() -> Diffusion:
    return fitted(Space((1,), (2,)), two_clusters, conditional=0.7)


def test_bound_of_untrained_net_on_standard_normal_is_its_negative_entropy() -> None:
    space = Space((3,), ())
    x = Batch(
        torch.randn(20_000, 3, generator=generator()), torch.zeros(20_000, 0, dtype=torch.int64)
    )
    family = Diffusion(space, width=16)
    entropy = 1.5 * math.log(2 * math.pi * math.e)
    assert float(family.log_prob(x).mean()) == pytest.approx(-entropy, abs=0.06)


def test_untrained_sampler_draws_standard_normal_in_few_steps() -> None:
    found = Diffusion(Space((1,), ()), width=16).sample(20_000, generator=generator(), steps=6)
    assert float(found.continuous.std()) == pytest.approx(1, abs=0.02)


def test_bound_sums_to_at_most_one_and_nearly_reaches_it() -> None:
    table = torch.tensor([[0.4, 0.05, 0.05], [0.02, 0.08, 0.4]])

    def draw(n: int, g: torch.Generator) -> Batch:
        k = torch.multinomial(table.flatten(), n, replacement=True, generator=g)
        return Batch(torch.zeros(n, 0), torch.stack([k // 3, k % 3], 1))

    family = fitted(Space(None, (2, 3)), draw)
    every = torch.cartesian_prod(torch.arange(2), torch.arange(3)).repeat(64, 1)
    bound = family.log_prob(Batch(torch.zeros(len(every), 0), every)).reshape(64, 6).mean(0)
    assert 0.97 < float(bound.exp().sum()) < 1.005
    found = family.sample(20_000, generator=generator(), steps=2).discrete
    share = torch.bincount(found[:, 0] * 3 + found[:, 1], minlength=6) / 20_000
    torch.testing.assert_close(share, table.flatten(), atol=0.025, rtol=0)


def test_joint_bound_lies_just_below_the_true_likelihood(clusters: Diffusion) -> None:
    x = two_clusters(4000, generator(5))
    z = (x.continuous - 2.0 * x.discrete + 1) / 0.5
    true = (-0.5 * z.square() - math.log(0.5 * math.sqrt(2 * math.pi)) - math.log(2)).mean()
    assert float(true) - 0.12 < float(clusters.log_prob(x).mean()) < float(true) + 0.02


def test_samples_follow_the_joint(clusters: Diffusion) -> None:
    found = clusters.sample(8000, generator=generator(6), steps=12)
    for k in (0, 1):
        z = found.continuous[found.discrete[:, 0] == k]
        assert len(z) / 8000 == pytest.approx(0.5, abs=0.06)
        assert float(z.mean()) == pytest.approx(2 * k - 1, abs=0.12)
        assert float(z.std()) == pytest.approx(0.5, abs=0.1)


def test_numbers_follow_the_symbols_seen(clusters: Diffusion) -> None:
    k = torch.arange(4000)[:, None] % 2
    seen = Batch(torch.zeros(4000, 1), k)
    c = Condition(seen, torch.tensor([False]), torch.tensor([True]))
    found = clusters.sample(4000, c, generator=generator(7), steps=12)
    assert torch.equal(found.discrete, k)
    error = found.continuous - (2.0 * k - 1)
    assert float(error.mean()) == pytest.approx(0, abs=0.08)
    assert float(error.std()) == pytest.approx(0.5, abs=0.08)
    gain = clusters.log_prob(two_clusters(2000, generator(8)), c=_shown_symbols(2000, 8)).mean()
    entropy = 0.5 * math.log(2 * math.pi * math.e * 0.25)
    assert -entropy - 0.1 < float(gain) < -entropy + 0.04


def _shown_symbols(n: int, seed: int) -> Condition:
    x = two_clusters(n, generator(seed))
    return Condition(x, torch.tensor([False]), torch.tensor([True]))


def test_symbols_follow_the_numbers_seen(clusters: Diffusion) -> None:
    grid = torch.linspace(-1, 1, 9)[:, None]
    seen = Batch(grid.repeat(1000, 1), torch.zeros(9000, 1, dtype=torch.int64))
    c = Condition(seen, torch.tensor([True]), torch.tensor([False]))
    found = clusters.sample(9000, c, generator=generator(9))
    share = found.discrete.float().reshape(1000, 9).mean(0)
    assert float((share - torch.sigmoid(8 * grid[:, 0])).abs().mean()) < 0.06


def test_mutual_information_of_a_copy_is_its_entropy() -> None:
    a = torch.randint(4, (5000, 1), generator=generator())
    b = torch.randint(3, (5000, 1), generator=generator(1))
    found = mutual_information(torch.cat([a, b, a], 1), Packed((4, 3, 4)))
    assert float(found[0, 2]) == pytest.approx(math.log(4), abs=0.01)
    assert float(found[0, 1]) == pytest.approx(0, abs=0.01)
    torch.testing.assert_close(found, found.T)


def test_dependent_symbols_are_not_revealed_together() -> None:
    a = torch.randint(4, (5000, 2), generator=generator())
    x = Batch(torch.zeros(5000, 0), torch.cat([a, a], 1))
    family = Diffusion(Space(None, (4, 4, 4, 4)), width=16)
    family.prepare(x, generator())
    for seed in range(5):
        (plan,) = family.net.plan(torch.zeros(1, 4, dtype=torch.bool), 2, generator(seed)).tolist()
        assert sorted(plan) == [0, 0, 1, 1]
        assert plan[0] != plan[2]
        assert plan[1] != plan[3]


def test_validation_repeats_itself(clusters: Diffusion) -> None:
    x = two_clusters(500, generator(1))
    assert clusters.validate(x, generator(3)) == clusters.validate(x, generator(3))
