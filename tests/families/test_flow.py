"""Flow: a map that inverts, whose slopes are its likelihood."""

import math

import pytest
import torch

from fivefold.families.flow import Flow
from fivefold.nets.conditional_maps import ConditionalMap
from fivefold.spaces import Batch, Condition, Space


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


ROUGH = tuple(f"map.conditionals.{part}" for part in ("heads", "mixtures", "nets.down"))


def rough(space: Space) -> Flow:
    """A flow with random weights, far from the identity."""
    torch.manual_seed(0)
    family = Flow(space, width=16, components=4)
    for name, p in family.named_parameters():
        if name.startswith(ROUGH) and "bias" not in name:
            torch.nn.init.normal_(p, std=0.15)
    return family


def mixed(n: int) -> Batch:
    g = generator(3)
    symbols = [torch.randint(size, (n, 1), generator=g) for size in (3, 70)]
    return Batch(1.2 * torch.randn(n, 2, 2, generator=g), torch.cat(symbols, 1))


MIXED = Space((2, 2), (3, 70))


def test_decode_inverts_encode() -> None:
    family, x = rough(MIXED), mixed(500)
    family.prepare(x, generator())
    y = family.encode(x, generator=generator())
    assert bool(((y > 0) & (y < 1)).all())
    found = family.decode(y)
    assert torch.equal(found.discrete, x.discrete)
    torch.testing.assert_close(found.continuous, x.continuous, atol=1e-4, rtol=0)


def test_decode_inverts_encode_under_a_condition() -> None:
    family, x = rough(MIXED), mixed(200)
    family.prepare(x, generator())
    c = Condition(x, torch.tensor([[False, True], [False, False]]), torch.tensor([False, True]))
    hidden = Batch(torch.zeros_like(x.continuous), torch.zeros_like(x.discrete))
    found = family.decode(
        family.encode(x, c, generator=generator()),
        Condition(c.impose(hidden), c.continuous, c.discrete),
    )
    assert torch.equal(found.discrete, x.discrete)
    torch.testing.assert_close(found.continuous, x.continuous, atol=1e-4, rtol=0)


def test_log_prob_is_the_log_determinant_of_the_map() -> None:
    space = Space((3,))
    family = rough(space)
    nothing = torch.zeros(1, 0, dtype=torch.int64)

    def transform(z: torch.Tensor) -> torch.Tensor:
        return family.encode(Batch(z[None], nothing), generator=generator())[0]

    for z in torch.randn(4, 3, generator=generator()):
        jacobian = torch.autograd.functional.jacobian(transform, z)
        found = family.log_prob(Batch(z[None], nothing))[0].double()
        torch.testing.assert_close(found, jacobian.double().logdet(), atol=0.03, rtol=0)


def test_likelihoods_sum_to_one() -> None:
    space = Space((1,), (2, 3))
    family = rough(space)
    z = torch.linspace(-8, 8, 801)
    cells = torch.cartesian_prod(torch.arange(2), torch.arange(3))
    family.prepare(Batch(torch.zeros(6, 1), cells), generator())
    x = Batch(z.repeat(6)[:, None], cells.repeat_interleave(801, 0))
    with torch.no_grad():
        total = family.log_prob(x).exp().sum() * (16 / 800)
    assert float(total) == pytest.approx(1, abs=0.01)


def test_condition_divides_the_joint_likelihood() -> None:
    """Seen first variables stand in front already: log p(x) = log p(x_1) + log p(rest | x_1)."""
    family, x = rough(MIXED), mixed(50)
    c = Condition(x, torch.zeros(2, 2).bool(), torch.tensor([True, False]))
    maps = family.map
    assert isinstance(maps, ConditionalMap)
    with torch.no_grad():
        terms = maps.log_slopes(x) + maps.dequantize.log_volume(x)
        torch.testing.assert_close(family.log_prob(x, c), terms[:, 1:].sum(1), atol=0.05, rtol=0)


def test_base_noise_of_fitted_data_is_uniform_and_correlation_is_learned() -> None:
    def draw(n: int, g: torch.Generator) -> Batch:
        a = torch.randn(n, 1, generator=g)
        b = 0.95 * a + math.sqrt(1 - 0.95**2) * torch.randn(n, 1, generator=g)
        return Batch(torch.cat([a, b], 1), (a > 0).long())

    torch.manual_seed(0)
    family, g = Flow(Space((2,), (2,)), width=32, components=8), generator(1)
    family.prepare(draw(2000, g), g)
    optimiser = torch.optim.Adam(family.parameters(), 4e-3)
    for _ in range(400):
        ((_, loss),) = family.losses(draw(256, g), generator=g)
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
    x = draw(4000, generator(2))
    with torch.no_grad():
        found = float(family.log_prob(x).mean())
        y = family.encode(x, generator=generator())
    entropy = math.log(2 * math.pi * math.e) + 0.5 * math.log(1 - 0.95**2)
    assert -entropy - 0.12 < found < -entropy + 0.05
    for column in y.T:
        histogram = torch.histc(column.float(), 10, 0, 1) / 4000
        assert float((histogram - 0.1).abs().max()) < 0.03
    s = family.sample(4000, generator=generator(3))
    assert float(s.continuous.T.corrcoef()[0, 1]) == pytest.approx(0.95, abs=0.015)
    assert float(((s.continuous[:, :1] > 0) == (s.discrete > 0)).float().mean()) > 0.97


def test_noise_of_grids_is_uniform_and_what_is_beside_each_other_is_learned() -> None:
    """Series that remember: x_t = 0.9 x_{t-1} + noise, of variance 1."""

    def draw(n: int, g: torch.Generator) -> Batch:
        x = [torch.randn(n, generator=g)]
        for _ in range(7):
            x.append(0.9 * x[-1] + math.sqrt(1 - 0.81) * torch.randn(n, generator=g))
        return Batch(torch.stack(x, 1)[:, None], torch.zeros(n, 0, dtype=torch.int64))

    torch.manual_seed(0)
    family, g = Flow(Space.grid(1, (8,)), width=64, depth=1, hidden=16), generator(1)
    optimiser = torch.optim.Adam(family.parameters(), 4e-3)
    for step in range(200):
        for group in optimiser.param_groups:
            group["lr"] = 6e-3 * (1 - step / 200)
        ((_, loss),) = family.losses(draw(128, g), generator=g)
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
    x = draw(4000, generator(2))
    with torch.no_grad():
        found = float(family.log_prob(x).mean())
        y = family.encode(x, generator=generator())
    entropy = 4 * math.log(2 * math.pi * math.e) + 3.5 * math.log(1 - 0.81)
    assert -entropy - 0.2 < found < -entropy + 0.1
    histogram = torch.stack([torch.histc(row.float(), 10, 0, 1) for row in y.T]) / 4000
    assert float((histogram - 0.1).abs().max()) < 0.04
    s = family.sample(4000, generator=generator(3)).continuous[:, 0]
    assert float(s.T.corrcoef()[4, 5]) == pytest.approx(0.9, abs=0.03)
    c = Condition(x, torch.arange(8) < 4, torch.zeros(0, dtype=torch.bool))
    ahead = family.sample(4000, c, generator=generator(4)).continuous[:, 0]
    assert torch.equal(ahead[:, :4], x.continuous[:, 0, :4])
    assert float(torch.stack([ahead[:, 3], ahead[:, 4]]).corrcoef()[0, 1]) > 0.8
