"""A Transformer that remembers what it has seen: its weights laid out for small steps, and the keys and values of rows.

Queries, keys and values come of one product; the norms are folded into the products that follow them:

    n(h) = h / sqrt(|h|^2 + d eps),   W diag(w) sqrt(d) n(h) = W RMSNorm(h)

Keys and values are allocated once. The slot of a symbol is its place in its row, so that rows of unequal length need no
padding, and going back is free: what stands behind a row's place is not seen, and is written over.

References:
    Shazeer, "Fast Transformer decoding: one write-head is all you need", 2019, arXiv:1911.02150.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from fivefold.nets.transformer import Block, RMSNorm, Transformer, rotary


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

    @property
    def slot(self) -> int:
        """The bytes of one symbol's keys and values in all layers."""
        return sum(2 * layer.groups * layer.head for layer in self.layers) * self.norm.itemsize

    def waves(self, slots: int) -> tuple[Tensor, Tensor]:
        """What queries and keys are multiplied by, straight and with their halves exchanged.

        Both have shape (slots, layers, N, d_h), or (slots, 1, 1, d_h) where queries and keys are not normed.
        """
        head, device = self.net.head, self.norm.device
        cos, sin = rotary(torch.arange(slots, device=device), head, self.net.theta)
        scales = [layer.scale for layer in self.layers if layer.scale is not None]
        scale = torch.stack(scales) if scales else torch.ones(1, 1, head, device=device)
        sin[:, : head // 2] *= -1
        straight, crossed = (
            cos[:, None, None] * scale,
            sin[:, None, None] * scale.roll(head // 2, -1),
        )
        return straight.to(self.dtype), crossed.to(self.dtype)


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
    """The keys and values of rows, (B, slots, G, d_h) a layer, not stacked."""

    def __init__(self, weights: Weights, rows: int, slots: int) -> None:
        self.weights, self.rows, self.end = weights, rows, 0
        self.straight, self.crossed = weights.waves(slots)
        like = weights.norm
        shapes = [(rows, slots, layer.groups, layer.head) for layer in weights.layers]
        self.keys = [like.new_zeros(shape) for shape in shapes]
        self.values = [like.new_zeros(shape) for shape in shapes]

    def extend(self, e: Tensor, places: int | Tensor) -> Tensor:
        """States (B, T, d) of the next embedded symbols e (B, T, d)."""
        T, device = e.shape[1], e.device
        where: tuple[slice | Tensor, slice | Tensor]
        if isinstance(places, int):
            if T == 1:
                return self._step(e[:, 0], places)[:, None]
            end = places + T
            index = torch.arange(places, end, device=device)
            mask = torch.arange(end, device=device) <= index[:, None]
            where = (slice(None), slice(places, end))
        else:
            index = places[:, None] + torch.arange(T, device=device)
            end = int(index.max()) + 1
            mask = (torch.arange(end, device=device) <= index[..., None])[:, None]
            where = (torch.arange(self.rows, device=device)[:, None], index)
        self.end = max(self.end, end)
        h = e
        for layer, straight, crossed, keys, values in self._layers(index):
            q, k, v = _project(layer, h, straight, crossed)
            keys[where], values[where] = k, v
            h = h + _attend(q, keys[:, :end], values[:, :end], mask) @ layer.o
            h = h + _perceive(layer, h) @ layer.down
        return _unit(h, self.weights.floor) * self.weights.norm

    def _step(self, h: Tensor, place: int) -> Tensor:
        """States (B, d) of one embedded symbol a row, h (B, d), all at one place: as `extend`, in fewer calls."""
        end = place + 1
        self.end = max(self.end, end)
        for layer, straight, crossed, keys, values in self._layers(place):
            H, G, d = layer.heads, layer.groups, layer.head
            heads = torch.mm(_unit(h, layer.floors[0]), layer.qkv).view(-1, H + 2 * G, d)
            qk, v = heads.split((H + G, G), 1)
            if layer.floors[2] is not None:
                qk = _unit(qk, layer.floors[2])
            q, k = torch.addcmul(qk * straight, qk.roll(d // 2, -1), crossed).split((H, G), 1)
            keys.select(1, place).copy_(k)
            values.select(1, place).copy_(v)
            found = functional.scaled_dot_product_attention(
                q.unflatten(1, (G, -1)),
                keys.narrow(1, 0, end).transpose(1, 2),
                values.narrow(1, 0, end).transpose(1, 2),
            )
            h = torch.addmm(h, found.reshape(-1, H * d), layer.o)
            h = torch.addmm(h, _perceive(layer, h), layer.down)
        return _unit(h, self.weights.floor) * self.weights.norm

    def _layers(
        self, index: int | Tensor
    ) -> Iterator[tuple[Layer, Tensor, Tensor, Tensor, Tensor]]:
        """Every layer with its waves at these places, its keys and its values."""
        straight, crossed = self.straight[index].unbind(-3), self.crossed[index].unbind(-3)
        if len(straight) == 1:
            straight, crossed = straight * len(self.keys), crossed * len(self.keys)
        return zip(self.weights.layers, straight, crossed, self.keys, self.values, strict=True)

    def part(self, row: int) -> KeyValueMemory:
        """The memory of one row, shared with this one."""
        one = object.__new__(KeyValueMemory)
        one.weights, one.rows, one.end = self.weights, 1, self.end
        one.straight, one.crossed = self.straight, self.crossed
        one.keys = [keys[row : row + 1] for keys in self.keys]
        one.values = [values[row : row + 1] for values in self.values]
        return one

    def keep(self, count: int, source: Tensor, target: Tensor) -> None:
        """The first `count` rows alone, after rows `source` have been copied over rows `target`."""
        self.rows = count
        for held in (self.keys, self.values):
            for layer, tensor in enumerate(held):
                tensor[target, : self.end] = tensor[source, : self.end]
                held[layer] = tensor[:count]


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


def _attend(q: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """What each query finds, (B, T, H d_h): heads that share keys stand side by side as queries where T is 1."""
    B, T, H, d = q.shape
    G = keys.shape[2]
    k, v = keys.transpose(1, 2), values.transpose(1, 2)
    if T == 1:
        found = functional.scaled_dot_product_attention(
            q.reshape(B, G, H // G, d), k, v, attn_mask=mask
        )
        return found.reshape(B, 1, H * d)
    found = functional.scaled_dot_product_attention(
        q.transpose(1, 2), k, v, attn_mask=mask, enable_gqa=G < H
    )
    return found.transpose(1, 2).reshape(B, T, H * d)


def _unit(h: Tensor, floor: Tensor) -> Tensor:
    """h / sqrt(|h|^2 + floor^2) over the last dimension: three calls where a norm has six."""
    return h / torch.hypot(torch.linalg.vector_norm(h, dim=-1, keepdim=True), floor)


def _folded(norm: RMSNorm, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The weight by which `_unit` becomes this norm, and its floor."""
    weight = norm.weight.detach()
    floor = weight.new_tensor((len(weight) * norm.epsilon) ** 0.5, dtype=dtype)
    return weight * len(weight) ** 0.5, floor
