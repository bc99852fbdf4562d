"""Grouped-query attention with rotary positions, in the form that is fastest where it runs.

    softmax(Q K^T / sqrt(d_h) + M) V,    Q = R n(x W_q),  K = R n(x W_k),  V = x W_v

n is the root mean square norm of each head (Qwen3) or nothing (Llama), R turns pairs of numbers by the angle of
their position, M is the mask.

On a GPU PyTorch's fused attention is used. On a processor its backward pass is slow, and for short contexts batched
matrix products are several times faster: there everything between the projections is one function with its gradient
written out. Where the mask is causal, queries go in blocks, each with the keys up to its own end.

References:
    Vaswani et al., "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.
    Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, arXiv:2104.09864.
    Ainslie et al., "GQA: training generalized multi-query Transformer models", EMNLP 2023, arXiv:2305.13245.
    Henry et al., "Query-key normalization for Transformers", EMNLP 2020, arXiv:2010.04245.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.linear import Linear
from fivefold.nets.norms import RMSNorm, project, reciprocal, replay
from fivefold.nets.packing import Packing

SHORT = 1_024
"""The longest context for which batched products are used on a processor."""

BLOCK = 128
"""How many queries a block of causal attention has."""


@dataclass(frozen=True)
class Frame:
    """What all blocks of a net share about the places of their states.

    Arguments:
        waves: cosines and sines of the positions' angles, each (L, d_h) or (B, 1, L, d_h).
        mask: what is added to scores, 0 where a query may look and very low elsewhere: (L, L) or (B, 1, 1, L); None
            where every query may look at all.
        causal: whether keys after a query are never looked at.
        packing: how documents lie in the states, where they lie end to end.
        grids: the frame of each grid of the packing.
    """

    waves: tuple[Tensor, Tensor]
    mask: Tensor | None
    causal: bool
    packing: Packing | None = None
    grids: tuple[Frame, ...] = ()


class Attention(nn.Module):
    """Grouped-query attention with rotary positions.

    Arguments:
        width: the size d of a state.
        heads: query heads.
        groups: key-value heads.
        head: the size d_h of a head.
        qk_norm: whether queries and keys are normalised.
        epsilon: of the norms.
    """

    def __init__(
        self, width: int, heads: int, groups: int, head: int, qk_norm: bool, epsilon: float
    ) -> None:
        super().__init__()
        self.heads, self.groups, self.head = heads, groups, head
        self.epsilon = epsilon
        self.q = Linear(width, heads * head, bias=False)
        self.k = Linear(width, groups * head, bias=False)
        self.v = Linear(width, groups * head, bias=False)
        self.o = Linear(heads * head, width, bias=False)
        nn.init.zeros_(self.o.weight)
        self.q_norm = RMSNorm(head, epsilon) if qk_norm else nn.Identity()
        self.k_norm = RMSNorm(head, epsilon) if qk_norm else nn.Identity()

    def forward(self, n: Tensor, gain: Tensor, frame: Frame) -> Tensor:
        """What attention adds to the state, from states n (B, L, d) whose norm has yet to be given its gain (d,)."""
        qkv = project(n, gain, self.q, self.k, self.v)
        if frame.packing is None:
            return self.o(self._look(qkv, frame))
        parts = zip(frame.packing.spread(qkv), frame.grids, strict=True)
        return self.o(frame.packing.collect([self._look(part, grid) for part, grid in parts]))

    def _look(self, qkv: Tensor, frame: Frame) -> Tensor:
        """What the heads find (B, L, H d_h), from queries, keys and values side by side."""
        sizes = [self.heads * self.head, self.groups * self.head, self.groups * self.head]
        q, k, v = (x.unflatten(-1, (-1, self.head)).transpose(1, 2) for x in qkv.split(sizes, -1))
        q, k = turn(q, self.q_norm, frame.waves), turn(k, self.k_norm, frame.waves)
        short = qkv.device.type == "cpu" and qkv.shape[1] <= SHORT
        found = (short_attention if short else fused_attention)(q, k, v, frame)
        return found.transpose(1, 2).flatten(2)


def fused_attention(q: Tensor, k: Tensor, v: Tensor, frame: Frame) -> Tensor:
    """PyTorch's own attention: q (B, H, L, d_h), k and v (B, G, L, d_h) to (B, H, L, d_h)."""
    return functional.scaled_dot_product_attention(
        q,
        k,
        v,
        attn_mask=None if frame.causal else frame.mask,
        is_causal=frame.causal,
        enable_gqa=k.shape[1] < q.shape[1],
    )


