"""One more symbol at a time: an embedding, a causal net that remembers, and a head.

A `Decoder` holds the weights, laid out for small steps in the type that is fastest; a `Memory` what the net has seen of
some rows. A Transformer remembers keys and values (`keyvalue`, `buffered`), a recurrent net its state.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.buffered import BufferedMemory
from fivefold.nets.keyvalue import KeyValueMemory, Weights
from fivefold.nets.linear import compute_type
from fivefold.nets.sequences.recurrent import Recurrent, State
from fivefold.nets.transformer import Transformer

FEW_ROWS = 64
"""Up to so many rows in float32 on a processor wait on calls more than on arithmetic."""

MANY_ROWS = 32
"""From so many rows on bfloat16 is faster than float32, where there are units for it."""

MOST_ROWS, MOST_BYTES = 2_048, 1 << 28
"""A step of more rows is faster for each, until there are so many or their memory is so large."""


class Memory(Protocol):
    """What a net has seen of B rows."""

    def extend(self, e: Tensor, places: int | Tensor) -> Tensor:
        """States (B, T, d) of the next embedded symbols e (B, T, d), of which the first is at its row's place.

        Arguments:
            e: embedded symbols.
            places: how many symbols each row has already, with shape (B,); one number where all are alike.
        """
        ...

    def part(self, row: int) -> Memory:
        """The memory of one row, shared with this one."""
        ...

    def keep(self, count: int, source: Tensor, target: Tensor) -> None:
        """The first `count` rows alone, after rows `source` have been copied over rows `target`."""
        ...


def decoding_type(rows: int, device: torch.device) -> torch.dtype:
    """The type in which a step is fastest: float32 for few rows on a processor.

    Example:
        >>> decoding_type(1, torch.device("cpu"))
        torch.float32
    """
    if device.type == "cpu" and rows < MANY_ROWS:
        return torch.float32
    return compute_type(device)


class Decoder:
    """An embedding, a causal net and a head, laid out for small steps.

    Arguments:
        embed: the embedding, with shape (V, d).
        net: the net.
        head: the weights of the head, with shape (V, d).
        dtype: the type in which to compute.
    """

    def __init__(self, embed: Tensor, net: nn.Module, head: Tensor, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.table = embed.detach().to(dtype)
        self.head = head.detach().to(dtype).T.contiguous()
        self.net = net
        self.weights = Weights(net, dtype) if isinstance(net, Transformer) else None

    def begin(self, rows: int, slots: int) -> Memory:
        """An empty memory of so many rows of at most so many symbols."""
        if isinstance(self.net, Recurrent):
            return RecurrentMemory(self.net)
        assert self.weights is not None
        if rows <= FEW_ROWS and self.dtype == torch.float32 and self.table.device.type == "cpu":
            return BufferedMemory(self.weights, rows, slots)
        return KeyValueMemory(self.weights, rows, slots)

    def fitting(self, slots: int) -> int:
        """How many rows of so many symbols are best drawn side by side: many, as far as their memory is small."""
        if self.weights is None:
            return MOST_ROWS
        return max(MANY_ROWS, min(MOST_ROWS, MOST_BYTES // (slots * self.weights.slot)))

    @property
    def rewinds(self) -> bool:
        """Whether its memories can go back to an earlier place."""
        return self.weights is not None

    def embed(self, symbols: Tensor) -> Tensor:
        """Embedded symbols with shape (*, d)."""
        return functional.embedding(symbols, self.table)

    def logits(self, states: Tensor) -> Tensor:
        """Logits (*, V) of the symbol after each state (*, d), at least in float32."""
        found = states @ self.head
        return found.float() if found.dtype == torch.bfloat16 else found


class RecurrentMemory:
    """The state of a recurrent net in every layer."""

    def __init__(self, net: Recurrent, states: tuple[Tensor, ...] | None = None) -> None:
        self.net, self.states = net, states

    def extend(self, e: Tensor, places: int | Tensor) -> Tensor:
        """States (B, T, d) of the next embedded symbols e (B, T, d)."""
        before: State | None = None
        if self.states is not None:
            before = self.states[0] if len(self.states) == 1 else (self.states[0], self.states[1])
        found, after = self.net.step(e, before)
        self.states = after if isinstance(after, tuple) else (after,)
        return found

    def part(self, row: int) -> RecurrentMemory:
        """The memory of one row."""
        assert self.states is not None
        return RecurrentMemory(self.net, tuple(s[:, row : row + 1] for s in self.states))

    def keep(self, count: int, source: Tensor, target: Tensor) -> None:
        """The first `count` rows alone, after rows `source` have been copied over rows `target`."""
        assert self.states is not None
        for state in self.states:
            state[:, target] = state[:, source]
        self.states = tuple(state[:, :count].contiguous() for state in self.states)
