"""What each number of a cell is, given those before it in the cell, what is known beside it, and the state of a net.

A cell is a patch of a grid, D numbers v in an order; w are the E numbers of other cells that may be known. Number j has
the mixture of logistics

    p(v_j | v_<j, w, h) = sum_k pi_k f((v_j - m_j - mu_k) / s_k) / s_k,   m_j = sum_i A_ij v_i + sum_e B_ej w_e
    (pi, mu, s) = W silu(U_j h + sum_i V_ij v_i + sum_e N_ej w_e + b_j) + c_j

with sums over what number j may see. What is linear in known numbers is exact, in float32; the net sees to the rest.

References:
    Uria, Murray & Larochelle, "RNADE: the real-valued neural autoregressive density-estimator", NeurIPS 2013,
        arXiv:1306.0186.
    Germain et al., "MADE: masked autoencoder for distribution estimation", ICML 2015, arXiv:1502.03509.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.compiling import compiled
from fivefold.nets.linear import fan_in

SPAN = 2.5
"""The first places of the components lie between this and its negative."""


class CellMixtures(nn.Module):
    """The mixtures of the numbers of a cell.

    Arguments:
        width: the size d of a state.
        own: which number of the cell (rows) each number (columns) may see, bool with shape (I, D).
        beside: which number of other cells each number may see, bool with shape (E, D).
        features: how many features F a net is told of each known number.
        hidden: the size of each number's own state.
        components: the number of logistics K in a mixture.

    Example:
        >>> earlier, all = torch.ones(4, 4).triu(1).bool(), torch.ones(8, 4).bool()
        >>> mixtures = CellMixtures(16, earlier, all, features=1, hidden=8, components=3)
        >>> v = torch.zeros(5, 12)
        >>> said, moved = mixtures(torch.zeros(5, 16), v, v)
        >>> said.shape, moved.shape
        (torch.Size([4, 9, 5]), torch.Size([4, 5]))
    """

    sees: Tensor

    def __init__(
        self,
        width: int,
        own: Tensor,
        beside: Tensor,
        *,
        features: int,
        hidden: int,
        components: int,
    ) -> None:
        super().__init__()
        sees = torch.cat([own, beside])
        (N, D), K, F = sees.shape, components, features
        self.register_buffer("sees", sees, persistent=False)
        self.told = fan_in(width, D, hidden, inputs=width)
        self.known = fan_in(N, F, D, hidden, inputs=N * F)
        self.bias = nn.Parameter(torch.zeros(D, hidden))
        self.out = nn.Parameter(torch.zeros(hidden, 3 * K))
        places = ((torch.arange(K) + 0.5) / K * 2 - 1) * SPAN
        spread = torch.full((K,), math.log(SPAN / K))
        self.start = nn.Parameter(torch.cat([torch.zeros(K), places, spread]).repeat(D, 1))
        self.along = nn.Parameter(torch.zeros(N, D))

    def forward(
        self, h: Tensor, features: Tensor, v: Tensor, one: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mixtures of all numbers, or of one, each given those that it may see.

        Arguments:
            h: states with shape (M, d), in the type in which to compute.
            features: of the numbers of cells and beside them, with shape (M, N F).
            v: these numbers, with shape (M, N).
            one: which number, if not all.

        Returns:
            Logits, places and logarithms of scales, with shape (D, 3 K, M), and by how much places are moved, (D, M).
        """
        some = slice(None) if one is None else slice(one, one + 1)
        sees = self.sees[:, some]
        known = (self.known[..., some, :] * sees[:, None, :, None]).flatten(0, 1)
        weight = torch.cat([self.told[:, some], known]).to(h.dtype)
        inner = torch.cat([h, features.to(h.dtype)], 1) @ weight.flatten(1)
        said = _say(
            inner.unflatten(1, weight.shape[1:]), self.bias[some], self.out, self.start[some]
        )
        moved = v @ (self.along[:, some] * sees).to(v)
        return said.movedim(0, -1), moved.mT


@compiled
def _say(inner: Tensor, bias: Tensor, out: Tensor, start: Tensor) -> Tensor:
    """What mixtures are, with shape (M, D, 3 K), from the first layer of the numbers' nets (M, D, hidden)."""
    kind = inner.dtype
    h = functional.silu(inner + bias.to(kind))
    exact = torch.promote_types(kind, torch.float32)
    return (h @ out.to(kind)).to(exact) + start
