"""The diffusion Transformer over a grid's patches, for one, two or three sides by the same code.

A patch is a token. What a net is told (a time, labels) turns into a scale s and a shift b before each attention and
each perceptron; queries and keys are turned by rotary positions, each side of the grid with a share of the angles:

    h <- h + Attention((1 + s) n(h) + b),    h <- h + W_2 silu(W_1 ((1 + s') n(h) + b'))

References:
    Peebles & Xie, "Scalable diffusion models with Transformers", ICCV 2023, arXiv:2212.09748.
    Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, arXiv:2104.09864.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.attention import Attention, Frame
from fivefold.nets.grids.patches import Patches
from fivefold.nets.linear import Head, Linear, compute_type
from fivefold.nets.norms import normalise

HEAD, THETA, EPSILON = 32, 100.0, 1e-6
WIDER = 3
"""How many times as wide as a state the perceptrons are inside."""


class DiT(nn.Module):
    """A diffusion Transformer.

    Arguments:
        inside: channels of the input.
        outside: channels of the output.
        extent: the sides of the grid.
        patch: the side of a patch, one for each side of the grid.
        told: the size of what the net is told of each grid.
        width: the size of a token's state, a multiple of the size of a head, 32.
        depth: the number of blocks.

    Example:
        >>> net = DiT(2, 1, (8, 6), (4, 2), told=16, width=64, depth=1)
        >>> net(torch.zeros(3, 2, 8, 6), torch.zeros(3, 16)).shape
        torch.Size([3, 1, 8, 6])
    """

    places: Tensor

    def __init__(
        self,
        inside: int,
        outside: int,
        extent: Sequence[int],
        patch: Sequence[int],
        told: int,
        width: int,
        depth: int,
    ) -> None:
        super().__init__()
        self.patches = Patches(extent, patch)
        self.first = Head(inside * self.patches.volume, width)
        self.where = nn.Parameter(torch.randn(self.patches.count, width) / math.sqrt(width))
        self.blocks = nn.ModuleList(DiTBlock(width, told) for _ in range(depth))
        self.last = Head(width, outside * self.patches.volume)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Grids (B, outside, *extent) in float32, of grids x (B, inside, *extent) and what is told (B, told)."""
        kind = compute_type(x.device)
        h = self.first(self.patches.cut(x).flatten(2).mT.to(kind)) + self.where.to(kind)
        cos, sin = axial(self.patches.coarse, HEAD, x.device)
        frame = Frame((cos.to(kind), sin.to(kind)), None, causal=False)
        told = functional.silu(told).to(kind)
        for block in self.blocks:
            h = block(h, told, frame)
        out = self.last(normalise(h, EPSILON)).float().mT
        return self.patches.join(out.unflatten(2, self.patches.coarse))


class DiTBlock(nn.Module):
    """Attention and a perceptron, each of states that are scaled and shifted by what is told."""

    def __init__(self, width: int, told: int) -> None:
        super().__init__()
        heads = max(1, width // HEAD)
        self.adapt = Head(told, 4 * width)
        nn.init.zeros_(self.adapt.weight)
        self.gain = nn.Parameter(torch.ones(width))
        self.attention = Attention(width, heads, heads, HEAD, True, EPSILON)
        self.wide = Linear(width, WIDER * width)
        self.narrow = Linear(WIDER * width, width)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, h: Tensor, told: Tensor, frame: Frame) -> Tensor:
        """States h (B, L, d) after both."""
        b, s, b2, s2 = self.adapt(told)[:, None].chunk(4, -1)
        n = torch.addcmul(b, normalise(h, EPSILON), 1 + s)
        h = h + self.attention(n, self.gain, frame)
        n = torch.addcmul(b2, normalise(h, EPSILON), 1 + s2)
        found: Tensor = h + self.narrow(functional.silu(self.wide(n)))
        return found


def axial(extent: Sequence[int], head: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines (places, head) of the angles of a grid's places, an equal share of them for each side.

    Example:
        >>> axial((2, 3), 8, torch.device("cpu"))[0].shape
        torch.Size([6, 8])
    """
    places = torch.cartesian_prod(*(torch.arange(n, device=device) for n in extent))
    places = places.view(-1, len(extent)).float()
    share = head // 2 // len(extent)
    rates = THETA ** (-torch.arange(share, device=device) / share)
    angles = (places[:, :, None] * rates).flatten(1)
    angles = functional.pad(angles, (0, head // 2 - angles.shape[1]))
    angles = torch.cat([angles, angles], 1)
    return angles.cos(), angles.sin()
