"""Mixtures of logistics: a distribution function with the heads' own density as slope, inverted."""

import torch

from fivefold.nets.mixtures import Logistics, of_column
from fivefold.nets.numbers import MixtureHeads


def test_slope_of_the_distribution_function_is_the_density_of_the_heads() -> None:
    torch.manual_seed(0)
    heads = MixtureHeads(2, 4, components=5)
    torch.nn.init.normal_(heads.weight, std=0.5)
    state, z = torch.randn(7, 4), torch.randn(7, 2, dtype=torch.float64, requires_grad=True)
    mixture = of_column(heads, 1, state)
    (slope,) = torch.autograd.grad(mixture.cdf(z[:, 1]).sum(), z)
    alone = torch.zeros(2, 2, dtype=torch.bool)
    found = heads.log_prob(state.expand(2, 7, 4), z.detach().float(), alone)[1]
    torch.testing.assert_close(found, slope[:, 1].log().float(), atol=1e-4, rtol=0)


def test_inverse_is_exact_in_the_tails() -> None:
    g = torch.Generator().manual_seed(0)
    weight, mean, scale = (torch.rand(6, 5, generator=g).double() for _ in range(3))
    mixture = Logistics(weight / weight.sum(1, keepdim=True), mean, 1 / scale)
    u = torch.tensor([1e-8, 1e-3, 0.3, 0.5, 0.999, 1 - 1e-8]).double()
    torch.testing.assert_close(mixture.cdf(mixture.inverse(u)), u, atol=1e-9, rtol=0)
