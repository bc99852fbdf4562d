"""Low-rank adaptation: nothing changes until it is trained, and what is learned folds into the weights."""

import torch

from fivefold.nets.lora import LowRank, adapt, merge
from fivefold.nets.transformer import Transformer


def made() -> tuple[Transformer, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Transformer(width=64, depth=2, heads=1)
        for weight in net.parameters():
            torch.nn.init.normal_(weight, std=0.1)
        return net, torch.randn(2, 5, 64)


def test_an_adapted_net_begins_as_it_was() -> None:
    net, e = made()
    before = net(e)
    assert torch.allclose(adapt(net, 4)(e), before, atol=1e-6)


def test_only_the_thin_matrices_are_trained_and_all_of_them() -> None:
    net, e = made()
    adapt(net, 4)
    layers = [m for m in net.modules() if isinstance(m, LowRank)]
    assert len(layers) == 2 * 7
    wanted = {id(p) for m in layers for p in (m.A, m.B)}
    assert {id(p) for p in net.parameters() if p.requires_grad} == wanted
    net(e).square().sum().backward()
    assert all(m.B.grad is not None and m.B.grad.abs().sum() > 0 for m in layers)


def test_what_was_learned_folds_into_the_weights_of_the_first_layout() -> None:
    net, e = made()
    names = set(net.state_dict())
    before = net(e)
    adapt(net, 4)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, LowRank):
                layer.B.normal_(std=0.1)
    adapted = net(e)
    merge(net)
    assert set(net.state_dict()) == names
    assert torch.allclose(net(e), adapted, atol=1e-4)
    assert not torch.allclose(adapted, before, atol=1e-2)
    assert all(p.requires_grad for p in net.parameters())
