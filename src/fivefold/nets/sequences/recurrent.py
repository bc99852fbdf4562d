"""Recurrent nets, which the Transformer replaced, behind the same interface: measured rivals, not ornaments.

    RNN   h_t = tanh(W x_t + U h_{t-1} + b)
    LSTM  c_t = f_t * c_{t-1} + i_t * g_t,        h_t = o_t * tanh(c_t)
    GRU   h_t = (1 - z_t) * n_t + z_t * h_{t-1}

The state passes from place to place, so that a step costs the same at any distance, and what lies far back has to
survive every step between. They run in one direction: causal only.

References:
    Elman, "Finding structure in time", Cognitive Science 1990.
    Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 1997.
    Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, arXiv:1406.1078.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

from fivefold.errors import InputError
from fivefold.nets.transformer import RMSNorm

State = Tensor | tuple[Tensor, Tensor]


class Recurrent(nn.Module):
    """A stack of recurrent layers with a last norm.

    Arguments:
        kind: `rnn`, `lstm` or `gru`.
        width: the size d of a state.
        depth: the number of layers.
        epsilon: of the last norm.

    Example:
        >>> import torch
        >>> Recurrent("lstm", width=16, depth=2)(torch.zeros(3, 5, 16)).shape
        torch.Size([3, 5, 16])
    """

    KINDS: ClassVar[dict[str, Callable[..., nn.RNNBase]]] = {
        "rnn": nn.RNN,
        "lstm": nn.LSTM,
        "gru": nn.GRU,
    }

    def __init__(self, kind: str, width: int, depth: int, *, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.width = width
        self.layers = self.KINDS[kind](width, width, depth, batch_first=True)
        self.norm = RMSNorm(width, epsilon)

    def forward(self, e: Tensor, *, lengths: Tensor | None = None, causal: bool = True) -> Tensor:
        """States (B, L, d) of embedded symbols e (B, L, d); what follows an absent position is never asked for.

        Raises:
            InputError: where both directions are asked for.
        """
        if not causal:
            raise InputError(
                "a recurrent net sees only what came before",
                hint="use the transformer where both sides of a place are needed",
                code="causal-net",
            )
        states, _ = self.layers(e.float())
        return self.norm(states).to(e.dtype)

    def step(self, e: Tensor, state: State | None) -> tuple[Tensor, State]:
        """States (B, k, d) of the next k symbols e (B, k, d), and what is remembered after them."""
        states, after = self.layers(e.float(), state)
        return self.norm(states).to(e.dtype), after
