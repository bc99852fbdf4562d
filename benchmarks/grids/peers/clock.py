"""Batches for as many processor seconds as there are: every peer's loop is a loop over these."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


class Clock:
    """A budget of processor seconds of this process, which begins when it is started, or with the first batch.

    Arguments:
        seconds: how many.
        seed: of the order of the data.
    """

    def __init__(self, seconds: float, seed: int) -> None:
        self.seconds, self.began = seconds, 0.0
        self.generator = torch.Generator().manual_seed(seed)
        self.steps = self.seen = 0

    def start(self) -> None:
        """Begin, unless it has begun."""
        self.began = self.began or time.process_time()

    @property
    def share(self) -> float:
        """The share of the budget that is spent."""
        return (time.process_time() - self.began) / self.seconds

    def rounds(self, size: int, until: float = 1.0) -> Iterator[int]:
        """Count steps of so many data each, until a share is spent."""
        self.start()
        while self.share < until:
            self.steps, self.seen = self.steps + 1, self.seen + size
            yield self.steps

    def batches(self, pictures: Tensor, size: int, until: float = 1.0) -> Iterator[Tensor]:
        """Random batches of pictures (N, C, H, W) as float32 (size, C, H, W) in [0, 1], until a share is spent."""
        order = torch.empty(0, dtype=torch.int64)
        for _ in self.rounds(size, until):
            if len(order) < size:
                order = torch.randperm(len(pictures), generator=self.generator)
            rows, order = order[:size], order[size:]
            yield pictures[rows].float() / 255

    def cost(self) -> dict[str, Any]:
        """What training took."""
        spent = self.share * self.seconds
        return {
            "train_cpu_seconds": round(spent, 2),
            "steps": self.steps,
            "data_a_second": round(self.seen / spent, 1),
        }


def peak() -> int:
    """The most resident memory of this process in bytes: `getrusage` would count what started it as well."""
    said = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(said.partition("VmHWM:")[2].split()[0])


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of a loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def levels(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] with shape (N, C, H, W) as levels, uint8 with shape (N, H, W, C)."""
    return (pictures.clamp(0, 1) * 255).round().to(torch.uint8).movedim(1, 3).contiguous()
