"""The causal filter over what is left of numbers: what it sees, and that drawing undoes it."""

import pytest
import torch

from fivefold.nets.grids.echoes import Echoes

EXTENTS = [(7,), (4, 3), (3, 2, 4)]


def disturbed(extent) -> Echoes:
    echoes = Echoes(2, extent)
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        echoes.weight.copy_(0.05 * torch.randn(echoes.weight.shape, generator=g))
    return echoes


@pytest.mark.parametrize("extent", EXTENTS)
def test_a_number_is_moved_by_what_comes_before_it_alone(extent) -> None:
    echoes = disturbed(extent)
    left = torch.randn(1, 2, *extent, generator=torch.Generator().manual_seed(1))
    moved = torch.autograd.functional.jacobian(echoes, left)
    size = left.numel() // 2
    by_place = moved.view(2, size, 2, size).permute(1, 0, 3, 2).reshape(2 * size, 2 * size)
    assert float(by_place.triu().abs().max()) == 0
    assert bool((by_place.tril(-1).abs().sum(1)[1:] > 0).all())


@pytest.mark.parametrize("extent", EXTENTS)
def test_numbers_drawn_one_after_another_leave_the_noise_that_made_them(extent) -> None:
    echoes, g = disturbed(extent), torch.Generator().manual_seed(2)
    middle, noise = (torch.randn(3, 2, *extent, generator=g) for _ in range(2))
    x = echoes.spread(middle, lambda moved, k, place: moved + noise[:, k][(..., *place)])
    left = x - middle
    with torch.no_grad():
        found = left - echoes(left)
    assert torch.allclose(found, noise, atol=1e-5)
