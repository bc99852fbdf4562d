"""The residual net of rectifiers."""

import torch

from fivefold.nets.rectified import Rectified


def test_a_new_net_answers_with_its_bias_whatever_it_sees() -> None:
    net = Rectified(3, 2, 16, 2, 4)
    net.start(torch.tensor([1.0, 2.0]))
    y = net(torch.randn(5, 3), torch.randn(2))
    assert torch.equal(y, torch.tensor([1.0, 2.0, 0.0, 0.0]).expand(5, 4))


def test_the_gradient_of_its_gradient_reaches_its_weights() -> None:
    net = Rectified(3, 2, 16, 1, 1, bias=False)
    torch.nn.init.normal_(net.outputs.weight)
    x = torch.randn(5, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x, torch.zeros(2)).sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert net.outputs.weight.grad is not None
    assert net.outputs.weight.grad.abs().sum() > 0
    assert net.inputs.weight.grad is not None


def test_what_it_is_told_may_be_one_for_all_or_each_its_own() -> None:
    net = Rectified(3, 2, 16, 1, 4)
    torch.nn.init.normal_(net.outputs.weight)
    x, c = torch.randn(5, 3), torch.randn(2)
    assert torch.allclose(net(x, c), net(x, c.expand(5, 2)), atol=0.05)
