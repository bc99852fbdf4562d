"""Recurrent nets behind the Transformer's interface."""

import pytest
import torch

from fivefold.errors import InputError
from fivefold.nets.sequences.recurrent import Recurrent

KINDS = tuple(Recurrent.KINDS)


def made(kind: str) -> tuple[Recurrent, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Recurrent(kind, width=16, depth=2), torch.randn(3, 7, 16)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_depends_on_the_past_and_never_on_the_future(kind) -> None:
    net, e = made(kind)
    changed = e.clone()
    changed[:, 4] += 1
    before, after = net(e), net(changed)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 6], after[:, 6])


@pytest.mark.parametrize("kind", KINDS)
def test_steps_give_what_the_whole_gives(kind) -> None:
    net, e = made(kind)
    first, state = net.step(e[:, :3], None)
    last, _ = net.step(e[:, 3:], state)
    assert torch.allclose(torch.cat([first, last], 1), net(e), atol=1e-6)


def test_both_directions_are_refused() -> None:
    net, e = made("gru")
    with pytest.raises(InputError, match="only what came before"):
        net(e, causal=False)
