"""The Transformer's fast forms say what the plain formulas say, and so do their gradients."""

import copy

import pytest
import torch
from torch.nn import functional

from fivefold.nets import transformer
from fivefold.nets.attention import Frame, causal_mask, rotary, rotate, short_attention, turn
from fivefold.nets.norms import RMSNorm, normalise
from fivefold.nets.packing import Packing
from fivefold.nets.transformer import Transformer


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=g, dtype=torch.float64, requires_grad=True)


def net(**options) -> Transformer:
    torch.manual_seed(0)
    made = Transformer(width=32, depth=2, heads=2, **options).double()
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.2)
    return made


def test_the_norm_is_the_root_mean_square_norm() -> None:
    norm, h = RMSNorm(6, 1e-6).double(), drawn(4, 6)
    torch.nn.init.normal_(norm.weight)
    wanted = functional.rms_norm(h, (6,), norm.weight, 1e-6)
    torch.testing.assert_close(norm(h), wanted, rtol=1e-6, atol=1e-6)


def test_a_norm_can_be_differentiated_twice() -> None:
    assert torch.autograd.gradgradcheck(lambda h: normalise(h * 1.0, 1e-6), drawn(2, 3), atol=1e-3)


def test_a_turn_is_a_norm_and_a_rotation() -> None:
    norm, x = RMSNorm(8, 1e-6).double(), drawn(2, 3, 5, 8)
    torch.nn.init.normal_(norm.weight)
    waves = tuple(w.double() for w in rotary(torch.arange(5), 8, 10_000.0))
    g = torch.randn_like(x)
    fast, plain = turn(x, norm, waves), rotate(norm(x), waves)
    torch.testing.assert_close(fast, plain)
    for a, b in zip(
        torch.autograd.grad(fast, [x, norm.weight], g),
        torch.autograd.grad(plain, [x, norm.weight], g),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("causal", [True, False])
def test_short_attention_is_attention(groups, causal) -> None:
    L = 300
    q, k, v = drawn(2, 4, L, 8), drawn(2, groups, L, 8, seed=1), drawn(2, groups, L, 8, seed=2)
    frame = Frame((q, q), causal_mask(L, q) if causal else None, causal)
    fast = short_attention(q, k, v, frame)
    plain = functional.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)
    torch.testing.assert_close(fast, plain)
    g = torch.randn_like(q)
    for a, b in zip(
        torch.autograd.grad(fast, [q, k, v], g),
        torch.autograd.grad(plain, [q, k, v], g),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_what_is_written_for_the_compiler_says_the_same(monkeypatch) -> None:
    e = drawn(2, 7, 32)

    def found() -> list[torch.Tensor]:
        model = net()
        h = model(e)
        return [h, *torch.autograd.grad(h.square().sum(), [e, *model.parameters()])]

    plain = found()
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    for a, b in zip(found(), plain, strict=True):
        torch.testing.assert_close(a, b)


def test_a_gradient_of_the_net_can_be_differentiated_again() -> None:
    e = drawn(2, 4, 32)
    (g,) = torch.autograd.grad(net()(e).square().sum(), e, create_graph=True)
    (again,) = torch.autograd.grad(g.square().sum(), e)
    step = 1e-5 * torch.ones_like(e)

    def squared(x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(net()(x).square().sum(), x)[0].square().sum()

    rise = (squared(e + step) - squared(e - step)) / 2
    torch.testing.assert_close((again * step).sum(), rise, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("causal", [True, False])
def test_packed_rows_are_what_each_is_alone(causal) -> None:
    model, lengths = net(), torch.tensor([3, 12, 1, 5, 12])
    e, weights = drawn(5, 12, 32), list(model.parameters())
    assert Packing.pays(lengths, 12)
    packed = model(e, lengths=lengths, causal=causal)
    alone = torch.zeros_like(packed)
    for row, n in enumerate(lengths.tolist()):
        alone[row, :n] = model(e[row : row + 1, :n], causal=causal)[0]
    torch.testing.assert_close(packed, alone)
    g = torch.randn_like(packed)
    for a, b in zip(
        torch.autograd.grad(packed, [e, *weights], g),
        torch.autograd.grad(alone, [e, *weights], g),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_rows_nearly_full_are_masked_to_the_same_states() -> None:
    model, lengths, e = net(), torch.tensor([12, 11]), drawn(2, 12, 32)
    assert not Packing.pays(lengths, 12)
    found = model(e, lengths=lengths, causal=False)
    torch.testing.assert_close(found[1, :11], model(e[1:, :11], causal=False)[0])


@pytest.mark.parametrize("causal", [True, False])
def test_rows_half_full_are_padded_to_the_same_states_where_the_net_is_compiled(
    causal, monkeypatch
) -> None:
    model, lengths, e = net(), torch.tensor([4, 11]), drawn(2, 11, 32)
    assert Packing.pays(lengths, 11)
    assert not Packing.pays(lengths, 11, compiled=True)
    packed = model(e, lengths=lengths, causal=causal)
    monkeypatch.setattr(transformer, "compiling", lambda: True)
    padded = model(e, lengths=lengths, causal=causal)
    for row, n in enumerate(lengths.tolist()):
        torch.testing.assert_close(padded[row, :n], packed[row, :n])


def test_no_position_of_a_causal_net_sees_a_later_one() -> None:
    e = drawn(1, 9, 32).detach()
    later = e.clone()
    later[:, 6:] += 1
    torch.testing.assert_close(net()(e)[:, :6], net()(later)[:, :6])


def test_a_net_can_be_copied_and_made_without_memory() -> None:
    model, e = net(), drawn(1, 4, 32)
    assert torch.equal(copy.deepcopy(model)(e), model(e))
    with torch.device("meta"):
        made = Transformer(width=64, depth=1, heads=1)
        assert made(torch.zeros(2, 8, 64)).shape == (2, 8, 64)
