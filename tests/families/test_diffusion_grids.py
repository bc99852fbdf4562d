"""Diffusion on grids: a true bound, samples in few steps, labels that guide, and what is seen left alone."""

import math
from dataclasses import replace

import pytest
import torch

from fivefold.families.diffusion import Diffusion
from fivefold.families.path import Path
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

SPACES = [
    Space.grid(2, (11,), (3,)),
    Space.grid(1, (6, 5), (2,), quantum=0.1),
    Space.grid(1, (4, 4, 3)),
    Space.grid(20, (11,)),
    Space.grid(1, (20, 6), quantum=0.1),
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(space: Space, net: str = "unet") -> Diffusion:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Diffusion(space, net=net, width=32, depth=1)


def draw(space: Space, rows: int, seed: int = 0) -> Batch:
    g = generator(seed)
    labels = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    empty = torch.zeros(rows, 0, dtype=torch.int64)
    return Batch(torch.randn(rows, *space.shape, generator=g), torch.cat([empty, *labels], 1))


def stirred(family: Diffusion) -> Diffusion:
    """The family with weights that answer something: last layers begin at zero."""
    with torch.no_grad():
        for parameter in family.net.net.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator(3)))
    return family


@pytest.mark.parametrize("net", ["unet", "dit"])
@pytest.mark.parametrize(
    "space", SPACES, ids=["series", "picture", "volume", "many channels", "picture without label"]
)
def test_each_net_learns_from_grids_seen_in_part(net, space) -> None:
    family = made(space, net)
    x = draw(space, 8)
    family.prepare(x, generator())
    seen = torch.rand(8, *space.shape, generator=generator(1)) < 0.5
    c = Condition(x, seen, torch.zeros(space.positions, dtype=torch.bool))
    ((_, loss),) = family.losses(x, c, generator=generator())
    assert loss.shape == (8,)
    assert torch.isfinite(loss).all()
    found = family.sample(8, c, generator=generator(), steps=3)
    assert torch.equal(found.continuous[seen], x.continuous[seen])
    assert torch.isfinite(found.continuous).all()
    assert torch.isfinite(family.log_prob(x, c)).all()


def test_bound_of_an_untrained_net_on_standard_normal_grids_lies_just_below_their_likelihood() -> (
    None
):
    space = Space.grid(1, (16,))
    x = draw(space, 2000)
    exact = -0.5 * (x.continuous.square() + math.log(2 * math.pi)).flatten(1).sum(1)
    found = made(space).log_prob(x).mean()
    assert float(exact.mean()) - 0.3 < float(found) < float(exact.mean()) + 0.1


@pytest.mark.parametrize("order", [1, 2])
def test_both_rules_keep_standard_normal_numbers_in_few_steps(order) -> None:
    angles = torch.linspace(math.pi / 2, 0.004, 9)
    path, y = Path(angles, order), torch.randn(100, 3, generator=generator())
    before = y.clone()
    for _ in range(7):
        y = path.descend(y, torch.zeros_like(y))
    assert torch.equal(y, before)


def test_two_velocities_end_at_the_spread_of_narrow_data() -> None:
    """Of N(0, s^2) data v is known; where all noise began at 1 the way ends at s."""
    s = 0.5
    t = torch.linspace(1, 0, 51, dtype=torch.float64)
    angles = (1.3 * torch.logit(t)).clamp(min=math.log(0.004)).exp().atan()
    path, y = Path(angles, 2), torch.ones(1, 1, dtype=torch.float64)
    for phi in angles[:-1]:
        spread = (s * phi.cos()) ** 2 + phi.sin() ** 2
        y = path.descend(y, y * phi.sin() * phi.cos() * (1 - s * s) / spread)
    assert float(y) == pytest.approx(s, abs=0.01)


