"""Spaces, batches and conditions."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from fivefold.spaces import Batch, Condition, Space

shapes = st.none() | st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
vocabularies = st.lists(st.integers(1, 99), max_size=6).map(tuple)


@given(shapes, vocabularies)
def test_a_space_survives_json(shape, sizes) -> None:
    space = Space(shape, sizes)
    assert Space.from_dict(space.to_dict()) == space


def data(rows: int) -> Batch:
    g = torch.Generator().manual_seed(0)
    return Batch(torch.randn(rows, 2, generator=g), torch.randint(0, 5, (rows, 3), generator=g))


def test_parts_put_together_are_the_batch() -> None:
    x = data(10)
    again = Batch.cat(list(x.parts(3)))
    assert torch.equal(again.continuous, x.continuous)
    assert torch.equal(again.discrete, x.discrete)


def test_a_condition_imposes_what_it_shows_and_nothing_else() -> None:
    x, other = data(4), Batch(torch.zeros(4, 2), torch.zeros(4, 3, dtype=torch.int64))
    c = Condition(x, torch.tensor([True, False]), torch.tensor([False, False, True]))
    told = c.impose(other)
    assert torch.equal(told.continuous[:, 0], x.continuous[:, 0])
    assert not told.continuous[:, 1].any()
    assert torch.equal(told.discrete[:, 2], x.discrete[:, 2])
    assert not told.discrete[:, :2].any()
    assert c.seen == 2


def test_a_random_condition_shows_every_variable_a_third_of_the_time() -> None:
    g = torch.Generator().manual_seed(0)
    x = data(2)
    drawn = [Condition.draw(x, g) for _ in range(2000)]
    share = torch.stack([torch.cat([c.continuous, c.discrete]).float() for c in drawn]).mean(0)
    assert ((share - 1 / 3).abs() < 0.06).all()
    assert any(c.seen == 0 for c in drawn)
    assert any(c.seen == 5 for c in drawn)
