"""How the next symbol is chosen from its logits: pure functions, and a choice made of them.

    u ~ U(0, 1) -> the k with C_k <= u < C_{k+1},   C_k = sum_{i<k} p_i

A draw is the inverse of the distribution function at a given place u. The same place and the same logits always give
the same symbol, whatever is drawn beside it; that is what makes seeds reproduce, rows independent of one another, and
speculation exact.

References:
    Fan, Lewis & Dauphin, "Hierarchical neural story generation", ACL 2018, arXiv:1805.04833 (top-k).
    Holtzman et al., "The curious case of neural text degeneration", ICLR 2020, arXiv:1904.09751 (top-p).
    Nguyen et al., "Turning up the heat: min-p sampling", ICLR 2025, arXiv:2407.01082.
    Keskar et al., "CTRL", 2019, arXiv:1909.05858 (repetition penalty).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import torch
from torch import Tensor

from fivefold.errors import InputError

NEVER = -math.inf


def invert(p: Tensor, u: Tensor) -> Tensor:
    """The symbols, int64 with shape (B,), at places u (B,) of the distributions p (B, V).

    Example:
        >>> invert(torch.tensor([[0.5, 0.0, 0.5]]).repeat(3, 1), torch.tensor([0.1, 0.5, 0.9]))
        tensor([0, 2, 2])
    """
    upper = p.cumsum(-1)
    whole = upper[:, -1:]
    inside = torch.minimum(u[:, None] * whole, whole.nextafter(torch.zeros_like(whole)))
    return torch.searchsorted(upper, inside.to(p.dtype), right=True)[:, 0]


def top_k(logits: Tensor, k: int) -> Tensor:
    """Logits (B, V) of which all but the k largest are -inf; of equal ones at the border all stay."""
    least = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.where(logits >= least, NEVER)


def top_p(logits: Tensor, p: float) -> Tensor:
    """Logits (B, V) of the fewest symbols that together have probability p; the others are -inf."""
    found, order = logits.softmax(-1).sort(stable=True, dim=-1, descending=True)
    unwanted = found.cumsum(-1) - found >= p
    return logits.masked_fill(torch.zeros_like(unwanted).scatter(-1, order, unwanted), NEVER)


def min_p(logits: Tensor, share: float) -> Tensor:
    """Logits (B, V) of symbols at least `share` times as likely as the likeliest; the others are -inf."""
    return logits.where(logits >= logits.amax(-1, keepdim=True) + math.log(share), NEVER)


def repetition_penalty(logits: Tensor, used: Tensor, penalty: float) -> Tensor:
    """Logits (B, V) with those of symbols `used` (B, V) divided by the penalty, or multiplied where negative."""
    return torch.where(used, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


@dataclass(frozen=True)
class Choice:
    """How symbols are chosen; by default as the model has them.

    Arguments:
        temperature: logits are divided by it; 0 takes the likeliest.
        top_k: only the k likeliest.
        top_p: only the fewest that together have this probability.
        min_p: only those at least this share as likely as the likeliest.
        repetition_penalty: logits of symbols that were used are divided by it.

    Example:
        >>> logits = torch.tensor([[0.0, 2.0, 1.0]])
        >>> Choice(temperature=0)(logits, torch.tensor([0.9]))
        tensor([1])
        >>> Choice(top_k=1)(logits, torch.tensor([0.9]))
        tensor([1])
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        wanted = (
            ("temperature", self.temperature, 0 <= self.temperature < math.inf, "0 or more"),
            ("top_k", self.top_k, self.top_k is None or self.top_k >= 1, "1 or more"),
            ("top_p", self.top_p, 0 < self.top_p <= 1, "above 0, at most 1"),
            ("min_p", self.min_p, 0 <= self.min_p <= 1, "from 0 to 1"),
            ("repetition_penalty", self.repetition_penalty, 0 < self.repetition_penalty < math.inf, "above 0"),
        )  # fmt: skip
        for name, value, right, range_ in wanted:
            if not right:
                raise InputError(f"{name} is {value}", hint=f"give {range_}", code="choice")

    @classmethod
    def of(cls, how: Mapping[str, Any]) -> Self:
        """The choice among other options."""
        return cls(**{f.name: how[f.name] for f in fields(cls) if f.name in how})

    def __call__(self, logits: Tensor, u: Tensor, used: Tensor | None = None) -> Tensor:
        """Symbols, int64 with shape (B,).

        Arguments:
            logits: with shape (B, V).
            u: places in [0, 1) with shape (B,).
            used: which symbols have been used, bool with shape (B, V); needed for a repetition penalty.
        """
        if self.repetition_penalty != 1 and used is not None:
            logits = repetition_penalty(logits, used, self.repetition_penalty)
        if self.temperature == 0:
            return logits.argmax(-1)
        if self.temperature != 1:
            logits = logits / self.temperature
        if self.top_k is not None:
            logits = top_k(logits, self.top_k)
        if self.top_p < 1:
            logits = top_p(logits, self.top_p)
        if self.min_p > 0:
            logits = min_p(logits, self.min_p)
        return invert(logits.softmax(-1), u)
