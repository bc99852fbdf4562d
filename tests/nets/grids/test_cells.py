"""Cells: every number of a grid once, in an order."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.nets.grids.cells import Cells, gathered

extents = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None)
@given(channels=st.integers(1, 3), extent=extents)
def test_join_inverts_cut(channels: int, extent: list[int]) -> None:
    cells = Cells(channels, extent, [min(2, n) for n in extent])
    x = torch.randn(2, channels, *extent)
    assert torch.equal(cells.join(cells.cut(x)), x)
    assert int(cells.present.sum()) == x[0].numel()


@settings(max_examples=25, deadline=None)
@given(channels=st.integers(1, 3), extent=extents)
def test_the_first_numbers_of_cells_are_every_other_place(
    channels: int, extent: list[int]
) -> None:
    cells = Cells(channels, extent, [min(2, n) for n in extent])
    x = torch.randn(2, channels, *extent)
    coarse = x[(slice(None), slice(None), *[slice(None, None, 2)] * len(extent))]
    assert torch.equal(cells.cut(x)[..., :channels].mT, coarse.flatten(2))


@settings(max_examples=25, deadline=None)
@given(extent=extents)
def test_cells_before_are_before_and_the_last_is_among_them(extent: list[int]) -> None:
    cells = Cells(1, extent, [1] * len(extent))
    table, rows = cells.beside(earlier=True), torch.arange(cells.count)
    assert bool(((table < rows[:, None]) | (table == cells.count)).all())
    assert torch.equal(table[1:, -1], rows[:-1])


def test_cells_beside_are_those_that_touch() -> None:
    cells = Cells(1, (3, 4), (1, 1))
    table = cells.beside(earlier=False)
    assert sorted(table[5].tolist()) == [0, 1, 2, 4, 6, 8, 9, 10]
    assert sorted(table[0].tolist()) == [1, 4, 5] + [12] * 5
    v = torch.arange(12.0).view(1, 12, 1)
    assert sorted(gathered(v, table)[0, 11].tolist()) == [0.0] * 5 + [6.0, 7.0, 10.0]
