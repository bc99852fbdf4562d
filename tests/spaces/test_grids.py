"""Grids in mapped arrays, and regions of them as conditions."""

import numpy as np
import pytest
import torch

from fivefold.spaces import Batch, Condition, Grids, Space


def made(rows: int = 6) -> Grids:
    array = np.arange(rows * 8, dtype=np.uint8).reshape(rows, 2, 2, 2)
    labels = torch.arange(rows)[:, None] % 3
    return Grids(array, labels, torch.tensor([0.5, 2.0]), torch.tensor([1.0, -1.0]))


def test_numbers_are_scaled_when_they_are_asked_for() -> None:
    x = made()[torch.tensor([3])]
    assert x.continuous[0, :, 0, 0].tolist() == [24 * 0.5 + 1, 28 * 2 - 1]
    assert x.discrete.tolist() == [[0]]


def test_a_part_of_a_part_knows_its_place_and_its_owner() -> None:
    part = made().part(torch.tensor([5, 1, 4])).part(slice(1, 3))
    assert part.owners.tolist() == [1, 4]
    assert part.discrete.tolist() == [[1], [1]]
    assert torch.equal(part[:].continuous, made()[torch.tensor([1, 4])].continuous)


def test_the_digest_is_of_the_content() -> None:
    assert made().digest() == made().part(slice(None)).digest()
    assert made().digest() != made().part(slice(1, None)).digest()


def test_a_mapped_file_is_read_where_it_is(tmp_path) -> None:
    np.save(tmp_path / "x.npy", np.ones((4, 1, 8), np.float32))
    array = np.load(tmp_path / "x.npy", mmap_mode="r")
    data = Grids(array, torch.zeros(4, 0).long(), torch.ones(1), torch.zeros(1))
    assert [part.continuous.shape for part in data.parts(3)] == [(3, 1, 8), (1, 1, 8)]


@pytest.mark.parametrize("shape", [(2, 16), (3, 8, 8), (1, 6, 6, 6)])
def test_a_drawn_part_of_a_grid_is_a_region(shape) -> None:
    """Single numbers would be told by their neighbours: what is seen, or what is not, is a box."""
    g = torch.Generator().manual_seed(0)
    x = Batch(torch.zeros(2, *shape), torch.zeros(2, 1, dtype=torch.int64))
    shares = []
    for _ in range(200):
        seen = Condition.draw(x, g).continuous
        assert seen.shape == shape
        planes = [plane for plane in seen if not plane.all()]
        assert all(torch.equal(plane, planes[0]) for plane in planes)
        for plane in planes[:1]:
            assert box(plane) or box(~plane)
        shares.append(float(seen.float().mean()))
    assert min(shares) < 0.05
    assert max(shares) > 0.95
    assert 0.2 < np.mean(shares) < 0.8


def box(plane: torch.Tensor) -> bool:
    places = plane.nonzero()
    if not len(places):
        return True
    sizes = places.max(0).values - places.min(0).values + 1
    return int(sizes.prod()) == len(places)


def test_data_may_differ_in_what_is_seen_of_them() -> None:
    x = Batch(torch.arange(8.0).view(2, 1, 4), torch.zeros(2, 0, dtype=torch.int64))
    seen = torch.tensor([[[True, False, False, False]], [[False, True, True, False]]])
    c = Condition(x, seen, torch.zeros(0, dtype=torch.bool))
    assert torch.equal(c[1:].continuous, seen[1:])
    imposed = c.impose(Batch(torch.full((2, 1, 4), -1.0), x.discrete))
    assert imposed.continuous.flatten().tolist() == [0, -1, -1, -1, -1, 5, 6, -1]


def test_a_space_of_grids_is_described_and_made_again() -> None:
    space = Space.grid(3, (4, 5), labels=(10,), quantum=0.25)
    assert Space.from_dict(space.to_dict()) == space
