"""Windows over one flat array: nothing is lost, nothing is seen twice."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fivefold.spaces import END, Batch, Sequences, Space

DOCUMENTS = st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=6)


def documents(lists: list[list[int]]) -> list[np.ndarray]:
    return [np.array(symbols, np.int64) for symbols in lists]


@given(DOCUMENTS, st.integers(2, 9))
def test_windows_give_back_every_symbol_of_every_document_once_and_in_order(lists, length) -> None:
    data = Sequences.of(documents(lists), length)
    batch = data[:]
    found: list[list[int]] = [[] for _ in lists]
    for row, size, owner in zip(
        batch.discrete.tolist(), batch.mask.sum(1).tolist(), data.owners.tolist(), strict=True
    ):
        found[owner] += row[1:size]
    assert found == [[*symbols, END] for symbols in lists]
    assert batch.discrete.shape[1] <= length


@given(DOCUMENTS, st.integers(2, 9))
def test_a_window_begins_with_the_symbol_it_goes_on_from(lists, length) -> None:
    data = Sequences.of(documents(lists), length)
    before = dict.fromkeys(range(len(lists)), END)
    for row, size, owner in zip(
        data[:].discrete.tolist(), data.lengths.tolist(), data.owners.tolist(), strict=True
    ):
        assert row[0] == before[owner]
        before[owner] = row[size - 1]


def test_what_is_absent_is_zero_and_masked() -> None:
    batch = Sequences.of(documents([[1, 2, 3], [4]]), 8)[:]
    assert batch.mask.sum(1).tolist() == [5, 3]
    assert int(batch.discrete[~batch.mask].sum()) == 0


def test_rows_of_one_length_need_no_mask() -> None:
    assert Sequences.of(documents([[1, 2], [3, 4]]), 8)[:].lengths is None


def test_a_memory_map_gives_the_batches_that_an_array_gives(tmp_path) -> None:
    data = Sequences.of(documents([[1, 2, 3], [4] * 20]), 8)
    np.save(tmp_path / "symbols.npy", data.symbols)
    mapped = np.load(tmp_path / "symbols.npy", mmap_mode="r")
    other = Sequences(mapped, data.starts, data.lengths, data.owners)
    index = torch.tensor([2, 0])
    assert torch.equal(other[index].discrete, data[index].discrete)
    assert other.digest() == data.digest()


def test_the_digest_depends_on_symbols_and_windows() -> None:
    digests = {
        Sequences.of(documents(lists), length).digest()
        for lists, length in (([[1, 2, 3]], 8), ([[1, 2, 4]], 8), ([[1, 2, 3]], 3))
    }
    assert len(digests) == 3


def test_batches_of_unequal_width_are_joined() -> None:
    data = Sequences.of(documents([[1, 2, 3], [4], [5]]), 8)
    joined = Batch.cat([data[:1], data[1:]])
    assert torch.equal(joined.discrete, data[:].discrete)
    assert torch.equal(joined.mask, data[:].mask)
    assert Batch.cat([data[1:], data[1:]]).lengths is None


def test_a_part_keeps_owners() -> None:
    data = Sequences.of(documents([[1] * 9, [2]]), 4)
    kept = data.part(data.owners == 1)
    assert kept[:].discrete.tolist() == [[0, 2, 0]]
    assert kept.owners.tolist() == [1]


def test_a_space_of_sequences_survives_json() -> None:
    space = Space.sequence(alphabet=300, length=1024)
    assert Space.from_dict(space.to_dict()) == space
    assert len(str(space.to_dict())) < 60
    assert space.given.sum() == 1


@pytest.mark.parametrize("largest", [9, 70_000])
def test_symbols_are_kept_in_the_smallest_type_that_holds_them(largest) -> None:
    data = Sequences.of(documents([[1, largest]]), 8)
    assert data.symbols.itemsize == (2 if largest < 2**16 else 4)
    assert data[:].discrete[0, 2] == largest
