"""The variational family: its bound, its posterior, its conditions, and laws that are known."""

import math
from dataclasses import replace

import pytest
import torch

from fivefold.families.variational import Variational
from fivefold.nets.columns.factors import log_own
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

MIXED = Space((2,), (2, 3))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def empty(rows: int) -> torch.Tensor:
    return torch.zeros(rows, 0, dtype=torch.int64)


def drawn(space: Space, rows: int, seed: int = 0) -> Batch:
    g = seeded(seed)
    symbols = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    numbers = torch.randn(rows, *space.shape, generator=g)
    return Batch(numbers, torch.cat([empty(rows), *symbols], 1))


def disturbed(space: Space, **config: int) -> Variational:
    """A model whose every weight is random, so that neither posterior nor bound is close by construction."""
    g = seeded(3)
    model = Variational(space, **{"classes": 3, "latent": 1, "width": 16, **config})
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.15 if "encoder" in name else 0.3
            parameter.copy_(scale * torch.randn(parameter.shape, generator=g))
    return model


def repeated(x: Batch, times: int) -> Batch:
    return Batch(x.continuous.repeat(times, 1), x.discrete.repeat(times, 1))


@torch.no_grad()
def weights(
    model: Variational, x: Batch, c: Condition | None = None, times: int = 12_000
) -> torch.Tensor:
    """Log-weights of single draws with shape (times, B): their mean is the ELBO, their log-mean-exp log p(x)."""
    if c is not None:
        c = Condition(repeated(c.values, times), c.continuous, c.discrete)
    return model.log_prob(repeated(x, times), c, draws=1).view(times, len(x))


def estimate(w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """log p(x) from the log-weights, and four standard errors of it."""
    found = w.logsumexp(0) - math.log(len(w))
    return found, 4 * (w - found).exp().std(0) / math.sqrt(len(w))


def fitted(space: Space, x: Batch, steps: int, rate: float = 1e-2, **config: int) -> Variational:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Variational(space, **{"classes": 16, "width": 32, **config})
    plan = make_plan(model, len(x), seed=0)
    recipe = replace(plan.recipe, rate=rate)
    train(model, x, x[:512], replace(plan, steps=steps, batch=256, recipe=recipe))
    return model


@torch.no_grad()
def exact(model: Variational, x: Batch) -> torch.Tensor:
    """log p(x) by summing over the classes and a fine grid over the one-dimensional v."""
    grid = torch.linspace(-7, 7, 561)
    log_v = -0.5 * grid.square() - 0.5 * math.log(2 * math.pi) + math.log(14 / 560)
    part, terms = model.latents._part(x, None), []
    for log_pi, code in zip(model.latents.prior.log_softmax(0), model.latents.codes, strict=True):
        p = model.latents._decode(code.expand(len(grid), -1), grid[:, None])
        each = [
            log_own(p, type(part)(*(t[i : i + 1] for t in part[:2]), part.seen))
            for i in range(len(x))
        ]
        terms.append(log_pi + (torch.stack(each) + log_v).logsumexp(1))
    return torch.stack(terms).logsumexp(0)


@pytest.mark.parametrize("space", [MIXED, Space((3,)), Space(None, (4, 2))])
def test_the_bound_is_below_the_exact_value_and_closes_with_draws(space) -> None:
    model, x = disturbed(space), drawn(space, 8)
    truth, w = exact(model, x), weights(model, x)
    slack = 4 * w.std(0) / math.sqrt(len(w))
    assert (w.mean(0) < truth + slack).all()
    assert float((truth - w.mean(0)).mean()) > 0.01
    found, error = estimate(w)
    assert ((found - truth).abs() < error + 0.02).all()
    assert float(error.mean()) < 0.2
    with torch.no_grad():
        several = torch.stack([model.log_prob(x, generator=seeded(i), draws=8) for i in range(50)])
    assert w.mean() < several.mean() < truth.mean() + 0.02


def test_a_conditional_bound_is_one_of_the_distribution_that_is_sampled() -> None:
    """Over a small space it sums to at most one, lies below the samples' frequencies, and closes."""
    model, n = disturbed(Space((1,), (2, 3, 2)), latent=2), 40_000
    every = torch.cartesian_prod(torch.tensor([1]), torch.arange(3), torch.arange(2))
    masks = torch.tensor([True]), torch.tensor([True, False, False])
    x = Batch(torch.full((6, 1), 0.7), every)
    w = weights(model, x, Condition(x, *masks))
    bound = w.mean(0).exp()
    assert 0.5 < float(bound.sum()) < 1
    given = Condition(Batch(torch.full((n, 1), 0.7), every[:1].expand(n, 3)), *masks)
    sample = model.sample(n, given, generator=seeded(5)).discrete
    frequency = torch.bincount(2 * sample[:, 1] + sample[:, 2], minlength=6) / n
    assert (bound < frequency + 5 * (frequency / n).sqrt()).all()
    found, error = estimate(w)
    noise = 4 * (frequency / n).sqrt() + found.exp() * error
    assert ((found.exp() - frequency).abs() < noise).all()
    assert float(error.mean()) < 0.2


def test_with_v_unused_a_condition_is_exact() -> None:
    model, x = disturbed(MIXED), drawn(MIXED, 16)
    with torch.no_grad():
        model.latents.decoder.inputs.weight[:, -1] = 0
        for parameter in model.latents.encoder.outputs.parameters():
            parameter.zero_()
        c = Condition(x, torch.tensor([True, False]), torch.tensor([False, True]))
        whole, part = (
            model.latents._classes(model.latents._part(x, shown)).logsumexp(1)
            for shown in (None, c)
        )
    found, error = estimate(weights(model, x, c))
    assert ((found - (whole - part)).abs() < error + 0.02).all()


KIND = torch.tensor([0.5, 0.3, 0.2])
TABLE = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]])
PLACE = torch.tensor([-1.0, 0.2, 1.4])
SPREAD = 0.3


