import math
from collections import Counter

import numpy as np
import pytest

from fivefold.measures.ngrams import grams
from fivefold.measures.units import numbered
from fivefold.measures.variety import distinct, repetition, self_bleu


def bleu(text, others):
    """BLEU-4 of one text, pair by pair, with the first smoothing of Chen and Cherry."""
    logs = 0.0
    for n in range(1, 5):
        runs = [
            Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1)) for t in (text, *others)
        ]
        limit = Counter()
        for other in runs[1:]:
            limit |= other
        matched = sum((runs[0] & limit).values())
        logs += math.log(max(matched, 0.1) / max(1, sum(runs[0].values()))) / 4
    closest = min((abs(len(o) - len(text)), len(o)) for o in others)[1]
    return math.exp(logs + min(0.0, 1 - closest / len(text)))


def test_self_bleu_is_what_comparing_every_pair_gives():
    dice = np.random.default_rng(0)
    texts = ["".join(dice.choice(list("abc"), dice.integers(1, 20))) for _ in range(30)]
    (view,) = numbered([texts], "characters")
    expected = [bleu(t, texts[:k] + texts[k + 1 :]) for k, t in enumerate(texts)]
    assert self_bleu(view) == pytest.approx(expected)


def test_self_bleu_of_equal_texts_is_one_and_of_empty_ones_is_absent():
    (view,) = numbered([["abcdef", "abcdef", ""]], "characters")
    scores = self_bleu(view)
    assert scores[:2] == pytest.approx([1, 1])
    assert np.isnan(scores[2])


def test_repetition_counts_runs_that_came_before_in_the_same_text():
    (view,) = numbered([["abcdabcd", "abcdefgh", "abc"]], "characters")
    shares = repetition(view)
    assert shares[:2] == pytest.approx([1 / 5, 0])
    assert np.isnan(shares[2])


def test_distinct_is_types_over_tokens():
    (view,) = numbered([["aab", "aab"]], "characters")
    assert distinct(grams(view, 1)) == pytest.approx(2 / 6)
    assert distinct(grams(view, 2)) == pytest.approx(2 / 4)
    assert distinct(grams(view, 4)) is None
