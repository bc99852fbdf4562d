"""One small net a position, all of them in three batched matrix products.

Position j of a sequence of embedded symbols e_1..e_N has its own residual net, which sees those symbols i for which
`visible[j, i]` is true:

    h_j = sum_i visible[j, i] e_i W_ji + b_j,    h_j <- h_j + B_j silu(A_j norm(h_j))  (a few times).

With `visible` lower triangular this is a masked autoregressive net (Germain et al. 2015, MADE) whose positions
share no hidden unit. It suits short sequences whose positions mean different things, such as the columns of a table.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fivefold.nets.linear import fan_in

TOGETHER = 8_192


def affordable(positions: int, width: int) -> int:
    """The width that many nets side by side can have: all of them together at most `TOGETHER`, each at least 32.

    Example:
        >>> affordable(16, 128), affordable(200, 128)
        (128, 32)
    """
    return max(32, min(width, 16 * (TOGETHER // (16 * max(1, positions)))))


def sees(shown: Tensor) -> Tensor:
    """Which position i position j sees, bool with shape (N, N): the earlier ones and those that are shown.

    Example:
        >>> sees(torch.tensor([False, False, True])).int().tolist()
        [[0, 0, 1], [1, 0, 1], [1, 1, 0]]
    """
    every = torch.ones(len(shown), len(shown), dtype=torch.bool, device=shown.device)
    return (every.tril(-1) | shown) & ~torch.eye(len(shown), device=shown.device).bool()


class PositionNets(nn.Module):
    """Residual nets side by side, one a position.

    Arguments:
        positions: the number of positions N.
        embedding: the size d of an embedded symbol.
        width: the hidden size h of each net.
        depth: the number of residual blocks.
    """

    def __init__(self, positions: int, embedding: int, width: int, depth: int) -> None:
        super().__init__()
        N, d, h = positions, embedding, width
        self.inputs = fan_in(N, N, d, h, inputs=max(1, N * d // 2))
        self.bias = nn.Parameter(torch.zeros(N, 1, h))
        self.up = nn.ParameterList(fan_in(N, h, h, inputs=h) for _ in range(depth))
        self.down = nn.ParameterList(nn.Parameter(torch.zeros(N, h, h)) for _ in range(depth))

    def forward(self, e: Tensor, visible: Tensor) -> Tensor:
        """States with shape (N, B, h) of symbols e (B, N, d), where position j sees i if visible[j, i]."""
        weight = (self.inputs * visible[:, :, None, None]).flatten(1, 2).to(e.dtype)
        states = torch.matmul(e.flatten(1), weight) + self.bias.to(e.dtype)
        for up, down in zip(self.up, self.down, strict=True):
            states = states + _block(states, up, down)
        return states

    def at(self, j: int, e: Tensor) -> Tensor:
        """The state of position j alone, with shape (B, h); symbols that it may not see are zero in e."""
        weight = self.inputs[j].flatten(0, 1).to(e.dtype)
        state = e.flatten(1) @ weight + self.bias[j].to(e.dtype)
        for up, down in zip(self.up, self.down, strict=True):
            state = state + _block(state, up[j], down[j])
        return state


def _block(h: Tensor, up: Tensor, down: Tensor) -> Tensor:
    normed = nn.functional.layer_norm(h, h.shape[-1:])
    return torch.matmul(nn.functional.silu(torch.matmul(normed, up.to(h.dtype))), down.to(h.dtype))