def known(rows: int, seed: int) -> Batch:
    """A kind decides a category and the place of a number."""
    g = seeded(seed)
    kind = torch.multinomial(KIND, rows, True, generator=g)
    other = torch.multinomial(TABLE[kind], 1, generator=g)
    number = PLACE[kind] + SPREAD * torch.randn(rows, generator=g)
    return Batch(number[:, None], torch.cat([kind[:, None], other], 1))


@pytest.fixture(scope="module")
def learned() -> Variational:
    return fitted(Space((1,), (3, 2)), known(8192, 0), 300)


def test_a_known_distribution_is_recovered(learned) -> None:
    n = 20_000
    x, fresh = learned.sample(n, generator=seeded(1)), known(2000, 9)
    cells = torch.bincount(2 * x.discrete[:, 0] + x.discrete[:, 1], minlength=6).float() / n
    truth = (KIND[:, None] * TABLE).flatten()
    assert 0.5 * (cells - truth).abs().sum() < 0.03
    for kind in range(3):
        numbers = x.continuous[x.discrete[:, 0] == kind, 0].sort().values
        u = torch.special.ndtr((numbers - PLACE[kind]) / SPREAD)
        steps = torch.arange(1, len(u) + 1) / len(u)
        assert (u - steps).abs().max() < 0.06
    with torch.no_grad():
        bound = learned.log_prob(fresh).mean()
    kinds, z = fresh.discrete[:, 0], fresh.continuous[:, 0]
    number = -0.5 * ((z - PLACE[kinds]) / SPREAD) ** 2 - math.log(SPREAD * math.sqrt(2 * math.pi))
    entropy = (number + (KIND[kinds] * TABLE[kinds, fresh.discrete[:, 1]]).log()).mean()
    assert -0.08 < bound - entropy < 0.02


def test_a_known_conditional_is_recovered(learned) -> None:
    n, at = 10_000, 0.7
    values = Batch(torch.full((n, 1), at), torch.zeros(n, 2, dtype=torch.int64))
    c = Condition(values, torch.tensor([True]), torch.tensor([False, False]))
    x = learned.sample(n, c, generator=seeded(2))
    assert (x.continuous == at).all()
    weight = KIND * (-0.5 * ((at - PLACE) / SPREAD) ** 2).exp()
    posterior = weight / weight.sum()
    found = torch.bincount(x.discrete[:, 0], minlength=3) / n
    assert 0.5 * (found - posterior).abs().sum() < 0.08
    other = float((posterior[:, None] * TABLE).sum(0)[1])
    assert abs(float(x.discrete[:, 1].float().mean()) - other) < 0.06


def test_the_classes_carry_what_is_of_several_kinds(learned) -> None:
    entropy = float(-(KIND * KIND.log()).sum())
    assert learned.information(known(1000, 4)).nats["class"] > 0.8 * entropy


def test_v_carries_what_bends() -> None:
    """With one class and no linear factor, noisy copies of a circle's coordinates are out of reach of all but v."""
    angle = 2 * math.pi * torch.rand(4096, generator=seeded())
    ring = math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], 1).repeat(1, 3)
    x = Batch(ring + 0.1 * torch.randn(ring.shape, generator=seeded(1)), empty(4096))
    model = fitted(Space((6,)), x, 300, rate=2e-3, classes=1, latent=2, rank=0)
    found = model.information(x[:1000])
    assert found.nats["class"] == pytest.approx(0, abs=1e-5)
    assert found.nats["v"] > 1.5
    assert found.active == 2
    sample = model.sample(2000, generator=seeded(2)).continuous
    radius = sample.unflatten(1, (3, 2)).mean(1).norm(dim=1)
    assert float((radius - math.sqrt(2)).abs().median()) < 0.25


def test_w_carries_what_is_linear() -> None:
    g = seeded()
    shared = math.sqrt(0.99) * torch.randn(4096, 1, generator=g)
    x = Batch(shared + 0.1 * torch.randn(4096, 5, generator=g), empty(4096))
    model = fitted(Space((5,)), x, 200, classes=1, latent=1, rank=1)
    correlation = torch.corrcoef(model.sample(4000, generator=seeded(1)).continuous.T)
    assert correlation.min() > 0.97


def test_randomness_is_the_generators(learned) -> None:
    a, b = (learned.sample(50, generator=seeded(4)) for _ in range(2))
    assert torch.equal(a.continuous, b.continuous)
    assert torch.equal(a.discrete, b.discrete)
    x = known(50, 5)
    with torch.no_grad():
        assert torch.equal(learned.log_prob(x), learned.log_prob(x))
