"""Several processes as one: each learns from its share of every batch, and their gradients are summed before a step.

    torchrun --nproc-per-node 2 -m fivefold fit corpus/ --out model

Every process holds the whole model and moves it alike, or a slice of it (`sharding`): what comes out is what one
process would have made of the whole batch, but for the order of a sum.

References:
    Li et al., "PyTorch distributed: experiences on accelerating data parallel training", VLDB 2020, arXiv:2006.15704.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch import distributed as together

from fivefold.training.sharding import held


@dataclass(frozen=True)
class Team:
    """The processes that train one model.

    Arguments:
        rank: the number of this one.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def here(cls) -> Team:
        """The team that this process belongs to; a process on its own is a team of one.

        Example:
            >>> Team.here()
            Team(rank=0, size=1)
        """
        if together.is_available() and together.is_initialized():
            return cls(together.get_rank(), together.get_world_size())
        return cls()

    @property
    def leads(self) -> bool:
        """Whether this process writes what all have made."""
        return self.rank == 0

    def share(self, n: int, parts: int = 1) -> list[slice]:
        """Which of n data this process learns from: at most so many parts, as many as every other process has.

        Example:
            >>> Team(0, 2).share(5), Team(1, 2).share(5, parts=2)
            ([slice(0, 2, None)], [slice(2, 3, None), slice(3, 5, None)])
        """
        parts = min(parts, n // self.size)
        whole = self.size * parts
        cuts = [n * i // whole for i in range(self.rank * parts, (self.rank + 1) * parts + 1)]
        return [slice(start, stop) for start, stop in pairwise(cuts)]

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their sums over all processes, all in one message; slices are sums already."""
        tensors = [tensor for tensor in tensors if not held(tensor)]
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        together.all_reduce(flat)
        for tensor, found in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(found.view_as(tensor))

    def agreed(self, value: Any) -> Any:
        """What the first process says, for all: anything that JSON can hold."""
        if self.size == 1:
            return value
        content = json.dumps(value).encode() if self.leads else b""
        length = torch.tensor([len(content)])
        together.broadcast(length, 0)
        said = torch.zeros(int(length), dtype=torch.uint8)
        if self.leads:
            said.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
        together.broadcast(said, 0)
        return json.loads(bytes(said.tolist()))

    def wait(self) -> None:
        """Go on when all have come so far."""
        if self.size > 1:
            together.barrier()


def called() -> bool:
    """Whether `torchrun` started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def joined() -> Iterator[Team]:
    """The team that `torchrun` has called together, for as long as the work lasts."""
    joins = called() and not together.is_initialized()
    if joins:
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        together.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Team.here()
    finally:
        if joins:
            together.destroy_process_group()


def leads() -> bool:
    """Whether this process speaks for its team: the only one, or the first that `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"


def leave() -> None:
    """End a process that `torchrun` started, once all that it made is written and said.

    Now and then threads of PyTorch's collectives outlive what they use, and crash a process whose work is done.
    """
    if called():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
