"""The n-gram model as a distribution: it sums to one, it counts, it draws what it says."""

import itertools

import numpy as np
import pytest
import torch

from fivefold.compare.ngram import NGram
from fivefold.spaces import Batch, Condition, Sequences, Space

SPACE = Space.sequence(4, 5)


@pytest.fixture(scope="module")
def fitted() -> tuple[NGram, Sequences]:
    draw = np.random.default_rng(0)
    documents = [1 + draw.binomial(2, 0.4, draw.integers(0, 6)) for _ in range(300)]
    data = Sequences.of(documents, length=SPACE.positions)
    model = NGram(SPACE, order=4)
    model.prepare(data, torch.Generator())
    return model, data


def every_sequence(first: int) -> Batch:
    """All that a window of 5 positions can hold after its given symbol."""
    rows, lengths = [], []
    for size in range(1, 5):
        for symbols in itertools.product((1, 2, 3), repeat=size - 1):
            rows.append([first, *symbols, 0, *[0] * (4 - size)])
            lengths.append(size + 1)
    for symbols in itertools.product((1, 2, 3), repeat=4):
        rows.append([first, *symbols])
        lengths.append(5)
    return Batch(torch.zeros(len(rows), 0), torch.tensor(rows), torch.tensor(lengths))


@pytest.mark.parametrize("first", [0, 1, 3])
def test_the_probabilities_of_all_sequences_sum_to_one(fitted, first) -> None:
    total = fitted[0].log_prob(every_sequence(first)).double().exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)


def test_samples_have_the_probabilities_that_the_model_states(fitted) -> None:
    model, n = fitted[0], 20_000
    made = model.sample(n, generator=torch.Generator().manual_seed(0))
    every = every_sequence(0)
    p = model.log_prob(every).double().exp().numpy()
    place = {tuple(row): i for i, row in enumerate(every.discrete.tolist())}
    counts = np.bincount([place[tuple(row)] for row in made.discrete.tolist()], minlength=len(p))
    error = (counts - n * p) / np.sqrt(n * p * (1 - p))
    assert np.abs(error).max() < 5
    assert np.square(error).mean() < 1.5


def test_witten_and_bell_by_hand() -> None:
    x = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 1, 1]]))
    model = NGram(Space.sequence(3, 5), order=2)
    model.prepare(x, torch.Generator())
    one, two = (3 + 2 / 3) / 6, (1 + 2 / 3) / 6
    after_1 = {1: (1 + 2 * one) / 4, 2: (1 + 2 * two) / 4}
    first, after_2 = (1 + one) / 2, (1 + one) / 2
    expected = np.log(first * after_1[2] * after_2 * after_1[1])
    assert float(model.log_prob(x)) == pytest.approx(expected, abs=1e-6)


def test_a_longer_context_says_more_of_data_that_depend_on_it() -> None:
    draw = np.random.default_rng(1)
    documents = [np.tile([1, 2, 2, 3], 20)[draw.integers(4) :] for _ in range(60)]
    data = Sequences.of(documents, length=33)
    losses = []
    for order in (1, 2, 3):
        model = NGram(Space.sequence(4, 33), order=order)
        model.prepare(data, torch.Generator())
        losses.append(-float(model.log_prob(data[:]).mean()))
    assert losses[0] > 1.5 * losses[1] > 1.5 * losses[2]


def test_a_prompt_is_kept_and_nothing_stands_behind_an_end(fitted) -> None:
    values = torch.zeros(50, 5, dtype=torch.int64)
    values[:, 1:3] = torch.tensor([3, 2])
    seen = torch.zeros(50, 5, dtype=torch.bool)
    seen[:, :3] = True
    c = Condition(Batch(torch.zeros(50, 0), values), torch.zeros(0, dtype=torch.bool), seen)
    made = fitted[0].sample(50, c, generator=torch.Generator().manual_seed(0))
    assert made.discrete[:, :3].eq(torch.tensor([0, 3, 2])).all()
    assert not made.discrete[~made.mask].any()


def test_the_order_is_limited_by_the_alphabet() -> None:
    assert len(NGram(Space.sequence(65_536, 8)).orders) == 3
    assert len(NGram(Space.sequence(60, 8)).orders) == 6
