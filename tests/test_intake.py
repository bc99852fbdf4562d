"""What comes in: read by its kind, parted by whole documents."""

import numpy as np
import pytest

from fivefold.errors import InputError
from fivefold.intake import BLOCKS, LARGE, Reading, deal, pieces_of, split_documents
from fivefold.spaces import Sequences


def sequences(sizes, length=9) -> Sequences:
    return Sequences.of([np.full(size, 1 + k % 5) for k, size in enumerate(sizes)], length=length)


def test_whole_documents_are_held_out() -> None:
    x = sequences([5 + k % 40 for k in range(200)])
    train, held, notices = split_documents(x, seed=0)
    assert not notices
    assert not set(train.owners.tolist()) & set(held.owners.tolist())
    assert len(train) + len(held) == len(x)
    assert 0.03 < len(held) / len(x) < 0.2


def test_a_large_document_is_held_out_in_blocks_and_people_are_told() -> None:
    x = sequences([4_000, 30])
    train, held, notices = split_documents(x, seed=0)
    assert "one document is more than a fifth" in notices[0]
    starts = np.sort(held.starts.numpy())
    jumps = (np.diff(starts) > 8).sum()
    assert jumps < len(starts) / 3, "windows that are held out stand side by side"
    assert not set(train.starts.tolist()) & set(held.starts.tolist())


def test_the_order_of_held_out_windows_says_nothing() -> None:
    _, held, _ = split_documents(sequences([400] * 60), seed=1)
    assert held.starts.tolist() != sorted(held.starts.tolist())


def test_one_window_cannot_be_parted() -> None:
    with pytest.raises(InputError, match=r"5 symbols in all.*--length"):
        split_documents(sequences([4]), seed=0)


@pytest.mark.parametrize("sizes", [[1] * 100, [50, 50], [10] * 10, [1, 98, 1], [7]])
def test_pieces_are_documents_or_blocks_of_large_ones(sizes) -> None:
    owners = np.repeat(np.arange(len(sizes)), sizes)
    pieces, cut = pieces_of(owners)
    large = [size > max(1, LARGE * len(owners)) for size in sizes]
    assert cut == sum(large)
    for owner, is_large in enumerate(large):
        count = len(set(pieces[owners == owner].tolist()))
        assert (count > 1) == (is_large and sizes[owner] > 1)
        assert count <= sizes[owner]
    assert len(set(zip(owners.tolist(), pieces.tolist(), strict=True))) == pieces.max() + 1
    assert pieces.max() < len(sizes) + 2 * BLOCKS


def test_pieces_are_dealt_until_the_goal_and_the_same_way_for_a_seed() -> None:
    sizes = np.random.default_rng(0).integers(1, 50, 400)
    found = deal(sizes, 0.2 * sizes.sum(), seed=3)
    assert 0.2 <= sizes[found].sum() / sizes.sum() < 0.21
    assert len(set(found.tolist())) == len(found)
    assert deal(sizes, 100, seed=3).tolist() == deal(sizes, 100, seed=3).tolist()
    assert deal(np.array([90, 80]), 5, seed=0).tolist() == [1], "the least that overshoots"


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (Reading(kind="poem"), "poem"),
        (Reading(kind="text", schema="schema.json"), "--schema does not apply.*text"),
        (Reading(kind="table", alphabet="bytes"), "--alphabet does not apply.*table"),
        (Reading(kind="text", alphabet="runes"), "runes"),
        (Reading(kind="text", column="nowhere"), "nowhere"),
    ],
)
def test_wrong_ways_to_read_are_named(reading, message) -> None:
    with pytest.raises(InputError, match=message):
        reading.open({"text": ["to be", "or not"], "n": [1, 2]})
