"""Diffusion over sequences: the bound of a tiny space against enumeration, samples, filling, one level."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fivefold.families.diffusion import Diffusion
from fivefold.spaces import Batch, Condition, Sequences, Space
from fivefold.training import make_plan, train

SPACE = Space.sequence(alphabet=3, length=4)
NOTHING = torch.zeros(0, dtype=torch.bool)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def every() -> list[list[int]]:
    """All data of the space that begin anew: those that end in time, and those cut at its last place."""
    ended = [[0, *inner, 0] for n in range(3) for inner in itertools.product((1, 2), repeat=n)]
    return ended + [[0, *inner] for inner in itertools.product((1, 2), repeat=3)]


def batch(rows: list[list[int]]) -> Batch:
    lengths = torch.tensor([len(row) for row in rows])
    wide = torch.tensor([row + [0] * (4 - len(row)) for row in rows])
    return Batch(torch.zeros(len(rows), 0), wide, lengths)


@pytest.fixture(scope="module")
def tiny() -> Diffusion:
    torch.manual_seed(0)
    family = Diffusion(SPACE, width=64, depth=1)
    data = Sequences.of([np.array(row[1:-1], np.int64) for row in every() if row[-1] == 0], 4)
    family.prepare(data, generator())
    with torch.no_grad():
        for parameter in family.parameters():
            parameter += 0.15 * torch.randn_like(parameter)
    return family.requires_grad_(False)


def enumerated(family: Diffusion, row: list[int]) -> tuple[float, float]:
    """log p of a datum and its bound: over all orders in which its symbols can be revealed, one at a time."""
    x = batch([row])
    free = (~family.net.shown(x, None))[0].nonzero().flatten().tolist()
    terms = []
    for order in itertools.permutations(free):
        hidden = torch.zeros(1, 4, dtype=torch.bool)
        hidden[0, free] = True
        total = 0.0
        for j in order:
            asked = torch.zeros(1, 4, dtype=torch.bool)
            asked[0, j] = True
            total += float(family.net.recall(family.net(x, hidden), x, asked)[0])
            hidden[0, j] = False
        terms.append(total)
    extent = float(family.net.extent(x, None))
    found = torch.tensor(terms)
    return extent + float(found.logsumexp(0)) - math.log(len(terms)), extent + float(found.mean())


def test_bound_is_the_mean_over_orders_and_below_the_likelihood(tiny: Diffusion) -> None:
    rows = every()
    exact = torch.tensor([enumerated(tiny, row) for row in rows])
    assert float(exact[:, 0].exp().sum()) == pytest.approx(1, abs=0.02)
    assert (exact[:, 0] >= exact[:, 1]).all()
    found = torch.stack([tiny.log_prob(batch(rows), generator=generator(s)) for s in range(60)])
    error = found.std(0) / math.sqrt(len(found))
    assert ((found.mean(0) - exact[:, 1]).abs() < 4 * error + 0.01).all()
    assert float(error.max()) < 0.1
    assert float(found.mean(0).exp().sum()) < 1.01


def test_samples_one_symbol_a_step_have_the_enumerated_probabilities(tiny: Diffusion) -> None:
    rows = every()
    x = tiny.sample(6000, generator=generator(1), steps=3)
    found = [tuple(row[:n]) for row, n in zip(x.discrete.tolist(), x.mask.sum(1), strict=True)]
    assert set(found) <= {tuple(row) for row in rows}
    for row in rows:
        expected = math.exp(enumerated(tiny, row)[0])
        assert found.count(tuple(row)) / 6000 == pytest.approx(expected, abs=0.025)


def test_a_condition_is_kept_and_its_blanks_are_filled_row_by_row(tiny: Diffusion) -> None:
    values = batch([[0, 1, 2, 0], [0, 2, 0, 0]])
    seen = torch.tensor([[True, False, True, True], [True, True, False, False]])
    c = Condition(values, NOTHING, seen)
    x = tiny.sample(2, c, generator=generator())
    assert torch.equal(x.discrete[seen[:, : x.discrete.shape[1]]], values.discrete[seen])
    assert x.mask.sum(1)[1] >= 3


def test_probabilities_of_one_blank_sum_to_one(tiny: Diffusion) -> None:
    rows = batch([[0, k, 2, 0] for k in (1, 2)])
    rows = Batch(rows.continuous, rows.discrete)
    seen = torch.tensor([[True, False, True, True]]).expand(2, 4)
    found = tiny.log_prob(rows, Condition(rows, NOTHING, seen))
    tail = tiny.log_prob(rows, Condition(rows, NOTHING, seen & (torch.arange(4) < 3)))
    assert float(found.exp().sum()) == pytest.approx(1, abs=0.02)
    assert (tail < found).all()


def test_loss_is_an_estimate_of_the_bound_in_nats_a_datum(tiny: Diffusion, monkeypatch) -> None:
    monkeypatch.setattr(tiny.net, "evenness", 0.0)
    x = batch([[0, 1, 2, 1]] * 512)
    draws = [next(iter(tiny.losses(x, generator=generator(s))))[1] for s in range(20)]
    bound = enumerated(tiny, [0, 1, 2, 1])[1] - float(tiny.net.extent(x[:1], None))
    assert float(torch.cat(draws).mean()) == pytest.approx(-bound, abs=0.1)


@pytest.mark.parametrize("evenness", [0.0, 0.5, 1.0])
def test_a_net_that_knows_nothing_loses_as_much_however_training_weighs(evenness) -> None:
    family = Diffusion(Space.sequence(alphabet=9, length=64), width=64, depth=1)
    family.net.evenness = evenness
    x = Batch(torch.zeros(512, 0), torch.randint(1, 9, (512, 64), generator=generator()))
    loss = next(iter(family.losses(x, generator=generator())))[1].detach()
    assert float(loss.mean()) == pytest.approx(63 * math.log(8), rel=0.03)
    spread = float(loss.std() / loss.mean())
    assert (spread > 0.2) == (evenness > 0)


def test_one_level_hides_that_share(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Space.sequence(alphabet=9, length=64)
    family = Diffusion(space, width=64, depth=1, times=(0.15, 0.15))
    x = Batch(torch.zeros(200, 0), torch.randint(1, 9, (200, 64), generator=generator()))
    seen: list[float] = []
    forward = family.net.forward

    def spy(x: Batch, hidden: torch.Tensor, *how: torch.Tensor) -> torch.Tensor:
        seen.append(float(hidden[:, 1:].float().mean()))
        return forward(x, hidden, *how)

    monkeypatch.setattr(family.net, "forward", spy)
    next(iter(family.losses(x, generator=generator())))
    assert seen[0] == pytest.approx(0.15, abs=0.01)
    assert Diffusion(space, **family.config).times == (0.15, 0.15)


def test_training_teaches_what_stands_with_what_and_how_long_data_are() -> None:
    """Words of one symbol of four, repeated 3 to 9 times."""
    g = np.random.default_rng(0)
    words = [
        np.full(n, k) for n, k in zip(g.integers(3, 10, 2000), g.integers(1, 5, 2000), strict=True)
    ]
    x = Sequences.of(words, 12)
    torch.manual_seed(0)
    family = Diffusion(Space.sequence(5, 12), width=64, depth=1)
    plan = replace(make_plan(family, len(x), seed=0), steps=80, batch=64)
    train(family, x, x.part(slice(64)), plan)
    found = family.sample(200, generator=generator(3))
    inside = found.mask[:, 2:] & (found.discrete[:, 2:] > 0)
    alike = found.discrete[:, 2:] == found.discrete[:, 1:-1]
    assert float(alike[inside].float().mean()) > 0.95
    assert found.lengths is not None
    assert float(found.lengths.float().mean()) == pytest.approx(
        float(x.lengths.float().mean()), abs=0.4
    )
    best = -math.log(7 * 4)
    assert best - 0.8 < float(family.log_prob(x[:200]).mean()) < best + 0.1
