"""Few rows on a processor: a step that waits on calls more than on arithmetic, in the cheapest calls there are.

A step of a small net is some hundred operations on a few thousand numbers. PyTorch takes one to two microseconds to
begin an operation, numpy a third of that. So products, attention and the gate are PyTorch's, all else is numpy's, on
the same memory: every buffer is a tensor and an array at once, made when the rows begin and not in every step.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fivefold.nets.keyvalue import KeyValueMemory, Weights, turns, zeros

Array = NDArray[np.float32]


class BufferedMemory(KeyValueMemory):
    """The memory of few rows in float32 on a processor, whose steps of one symbol are fast.

    Arguments:
        weights: of the net, in float32.
        rows: how many.
        slots: the most symbols of a row.

    Example:
        >>> import torch
        >>> from fivefold.nets.keyvalue import Weights
        >>> from fivefold.nets.transformer import Transformer
        >>> weights = Weights(Transformer(width=64, depth=2, heads=2), torch.float32)
        >>> BufferedMemory(weights, rows=3, slots=8).extend(torch.zeros(3, 1, 64), 0).shape
        torch.Size([3, 1, 64])
    """

    def __init__(self, weights: Weights, rows: int, slots: int) -> None:
        super().__init__(weights, rows, slots)
        self.rotary: tuple[Array, Array] = self.waves.numpy(), self.scale.numpy()
        self.last = weights.norm.numpy()
        self._lay()

    def _empty(self, slots: int) -> Tensor:
        """Keys and values of all layers, (2, layers, B, G, slots, d_h): those of a head beside each other."""
        depth, layer = len(self.weights.layers), self.weights.layers[0]
        return zeros((2, depth, self.rows, layer.groups, slots, layer.head), self.weights.norm)

    def keep(self, count: int, source: Tensor, target: Tensor) -> None:
        """The first `count` rows alone, after rows `source` have been copied over rows `target`."""
        super().keep(count, source, target)
        self._lay()

    def _lay(self) -> None:
        """Keys and values as arrays (B, slots, G, d_h), and buffers of as many rows."""
        keys, values = self.held.transpose(3, 4).numpy()
        self.arrays: list[tuple[Array, Array]] = list(zip(keys, values, strict=True))
        self.buffers = _Buffers(self.weights, self.rows)

    def _step(self, h: Tensor, places: int | Tensor, end: int) -> Tensor:
        """States (B, d) of one embedded symbol a row, h (B, d)."""
        b, mask = self.buffers, self._mask(places, end)
        where = places if isinstance(places, int) else places.numpy()
        spot = (slice(None) if isinstance(where, int) else np.arange(self.rows), where)
        straights, crosseds = turns(*self.rotary, where)
        crosseds = crosseds.reshape(*crosseds.shape[:-1], 2, -1)
        seen = self._seen(end)
        tracks = zip(self.weights.layers, straights, crosseds, self.arrays, *seen, strict=True)
        b.h.copy_(h)
        for layer, straight, crossed, (key_rows, value_rows), keys, values in tracks:
            b.project(layer.qkv, layer.squares[0], b.qkv)
            if layer.squares[2] is not None:
                b.unit_heads(layer.squares[2])
            b.turn(straight, crossed)
            key_rows[spot], value_rows[spot] = b.k, b.v
            found = functional.scaled_dot_product_attention(b.q, keys, values, mask)
            b.h.addmm_(found.reshape(self.rows, -1), layer.o)
            b.project(layer.gate_up, layer.squares[1], b.gate_up)
            functional.silu(b.gate, inplace=True)
            torch.mul(b.gate, b.up, out=b.inner)
            b.h.addmm_(b.inner, layer.down)
        last = b.h_array / _sizes(b.h_array, self.weights.square) * self.last
        return torch.from_numpy(last)


class _Buffers:
    """What a step of some rows writes into: tensors and arrays of the same memory."""

    def __init__(self, weights: Weights, rows: int) -> None:
        layer, width = weights.layers[0], len(weights.norm)
        H, G, d = layer.heads, layer.groups, layer.head
        hidden = layer.down.shape[0]
        self.h, self.u = torch.zeros(rows, width), torch.zeros(rows, width)
        self.h_array, self.u_array = self.h.numpy(), self.u.numpy()
        self.qkv, turned = torch.zeros(rows, (H + 2 * G) * d), torch.zeros(rows, H + G, d)
        heads = self.qkv.view(rows, H + 2 * G, d).numpy()
        self.qk, self.v = heads[:, : H + G], heads[:, H + G :]
        self.turned, self.other = turned.numpy(), np.zeros((rows, H + G, 2, d // 2), np.float32)
        self.exchanged = self.qk.reshape(self.other.shape)[..., ::-1, :]
        self.rest = self.other.reshape(self.turned.shape)
        self.q, self.k = turned[:, :H].unflatten(1, (G, -1)), self.turned[:, H:]
        self.gate_up, self.inner = torch.zeros(rows, 2 * hidden), torch.zeros(rows, hidden)
        self.gate, self.up = self.gate_up.split(hidden, 1)

    def project(self, weight: Tensor, floor: float, out: Tensor) -> None:
        """W h / sqrt(|h|^2 + floor), the floor squared already."""
        if len(self.h) == 1:
            row = self.h_array[0]
            out.addmm_(self.h, weight, beta=0, alpha=1 / math.sqrt(row.dot(row) + floor))
            return
        np.divide(self.h_array, _sizes(self.h_array, floor), out=self.u_array)
        torch.mm(self.u, weight, out=out)

    def unit_heads(self, floor: float) -> None:
        """Queries and keys, each divided by its size."""
        np.divide(self.qk, _sizes(self.qk, floor), out=self.qk)

    def turn(self, straight: Array, crossed: Array) -> None:
        """Queries and keys turned by the waves of their places."""
        np.multiply(self.qk, straight, out=self.turned)
        np.multiply(self.exchanged, crossed, out=self.other)
        np.add(self.turned, self.rest, out=self.turned)


def _sizes(x: Array, floor: float) -> Array:
    """sqrt(|x|^2 + floor) over the last dimension, which stays."""
    squares = np.einsum("...d,...d->...", x, x)
    return np.sqrt(squares + np.float32(floor))[..., None]
