"""The attention map is what the net computes with, not another reading of its weights."""

import torch

from fivefold.compare.attention import weights
from fivefold.nets.transformer import Transformer


def test_the_weights_are_those_by_which_the_net_mixes_its_values() -> None:
    torch.manual_seed(0)
    net = Transformer(width=64, depth=2, heads=2, groups=1)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    e = torch.randn(1, 6, 64)
    seen = [layer[0] for layer in weights(net, e)]
    assert all(torch.equal(layer, layer.tril()) for layer in seen)
    block = net.blocks[0]
    block.mlp.down.weight.data.zero_()
    block.attention.v.weight.data.zero_()
    assert torch.allclose(weights(net, e)[0][0], seen[0]), "values do not change where it looks"
    assert not torch.allclose(weights(net, e)[1][0], seen[1]), "but what the next layer reads"


def test_the_states_behind_the_weights_are_those_of_the_net() -> None:
    torch.manual_seed(1)
    net = Transformer(width=64, depth=3, heads=1)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    e = torch.randn(1, 8, 64)
    other = e.clone()
    other[0, 5] += 1.0
    first, second = weights(net, e), weights(net, other)
    for one, two in zip(first, second, strict=True):
        assert torch.allclose(one[0, :5], two[0, :5]), "an earlier symbol does not see a later one"
        assert not torch.allclose(one[0, 5], two[0, 5])
