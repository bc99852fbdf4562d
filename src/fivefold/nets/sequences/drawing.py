"""Many sequences drawn side by side: those that have ended make room, so that no step is spent on them for long."""

from __future__ import annotations

import torch
from torch import Tensor

from fivefold.nets.choices import Choice
from fivefold.nets.decoding import Decoder
from fivefold.spaces import END, Batch

ROOM = 7 / 8
"""Rows that have ended are left out as soon as so few are left of those drawn."""


def write(
    decoder: Decoder, choice: Choice, y: Tensor, shown: Tensor, seen: Tensor, prefix: Tensor | None
) -> Batch:
    """Sequences of which each symbol is drawn at its own place of the unit interval.

    Arguments:
        decoder: what predicts the next symbol.
        choice: how one is chosen.
        y: places in [0, 1) with shape (n, L).
        shown: symbols that are imposed, int64 with shape (n, L).
        seen: where they are, bool with shape (n, L); the first of a row always.
        prefix: states put before the sequences, with shape (n, P, d), or None.

    Returns:
        n sequences, as wide as the longest.
    """
    (n, L), device = shown.shape, y.device
    going_on = seen & (shown != END)
    start = 1 + int(going_on[:, 1:].all(0).long().cumprod(0).sum())
    fixed = [bool(some) for some in seen.any(0)]
    place = 0 if prefix is None else prefix.shape[1]
    memory = decoder.begin(n, place + L)
    if prefix is not None:
        memory.extend(prefix.to(decoder.dtype), 0)
    fresh = decoder.embed(shown[:, :start])
    symbols, seen, y = (tensor.T.contiguous() for tensor in (shown, seen, y))
    lengths = torch.full((n,), L, device=device)
    rows = torch.arange(n, device=device)
    over = torch.zeros(n, dtype=torch.bool, device=device)
    for j in range(start, L):
        logits = decoder.logits(memory.extend(fresh, place)[:, -1])
        new = choice(logits, y[j, rows], _used(symbols[:j, rows].T, logits, choice))
        if fixed[j]:
            new = torch.where(seen[j, rows], symbols[j, rows], new)
        symbols[j, rows] = new
        place += fresh.shape[1]
        ended = (new == END) & ~over
        if bool(ended.any()):
            lengths[rows[ended]] = j + 1
            over |= ended
            left = int((~over).sum())
            if left == 0:
                break
            if left < ROOM * len(rows):
                source, target = _moves(over, left)
                memory.keep(left, source, target)
                for held in (rows, new):
                    held[target] = held[source]
                rows, new = rows[:left], new[:left]
                over = torch.zeros(left, dtype=torch.bool, device=device)
        fresh = decoder.embed(new[:, None])
    x = Batch(y.new_zeros(n, 0).float(), symbols[: int(lengths.max())].T, lengths)
    return Batch(x.continuous, x.discrete * x.mask, lengths)


def _moves(over: Tensor, left: int) -> tuple[Tensor, Tensor]:
    """Which rows to copy where, so that the `left` rows that go on are the first."""
    return (~over[left:]).nonzero().flatten() + left, over[:left].nonzero().flatten()


def _used(symbols: Tensor, logits: Tensor, choice: Choice) -> Tensor | None:
    """Which symbols each row has used, bool with shape (B, V), where the choice asks for it."""
    if choice.repetition_penalty == 1:
        return None
    return torch.zeros_like(logits, dtype=torch.bool).scatter_(1, symbols, True)