def short_attention(q: Tensor, k: Tensor, v: Tensor, frame: Frame) -> Tensor:
    """The same by batched matrix products."""
    L = q.shape[2]
    step = -(-L // max(1, L // BLOCK)) if frame.causal else L
    found: Tensor = _Short.apply(q, k, v, frame.mask, step)  # type: ignore[no-untyped-call]
    return found


def causal_mask(L: int, e: Tensor) -> Tensor:
    """0 where a query may look, very low elsewhere, with shape (L, L), in the type of e."""
    return torch.full((L, L), torch.finfo(e.dtype).min, dtype=e.dtype, device=e.device).triu(1)


def rotary(positions: Tensor, head: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles, each with shape (*positions, head), as Llama lays them out."""
    rates = theta ** (-torch.arange(0, head, 2, device=positions.device).float() / head)
    angles = positions.float()[..., None] * rates
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, waves: tuple[Tensor, Tensor]) -> Tensor:
    """Queries or keys x (B, H, L, d_h) turned by their positions' angles (L, d_h) or (B, 1, L, d_h)."""
    cos, sin = (wave.to(x.dtype) for wave in waves)
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def turn(x: Tensor, norm: nn.Module, waves: tuple[Tensor, Tensor]) -> Tensor:
    """rotate(norm(x)) with shape (B, H, L, d_h), in fewer passes over x."""
    if not isinstance(norm, RMSNorm):
        return rotate(x, waves)
    cos, sin = (wave.to(x.dtype) for wave in waves)
    found: Tensor = _Turn.apply(x, norm.weight.to(x.dtype), cos, sin, norm.epsilon)  # type: ignore[no-untyped-call]
    return found


class _Turn(torch.autograd.Function):
    """R (w * n(x)): the weight w is folded into the angles, and the gradient turns back by -R."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor, epsilon: float
    ) -> Tensor:
        scale = reciprocal(x, epsilon)
        n = torch.mul(x, scale, out=torch.empty(x.shape, dtype=x.dtype, device=x.device))
        ctx.save_for_backward(x, weight, cos, sin, n, scale)
        ctx.epsilon = epsilon
        return _crossed(n, cos * weight, sin * torch.cat(weight.chunk(2)[::-1]), -1)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, cos, sin, n, scale = ctx.saved_tensors
        if torch.is_grad_enabled():
            again = replay(
                lambda x, w: rotate(x * reciprocal(x, ctx.epsilon) * w, (cos, sin)), g, x, weight
            )
            return *again, None, None, None
        back = _crossed(g, cos, sin, 1)
        along = back * n
        to_weight = along.sum((0, 1, 2))
        mean = (along @ weight).unsqueeze(-1) / -x.shape[-1]
        to_x = back.mul_(weight).addcmul_(n, mean).mul_(scale)
        return to_x, to_weight, None, None, None


def _crossed(x: Tensor, straight: Tensor, crossed: Tensor, sign: float) -> Tensor:
    """x * straight + (sign * x_2, -sign * x_1) * crossed, for the halves x_1 and x_2 of the last dimension."""
    if torch.compiler.is_compiling():  # in place, each half would be compiled under a mask
        (x1, x2), (s1, s2), (c1, c2) = (z.chunk(2, -1) for z in (x, straight, crossed))
        return torch.cat([x1 * s1 + sign * x2 * c1, x2 * s2 - sign * x1 * c2], -1)
    half = x.shape[-1] // 2
    y = x * straight
    y[..., :half].addcmul_(x[..., half:], crossed[..., :half], value=sign)
    y[..., half:].addcmul_(x[..., :half], crossed[..., half:], value=-sign)
    return y


class _Short(torch.autograd.Function):
    """softmax(q k^T / sqrt(d_h) + M) v, blocks of queries one after another."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, step: int
    ) -> Tensor:
        ctx.step = step
        queries, keys, values = _grouped(q, k), k.flatten(0, 1), v.flatten(0, 1)
        found = torch.empty_like(queries)
        chances = []
        for here, until in _blocks(q.shape[2], step):
            p = _scores(queries[:, :, here].flatten(1, 2), keys[:, :until], mask, here, until)
            p = p.softmax(-1)
            found[:, :, here] = (p @ values[:, :until]).view(found[:, :, here].shape)
            chances.append(p)
        ctx.save_for_backward(q, k, v, mask, queries, keys, values, *chances)
        return found.view(*q.shape)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, mask, queries, keys, values, *chances = ctx.saved_tensors
        if torch.is_grad_enabled():
            return *replay(lambda q, k, v: _plain(q, k, v, mask), g, q, k, v), None, None
        scale = q.shape[-1] ** -0.5
        g = _grouped(g, k)
        to_q, to_k, to_v = (torch.zeros_like(x) for x in (queries, keys, values))
        for (here, until), p in zip(_blocks(q.shape[2], ctx.step), chances, strict=True):
            g_here = g[:, :, here].flatten(1, 2)
            to_v[:, :until].baddbmm_(p.mT, g_here)
            to_p = g_here @ values[:, :until].mT
            to_s = torch._softmax_backward_data(to_p, p, -1, p.dtype)
            to_q[:, :, here] = (to_s @ keys[:, :until]).mul_(scale).view(to_q[:, :, here].shape)
            to_k[:, :until].baddbmm_(to_s.mT, queries[:, :, here].flatten(1, 2), alpha=scale)
        return to_q.view(q.shape), to_k.view(k.shape), to_v.view(v.shape), None, None


def _grouped(q: Tensor, k: Tensor) -> Tensor:
    """Queries (B, H, L, d_h) as (B G, H / G, L, d_h): those that share a key beside each other."""
    B, H, L, head = q.shape
    return q.reshape(B * k.shape[1], H // k.shape[1], L, head)


def _blocks(L: int, step: int) -> list[tuple[slice, int]]:
    """Slices of queries, and up to where the keys of each go."""
    return [(slice(i, min(i + step, L)), min(i + step, L)) for i in range(0, L, step)]


def _scores(q: Tensor, k: Tensor, mask: Tensor | None, here: slice, until: int) -> Tensor:
    """q k^T / sqrt(d_h) + M with shape (B G, H / G queries, keys)."""
    scale = q.shape[-1] ** -0.5
    if mask is not None and mask.dim() == 2:
        rows = mask[here, :until]
        return torch.baddbmm(rows.repeat(q.shape[1] // len(rows), 1), q, k.mT, alpha=scale)
    found = torch.bmm(q, k.mT).mul_(scale)
    if mask is not None:
        found.view(len(mask), -1, until).add_(mask.flatten(1)[:, None])
    return found


def _plain(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The formula, in operations that autograd can differentiate any number of times."""
    times = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
    scores = q @ k.mT * q.shape[-1] ** -0.5
    return (scores if mask is None else scores + mask).softmax(-1) @ v
