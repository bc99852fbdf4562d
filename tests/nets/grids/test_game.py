"""What the adversarial game over grids promises."""

import pytest
import torch

from fivefold.nets.grids.game import GridGame
from fivefold.nets.grids.players import Told
from fivefold.nets.grids.trunk import Scales
from fivefold.spaces import Batch, Condition, Space

SPACES = [
    Space.grid(1, (28, 28), (10,), quantum=0.1),
    Space.grid(30, (50,), (2, 4)),
    Space.grid(2, (200,)),
    Space.grid(3, (33, 7)),
    Space.grid(2, (4, 4, 3)),
    Space.grid(1, (1,), (2,)),
]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(space: Space, rows: int, seed: int = 0) -> Batch:
    g = seeded(seed)
    labels = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    numbers = torch.randn(rows, *space.shape, generator=g)
    return Batch(numbers, torch.cat([torch.zeros(rows, 0, dtype=torch.int64), *labels], 1))


def players(space: Space, noise: int = 8, width: int = 16, depth: int = 1):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        game = GridGame(space)
        return game, *game.players(noise, width, depth)


def moved(player: torch.nn.Module, seed: int = 1) -> None:
    """Set a player's weights away from the zeros that it starts with."""
    g = seeded(seed)
    with torch.no_grad():
        for p in player.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=g))


@pytest.mark.parametrize("space", SPACES, ids=lambda s: "x".join(map(str, s.shape)))
def test_any_extent_is_made_and_judged(space) -> None:
    game, generator, critic = players(space)
    x = some(space, 6)
    c = Condition.draw(x, seeded(3))
    for condition in (None, c):
        told = game.hide(x, condition, 0.0, seeded())
        made = game.make(generator, 6, told, seeded())
        assert made.points.shape == x.continuous.shape
        assert made.missed.shape == (6,)
        real, fake = game.scores(critic, (x.continuous, made.points), told)
        assert real.shape == fake.shape == (6,)


def test_scales_end_where_no_side_is_longer_than_eight() -> None:
    assert Scales((28, 28)).extents == [(7, 7)]
    assert Scales((64, 64)).extents == [(16, 16), (8, 8)]
    assert Scales((200,)).extents == [(1, 50), (1, 25), (1, 13), (1, 7)]
    assert Scales((4, 4, 3)).extents == [(4, 4, 3)]


def test_a_block_costs_about_the_same_at_each_scale() -> None:
    scales = Scales((128, 128))
    widths = scales.widths(128)
    costs = [w**2 * h * v for w, (h, v) in zip(widths, scales.extents, strict=True)]
    assert max(costs) <= 1.2 * min(costs)


def test_what_is_given_is_kept_and_changes_the_rest() -> None:
    space = Space.grid(1, (12, 12), (3,))
    game, generator, _ = players(space)
    moved(generator)
    x = some(space, 5)
    seen = torch.zeros(1, 12, 12, dtype=torch.bool)
    seen[:, :6] = True
    labels = torch.ones(1, dtype=torch.bool)
    made = []
    for values in (x.continuous, x.continuous + 1):
        told = game.told(Condition(Batch(values, x.discrete), seen, labels))
        y = game.make(generator, 5, told, seeded()).points
        assert torch.equal(y[:, :, :6], values[:, :, :6])
        made.append(y[:, :, 6:])
    assert not torch.allclose(*made)
    hidden = x.continuous.masked_fill(seen, 0)
    told = game.told(Condition(Batch(x.continuous - hidden, x.discrete), seen, labels))
    y = game.make(generator, 5, told, seeded()).points[:, :, 6:]
    assert torch.equal(y, made[0])  # what is not seen has no say


