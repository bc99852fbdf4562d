"""Codes of grids: the bound against the exact value, conditions, the fitted prior, collapse, ways between."""

import math
from dataclasses import replace

import pytest
import torch

from fivefold.errors import InputError
from fivefold.families.variational import Variational
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

LINE = Space.grid(1, (6,), labels=(2,))
LEVELS = Space.grid(1, (3, 2), quantum=0.5)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(space: Space, rows: int, seed: int = 0) -> Batch:
    g = seeded(seed)
    numbers = torch.randn(rows, *space.shape, generator=g)
    if space.quantum is not None:
        numbers = (numbers / space.quantum).round().clamp(-4, 4) * space.quantum
    labels = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    return Batch(numbers, torch.cat([torch.zeros(rows, 0, dtype=torch.int64), *labels], 1))


def disturbed(space: Space, **config: int) -> Variational:
    """A model with one number a code whose every weight is random: its likelihood is an integral over a line."""
    g = seeded(3)
    model = Variational(space, **{"latent": 1, "width": 16, **config})
    with torch.no_grad():
        for parameter in model.parameters():
            scale = (
                0.5 / math.sqrt(max(1, parameter[0].numel()))
                if parameter.dim() > 1 and len(parameter)
                else 0.1
            )
            parameter.copy_(scale * torch.randn(parameter.shape, generator=g))
        model.latents.numbers.decoder.last.weight.mul_(3.0)
        model.latents.numbers.decoder.last.bias.chunk(2)[1].add_(1.0)
        model.latents.encoder.last.bias.chunk(2)[1].add_(0.7)
    model.latents.numbers.scale.prepare(drawn(space, 500).continuous)
    return model


@torch.no_grad()
def exact(model: Variational, x: Batch, seen: torch.Tensor | None = None) -> torch.Tensor:
    """log p(numbers | labels) of what is seen, by a sum over a fine line of codes."""
    latents = model.latents
    line = torch.linspace(-7, 7, 561)[:, None]
    terms = []
    for i in range(len(x)):
        same = Batch(
            x.continuous[i : i + 1].expand(len(line), *model.space.shape),
            x.discrete[i : i + 1].expand(len(line), -1),
        )
        each = latents._log_prob(line, same)
        each = each if seen is None else torch.where(seen, each, 0.0)
        terms.append((each.flatten(1).sum(1) + latents._prior(line, same)).logsumexp(0))
    return torch.stack(terms) + math.log(14 / 560)


@torch.no_grad()
def weights(model: Variational, x: Batch, times: int, c: Condition | None = None) -> torch.Tensor:
    """Log-weights of single draws, with shape (times, B)."""
    many = x[torch.arange(len(x)).repeat(times)]
    c = None if c is None else Condition(many, c.continuous, c.discrete)
    return model.latents.weigh(many, c, 1, seeded()).view(times, len(x))


@pytest.mark.parametrize("space", [LINE, LEVELS])
def test_the_bound_is_below_the_exact_value_and_closes_with_draws(space) -> None:
    model = disturbed(space)
    x = model.sample(6, generator=seeded(1), temperature=1.0)
    with torch.no_grad():
        truth = exact(model, x) + model.latents.labels.log_prob(x)
    w = weights(model, x, 4000)
    slack = 4 * w.std(0) / math.sqrt(len(w))
    assert (w.mean(0) < truth + slack).all()
    assert float((truth - w.mean(0)).mean()) > 0.005
    found = w.logsumexp(0) - math.log(len(w))
    error = 4 * (w - found).exp().std(0) / math.sqrt(len(w))
    assert ((found - truth).abs() < error + 0.03).all()
    assert float(error.mean()) < 0.3


def test_levels_have_chances_that_sum_to_one_given_a_code() -> None:
    space = Space.grid(1, (1,), quantum=0.5)
    model = disturbed(space)
    levels = torch.arange(-4, 5) * 0.5
    model.latents.numbers.scale.prepare(levels.view(-1, 1, 1))
    x = Batch(levels.view(-1, 1, 1), torch.zeros(9, 0, dtype=torch.int64))
    with torch.no_grad():
        found = model.latents._log_prob(torch.full((9, 1), 0.7), x).exp().sum() * 0.5
    assert float(found) == pytest.approx(1, abs=1e-4)


def test_a_bound_given_a_part_nears_the_exact_conditional_with_many_candidates() -> None:
    model = disturbed(LINE, candidates=32)
    x = model.sample(6, generator=seeded(1))
    seen = torch.tensor([[True, True, True, False, False, False]])
    c = Condition(x, seen, torch.tensor([True]))
    truth = exact(model, x) - exact(model, x, seen)
    w = weights(model, x, 200, c)
    assert (w.mean(0) < truth + 4 * w.std(0) / math.sqrt(len(w)) + 0.05).all()
    found = w.logsumexp(0) - math.log(len(w))
    error = 4 * (w - found).exp().std(0) / math.sqrt(len(w))
    assert ((found - truth).abs() < error + 0.1).all()


