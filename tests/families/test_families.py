"""One law for all five families: what a family promises, it keeps over any space."""

import math
from dataclasses import replace

import pytest
import torch

from fivefold.errors import NoLikelihoodError
from fivefold.families import FAMILIES, Family
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

SPACES = {
    "mixed": Space((2,), (3, 5, 2)),
    "continuous": Space((3,)),
    "discrete": Space(None, (4, 2)),
    "one number": Space((1,)),
    "one category": Space(None, (3,)),
    "array": Space((2, 3), (2,)),
    "picture": Space.grid(1, (6, 5), (3,), quantum=0.1),
    "series": Space.grid(3, (12,), (2, 4)),
    "volume": Space.grid(2, (4, 4, 3)),
}


def draw(space: Space, rows: int, seed: int = 0) -> Batch:
    g = torch.Generator().manual_seed(seed)
    symbols = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    empty = torch.zeros(rows, 0, dtype=torch.int64)
    return Batch(torch.randn(rows, *space.shape, generator=g), torch.cat([empty, *symbols], 1))


def made(family: str, space: Space, size: float = 0.25) -> Family:
    kind = FAMILIES[family]
    if space.sort not in kind.recipes:
        pytest.skip(f"the {family} family knows no {space.sort}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(space, **kind.sized(space, size))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(space: Space) -> Condition:
    x = draw(space, 16, seed=5)
    g = seeded(1)
    return Condition(
        x,
        torch.rand(space.shape, generator=g) < 0.5,
        torch.rand(space.positions, generator=g) < 0.5,
    )


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture(params=SPACES)
def space(request) -> Space:
    return SPACES[request.param]


def test_samples_lie_in_the_space(family, space) -> None:
    model = made(family, space)
    model.prepare(draw(space, 64), seeded())
    x = model.sample(7, generator=seeded())
    assert x.continuous.shape == (7, *space.shape)
    assert x.continuous.dtype == torch.float32
    assert x.discrete.shape == (7, space.positions)
    assert x.discrete.dtype == torch.int64
    assert torch.isfinite(x.continuous).all()
    assert (x.discrete >= 0).all()
    assert (x.discrete < torch.tensor(space.discrete, dtype=torch.int64)).all()


def test_the_same_generator_gives_the_same_samples(family) -> None:
    model = made(family, SPACES["mixed"])
    model.prepare(draw(SPACES["mixed"], 64), seeded())
    a, b = (model.sample(9, generator=seeded(4)) for _ in range(2))
    assert torch.equal(a.continuous, b.continuous)
    assert torch.equal(a.discrete, b.discrete)


def test_what_a_condition_shows_is_kept(family, space) -> None:
    model = made(family, space)
    model.prepare(draw(space, 64), seeded())
    c = some(space)
    x = model.sample(16, c, generator=seeded())
    assert torch.equal(x.continuous[:, c.continuous], c.values.continuous[:, c.continuous])
    assert torch.equal(x.discrete[:, c.discrete], c.values.discrete[:, c.discrete])


def all_but(space: Space, x: Batch, hidden: int) -> Condition:
    seen = torch.arange(space.dimensions + space.positions) != hidden
    return Condition(x, seen[: space.dimensions].reshape(space.shape), seen[space.dimensions :])


@pytest.mark.parametrize("name", ["mixed", "discrete", "array", "picture", "volume"])
def test_losses_are_one_figure_a_datum_and_gradients_reach_every_parameter(family, name) -> None:
    space = SPACES[name]
    model = made(family, space)
    x = draw(space, 32)
    model.prepare(x, seeded())
    reached = set()
    variables = space.dimensions + space.positions
    for step in range(min(60, 3 * variables)):
        c = all_but(space, x, variables - 1 - step // 3) if step % 3 else None
        for player, loss in model.losses(x, c, generator=seeded(step)):
            assert loss.shape == (len(x),)
            own = list(player.parameters())
            gradients = torch.autograd.grad(loss.mean(), own, allow_unused=True)
            with torch.no_grad():
                for parameter, gradient in zip(own, gradients, strict=True):
                    if gradient is not None:
                        assert torch.isfinite(gradient).all()
                        parameter -= 0.01 * gradient
                        if gradient.abs().sum() > 0:
                            reached.add(parameter)
    missing = [n for n, p in model.named_parameters() if p not in reached and p.numel()]
    assert missing == []


def test_log_prob_is_what_the_family_says_it_is(family, space) -> None:
    model = made(family, space)
    x = draw(space, 16)
    model.prepare(x, seeded())
    if model.likelihood == "none":
        with pytest.raises(NoLikelihoodError):
            model.log_prob(x)
        return
    found = model.log_prob(x, generator=seeded())
    assert found.shape == (16,)
    assert torch.isfinite(found).all()


def test_likelihoods_of_a_small_discrete_space_sum_to_one_or_less(family) -> None:
    space = SPACES["discrete"]
    model = made(family, space)
    if model.likelihood == "none":
        pytest.skip("no likelihood")
    x = draw(space, 512)
    train(model, x, x[:64], replace(make_plan(model, 512, seed=0), steps=20, batch=64))
    every = torch.cartesian_prod(*(torch.arange(size) for size in space.discrete))
    batch = Batch(torch.zeros(len(every), 0), every)
    with torch.no_grad():
        draws = [model.log_prob(batch, generator=seeded(i)) for i in range(32)]
    total = float(torch.stack(draws).mean(0).exp().sum())
    if model.likelihood == "exact":
        assert total == pytest.approx(1, abs=2e-3)
    else:
        assert 0.2 < total < 1.02


@pytest.mark.parametrize("name", ["mixed", "picture"])
def test_a_family_saved_and_loaded_draws_the_same(family, name) -> None:
    space = SPACES[name]
    first = made(family, space)
    x = draw(space, 256)
    train(first, x, x[:64], replace(make_plan(first, 256, seed=0), steps=5, batch=64))
    second = FAMILIES[family](space, **first.config)
    second.load_state_dict(first.state_dict())
    a, b = (model.eval().sample(8, generator=seeded(2)) for model in (first, second))
    assert torch.equal(a.discrete, b.discrete)
    assert torch.equal(a.continuous, b.continuous)


def test_dependence_is_learned_and_a_condition_follows_it(family) -> None:
    """A category decides the place of a number: 0 stands low, 1 stands high."""
    g = seeded()
    label = torch.randint(0, 2, (4096, 1), generator=g)
    number = (2 * label - 1) + 0.3 * torch.randn(4096, 1, generator=g)
    x = Batch(number / math.sqrt(1.09), label)
    space = Space((1,), (2,))
    model = made(family, space, size=0.5)
    plan = replace(make_plan(model, 4096, seed=0), steps=400, batch=256)
    train(model, x, x[:512], plan)
    free = model.sample(2000, generator=seeded(1))
    low, high = (free.continuous[free.discrete[:, 0] == k].mean() for k in (0, 1))
    assert high - low > 1.5
    assert abs(float(free.discrete.float().mean()) - 0.5) < 0.1
    values = Batch(torch.zeros(1000, 1), torch.ones(1000, 1, dtype=torch.int64))
    c = Condition(values, torch.tensor([False]), torch.tensor([True]))
    told = model.sample(1000, c, generator=seeded(2)).continuous
    assert abs(float(told.mean()) - 1 / math.sqrt(1.09)) < 0.25
    values = Batch(torch.full((1000, 1), -1.0), torch.zeros(1000, 1, dtype=torch.int64))
    c = Condition(values, torch.tensor([True]), torch.tensor([False]))
    assert float(model.sample(1000, c, generator=seeded(3)).discrete.float().mean()) < 0.15


def test_a_picture_suits_its_label_and_what_is_seen_of_it(family) -> None:
    """Label 0 is bright above, label 1 below; the lower half alone tells which."""
    g = seeded()
    label = torch.randint(0, 2, (4096, 1), generator=g)
    above = torch.arange(8).view(1, 1, 8, 1) < 4
    bright = torch.where(label.view(-1, 1, 1, 1) == 0, above, ~above).float().expand(-1, 1, 8, 8)
    x = Batch((2 * bright - 1 + 0.2 * torch.randn(4096, 1, 8, 8, generator=g)) / 1.02, label)
    space = Space.grid(1, (8, 8), (2,))
    model = made(family, space, size=0.5)
    plan = replace(make_plan(model, 4096, seed=1), steps=300, batch=64)
    train(model, x, x[:256], plan)
    free = model.sample(400, generator=seeded(1))
    upper = free.continuous[:, :, :4].mean((1, 2, 3))
    low, high = (float(upper[free.discrete[:, 0] == k].mean()) for k in (1, 0))
    assert high - low > 1.5
    assert abs(float(free.discrete.float().mean()) - 0.5) < 0.15
    seen = ~above.expand(1, 1, 8, 8)[0]
    c = Condition(x[:400], seen, torch.tensor([False]))
    filled = model.sample(400, c, generator=seeded(2))
    right = (filled.continuous[:, :, :4].mean((1, 2, 3)) > 0) == (label[:400, 0] == 0)
    assert float(right.float().mean()) > 0.8


def test_a_family_can_be_made_without_memory_to_count_its_parameters(family, space) -> None:
    kind = FAMILIES[family]
    if space.sort not in kind.recipes:
        pytest.skip(f"the {family} family knows no {space.sort}")
    with torch.device("meta"):
        counted = sum(p.numel() for p in kind(space, **kind.sized(space, 0.5)).parameters())
    assert counted == sum(p.numel() for p in made(family, space, 0.5).parameters())