def test_several_sets_are_judged_as_each_by_itself() -> None:
    space = Space.grid(2, (16,), (3,))
    game, _, critic = players(space)
    moved(critic)
    x, y = some(space, 8), some(space, 8, seed=1)
    told = game.hide(x, Condition.draw(x, seeded(2)), 0.0, seeded())
    together = game.scores(critic, (x.continuous, y.continuous), told)
    for found, batch in zip(together, (x, y), strict=True):
        (alone,) = game.scores(critic, (batch.continuous,), told)
        assert torch.allclose(found, alone, atol=2e-2)
    half = [game.scores(critic, (x.continuous[p],), told.part(p))[0] for p in HALVES]
    assert torch.allclose(torch.cat(half), together[0], atol=2e-2)


HALVES = slice(4), slice(4, None)


def test_labels_and_masks_matter_to_the_critic() -> None:
    space = Space.grid(1, (8, 8), (3,))
    game, _, critic = players(space)
    moved(critic)
    x = some(space, 8)
    (score,) = game.scores(critic, (x.continuous,), Told(x.discrete))
    (other,) = game.scores(critic, (x.continuous,), Told((x.discrete + 1) % 3))
    every = torch.ones_like(x.continuous, dtype=torch.bool)
    (shown,) = game.scores(critic, (x.continuous,), Told(x.discrete, x.continuous, every))
    assert not torch.allclose(score, other, atol=1e-3)
    assert not torch.allclose(score, shown, atol=1e-3)


def test_numbers_begin_at_their_mean_and_keep_to_their_range_where_they_have_levels() -> None:
    for quantum in (None, 0.1):
        space = Space.grid(2, (8, 8), quantum=quantum)
        game, generator, _ = players(space)
        x = some(space, 64)
        x = Batch(
            (x.continuous + torch.tensor([2.0, -1.0]).view(2, 1, 1)).clamp(-3, 4), x.discrete
        )
        game.start(generator, x)
        y = game.make(generator, 64, Told(x.discrete), seeded()).points
        means = (b.mean((0, 2, 3)) for b in (x.continuous, y))
        assert torch.allclose(*means, atol=0.4)
        moved(generator)
        with torch.no_grad():
            generator.last.weight.mul_(100)
        wild = game.make(generator, 64, Told(x.discrete), seeded()).points
        within = (wild >= x.continuous.min() - 1e-4) & (wild <= x.continuous.max() + 1e-4)
        assert bool(within.all()) == (quantum is not None)


def test_recollections_are_as_far_off_as_their_formula_says() -> None:
    """The code is drawn from q, and the divergence of q from N(0, I) is that of Gaussians."""
    space = Space.grid(1, (8, 8), (2,))
    game, generator, _ = players(space)
    moved(generator)
    x = some(space, 16)
    told = game.hide(x, None, 0.0, seeded())
    made = game.make(generator, 16, told, seeded(5))
    every = torch.ones_like(x.continuous, dtype=torch.bool)
    mu, sigma, _ = generator.read(x.continuous, every, x.discrete)
    code = mu + sigma * torch.randn(mu.shape, generator=seeded(5))
    again = generator(code, Told(x.discrete))
    posterior = torch.distributions.Normal(mu, sigma)
    prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(sigma))
    nats = torch.distributions.kl_divergence(posterior, prior).sum(1)
    expected = ((again - x.continuous).square().flatten(1).sum(1) / 0.6 + nats) / 64
    assert torch.allclose(made.missed, expected, rtol=0.02)


def test_noise_is_settled_where_the_codes_of_each_class_are() -> None:
    """Means of 2,000 draws a class lie within 5 standard errors of those of the codes."""
    space = Space.grid(1, (8, 8), (2,))
    game, generator, _ = players(space, noise=2)
    moved(generator)
    x = some(space, 600)
    game.settle(generator, x, seeded())
    code = game.encode(generator, x, seeded(1))[:, 2:]
    for k in range(2):
        own = code[x.discrete[:, 0] == k]
        drawn = generator.draw(torch.full((2000, 1), k), seeded(2))
        error = (own.var(0) / len(own) + drawn.var(0) / 2000).sqrt()
        assert (((own.mean(0) - drawn.mean(0)) / error).abs() < 5).all()
        assert torch.allclose(own.std(0), drawn.std(0), rtol=0.2)
