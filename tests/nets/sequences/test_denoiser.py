"""The denoiser of sequences: lengths, ends, combs of places, what a condition allows."""

import math

import numpy as np
import pytest
import torch

from fivefold.nets.sequences.denoiser import SequenceDenoiser
from fivefold.spaces import END, Batch, Condition, Sequences, Space

SPACE = Space.sequence(alphabet=5, length=8)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(space: Space = SPACE, *, tied: bool = False) -> SequenceDenoiser:
    torch.manual_seed(0)
    net = SequenceDenoiser(space, width=64, depth=1, tied=tied)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return net


def documents(*texts: list[int], length: int = 8) -> Sequences:
    return Sequences.of([np.array(text, np.int64) for text in texts], length)


def test_absent_places_the_first_symbol_and_the_end_of_a_finished_datum_are_shown() -> None:
    x = documents([1, 2], [1, 2, 3, 4, 1, 2, 3])[:]
    assert x.lengths is not None
    assert x.lengths.tolist() == [4, 8, 2]
    hidden = ~made().shown(x, None)
    assert hidden.tolist() == [
        [False, True, True, False, False, False, False, False],
        [False, True, True, True, True, True, True, True],
        [False] * 8,
    ]


def test_the_shares_of_lengths_are_counted_apart_for_data_that_begin_and_that_go_on() -> None:
    net = made()
    net.prepare(documents(*[[1, 2]] * 50, *[[1, 2, 3, 4, 1, 2, 3]] * 100))
    torch.testing.assert_close(net.shares.sum(1), torch.ones(2))
    assert float(net.shares[1, 8]) == pytest.approx(100 / 150, abs=0.01)
    assert float(net.shares[1, 4]) == pytest.approx(50 / 150, abs=0.01)
    assert float(net.shares[0, 2]) == pytest.approx(1, abs=0.01)
    assert (net.shares[:, :2] == 0).all()


def test_lengths_that_a_condition_allows_sum_to_one() -> None:
    net = made()
    net.prepare(documents([1], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3, 4, 1]))
    values = torch.tensor([[0, 1, 2, 0, 0, 0, 0, 0]])
    seen = torch.tensor([[True, True, True, False, False, False, False, False]])
    c = Condition(Batch(torch.zeros(1, 0), values), torch.zeros(0, dtype=torch.bool), seen)
    total = 0.0
    for n in range(2, 9):
        x = Batch(torch.zeros(1, 0), values.clone()[:, :n], torch.tensor([n]))
        found = float(net.extent(x, c).exp())
        assert (found > 0) == (n >= 4), n
        total += found
    assert total == pytest.approx(1)
    ended = Condition(c.values, c.continuous, seen | (torch.arange(8) == 3))
    assert float(net.extent(Batch(torch.zeros(1, 0), values[:, :4]), ended)) == 0


def test_what_no_datum_of_the_space_can_be_has_no_probability() -> None:
    broken_off = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 3]]))
    assert float(made().extent(broken_off, None)) == -math.inf


def test_drafts_have_the_lengths_of_the_data_and_what_a_condition_shows() -> None:
    net = made()
    net.prepare(documents(*[[1, 2]] * 60, *[[1, 2, 3, 4]] * 40))
    x = net.draft(4000, None, generator())
    assert x.lengths is not None
    assert float((x.lengths == 4).float().mean()) == pytest.approx(0.6, abs=0.03)
    values = torch.tensor([[2, 4, 4], [0, 3, 0]])
    seen = torch.tensor([[True, True, True], [True, True, True]])
    c = Condition(Batch(torch.zeros(2, 0), values), torch.zeros(0, dtype=torch.bool), seen)
    found = net.draft(2, c, generator(1))
    assert found.discrete[:, :3].tolist() == values.tolist()
    assert found.mask.sum(1)[0] >= 4
    assert found.mask.sum(1)[1] == 3


def test_no_symbol_but_the_last_of_the_space_can_be_an_end() -> None:
    net = made()
    with torch.no_grad():
        net.bias[END] = 5.0
    x = net.draft(200, None, generator())
    hidden = ~net.shown(x, None)
    found = net.reveal(net(x, hidden), x, hidden, generator())
    assert (found[hidden] == END).any()
    assert not ((found == END) & hidden)[:, :-1].any()


@pytest.mark.parametrize("steps", [1, 3, 7, 20])
def test_a_plan_reveals_every_hidden_symbol_once_and_neighbours_apart(steps: int) -> None:
    space = Space.sequence(alphabet=5, length=40)
    net = made(space)
    net.prepare(documents([1] * 3, [1] * 20, [1] * 37, length=40))
    x = net.draft(50, None, generator(2))
    shown = net.shown(x, None)
    plan = net.plan(shown, steps, generator())
    assert torch.equal(plan == -1, shown)
    assert int(plan.max()) < steps
    both = ~shown[:, 1:] & ~shown[:, :-1]
    if steps > 1:
        assert not ((plan[:, 1:] == plan[:, :-1]) & both).any()
    counts = torch.stack([(plan == k).sum(1) for k in range(steps)])
    assert int(counts.max()) <= math.ceil(int((~shown).sum(1).max()) / steps)


@pytest.mark.parametrize("tied", [False, True])
def test_hidden_symbols_do_not_tell_and_both_sides_do(tied: bool) -> None:
    net = made(tied=tied)
    x = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 3, 4, 1, 2, 3]]))
    hidden = torch.zeros(1, 8, dtype=torch.bool)
    hidden[0, 4] = True
    other = Batch(x.continuous, torch.where(hidden, 1, x.discrete))
    torch.testing.assert_close(net(x, hidden), net(other, hidden))
    for place in (3, 5):
        changed = x.discrete.clone()
        changed[0, place] = 4 - place % 2 * 2
        states = net(Batch(x.continuous, changed), hidden)
        assert not torch.allclose(states[0, 4], net(x, hidden)[0, 4])


def test_absent_places_change_nothing() -> None:
    net = made()
    narrow = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 0]]))
    wide = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 0, 3, 3]]), torch.tensor([4]))
    hidden = torch.tensor([[False, True, False, False, False, False]])
    a, _ = net.recall(net(narrow, hidden[:, :4]), narrow, hidden[:, :4])
    b, _ = net.recall(net(wide, hidden), wide, hidden)
    torch.testing.assert_close(a, b, atol=0.02, rtol=0.02)


def test_what_stands_near_is_seen_and_absent_places_are_not() -> None:
    net = made(Space.sequence(alphabet=5, length=12))
    symbols = torch.tensor([[0, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3]])
    lengths = torch.tensor([6])
    hidden = torch.zeros_like(symbols, dtype=torch.bool)
    states = net(Batch(torch.zeros(1, 0), symbols, lengths), hidden)[0, :6]
    other = symbols.clone()
    other[0, 6:] = 4
    alike = net(Batch(torch.zeros(1, 0), other, lengths), hidden)[0, :6]
    assert torch.equal(states, alike)
    narrow = net(Batch(torch.zeros(1, 0), symbols[:, :6]), hidden[:, :6])[0]
    torch.testing.assert_close(states, narrow, atol=0.02, rtol=0.02)
