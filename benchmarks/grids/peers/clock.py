"""Batches of pictures for as many processor seconds as there are: every peer's loop is a loop over these."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from torch import Tensor


class Clock:
    """A budget of processor seconds of this process, which begins with the first batch.

    Arguments:
        seconds: how many.
        seed: of the order of the pictures.
    """

    def __init__(self, seconds: float, seed: int) -> None:
        self.seconds, self.began = seconds, 0.0
        self.generator = torch.Generator().manual_seed(seed)
        self.steps = self.pictures = 0

    @property
    def share(self) -> float:
        """The share of the budget that is spent."""
        return (time.process_time() - self.began) / self.seconds

    def batches(self, pictures: Tensor, size: int, until: float = 1.0) -> Iterator[Tensor]:
        """Random batches of pictures (N, 28, 28) as float32 (size, 1, 28, 28) in [0, 1], until a share is spent."""
        self.began = self.began or time.process_time()
        order = torch.empty(0, dtype=torch.int64)
        while self.share < until:
            if len(order) < size:
                order = torch.randperm(len(pictures), generator=self.generator)
            rows, order = order[:size], order[size:]
            self.steps, self.pictures = self.steps + 1, self.pictures + size
            yield pictures[rows, None].float() / 255


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of a loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def levels(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] with shape (N, 1, 28, 28) as levels, uint8 with shape (N, 28, 28)."""
    return (pictures[:, 0].clamp(0, 1) * 255).round().to(torch.uint8)
