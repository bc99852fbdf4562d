"""Convolutions over one, two and three sides are the same."""

import pytest
import torch

from fivefold.nets.grids.convolutions import Convolution, Edge, lifted, lowered
from fivefold.training.optimisers import matrices


@pytest.mark.parametrize("sides", [1, 2, 3])
def test_a_convolution_sees_neighbours_and_zeros_around_the_grid(sides) -> None:
    x = torch.randn(2, 3, *[5] * sides)
    layer = Convolution(3, 4, sides)
    assert torch.equal(lowered(lifted(x, torch.float32), sides), x)
    found = lowered(layer(lifted(x, torch.float32)), sides)
    assert found.shape == (2, 4, *[5] * sides)
    wide = torch.nn.functional.pad(x, [1, 1] * sides)
    corner = wide[(0, slice(None), *[slice(0, 3)] * sides)]
    weight = layer.weight.squeeze(2) if sides == 1 else layer.weight
    assert layer.bias is not None
    expected = (weight * corner).flatten(1).sum(1) + layer.bias
    assert torch.allclose(found[(0, slice(None), *[0] * sides)], expected, atol=1e-5)


def test_a_convolution_follows_the_type_of_its_input() -> None:
    h = lifted(torch.randn(2, 3, 4, 4), torch.bfloat16)
    assert Convolution(3, 4, 2)(h).dtype == torch.bfloat16


def test_inner_kernels_are_matrices_and_edges_are_not() -> None:
    inner, edge = Convolution(3, 4, 2), Edge(3, 4, 2)
    assert [p is inner.weight for p in matrices(torch.nn.Sequential(edge, inner))] == [True]
