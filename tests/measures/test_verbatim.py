"""The search for verbatim passages, against looking for every passage in every text."""

import time

import numpy as np
import pytest

from fivefold.measures.memorisation import memorisation
from fivefold.measures.verbatim import Search


def longest(text, train):
    data, stock = text.encode(), [t.encode() for t in train]
    best = 0
    for start in range(len(data)):
        while start + best < len(data) and any(data[start : start + best + 1] in t for t in stock):
            best += 1
    return best if best >= 8 else 0


def share(text, train, m):
    data, stock = text.encode(), [t.encode() for t in train]
    return sum(any(data[k : k + m] in t for t in stock) for k in range(max(0, len(data) - m + 1)))


@pytest.mark.parametrize("seed", range(4))
def test_the_longest_match_and_the_shares_are_exact(seed):
    dice = np.random.default_rng(seed)
    body = "".join(dice.choice(list("abcé"), 2_000))
    train = [body[k : k + dice.integers(1, 300)] for k in dice.integers(0, 1_900, 20)]
    spliced = [
        body[a : a + dice.integers(0, 130)] + body[b : b + dice.integers(0, 60)]
        for a, b in dice.integers(0, 1_900, (30, 2))
    ]
    search = Search(train, spliced)
    assert search.longest().tolist() == [longest(text, train) for text in spliced]
    for m in (8, 13, 16, 50):
        found, whole = search.shares(m)
        assert found.tolist() == [share(text, train, m) for text in spliced]
        assert whole.tolist() == [max(0, len(t.encode()) - m + 1) for t in spliced]


def test_no_passage_runs_over_the_end_of_a_text():
    search = Search(["abcdefgh", "ijklmnop"], ["abcdefghijklmnop", "efghijkl"])
    assert search.longest().tolist() == [8, 0]


@pytest.mark.parametrize(
    ("train", "texts"), [([], ["abcdefghij"]), (["abcdefghij"], []), (["a"], ["", "a"])]
)
def test_nothing_is_found_where_there_is_nothing(train, texts):
    search = Search(train, texts)
    assert search.longest().tolist() == [0] * len(texts)
    assert search.shares(8)[0].tolist() == [0] * len(texts)


def test_five_megabytes_are_searched_in_seconds():
    dice = np.random.default_rng(0)
    words = ["".join(dice.choice(list("abcdefghij"), dice.integers(2, 9))) for _ in range(3_000)]
    body = " ".join(dice.choice(words, 850_000))
    train = [body[k : k + 2_000] for k in range(0, len(body), 2_000)]
    begun = time.process_time()
    search = Search(train, [body[:500], *(" ".join(dice.choice(words, 80)) for _ in range(200))])
    lengths = search.longest()
    assert time.process_time() - begun < 5
    assert lengths[0] == 500
    assert lengths[1:].max() < 100


def test_a_generator_that_copies_lies_above_the_floor():
    dice = np.random.default_rng(0)
    words = ["".join(dice.choice(list("abcdefghij"), dice.integers(2, 9))) for _ in range(300)]
    train, held, fresh = ([" ".join(dice.choice(words, 30)) for _ in range(150)] for _ in range(3))
    for parts in (memorisation(train, fresh, held), memorisation(train, fresh)):
        assert parts[0].low - 1 <= parts[0].floor <= parts[0].high + 1
        assert parts[1].value == parts[1].floor == 0
    copied = memorisation(train, [train[0], *fresh[1:], train[2]], held)
    assert copied[0].details["longest"] == max(len(train[0]), len(train[2]))
    assert copied[1].value > copied[1].floor
    short = memorisation(["ab"], ["ab"])[1]
    assert short.value is None
    assert "50 bytes" in short.note
