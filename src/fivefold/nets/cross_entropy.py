"""log p of symbols from states and a head, for alphabets of any size.

    log p(t | h) = <w_t, h> - log sum_v exp <w_v, h>

Logits are kept in the type of the states, sums run in float32, some rows at a time, so that a large alphabet needs no
float32 copy of its logits: the gradient (p - 1_t) is made from them on the way back.

Example:
    >>> cross_entropy(torch.zeros(3, 4), torch.zeros(2, 4), torch.tensor([0, 1, 1]))
    tensor([-0.6931, -0.6931, -0.6931])
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from fivefold.nets.norms import replay

PORTION = 2**18
"""How many logits are turned into float32 at a time."""


def cross_entropy(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """log p of each target in nats, float32 with shape (N,).

    Arguments:
        states: with shape (N, d).
        weight: the head's weight, with shape (V, d).
        targets: int64 with shape (N,).
    """
    found: Tensor = _CrossEntropy.apply(states, weight, targets)  # type: ignore[no-untyped-call]
    return found


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        logits = functional.linear(states, weight.to(states.dtype))
        totals = torch.empty(len(states), device=states.device)
        for rows in _portions(logits):
            totals[rows] = logits[rows].float().logsumexp(-1)
        ctx.save_for_backward(states, weight, targets, logits, totals)
        return logits.gather(-1, targets[:, None]).squeeze(-1).float() - totals

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        states, weight, targets, logits, totals = ctx.saved_tensors
        if torch.is_grad_enabled():
            to_states, to_weight = replay(
                lambda h, w: (
                    -functional.cross_entropy(
                        functional.linear(h, w.to(h.dtype)).float(), targets, reduction="none"
                    )
                ),
                g,
                states,
                weight,
            )
            return to_states, to_weight, None
        to_logits = torch.empty_like(logits)
        for rows in _portions(logits):
            p = logits[rows].float().sub_(totals[rows, None]).exp_().mul_(-g[rows, None])
            to_logits[rows] = p.scatter_add_(-1, targets[rows, None], g[rows, None])
        to_states = to_logits @ weight.to(states.dtype)
        to_weight = (to_logits.mT @ states).to(weight.dtype)
        return to_states, to_weight, None


def _portions(logits: Tensor) -> Iterator[slice]:
    step = max(1, PORTION // max(1, logits.shape[1]))
    return (slice(i, i + step) for i in range(0, len(logits), step))
