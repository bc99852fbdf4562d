"""Space to depth loses nothing."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from fivefold.nets.grids.patches import Patches

EXTENTS = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@given(EXTENTS, st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))
def test_what_is_cut_is_joined_again(extent, size, channels, seed) -> None:
    patches = Patches(extent, size)
    x = torch.randn(2, channels, *extent, generator=torch.Generator().manual_seed(seed))
    y = patches.cut(x)
    assert y.shape == (2, channels * patches.volume, *patches.coarse)
    assert torch.equal(patches.join(y), x)


@given(EXTENTS, st.integers(1, 4))
def test_every_place_of_the_grid_is_present_once(extent, size) -> None:
    patches = Patches(extent, size)
    number = torch.arange(1.0, 1 + torch.Size(extent).numel()).view(1, 1, *extent)
    y = patches.cut(number)[0]
    assert torch.equal(y > 0, patches.present)
    assert torch.equal(y[patches.present].sort().values, number.flatten())


def test_a_patch_holds_neighbours() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert Patches((4, 4), 2).cut(x)[0, :, 0, 1].tolist() == [2, 3, 6, 7]
