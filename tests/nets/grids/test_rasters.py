"""The order of a grid's numbers: inverted, time and rows first, and what is beside a patch comes before it."""

import pytest
import torch

from fivefold.nets.grids.rasters import Raster

GRIDS = [
    (1, (8, 8), (4, 4), 1),
    (3, (5, 7), (2, 3), 2),
    (4, (11,), (2,), 3),
    (2, (3, 4, 5), (2, 2, 2), 1),
    (1, (1,), (1,), 1),
]


@pytest.mark.parametrize("grid", GRIDS)
def test_cutting_is_undone(grid) -> None:
    raster = Raster(*grid)
    x = torch.randn(2, grid[0], *grid[1])
    assert torch.equal(raster.join(raster.cut(x)), x)
    assert int(raster.present.sum()) == x[0].numel()


@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_beside_a_patch_comes_before_it(grid) -> None:
    raster = Raster(*grid)
    number = torch.arange(raster.count).float().view(1, -1, 1) + 1
    found = raster.beside(number)[0]
    assert bool((found < number[0]).all())
    for t in range(raster.count):
        assert torch.equal(raster.beside(number, t)[0, 0], found[t])


def test_the_patches_beside_one_are_its_neighbours() -> None:
    raster = Raster(1, (12, 12), (4, 4))
    assert sorted(raster.before[4].tolist()) == [0, 1, 2, 3]
    assert sorted(raster.before[3].tolist()) == [0, 1, 9, 9]
    assert Raster(1, (20,), (2,), 3).before[5].tolist() == [4, 3, 2]


def test_the_past_of_a_series_comes_before_its_future() -> None:
    raster = Raster(3, (8,), (2,))
    time = torch.arange(8.0).expand(1, 3, 8)
    order = raster.cut(time).flatten()
    assert torch.equal(order, order.sort().values)
