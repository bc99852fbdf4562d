"""A Transformer that remembers what it has seen: its weights laid out for small steps, and the keys and values of rows.

Queries, keys and values come of one product; the norms are folded into the products that follow them:

    n(h) = h / sqrt(|h|^2 + d eps),   W diag(w) sqrt(d) n(h) = W RMSNorm(h)

Keys and values are allocated once. The slot of a symbol is its place in its row, so that rows of unequal length need no
padding, and going back is free: what stands behind a row's place is not seen, and is written over.

References:
    Shazeer, "Fast Transformer decoding: one write-head is all you need", 2019, arXiv:1911.02150.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fivefold.nets.transformer import Block, RMSNorm, Transformer, rotary

A = TypeVar("A", Tensor, NDArray[np.float32])


class Weights:
    """A Transformer laid out for small steps.

    Arguments:
        net: the net; its weights are copied.
        dtype: the type in which to compute.

    Example:
        >>> net = Transformer(width=64, depth=2, heads=2)
        >>> e = torch.randn(3, 5, 64)
        >>> memory = KeyValueMemory(Weights(net, torch.float32), rows=3, slots=8)
        >>> steps = [memory.extend(e[:, :4], 0), memory.extend(e[:, 4:], 4)]
        >>> torch.allclose(torch.cat(steps, 1), net(e.float()), atol=1e-4)
        True
    """

    def __init__(self, net: Transformer, dtype: torch.dtype) -> None:
        self.net, self.dtype = net, dtype
        self.layers = [Layer.of(block, dtype) for block in net.blocks if isinstance(block, Block)]
        self.norm, self.floor = _folded(net.norm, dtype)
        self.norm = self.norm.to(dtype)
        self.square = float(self.floor) ** 2

    @property
    def slot(self) -> int:
        """The bytes of one symbol's keys and values in all layers."""
        return sum(2 * layer.groups * layer.head for layer in self.layers) * self.norm.itemsize

    def waves(self, slots: int) -> tuple[Tensor, Tensor]:
        """Rotary waves (2, slots, d_h) and the norms' weights (2, layers, N, d_h): what `turns` makes one of.

        Both are there straight and for halves that are exchanged. N is 1 where queries and keys are not normed.
        """
        half, device = self.net.head // 2, self.norm.device
        cos, sin = rotary(torch.arange(slots, device=device), self.net.head, self.net.theta)
        sin[:, :half] *= -1
        one = torch.ones(1, self.net.head, device=device)
        scale = torch.stack([one if layer.scale is None else layer.scale for layer in self.layers])
        both = torch.stack([cos, sin]), torch.stack([scale, scale.roll(half, -1)])
        return both[0].to(self.dtype), both[1].to(self.dtype)


def turns(waves: A, scale: A, index: Any) -> A:
    """What queries and keys at places (*) are multiplied by, straight and exchanged: (2, layers, *, N, d_h)."""
    found = waves[:, index]
    for _ in found.shape[1:-1]:
        scale = scale[:, :, None]
    return found[:, None, ..., None, :] * scale


@dataclass(frozen=True)
class Layer:
    """The weights of one block, transposed, with the norms before them folded in."""

    qkv: Tensor
    o: Tensor
    gate_up: Tensor
    down: Tensor
    scale: Tensor | None
    heads: int
    groups: int
    head: int
    floors: tuple[Tensor, Tensor, Tensor | None]
    squares: tuple[float, float, float | None]

    @classmethod
    def of(cls, block: Block, dtype: torch.dtype) -> Self:
        """The layer of a block."""
        attention, mlp = block.attention, block.mlp
        one, floor_one = _folded(block.before_attention, dtype)
        two, floor_two = _folded(block.before_mlp, dtype)
        qkv = torch.cat([attention.q.weight, attention.k.weight, attention.v.weight]) * one
        gate_up = torch.cat([mlp.gate.weight, mlp.up.weight]) * two
        scale, floor = None, None
        if isinstance(attention.q_norm, RMSNorm) and isinstance(attention.k_norm, RMSNorm):
            q, floor = _folded(attention.q_norm, dtype)
            k, _ = _folded(attention.k_norm, dtype)
            counts = torch.tensor([attention.heads, attention.groups], device=q.device)
            scale = torch.stack([q, k]).repeat_interleave(counts, 0).detach()

        def laid(weight: Tensor) -> Tensor:
            return weight.detach().to(dtype).T.contiguous()

        return cls(
            qkv=laid(qkv),
            o=laid(attention.o.weight),
            gate_up=laid(gate_up),
            down=laid(mlp.down.weight),
            scale=scale,
            heads=attention.heads,
            groups=attention.groups,
            head=attention.head,
            floors=(floor_one, floor_two, floor),
            squares=(
                float(floor_one) ** 2,
                float(floor_two) ** 2,
                None if floor is None else float(floor) ** 2,
            ),
        )


