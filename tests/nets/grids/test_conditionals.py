"""Numbers of a grid one after another: normalised, causal, drawn as they say, and exact where a beginning is seen."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from fivefold.nets.grids import conditionals
from fivefold.nets.grids.conditionals import GridConditionals
from fivefold.spaces import Batch, Condition, Space

LEVELS = (-1.0, 0.0, 1.0)
TINY = Space.grid(1, (2, 2), labels=(2,), quantum=1.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def data(space: Space, rows: int, seed: int = 1) -> Batch:
    g = generator(seed)
    x = torch.randn(rows, *space.shape, generator=g)
    if space.quantum is not None:
        x = (x / space.quantum).round().clamp(-1, 1) * space.quantum
    labels = [torch.randint(0, size, (rows, 1), generator=g) for size in space.discrete]
    return Batch(x, torch.cat([torch.zeros(rows, 0).long(), *labels], 1))


def rough(space: Space, scale: float = 0.3, **config) -> GridConditionals:
    """Conditionals whose numbers depend on one another in every way that they can."""
    torch.manual_seed(0)
    made = GridConditionals(space, **{"width": 32, "depth": 2, "heads": 1, **config})
    made.prepare(data(space, 256))
    for name, p in made.named_parameters():
        if p.dim() > 1 and not name.endswith("start"):
            torch.nn.init.normal_(p, std=scale)
    return made.requires_grad_(requires_grad=False)


def every(space: Space) -> Batch:
    numbers = torch.tensor(list(product(LEVELS, repeat=space.dimensions)))
    n, k = len(numbers), space.discrete[0]
    x = numbers.view(n, *space.shape).repeat(k, 1, 1, 1)
    return Batch(x, torch.arange(k).repeat_interleave(n)[:, None])


@pytest.mark.parametrize("patch", [(1, 1), (2, 1), (2, 2)])
def test_probabilities_of_all_grids_sum_to_one(patch) -> None:
    made, x = rough(TINY, patch=patch), every(TINY)
    p = made.log_prob(x).sum(1).exp()
    assert made.likelihood == "exact"
    assert len(x) == 162
    assert float(p.sum()) == pytest.approx(1, abs=0.01)
    assert float(p.max() / p.min()) > 10


def test_with_codes_they_sum_to_less() -> None:
    made, x = rough(TINY, patch=(2, 1), codes=5), every(TINY)
    assert made.likelihood == "bound"
    assert 0.01 < float(made.log_prob(x).sum(1).exp().sum()) < 1


def test_grids_are_drawn_as_often_as_their_probabilities_say() -> None:
    """Pearson's chi-square, 161 degrees: 221 is exceeded once in 1,000; bfloat16 moves it by less than 5."""
    made, x, n = rough(TINY, 0.1, patch=(1, 2)), every(TINY), 30_000
    expected = n * made.log_prob(x).sum(1).exp()
    drawn = made.draw(n, generator=generator())
    powers = torch.tensor([27, 9, 3, 1])
    number = ((drawn.continuous.flatten(1) + 1).long() * powers).sum(1) + 81 * drawn.discrete[:, 0]
    found = torch.bincount(number, minlength=162)
    assert float(expected.min()) > 5
    assert float(((found - expected).square() / expected).sum()) < 221


