"""Decoding: a net that remembers gives what the whole net gives, however the symbols come."""

from collections.abc import Callable

import pytest
import torch

from fivefold.nets.buffered import BufferedMemory
from fivefold.nets.decoding import Decoder, RecurrentMemory
from fivefold.nets.keyvalue import KeyValueMemory, Weights
from fivefold.nets.sequences.recurrent import Recurrent
from fivefold.nets.transformer import Transformer

SHAPES = {
    "plain": {"heads": 2},
    "grouped": {"heads": 4, "groups": 2},
    "one group": {"heads": 4, "groups": 1},
    "llama": {"heads": 3, "groups": 1, "qk_norm": False, "theta": 1e5, "epsilon": 1e-5},
    "wide heads": {"heads": 2, "head": 48},
}


def rough(width: int = 48, depth: int = 2, **how) -> Transformer:
    """A Transformer far from its beginning, whose norms and products all matter."""
    torch.manual_seed(0)
    net = Transformer(width, depth, **how)
    for p in net.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=p.shape[1] ** -0.5)
        else:
            torch.nn.init.uniform_(p, 0.5, 1.5)
    return net.requires_grad_(False)


@pytest.fixture(params=SHAPES)
def net(request) -> Transformer:
    return rough(**SHAPES[request.param])


@pytest.fixture(params=[KeyValueMemory, BufferedMemory])
def remember(request, net) -> Callable[[int], KeyValueMemory]:
    """An empty memory of so many rows."""
    return lambda rows: request.param(Weights(net, torch.float32), rows, 24)


E = 0.1 * torch.randn(5, 24, 48, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_and_chunks_give_the_states_of_the_whole(net, dtype) -> None:
    memory = KeyValueMemory(Weights(net, dtype), 5, 24)
    e = E.to(dtype)
    found = [
        memory.extend(e[:, :7], 0),
        memory.extend(e[:, 7:8], 7),
        memory.extend(e[:, 8:20], 8),
        *(memory.extend(e[:, j : j + 1], j) for j in range(20, 24)),
    ]
    torch.testing.assert_close(torch.cat(found, 1), net(E).to(dtype), atol=2e-5, rtol=0)


def test_steps_of_any_number_of_rows_give_the_states_of_the_whole(net, remember) -> None:
    for rows in (1, 5):
        memory = remember(rows)
        found = [memory.extend(E[:rows, j : j + 1], j) for j in range(24)]
        torch.testing.assert_close(torch.cat(found, 1), net(E[:rows]), atol=2e-5, rtol=0)


def test_rows_at_unequal_places_do_not_see_one_another(net, remember) -> None:
    whole, lengths = net(E), torch.tensor([3, 9, 1, 6, 12])
    memory = remember(5)
    memory.extend(E[:, :12], 0)
    for step in range(4):
        rows = torch.arange(5)
        found = memory.extend(E[rows, lengths + step][:, None], lengths + step)
        torch.testing.assert_close(found[:, 0], whole[rows, lengths + step], atol=2e-5, rtol=0)
    found = memory.extend(
        torch.stack([E[i, n + 4 : n + 7] for i, n in enumerate(lengths)]), lengths + 4
    )
    wanted = torch.stack([whole[i, n + 4 : n + 7] for i, n in enumerate(lengths)])
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)


def test_going_back_forgets_what_came_after(net, remember) -> None:
    memory = remember(5)
    memory.extend(E[:, :6], 0)
    memory.extend(torch.randn(5, 8, 48), 6)
    found = memory.extend(E[:, 6:7], 6)
    torch.testing.assert_close(found[:, 0], net(E)[:, 6], atol=2e-5, rtol=0)


def test_rows_move_together_and_one_row_is_a_part(net, remember) -> None:
    whole = net(E)
    memory = remember(5)
    memory.extend(E[:, :6], 0)
    memory.keep(3, torch.tensor([4]), torch.tensor([1]))
    rows = [0, 4, 2]
    torch.testing.assert_close(
        memory.extend(E[rows, 6:7], 6)[:, 0], whole[rows, 6], atol=2e-5, rtol=0
    )
    memory.part(1).extend(E[3:4, :7], 0)
    found = memory.extend(E[[0, 3, 2], 7:8], 7)[:, 0]
    torch.testing.assert_close(found, whole[[0, 3, 2], 7], atol=2e-5, rtol=0)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_recurrent_net_remembers_its_state(kind) -> None:
    torch.manual_seed(0)
    net = Recurrent(kind, width=48, depth=2).requires_grad_(False)
    memory = RecurrentMemory(net)
    found = [memory.extend(E[:, :7], 0), memory.extend(E[:, 7:8], 7)]
    torch.testing.assert_close(torch.cat(found, 1), net(E[:, :8]), atol=1e-5, rtol=0)
    memory.keep(3, torch.tensor([4]), torch.tensor([1]))
    found = memory.extend(E[[0, 4, 2], 8:9], 8)
    torch.testing.assert_close(found, net(E[[0, 4, 2], :9])[:, 8:], atol=1e-5, rtol=0)
    alone = memory.part(1).extend(E[4:5, 9:10], 9)
    torch.testing.assert_close(alone, net(E[4:5, :10])[:, 9:], atol=1e-5, rtol=0)


def test_one_row_alone_is_as_among_others(net) -> None:
    decoder = Decoder(torch.zeros(3, 48), net, torch.zeros(3, 48), torch.float32)
    memory, whole = decoder.begin(1, 24), net(E[1:2])
    assert isinstance(memory, BufferedMemory)
    found = [memory.extend(E[1:2, :6], 0)]
    found += [memory.extend(E[1:2, j : j + 1], j) for j in range(6, 15)]
    found += [memory.extend(E[1:2, 15:20], 15), memory.extend(E[1:2, 20:21], 20)]
    torch.testing.assert_close(torch.cat(found, 1), whole[:, :21], atol=2e-5, rtol=0)
    memory.part(0).extend(E[2:3, :9], 0)
    after = memory.extend(E[2:3, 9:10], 9)
    torch.testing.assert_close(after, net(E[2:3])[:, 9:10], atol=2e-5, rtol=0)
