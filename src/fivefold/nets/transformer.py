"""The Transformer, in the layout of Llama: one net for every sequence, causal or not.

    h <- h + O softmax(Q K^T / sqrt(d_h)) V,    h <- h + W_down (silu(W_gate n(h)) * W_up n(h)),    n = RMSNorm

Queries and keys are turned by rotary positions; several query heads may share a key-value head (grouped queries).
With `qk_norm` queries and keys are normalised first, which is the layout of Qwen3. The same weights run causally or in
both directions: only the mask differs.

References:
    Vaswani et al., "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.
    Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019, arXiv:1910.07467.
    Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, arXiv:2104.09864.
    Shazeer, "GLU variants improve Transformer", 2020, arXiv:2002.05202.
    Ainslie et al., "GQA: training generalized multi-query Transformer models", EMNLP 2023, arXiv:2305.13245.
    Touvron et al., "LLaMA: open and efficient foundation language models", 2023, arXiv:2302.13971.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.attention import Attention, Frame, causal_mask, rotary, rotate
from fivefold.nets.compiling import compiled, compiling
from fivefold.nets.linear import Linear
from fivefold.nets.norms import RMSNorm, normalise, project
from fivefold.nets.packing import CELLS, Packing, rounded

__all__ = ["Attention", "Block", "RMSNorm", "SwiGLU", "Transformer", "rotary", "rotate"]


class Transformer(nn.Module):
    """A stack of pre-norm blocks with a last norm.

    Arguments:
        width: the size d of a state.
        depth: the number of blocks.
        heads: query heads.
        groups: key-value heads, `heads` if None.
        hidden: the inner size of the SwiGLU, 8/3 of the width in whole 32s if None.
        head: the size of a head, width / heads if None.
        qk_norm: whether queries and keys are normalised (Qwen3) or not (Llama).
        theta: the base of the rotary wave lengths.
        epsilon: of the norms.

    Example:
        >>> net = Transformer(width=64, depth=2, heads=2)
        >>> net(torch.zeros(3, 5, 64)).shape
        torch.Size([3, 5, 64])
    """

    def __init__(
        self,
        width: int,
        depth: int,
        heads: int,
        *,
        groups: int | None = None,
        hidden: int | None = None,
        head: int | None = None,
        qk_norm: bool = True,
        theta: float = 10_000.0,
        epsilon: float = 1e-6,
    ) -> None:
        super().__init__()
        self.width, self.theta = width, theta
        hidden = hidden or 32 * round(width * 8 / 3 / 32)
        self.head = head or width // heads
        self.blocks = nn.ModuleList(
            Block(width, heads, groups or heads, hidden, self.head, qk_norm, epsilon)
            for _ in range(depth)
        )
        self.norm = RMSNorm(width, epsilon)

    def forward(self, e: Tensor, *, lengths: Tensor | None = None, causal: bool = True) -> Tensor:
        """States (B, L, d) of embedded symbols e (B, L, d), of which the first `lengths` (B,) are present.

        Arguments:
            e: embedded symbols, in the type in which to compute.
            lengths: how many positions of each row are present; all if None. States of absent ones mean nothing.
            causal: whether a position sees only itself and the earlier ones.
        """
        L = e.shape[1]
        if lengths is not None and Packing.pays(lengths, L, compiled=compiling()):
            packing = Packing(lengths, L)
            return packing.unpack(self._run(packing.pack(e), self._packed(packing, e, causal)))
        if lengths is not None and compiling():
            e = functional.pad(e, (0, 0, 0, rounded(L, CELLS) - L))
        return self._run(e, self._frame(e.shape[1], e, lengths, causal))[:, :L]

    def _run(self, h: Tensor, frame: Frame) -> Tensor:
        for block in self.blocks:
            h = block(h, frame)
        return self.norm(h)

    def _frame(self, L: int, e: Tensor, lengths: Tensor | None, causal: bool) -> Frame:
        cos, sin = rotary(torch.arange(L, device=e.device), self.head, self.theta)
        mask = causal_mask(L, e) if causal else None
        if lengths is not None and not causal:
            absent = torch.arange(L, device=e.device) >= lengths[:, None]
            low = torch.finfo(e.dtype).min
            mask = torch.zeros_like(absent, dtype=e.dtype).masked_fill(absent, low)[:, None, None]
        return Frame((cos.to(e.dtype), sin.to(e.dtype)), mask, causal)

    def _packed(self, packing: Packing, e: Tensor, causal: bool) -> Frame:
        grids = [
            self._frame(width, e, None if even else lengths, causal)
            for lengths, (_, width), even in packing.grids
        ]
        return Frame(grids[-1].waves, None, causal, packing, tuple(grids))


class Block(nn.Module):
    """Attention and a gated perceptron, each added to the state."""

    def __init__(
        self,
        width: int,
        heads: int,
        groups: int,
        hidden: int,
        head: int,
        qk_norm: bool,
        epsilon: float,
    ) -> None:
        super().__init__()
        self.before_attention = RMSNorm(width, epsilon)
        self.attention = Attention(width, heads, groups, head, qk_norm, epsilon)
        self.before_mlp = RMSNorm(width, epsilon)
        self.mlp = SwiGLU(width, hidden)

    def forward(self, h: Tensor, frame: Frame) -> Tensor:
        """The state after both."""
        return self.add(h, frame) if frame.packing is not None else _added(self, h, frame)

    def add(self, h: Tensor, frame: Frame) -> Tensor:
        """The state h (B, L, d) with what attention and perceptron add to it."""
        one, two = self.before_attention, self.before_mlp
        h = h + self.attention(normalise(h, one.epsilon), one.weight, frame)
        return h + self.mlp(normalise(h, two.epsilon), two.weight)


@compiled
def _added(block: Block, h: Tensor, frame: Frame) -> Tensor:
    return block.add(h, frame)


class SwiGLU(nn.Module):
    """W_down (silu(W_gate h) * W_up h)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = Linear(width, hidden, bias=False)
        self.up = Linear(width, hidden, bias=False)
        self.down = Linear(hidden, width, bias=False)
        nn.init.zeros_(self.down.weight)

    def forward(self, n: Tensor, gain: Tensor) -> Tensor:
        """The gated perceptron of states n (*, d) whose norm has yet to be given its gain (d,)."""
        gate, up = project(n, gain, self.gate), project(n, gain, self.up)
        traced = torch.compiler.is_compiling()
        return self.down(_Gated.apply(gate, up) if traced else functional.silu(gate) * up)  # type: ignore[no-untyped-call]


class _Gated(torch.autograd.Function):
    """silu(a) * b, for compilation: the gradient written so that it takes one exponential and not two."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return functional.silu(a) * b

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        gate = a.sigmoid()
        silu = a * gate
        return g * b * (gate + silu * (1 - gate)), g * silu