class KeyValueMemory:
    """The keys and values of rows."""

    def __init__(self, weights: Weights, rows: int, slots: int) -> None:
        self.weights, self.rows, self.end = weights, rows, 0
        self.waves, self.scale = weights.waves(slots)
        self.held = self._empty(slots)

    def _empty(self, slots: int) -> Tensor:
        """Keys and values of all layers, (2, layers, B, G, slots, d_h): those of one place beside each other.

        Many rows write and read a place at a time; apart they would lie on as many pages of memory.
        """
        depth, layer = len(self.weights.layers), self.weights.layers[0]
        shape = (2, depth, slots, self.rows, layer.groups, layer.head)
        return zeros(shape, self.weights.norm).permute(0, 1, 3, 4, 2, 5)

    def extend(self, e: Tensor, places: int | Tensor) -> Tensor:
        """States (B, T, d) of the next embedded symbols e (B, T, d)."""
        T = e.shape[1]
        end = T + (places if isinstance(places, int) else int(places.max()))
        self.end = max(self.end, end)
        if T == 1:
            return self._step(e[:, 0], places, end)[:, None]
        return self._read(e, places, end)

    def _read(self, h: Tensor, places: int | Tensor, end: int) -> Tensor:
        """States (B, T, d) of embedded symbols h (B, T, d), which `end` before place `end`."""
        along = torch.arange(h.shape[1], device=h.device)
        where: tuple[slice | Tensor, slice | Tensor]
        if isinstance(places, int):
            index = places + along
            where = (slice(None), slice(places, end))
        else:
            index = places[:, None] + along
            where = (torch.arange(self.rows, device=h.device)[:, None], index)
        mask = torch.arange(end, device=h.device) <= index[..., None]
        for layer, straight, crossed, keys, values in self._layers(index, end):
            q, k, v = _project(layer, h, straight, crossed)
            keys.transpose(1, 2)[where], values.transpose(1, 2)[where] = k, v
            found = functional.scaled_dot_product_attention(
                q.transpose(1, 2),
                keys,
                values,
                attn_mask=mask if mask.dim() == 2 else mask[:, None],
                enable_gqa=layer.groups < layer.heads,
            )
            h = h + found.transpose(1, 2).flatten(2) @ layer.o
            h = h + _perceive(layer, h) @ layer.down
        return _unit(h, self.weights.floor) * self.weights.norm

    def _step(self, h: Tensor, places: int | Tensor, end: int) -> Tensor:
        """States (B, d) of one embedded symbol a row, h (B, d): as `_read`, in fewer calls."""
        mask, spot = self._mask(places, end), self._spot(places)
        for layer, straight, crossed, keys, values in self._layers(places, end):
            H, G, d = layer.heads, layer.groups, layer.head
            heads = torch.mm(_unit(h, layer.floors[0]), layer.qkv).view(-1, H + 2 * G, d)
            qk, v = heads.split((H + G, G), 1)
            if layer.floors[2] is not None:
                qk = _unit(qk, layer.floors[2])
            q, k = torch.addcmul(qk * straight, qk.roll(d // 2, -1), crossed).split((H, G), 1)
            keys.transpose(1, 2)[spot], values.transpose(1, 2)[spot] = k, v
            found = functional.scaled_dot_product_attention(
                q.unflatten(1, (G, -1)), keys, values, mask
            )
            h = torch.addmm(h, found.reshape(-1, H * d), layer.o)
            h = torch.addmm(h, _perceive(layer, h), layer.down)
        return _unit(h, self.weights.floor) * self.weights.norm

    def _spot(self, places: int | Tensor) -> tuple[slice | Tensor, int | Tensor]:
        """Where the keys (B, slots, G, d_h) of one symbol a row are."""
        if isinstance(places, int):
            return slice(None), places
        return torch.arange(self.rows, device=places.device), places

    def _mask(self, places: int | Tensor, end: int) -> Tensor | None:
        """What one symbol a row may see, bool with shape (B, 1, 1, end); None where that is everything."""
        if isinstance(places, int):
            return None
        return (torch.arange(end, device=places.device) <= places[:, None])[:, None, None]

    def _seen(self, end: int) -> list[tuple[Tensor, ...]]:
        """The keys and the values (B, G, end, d_h) of every layer before place `end`."""
        return [part.unbind(0) for part in self.held.narrow(4, 0, end).unbind(0)]

    def _layers(
        self, index: int | Tensor, end: int
    ) -> Iterator[tuple[Layer, Tensor, Tensor, Tensor, Tensor]]:
        """Every layer with its waves at these places, its keys and its values."""
        straight, crossed = turns(self.waves, self.scale, index)
        keys, values = self._seen(end)
        return zip(self.weights.layers, straight, crossed, keys, values, strict=True)

    def part(self, row: int) -> KeyValueMemory:
        """The memory of one row, shared with this one."""
        one = object.__new__(KeyValueMemory)
        one.weights, one.rows, one.end = self.weights, 1, self.end
        one.waves, one.scale = self.waves, self.scale
        one.held = self.held[:, :, row : row + 1]
        return one

    def keep(self, count: int, source: Tensor, target: Tensor) -> None:
        """The first `count` rows alone, after rows `source` have been copied over rows `target`."""
        for part in self.held[..., : self.end, :].flatten(0, 1):
            part[target] = part[source]
        self.rows, self.held = count, self.held[:, :, :count]


def _project(
    layer: Layer, h: Tensor, straight: Tensor, crossed: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries (B, T, H, d_h), keys and values (B, T, G, d_h) of states h (B, T, d), turned by their places."""
    B, T, _ = h.shape
    turned = layer.heads + layer.groups
    heads = (_unit(h, layer.floors[0]) @ layer.qkv).view(B, T, -1, layer.head)
    qk, v = heads[:, :, :turned], heads[:, :, turned:]
    if layer.floors[2] is not None:
        qk = _unit(qk, layer.floors[2])
    qk = torch.addcmul(qk * straight, qk.roll(layer.head // 2, -1), crossed)
    return qk[:, :, : layer.heads], qk[:, :, layer.heads :], v


def _perceive(layer: Layer, h: Tensor) -> Tensor:
    """The inner state of the gated perceptron, with shape (*, hidden)."""
    gate, up = torch.matmul(_unit(h, layer.floors[1]), layer.gate_up).chunk(2, -1)
    return functional.silu(gate).mul_(up)


def _unit(h: Tensor, floor: Tensor) -> Tensor:
    """h / sqrt(|h|^2 + floor^2) over the last dimension: three calls where a norm has six."""
    return h / torch.hypot(torch.linalg.vector_norm(h, dim=-1, keepdim=True), floor)


def zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Zeros of a type and on a device; on a processor of memory that is taken when it is first written to."""
    if like.device.type != "cpu":
        return like.new_zeros(shape)
    return (
        torch.from_numpy(np.zeros(math.prod(shape) * like.itemsize, np.uint8))
        .view(like.dtype)
        .view(shape)
    )


def _folded(norm: RMSNorm, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The weight by which `_unit` becomes this norm, and its floor."""
    weight = norm.weight.detach()
    floor = weight.new_tensor((len(weight) * norm.epsilon) ** 0.5, dtype=dtype)
    return weight * len(weight) ** 0.5, floor
