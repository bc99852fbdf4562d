"""The digits of a number are an exact density on the real line."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fivefold.spaces import Batch, Condition, Quantize, Space


def batch(*values: float) -> Batch:
    z = torch.tensor(values)[:, None]
    return Batch(z, torch.zeros(len(values), 1, dtype=torch.int64))


SPACE = Space((1,), (2,))


@given(st.floats(-4, 4, width=32), st.integers(0, 2**32))
def test_decoding_returns_to_the_same_level(z, seed) -> None:
    quantize = Quantize(SPACE, 32, 2)
    symbols = quantize.encode(batch(z))
    again = quantize.decode(symbols, generator=torch.Generator().manual_seed(seed))
    level = [int(s[0, 1] * 32 + s[0, 2]) for s in (symbols, quantize.encode(again))]
    assert abs(level[0] - level[1]) <= (1 if abs(z) > 3 else 0)
    assert abs(torch.special.ndtr(again.continuous) - torch.special.ndtr(batch(z).continuous)) < 1e-3 + 1e-5


def test_uniform_digits_are_the_standard_normal_density() -> None:
    quantize = Quantize(SPACE, 16, 2)
    x = batch(-2.0, -0.3, 0.0, 1.7)
    uniform = -2 * math.log(16)
    density = quantize.log_density(x)[:, 0] + uniform
    expected = torch.distributions.Normal(0, 1).log_prob(x.continuous[:, 0])
    assert torch.allclose(density, expected)


def test_any_digits_integrate_to_one() -> None:
    quantize = Quantize(Space((1,)), 4, 2)
    logits = torch.randn(16, generator=torch.Generator().manual_seed(0)).log_softmax(0)
    z = torch.linspace(-9, 9, 200_001)
    x = Batch(z[:, None], torch.zeros(len(z), 0, dtype=torch.int64))
    symbols = quantize.encode(x)
    p = (logits[symbols[:, 0] * 4 + symbols[:, 1]] + quantize.log_density(x)[:, 0]).exp()
    assert float(torch.trapezoid(p, z)) == pytest.approx(1, abs=1e-3)


def test_digits_of_normal_numbers_are_uniform() -> None:
    quantize = Quantize(Space((1,)), 8, 2)
    z = torch.randn(64_000, 1, generator=torch.Generator().manual_seed(0))
    symbols = quantize.encode(Batch(z, torch.zeros(len(z), 0, dtype=torch.int64)))
    counts = torch.bincount(symbols[:, 0] * 8 + symbols[:, 1], minlength=64).double()
    chi = float(((counts - 1000) ** 2 / 1000).sum())
    assert chi < 103.4  # 0.1% of a chi-square with 63 degrees of freedom


def test_a_seen_number_is_seen_in_all_of_its_digits() -> None:
    c = Condition(batch(0.5), torch.tensor([True]), torch.tensor([False]))
    assert Quantize(SPACE, 32, 2).seen(c).tolist() == [False, True, True]
