"""What the adversarial family promises beyond the law of all families."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fivefold.families.adversarial import Adversarial, relativistic
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

SPACE = Space((1,), (2, 3))
ROWS = 4096


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def known(rows: int, seed: int = 0) -> Batch:
    """A fair coin decides a die of three sides, and both the place of a number."""
    g = seeded(seed)
    coin = torch.randint(0, 2, (rows, 1), generator=g)
    chances = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])[coin[:, 0]]
    die = torch.multinomial(chances, 1, generator=g)
    number = (coin + die - 1.5 + 0.4 * torch.randn(rows, 1, generator=g)) / 1.2
    return Batch(number, torch.cat([coin, die], 1))


def made(space: Space = SPACE, **config: float) -> Adversarial:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Adversarial(space, **{"width": 64, "depth": 2, **config})


def points(family: Adversarial, x: Batch) -> Tensor:
    return family.rows.game.points(x)


def cells(x: Batch) -> Tensor:
    """The joint frequencies of coin, die and eight cells of the number."""
    edges = torch.linspace(-1.5, 1.5, 7)
    cell = torch.bucketize(x.continuous[:, 0].contiguous(), edges)
    index = (x.discrete[:, 0] * 3 + x.discrete[:, 1]) * 8 + cell
    return index.bincount(minlength=48) / len(x)


def distance(x: Batch, y: Batch) -> float:
    return float((cells(x) - cells(y)).abs().sum() / 2)


@pytest.fixture(scope="module")
def trained() -> Adversarial:
    family, x = made(shown=0.5), known(ROWS)
    plan = replace(make_plan(family, ROWS, seed=0), steps=500, batch=256)
    train(family, x, known(1024, seed=1), plan)
    return family


def test_a_known_distribution_is_recovered_to_a_third_of_the_distance_of_independence(
    trained,
) -> None:
    truth = known(100_000, seed=2)
    g = seeded(3)
    shuffled = Batch(
        truth.continuous[torch.randperm(len(truth), generator=g)],
        torch.stack([c[torch.randperm(len(truth), generator=g)] for c in truth.discrete.T], 1),
    )
    drawn = trained.sample(20_000, generator=seeded(4))
    assert distance(drawn, truth) < distance(shuffled, truth) / 3


def test_a_condition_on_one_category_moves_the_others_as_it_should(trained) -> None:
    values = Batch(torch.zeros(4000, 1), torch.tensor([[1, 0]]).expand(4000, 2))
    c = Condition(values, torch.tensor([False]), torch.tensor([True, False]))
    x = trained.sample(4000, c, generator=seeded(5))
    assert (x.discrete[:, 0] == 1).all()
    truth = known(100_000, seed=6)
    truth = truth[truth.discrete[:, 0] == 1]
    found, right = (b.discrete[:, 1].bincount(minlength=3) / len(b) for b in (x, truth))
    assert float((found - right).abs().sum() / 2) < 0.15  # 0.30 for one who ignores the coin
    assert (
        float(x.continuous.mean()) > float(truth.continuous.mean()) / 2
    )  # 0 for one who ignores it


def test_the_critic_chooses_among_candidates_what_it_prefers(trained) -> None:
    one, many = (trained.sample(4000, generator=seeded(7), candidates=k) for k in (1, 8))
    game, told = trained.rows.game, trained.rows.game.told(None)
    scores = [
        game.scores(trained.critic, [points(trained, x)], told)[0].mean() for x in (one, many)
    ]
    assert scores[1] > scores[0]


def test_turns_reach_their_own_player_and_no_other() -> None:
    family = made()
    family.prepare(known(256), seeded())
    turns = family.losses(known(64), generator=seeded())
    player, loss = next(turns)
    assert player is family.critic
    loss.mean().backward()
    assert all(p.grad is None for p in family.generator.parameters())
    assert family.critic.inputs.weight.grad is not None
    family.zero_grad(set_to_none=True)
    player, loss = next(turns)
    assert player is family.generator
    assert loss.shape == (64,)
    gradients = torch.autograd.grad(loss.mean(), list(player.parameters()), allow_unused=True)
    assert all(p.grad is None for p in family.critic.parameters())
    assert any(g is not None and g.abs().sum() > 0 for g in gradients)
    assert next(turns, None) is None


def test_a_pair_told_apart_by_nothing_costs_log_two() -> None:
    score = torch.randn(9, generator=seeded())
    assert torch.allclose(relativistic(score, score), torch.full((9,), math.log(2)))


def test_penalties_vanish_for_a_flat_critic_and_grow_with_the_square_of_its_slope() -> None:
    family = made(gamma=3.0, lazy=2)
    real, fake = points(family, known(32)), points(family, known(32, seed=1))
    told, weight = family.rows.game.told(None), family.critic.outputs.weight

    def penalty(scale: float) -> float:
        with torch.no_grad():
            weight.mul_(scale)
        score, loss = family._penalised(real, fake, told)
        free = relativistic(score, family.rows.game.scores(family.critic, [fake], told)[0])
        return float((loss - free).detach().mean())

    first = penalty(1.0)
    assert first > 0
    assert penalty(2.0) == pytest.approx(4 * first, rel=0.05)
    assert penalty(0.0) == pytest.approx(0, abs=1e-6)


def test_the_quadratic_critic_pulls_only_where_pairs_of_variables_differ() -> None:
    family, data = made(), known(ROWS)
    family.prepare(data, seeded())
    real, other = points(family, data), known(ROWS, seed=8)
    coins = other.discrete[torch.randperm(ROWS, generator=seeded(9)), 0]
    broken = Batch(other.continuous, torch.stack([coins, other.discrete[:, 1]], 1))

    def pull(x: Batch) -> float:
        at = points(family, x).requires_grad_()
        view = family.rows.game.moments.view(at, real, seeded())
        assert view.shape == (ROWS,)
        return float(torch.autograd.grad(view.sum(), at)[0][:, :2].norm())

    assert pull(broken) > 5 * pull(other)


def test_symbols_start_at_their_marginals() -> None:
    family = made(Space(None, (3,)))
    x = torch.tensor([0] * 700 + [1] * 200 + [2] * 100)[:, None]
    family.prepare(Batch(torch.zeros(1000, 0), x), seeded())
    drawn = family.sample(20_000, generator=seeded(), candidates=1).discrete[:, 0]
    assert torch.allclose(drawn.bincount() / 20_000, torch.tensor([0.7, 0.2, 0.1]), atol=0.015)


def test_the_figure_that_keeps_weights_is_least_for_the_data_themselves(trained) -> None:
    x = known(4096, seed=10)
    untrained = made()
    untrained.prepare(x, seeded())
    assert trained.validate(x, seeded(11)) < untrained.validate(x, seeded(11)) / 2


def test_more_features_than_are_seen_at_once_are_seen_in_part() -> None:
    space = Space((4,), (300,) * 5)
    family = made(space)
    g = seeded()
    x = Batch(torch.randn(64, 4, generator=g), torch.randint(0, 300, (64, 5), generator=g))
    family.prepare(x, g)
    assert len(family.rows.game.moments.choose(seeded(1))) < 1564
    for _, loss in family.losses(x, generator=g):
        assert torch.isfinite(loss).all()
    assert math.isfinite(family.validate(x, g))