def test_guidance_goes_along_the_line_from_no_label_to_the_label() -> None:
    space = Space.grid(1, (6, 6), (3,))
    family = stirred(made(space))
    c = Condition(
        draw(space, 5), torch.zeros(space.shape, dtype=torch.bool), torch.ones(1, dtype=torch.bool)
    )
    plain, one, none, two = (
        family.sample(5, c, generator=generator(2), steps=1, guidance=g).continuous
        for g in (None, 1.0, 0.0, 2.0)
    )
    torch.testing.assert_close(plain, none + family.net.guidance * (one - none))
    assert float((one - none).abs().max()) > 1e-2
    torch.testing.assert_close(two - one, one - none)


def test_pictures_without_labels_are_guided_by_their_kind_and_come_back_from_noise() -> None:
    """Dark and bright ones: what noise leads to has the kind that was drawn first, and no label."""
    space = Space.grid(1, (8, 8), quantum=0.1)
    nothing = torch.zeros(512, 0, dtype=torch.int64)
    side = 2.0 * torch.randint(0, 2, (512, 1, 1, 1), generator=generator()) - 1
    x = Batch(side + 0.1 * torch.randn(512, *space.shape, generator=generator(1)), nothing)
    family = made(space)
    train(family, x, x[:64], replace(make_plan(family, 512, seed=0), steps=150, batch=64))
    kinds = family.net.inside(x).discrete[:, 0]
    assert len(kinds[side.flatten() > 0].unique()) > 1
    assert not set(kinds[side.flatten() > 0].tolist()) & set(kinds[side.flatten() < 0].tolist())
    made_now = family.sample(200, generator=generator(2))
    assert made_now.discrete.shape == (200, 0)
    means = made_now.continuous.mean((1, 2, 3))
    assert float((means.abs() - 1).abs().mean()) < 0.2
    assert 0.3 < float((means > 0).float().mean()) < 0.7
    back = family.decode(family.encode(x[:32], generator=generator()))
    torch.testing.assert_close(back.continuous, x.continuous[:32], atol=0.15, rtol=0)


def test_numbers_that_are_levels_stay_between_the_least_and_the_greatest() -> None:
    space = Space.grid(1, (6, 6), quantum=0.1)
    family = stirred(made(space))
    x = Batch(draw(space, 64).continuous.clamp(-0.5, 1.5), torch.zeros(64, 0, dtype=torch.int64))
    family.prepare(x, generator())
    found = family.sample(32, generator=generator(), steps=4, guidance=1.0).continuous
    assert float(found.min()) == pytest.approx(-0.5, abs=1e-4)
    assert float(found.max()) == pytest.approx(1.5, abs=1e-4)


def test_chances_of_labels_are_a_term_of_the_bound_and_are_learned() -> None:
    space = Space.grid(1, (4, 4), (2, 5))
    family = made(space)
    every = torch.cartesian_prod(torch.arange(2), torch.arange(5))
    x = Batch(torch.zeros(10, *space.shape), every)
    assert float(family.net.extent(x, None).detach().exp().sum()) == pytest.approx(1, abs=1e-4)
    ((_, loss),) = family.losses(x[:1], generator=generator())
    (slope,) = torch.autograd.grad(loss.mean(), family.net.labels.inner[-1].bias)
    assert slope[0] < 0 < slope[1]


def test_chances_of_all_levels_sum_to_one_or_less() -> None:
    """Two places with four levels each: the bound of every picture, in units of levels."""
    quantum = 0.9
    space = Space.grid(1, (1, 2), quantum=quantum)
    g = torch.Generator().manual_seed(0)
    numbers = (torch.randint(0, 4, (4096, 1, 1, 2), generator=g) - 1.5) * quantum
    x = Batch(numbers, torch.zeros(4096, 0, dtype=torch.int64))
    family = made(space)
    train(family, x, x[:256], replace(make_plan(family, 4096, seed=0), steps=500, batch=128))
    levels = torch.cartesian_prod(*[(torch.arange(4.0) - 1.5) * quantum] * 2)
    every = Batch(levels.view(16, 1, 1, 2), torch.zeros(16, 0, dtype=torch.int64))
    draws = [family.log_prob(every, generator=torch.Generator().manual_seed(i)) for i in range(64)]
    total = float((torch.stack(draws).mean(0) + 2 * math.log(quantum)).exp().sum())
    assert 0.3 < total < 1.02
