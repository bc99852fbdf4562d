"""Matrix products at the precision that pays.

Weights stay in float32; a product runs in the type of its input. On a processor with AMX (or a GPU with bfloat16
units) a net that carries bfloat16 activations is about ten times faster, and needs no autocast context.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn


class Linear(nn.Linear):
    """A linear layer that follows the type of its input: x W^T + b with shape (*, out)."""

    def forward(self, input: Tensor) -> Tensor:
        """The product in the type of the input."""
        bias = None if self.bias is None else self.bias.to(input.dtype)
        return nn.functional.linear(input, self.weight.to(input.dtype), bias)


class Head(Linear):
    """A linear layer from states to symbols: its rows are symbols, each trained at its own pace."""


@cache
def _processor_has_bfloat16() -> bool:
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "amx_bf16" in flags.read_text()


def compute_type(device: torch.device) -> torch.dtype:
    """The type in which a net's activations are fastest on this device: bfloat16 or float32."""
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported()
    else:
        fast = device.type == "cpu" and _processor_has_bfloat16()
    return torch.bfloat16 if fast else torch.float32


def fan_in(*shape: int, inputs: int) -> nn.Parameter:
    """A weight drawn from U(-1/sqrt(inputs), 1/sqrt(inputs)), as `nn.Linear` draws its own."""
    bound = 1 / math.sqrt(inputs)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))
