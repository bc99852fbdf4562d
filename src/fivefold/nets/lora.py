"""Low-rank adaptation: a trained net learns something new in a few numbers, and its own weights stay as they are.

    y = W x + (alpha / r) B A x,    A (r, in) ~ N(0, 1/in),  B (out, r) = 0 at first

Only A and B are trained. Afterwards W + (alpha / r) B A takes the place of W, so that the adapted net has the layout
and the cost of the first one.

References:
    Hu et al., "LoRA: low-rank adaptation of large language models", ICLR 2022, arXiv:2106.09685.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fivefold.nets.linear import Linear


class LowRank(nn.Module):
    """A linear layer whose weight is frozen, with a trainable product of two thin matrices beside it.

    Arguments:
        linear: the layer.
        rank: the inner size r.
        alpha: the weight of what is added; twice the rank if None.

    Example:
        >>> layer = LowRank(Linear(8, 4, bias=False), rank=2)
        >>> sum(p.numel() for p in layer.parameters() if p.requires_grad)
        24
    """

    def __init__(self, linear: Linear, rank: int, alpha: float | None = None) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = (2 * rank if alpha is None else alpha) / rank
        self.A = nn.Parameter(
            torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features)
        )
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    @property
    def in_features(self) -> int:
        """The size of x."""
        return self.linear.in_features

    @property
    def out_features(self) -> int:
        """The size of y."""
        return self.linear.out_features

    @property
    def weight(self) -> Tensor:
        """The weight that this layer amounts to, with shape (out, in)."""
        return self.linear.weight + self.scale * self.B @ self.A

    def forward(self, input: Tensor) -> Tensor:
        """The product in the type of the input."""
        thin = nn.functional.linear(input, self.A.to(input.dtype))
        return self.linear(input) + self.scale * nn.functional.linear(thin, self.B.to(input.dtype))


def adapt(net: nn.Module, rank: int, alpha: float | None = None) -> nn.Module:
    """Freeze a net and put low-rank matrices beside every linear layer in it, in place.

    Arguments:
        net: such as the Transformer of a language model.
        rank: the inner size r of each pair.
        alpha: the weight of what is added; twice the rank if None.
    """
    net.requires_grad_(False)
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is Linear:
                setattr(parent, name, LowRank(child, rank, alpha))
    return net


@torch.no_grad()
def merge(net: nn.Module) -> nn.Module:
    """Fold every low-rank pair into its layer's weight, in place: the inverse of `adapt`, with what was learned."""
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LowRank):
                child.linear.weight.copy_(child.weight)
                setattr(parent, name, child.linear)
    return net.requires_grad_(True)
