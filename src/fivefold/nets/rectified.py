"""A residual net of rectifiers without normalisation: one whose gradient can be differentiated again cheaply.

    h = x W_x + c W_c,    h <- h + B a(A a(h))  (depth times),    y = g a(h) W_y + b

a is the leaky rectifier, B and W_y start at zero (Zhang et al. 2019, Fixup, arXiv:1901.09321), and the gain g sets how
fast y moves at a given rate of learning.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.linear import Linear, compute_type

LEAK = 0.2


class Rectified(nn.Module):
    """A residual net of rectifiers that is told something beside its input.

    Arguments:
        inputs: the size of x.
        told: the size of c.
        width: the size of h.
        depth: the number of residual blocks.
        outputs: the size of y.
        gain: the gain g.
        bias: whether there is a b.

    Example:
        >>> Rectified(4, 2, 32, 2, 3)(torch.zeros(5, 4), torch.zeros(2)).shape
        torch.Size([5, 3])
    """

    def __init__(
        self,
        inputs: int,
        told: int,
        width: int,
        depth: int,
        outputs: int,
        *,
        gain: float = 1.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.inputs, self.told = Linear(inputs, width), Linear(told, width, bias=False)
        self.up = nn.ModuleList(Linear(width, width) for _ in range(depth))
        self.down = nn.ModuleList(Linear(width, width) for _ in range(depth))
        self.outputs = Linear(width, outputs, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        for name, weight in self.named_parameters():
            if name.startswith(("inputs.weight", "up")) and weight.ndim > 1:
                nn.init.kaiming_normal_(weight, LEAK)
            elif not name.startswith("told"):
                nn.init.zeros_(weight)

    @torch.no_grad()
    def start(self, bias: Tensor) -> None:
        """Set the first entries of b."""
        if self.bias is not None:
            self.bias[: len(bias)] = bias

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """y, float32 with shape (B, outputs), of x (B, inputs) and c, (B, told) or (told,) for all alike."""
        kind = compute_type(x.device)
        h = self.inputs(x.to(kind)) + self.told(c.to(kind))
        for up, down in zip(self.up, self.down, strict=True):
            h = h + down(_rectify(up(_rectify(h))))
        y: Tensor = self.gain * self.outputs(_rectify(h)).float()
        return y if self.bias is None else y + self.bias


def _rectify(h: Tensor) -> Tensor:
    return functional.leaky_relu(h, LEAK)
