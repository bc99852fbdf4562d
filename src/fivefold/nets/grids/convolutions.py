"""Convolutions over one, two or three sides by the same code, at the precision that pays.

Grids of one side are taken for pictures of height one: oneDNN runs convolutions over pictures in bfloat16 with channels
last five to ten times faster than any other form. Weights stay in float32 and follow the type of their input, as those
of `nets.linear` do.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.linear import fan_in


class Convolution(nn.Module):
    """A convolution of stride 1 that keeps the sides: zeros stand around the grid.

    Arguments:
        inside: channels of the input.
        outside: channels of the output.
        sides: how many sides a grid has, 1 to 3.
        reach: places along each side that are seen, an odd number.
        bias: whether there is one.

    Example:
        >>> [Convolution(2, 4, n)(torch.zeros(3, 2, *[1] * (n == 1), *[8] * n)).shape[2:] for n in (1, 2, 3)]
        [torch.Size([1, 8]), torch.Size([8, 8]), torch.Size([8, 8, 8])]
    """

    def __init__(
        self, inside: int, outside: int, sides: int, reach: int = 3, *, bias: bool = True
    ) -> None:
        super().__init__()
        kernel = (1, reach) if sides == 1 else (reach,) * sides
        self.padding = tuple(k // 2 for k in kernel)
        self.weight = fan_in(outside, inside, *kernel, inputs=inside * math.prod(kernel))
        self.bias = nn.Parameter(torch.zeros(outside)) if bias else None

    def forward(self, h: Tensor) -> Tensor:
        """Channels (B, outside, *sides) of h (B, inside, *sides), in its type and layout."""
        run: Any = functional.conv2d if h.dim() == 4 else functional.conv3d
        weight = self.weight.to(h.dtype)
        bias = None if self.bias is None else self.bias.to(h.dtype)
        found: Tensor = run(h, weight, bias, 1, self.padding)
        return found


class Edge(Convolution):
    """The first or the last convolution of a net: its channels are the data's own, each trained at its own pace."""


def lifted(x: Tensor, kind: torch.dtype) -> Tensor:
    """Grids (B, C, *extent) as convolutions take them: of a type, channels last, one side as a picture of height 1.

    Example:
        >>> lifted(torch.zeros(2, 3, 16), torch.float32).shape
        torch.Size([2, 3, 1, 16])
    """
    h = x.unsqueeze(2) if x.dim() == 3 else x
    form = torch.channels_last if h.dim() == 4 else torch.channels_last_3d
    return h.to(kind).contiguous(memory_format=form)


def lowered(h: Tensor, sides: int) -> Tensor:
    """What `lifted` made of grids with so many sides, as float32 grids (B, C, *extent).

    Example:
        >>> lowered(torch.zeros(2, 3, 1, 16), 1).shape
        torch.Size([2, 3, 16])
    """
    return (h.squeeze(2) if sides == 1 else h).float()
