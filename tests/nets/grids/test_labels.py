"""Labels of grids: a distribution that is one, and follows what is seen."""

import torch
from scipy.stats import chisquare

from fivefold.nets.grids.labels import Labels
from fivefold.spaces import Batch, Condition, Space

SPACE = Space.grid(1, (8, 8), labels=(2, 3))
EVERY = torch.cartesian_prod(torch.arange(2), torch.arange(3))
NOTHING = torch.zeros(1, 8, 8, dtype=torch.bool)


def some(seed: int = 0) -> Labels:
    torch.manual_seed(seed)
    labels = Labels(SPACE, told=16)
    for p in labels.inner.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return labels


def test_probabilities_sum_to_one() -> None:
    x = Batch(torch.zeros(6, 1, 8, 8), EVERY)
    assert abs(float(some().log_prob(x).detach().exp().sum()) - 1) < 1e-5


def test_probabilities_of_what_is_not_seen_sum_to_one() -> None:
    x = Batch(torch.zeros(3, 1, 8, 8), torch.tensor([[1, 0], [1, 1], [1, 2]]))
    c = Condition(x, NOTHING, torch.tensor([True, False]))
    assert abs(float(some().log_prob(x, c).detach().exp().sum()) - 1) < 1e-5


def test_draws_are_of_the_distribution() -> None:
    """The error rate is 0.001."""
    labels = some()
    drawn = labels.draw(6000, None, torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn[:, 0] * 3 + drawn[:, 1], minlength=6)
    expected = labels.log_prob(Batch(torch.zeros(6, 1, 8, 8), EVERY)).exp().detach()
    expected = 6000 * (expected / expected.sum()).double()
    assert chisquare(counts.double().numpy(), expected.numpy()).pvalue > 0.001


def test_each_datum_may_show_labels_of_its_own() -> None:
    values = Batch(torch.zeros(2, 1, 8, 8), torch.tensor([[1, 0], [0, 2]]))
    c = Condition(values, NOTHING, torch.tensor([[True, False], [False, True]]))
    drawn = some().draw(2, c, torch.Generator().manual_seed(0))
    assert (drawn[0, 0], drawn[1, 1]) == (1, 2)


def test_labels_follow_the_part_of_the_grid_that_is_seen() -> None:
    space = Space.grid(1, (8, 8), labels=(2,))
    torch.manual_seed(0)
    labels = Labels(space, told=16)
    optimiser = torch.optim.Adam(labels.parameters(), 3e-3)
    g = torch.Generator().manual_seed(0)
    for _ in range(100):
        y = torch.randint(0, 2, (64, 1), generator=g)
        x = Batch((2.0 * y - 1).view(-1, 1, 1, 1) + torch.randn(64, 1, 8, 8, generator=g), y)
        c = Condition(x, Condition.draw(x, g).continuous, torch.zeros(1, dtype=torch.bool))
        optimiser.zero_grad()
        (-labels.log_prob(x, c).mean()).backward()
        optimiser.step()
    y = torch.arange(200)[:, None] % 2
    x = Batch((2.0 * y - 1).view(-1, 1, 1, 1).expand(-1, 1, 8, 8), y)
    seen = NOTHING.clone()
    seen[:, :4] = True
    drawn = labels.draw(200, Condition(x, seen, torch.tensor([False])), g)
    assert float((drawn == y).float().mean()) > 0.95


def test_hidden_labels_are_kept_from_the_net() -> None:
    labels = some()
    hidden = torch.ones(6, 1, dtype=torch.bool)
    told = labels(EVERY, hidden)
    assert torch.equal(told, told[:1].expand(6, -1))
    assert not torch.equal(labels(EVERY), labels(EVERY)[:1].expand(6, -1))


def test_grids_without_labels_have_nothing_to_say() -> None:
    labels = Labels(Space.grid(1, (8, 8)), told=4)
    x = Batch(torch.zeros(5, 1, 8, 8), labels.draw(5, None, torch.Generator()))
    assert x.discrete.shape == (5, 0)
    assert not labels.log_prob(x).any()
    assert not labels(x.discrete).any()