GRIDS = {
    "padded picture": (Space.grid(2, (5, 3)), (2, 2)),
    "series": (Space.grid(3, (7,), (2,)), (2,)),
    "volume": (Space.grid(1, (3, 2, 4)), (2, 1, 2)),
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_number_does_not_depend_on_itself_or_later_ones(name, monkeypatch) -> None:
    monkeypatch.setattr(conditionals, "compute_type", lambda device: torch.float32)
    space, patch = GRIDS[name]
    made, x = rough(space, patch=patch), data(space, 1)
    # a number's own density depends on it: its place in the raster orders the others
    order = made.raster.cut(torch.arange(1.0, 1 + space.dimensions).view(1, *space.shape))
    order = (order[order > 0] - 1).long()

    def terms(numbers: torch.Tensor) -> torch.Tensor:
        found = made.log_prob(Batch(numbers.view(1, *space.shape), x.discrete))
        return found[0, -space.dimensions :][order]

    slopes = torch.autograd.functional.jacobian(terms, x.continuous.flatten())[:, order]
    assert float(slopes.triu(1).abs().max()) == 0
    assert float((slopes.tril(-1).abs() > 0).float().mean()) > 0.4


@pytest.mark.parametrize("codes", [0, 6])
def test_drawing_with_a_memory_is_drawing_without_one(codes, monkeypatch) -> None:
    """Fewer than 32 rows are drawn in float32: so are the states that are computed anew for every patch."""
    monkeypatch.setattr(conditionals, "compute_type", lambda device: torch.float32)
    space = Space.grid(2, (5, 3), labels=(3,))
    made, n = rough(space, 0.1, patch=(2, 2), codes=codes), 20
    region = torch.zeros(space.shape, dtype=torch.bool)
    region[:, 2:4, 1:] = True
    c = Condition(data(space, n), region, torch.tensor([True]))
    monkeypatch.setattr(conditionals.KeyValueMemory, "extend", forgetful(made))
    slow = made.draw(n, c, generator=generator(3))
    monkeypatch.undo()
    fast = made.draw(n, c, generator=generator(3))
    torch.testing.assert_close(slow.continuous, fast.continuous, atol=2e-3, rtol=0)
    assert torch.equal(fast.continuous[:, region], c.values.continuous[:, region])


def forgetful(made: GridConditionals):
    """A memory that keeps what it has read, and reads it all again every time."""

    def extend(memory, e: torch.Tensor, places: int) -> torch.Tensor:
        before = getattr(memory, "read", e[:, :0])
        assert before.shape[1] == places
        memory.read = torch.cat([before, e], 1)
        return made.net(memory.read)[:, places:]

    return extend


@pytest.mark.parametrize("codes", [0, 6])
def test_given_the_past_a_future_has_its_conditional_of_the_joint(codes) -> None:
    space = Space.grid(2, (12,), labels=(3,))
    made, x = rough(space, patch=(2,), codes=codes), data(space, 9)
    past = (torch.arange(12) < 6).expand(2, 12)
    c = Condition(x, past, torch.tensor([True]))
    assert not made.approximate(c)
    terms = made.log_prob(x, c)
    patches = torch.arange(6 if codes else 0) < 3
    joint, seen = made.log_prob(x), torch.cat([torch.tensor([True]), patches, past.flatten()])
    torch.testing.assert_close(terms, joint.masked_fill(seen, 0.0))
    later = made.draw(9, c, generator=generator())
    assert torch.equal(later.continuous[:, :, :6], x.continuous[:, :, :6])
    assert made.approximate(replace(c, continuous=~past))
    assert made.approximate(replace(c, discrete=torch.tensor([False])))


def test_what_is_seen_later_tells_of_what_is_not(monkeypatch) -> None:
    monkeypatch.setattr(conditionals, "compute_type", lambda device: torch.float32)
    space = Space.grid(1, (8,))
    made, x = rough(space, patch=(2,)), data(space, 1)
    seen = (torch.arange(8) >= 6).view(1, 8)

    def first(numbers: torch.Tensor) -> torch.Tensor:
        y = Batch(numbers, x.discrete)
        return made.log_prob(y, Condition(y, seen, torch.zeros(0).bool()))[0, -8]

    slopes = torch.autograd.functional.jacobian(first, x.continuous)[0, 0]
    assert float(slopes[1:6].abs().max()) == 0
    assert float(slopes[6:].abs().min()) > 0


def test_data_may_differ_in_what_is_seen_of_them() -> None:
    space = Space.grid(1, (4, 4), quantum=0.5)
    made, x = rough(space, patch=(2, 2), codes=4), data(space, 6)
    own = torch.rand(6, 1, 4, 4, generator=generator()) < 0.5
    c = Condition(x, own, torch.zeros(0).bool())
    drawn = made.draw(6, c, generator=generator(1))
    assert torch.equal(drawn.continuous[own], x.continuous[own])
    terms = made.log_prob(x, c)[:, -16:].view(6, 1, 4, 4)
    assert bool((terms[own] == 0).all())
    assert bool((terms[~own] != 0).all())


def test_draws_are_levels_of_the_scale() -> None:
    space = Space.grid(3, (4, 4), quantum=0.25)
    made = rough(space, patch=(2, 2), codes=4)
    x = made.draw(20, generator=generator()).continuous / 0.25
    torch.testing.assert_close(x, x.round(), atol=1e-4, rtol=0)
    assert float(x.abs().max()) <= 1


@pytest.mark.parametrize(
    ("space", "patch"),
    [
        (Space.grid(1, (28, 28)), [4, 4]),
        (Space.grid(3, (64, 64)), [4, 4]),
        (Space.grid(1, (4, 4)), [2, 2]),
        (Space.grid(1, (1, 1)), [1, 1]),
        (Space.grid(30, (48,)), [1]),
        (Space.grid(1, (200,)), [8]),
        (Space.grid(1, (16, 16, 16)), [4, 4, 4]),
    ],
)
def test_patches_suit_the_space(space, patch) -> None:
    assert GridConditionals.sized(space, 1.0)["patch"] == patch


def test_a_low_temperature_keeps_to_what_is_likely() -> None:
    made = rough(Space.grid(1, (4, 4)), 0.1, patch=(2, 2), codes=6)
    cold, warm = (
        made.log_prob(made.draw(200, generator=generator(), temperature=t)).sum(1).mean()
        for t in (0.3, 1.0)
    )
    assert float(cold) > float(warm) + 0.5