def striped(rows: int, seed: int) -> Batch:
    """Waves of a place and a height that are drawn from two heaps."""
    g = seeded(seed)
    heap = torch.randint(0, 2, (rows, 1), generator=g).float()
    place = 2.0 * heap + 0.2 * torch.randn(rows, 1, generator=g)
    height = 1.0 + heap + 0.1 * torch.randn(rows, 1, generator=g)
    wave = height * torch.sin(torch.arange(8) * 0.8 + place)
    noise = 0.1 * torch.randn(rows, 8, generator=g)
    return Batch((wave + noise)[:, None], torch.zeros(rows, 0, dtype=torch.int64))


@pytest.fixture(scope="module")
def learned() -> Variational:
    space, x = Space.grid(1, (8,)), striped(2048, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Variational(space, **{**Variational.sized(space, 0.17), "latent": 4})
    train(model, x, x[:256], replace(make_plan(model, 2048, seed=0), steps=200, batch=64))
    return model


def test_a_fitted_prior_raises_the_bound_on_data_held_out(learned) -> None:
    fresh = striped(512, 9)
    with torch.no_grad():
        after = learned.log_prob(fresh).mean()
        learned.latents.prior.fitted.fill_(False)
        before = learned.log_prob(fresh).mean()
        learned.latents.prior.fitted.fill_(True)
    assert float(after - before) > 0.1


def test_samples_are_like_the_data(learned) -> None:
    real, made = striped(2000, 5).continuous, learned.sample(2000, generator=seeded(6)).continuous
    assert float((real.mean(0) - made.mean(0)).abs().max()) < 0.2
    gap = torch.cov(real.flatten(1).T) - torch.cov(made.flatten(1).T)
    assert float(gap.abs().max()) < 0.3


def test_what_is_seen_is_kept_and_what_is_not_suits_it(learned) -> None:
    x, seen = striped(256, 7), torch.arange(8)[None] < 5
    c = Condition(x, seen, torch.zeros(0, dtype=torch.bool))
    filled = learned.sample(256, c, generator=seeded(8)).continuous
    assert torch.equal(filled[:, seen], x.continuous[:, seen])
    wrong = (filled - x.continuous)[:, ~seen].abs().mean()
    shuffled = (x.continuous.roll(1, 0) - x.continuous)[:, ~seen].abs().mean()
    assert float(wrong) < 0.6 * float(shuffled)


def test_each_datum_may_show_something_else(learned) -> None:
    x = striped(8, 7)
    own = torch.rand(8, 1, 8, generator=seeded(1)) < 0.5
    c = Condition(x, own, torch.zeros(0, dtype=torch.bool))
    filled = learned.sample(8, c, generator=seeded(2)).continuous
    assert torch.equal(filled[own], x.continuous[own])
    with torch.no_grad():
        assert torch.isfinite(learned.log_prob(x, c, draws=2)).all()


def test_information_tells_codes_in_use_from_codes_let_go(learned) -> None:
    x = striped(256, 3)
    used = learned.information(x)
    assert not used.collapsed
    assert used.total > 1
    assert learned.notices == []
    gone = disturbed(Space.grid(1, (8,)))
    with torch.no_grad():
        gone.latents.encoder.last.weight.zero_()
    assert gone.information(x).collapsed
    gone.settle(x, seeded())
    assert ["collapse" in notice for notice in gone.notices] == [True]


def test_a_code_leads_back_to_its_grid(learned) -> None:
    x = striped(64, 4)
    code = learned.encode(x, generator=seeded())
    assert code.shape == (64, 4)
    back = learned.decode(code).continuous
    assert float((back - x.continuous).square().mean()) < 0.2 * float(x.continuous.var())


def test_labels_stand_in_the_code() -> None:
    model, x = disturbed(LINE), drawn(LINE, 5)
    back = model.decode(model.encode(x, generator=seeded()))
    assert torch.equal(back.discrete, x.discrete)
    with pytest.raises(InputError):
        Variational(Space((2,)), width=16, classes=4).encode(x, generator=seeded())


def test_temperature_adds_the_noise_of_single_numbers() -> None:
    model = disturbed(LEVELS)
    a, b = (model.sample(64, generator=seeded(1)).continuous for _ in range(2))
    noisy = model.sample(64, generator=seeded(1), temperature=1.0).continuous
    assert torch.equal(a, b)
    assert not torch.equal(a, noisy)
    low = model.latents.numbers.scale.ends[0]
    steps = (noisy - low) / 0.5
    assert float((steps - steps.round()).abs().max()) < 1e-4
