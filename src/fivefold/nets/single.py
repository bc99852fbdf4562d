"""One row on a processor: a step that waits on calls more than on arithmetic, in the cheapest calls there are.

A step of a small net is some hundred operations on a few hundred numbers. PyTorch takes one to two microseconds to
begin an operation, numpy a third of that. So the products are PyTorch's, all else is numpy's, on the same memory: every
buffer is a tensor and an array at once, made when the row begins and never again.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fivefold.nets.keyvalue import KeyValueMemory, Layer, Weights

Array = NDArray[np.float32]


class SingleMemory(KeyValueMemory):
    """The memory of one row in float32 on a processor, whose steps of one symbol are fast.

    Arguments:
        weights: of the net, in float32.
        slots: the most symbols.

    Example:
        >>> from fivefold.nets.transformer import Transformer
        >>> weights = Weights(Transformer(width=64, depth=2, heads=2), torch.float32)
        >>> SingleMemory(weights, slots=8).extend(torch.zeros(1, 1, 64), 0).shape
        torch.Size([1, 1, 64])
    """

    def __init__(self, weights: Weights, slots: int) -> None:
        super().__init__(weights, 1, slots)
        layer = weights.layers[0]
        self.tracks = [
            (keys.transpose(1, 2), values.transpose(1, 2), keys[0].numpy(), values[0].numpy())
            for keys, values in zip(self.keys, self.values, strict=True)
        ]
        self.straights = self.straight.unbind(1) * (len(self.keys) // self.straight.shape[1])
        self.crosseds = self.crossed.unbind(1) * (len(self.keys) // self.crossed.shape[1])
        self.waves = [
            (straight.numpy(), crossed.numpy())
            for straight, crossed in zip(self.straights, self.crosseds, strict=True)
        ]
        self.buffers = _Buffers(layer, weights.norm.shape[0])
        self.last = weights.norm.numpy()
        self.floor = float(weights.floor) ** 2

    def _step(self, h: Tensor, place: int) -> Tensor:
        """The state (1, d) of one embedded symbol h (1, d)."""
        self.end = max(self.end, place + 1)
        b = self.buffers
        b.h.copy_(h)
        for layer, track, waves in zip(self.weights.layers, self.tracks, self.waves, strict=True):
            b.unit(layer.squares[0])
            torch.mm(b.u, layer.qkv, out=b.qkv)
            if layer.squares[2] is not None:
                b.unit_heads(layer.squares[2])
            b.turn(waves[0][place], waves[1][place])
            keys, values, key_rows, value_rows = track
            key_rows[place], value_rows[place] = b.k_array, b.v_array
            found = functional.scaled_dot_product_attention(
                b.q, keys.narrow(2, 0, place + 1), values.narrow(2, 0, place + 1)
            )
            b.h.addmm_(found.view(1, -1), layer.o)
            b.unit(layer.squares[1])
            torch.mm(b.u, layer.gate_up, out=b.gate_up)
            b.gate()
            b.h.addmm_(b.inner, layer.down)
        b.unit(self.floor)
        return torch.from_numpy(b.u_array * self.last)[None]


class _Buffers:
    """What a step writes into: tensors and arrays of the same memory."""

    def __init__(self, layer: Layer, width: int) -> None:
        H, G, d = layer.heads, layer.groups, layer.head
        hidden = layer.down.shape[0]
        self.h, self.u = torch.zeros(1, width), torch.zeros(1, width)
        self.qkv, turned = torch.zeros(1, (H + 2 * G) * d), torch.zeros(H + G, d)
        self.gate_up, self.inner = torch.zeros(1, 2 * hidden), torch.zeros(1, hidden)
        self.q = turned[:H].view(1, G, H // G, d)
        self.h_array: Array = self.h[0].numpy()
        self.u_array: Array = self.u[0].numpy()
        heads: Array = self.qkv.view(H + 2 * G, d).numpy()
        self.qk, self.v_array = heads[: H + G], heads[H + G :]
        self.low, self.high = self.qk[:, : d // 2], self.qk[:, d // 2 :]
        self.turned: Array = turned.numpy()
        self.k_array = self.turned[H:]
        self.other = np.zeros_like(self.turned)
        self.other_low, self.other_high = self.other[:, : d // 2], self.other[:, d // 2 :]
        self.half = d // 2
        both: Array = self.gate_up[0].numpy()
        self.gate_array, self.up_array = both[:hidden], both[hidden:]
        self.inner_array: Array = self.inner[0].numpy()

    def unit(self, floor: float) -> None:
        """u = h / sqrt(|h|^2 + floor), the floor squared already."""
        size = math.sqrt(float(self.h_array.dot(self.h_array)) + floor)
        np.multiply(self.h_array, np.float32(1 / size), out=self.u_array)

    def unit_heads(self, floor: float) -> None:
        """Queries and keys, each divided by its size."""
        squares = np.einsum("nd,nd->n", self.qk, self.qk)
        self.qk /= np.sqrt(squares + np.float32(floor))[:, None]

    def turn(self, straight: Array, crossed: Array) -> None:
        """Queries and keys turned by the waves of their place."""
        np.multiply(self.qk, straight, out=self.turned)
        np.multiply(self.high, crossed[:, : self.half], out=self.other_low)
        np.multiply(self.low, crossed[:, self.half :], out=self.other_high)
        self.turned += self.other

    def gate(self) -> None:
        """The inner state silu(gate) * up, where exp may overflow to the 0 that is meant."""
        np.negative(self.gate_array, out=self.inner_array)
        np.minimum(self.inner_array, np.float32(80), out=self.inner_array)
        np.exp(self.inner_array, out=self.inner_array)
        self.inner_array += np.float32(1)
        np.divide(self.gate_array, self.inner_array, out=self.inner_array)
        self.inner_array *= self.up_array
