"""What the five principles have in common: a distribution over a space, trained in turns.

A family models p(x | c) for data x of a space and a condition c that shows part of x. It knows tensors, never
files. Training is a sequence of *turns*: `losses` yields a player (the module whose parameters move) and its loss
per datum; the loop steps that player and resumes the generator. Four families yield one turn, the adversarial two.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.errors import NoLikelihoodError
from fivefold.spaces import Batch, Condition, Data, Space

Turn = tuple[nn.Module, Tensor]


@dataclass(frozen=True)
class Recipe:
    """How a family likes to be trained; every figure is chosen by `benchmarks/`.

    Arguments:
        epochs: passes over the training data at `rows` rows.
        batch: data per step.
        length: the present positions of a sequence for which `batch` is meant; shorter ones make larger batches.
        optimiser: `adamw`, or `muon` for matrices with AdamW for the rest.
        rate: the largest learning rate of AdamW.
        muon_rate: the largest learning rate of Muon.
        decay: AdamW's weight decay.
        betas: AdamW's two averaging constants.
        ema: the half-life of the weights' average, as a share of all steps.
        conditional: the share of steps that show a random part of the data as a condition.
        clip: the largest norm of a player's gradient.
    """

    epochs: float = 8.0
    batch: int = 512
    length: int | None = None
    optimiser: Literal["adamw", "muon"] = "adamw"
    rate: float = 2e-3
    muon_rate: float = 0.02
    decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    ema: float = 0.02
    conditional: float = 0.2
    clip: float = 1.0

    def rows(self, positions: float) -> int:
        """Data per step where so many positions of each are present, in the mean.

        Example:
            >>> Recipe(batch=16, length=128).rows(12.5), Recipe(batch=512).rows(12.5)
            (164, 512)
        """
        return (
            self.batch
            if self.length is None
            else max(1, round(self.batch * self.length / positions))
        )


class Family(nn.Module, ABC):
    """One training principle over one space.

    Attributes:
        notices: what people must know of a training that has ended, one sentence each.
    """

    name: ClassVar[str]
    likelihood: Literal["exact", "bound", "none"]
    """What `log_prob` gives; it may depend on the space."""
    recipes: ClassVar[Mapping[str, Recipe]]
    """How each sort of space is trained."""

    def __init__(self, space: Space, **config: Any) -> None:
        super().__init__()
        self.space = space
        self.config = config
        self.notices: list[str] = []

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The configuration at a scale: `size` times the width that the constructor has by default."""
        width = inspect.signature(cls).parameters["width"].default
        affordable = cls.affordable(space, width)
        return {"width": max(16, 16 * round(size * affordable / 16))}

    @classmethod
    def affordable(cls, space: Space, width: int) -> int:
        """The width that a space of this many variables allows."""
        return width

    @property
    def recipe(self) -> Recipe:
        """How this family is trained on its space."""
        return self.recipes[self.space.sort]

    def prepare(self, x: Data, generator: torch.Generator) -> None:
        """Set what depends on the data (marginals, level edges) before the first step."""

    def settle(self, x: Data, generator: torch.Generator) -> None:
        """Set what is better solved than learned, on the training data, after the last step."""

    @abstractmethod
    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """The turns of one step: (player, loss with shape (B,))."""

    @abstractmethod
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """n new data; where a condition is given it has n data, and its seen part is kept."""

    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log p(x | c) in nats with shape (B,): exact or a lower bound, as `likelihood` says."""
        raise NoLikelihoodError(f"the {self.name} family has no likelihood", code="no-likelihood")

    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The figure by which training keeps its best weights; lower is better.

        By default the mean loss on held-out data. A family whose loss says nothing about its samples overrides it.
        """
        ((_, loss),) = self.losses(x, generator=generator)
        return float(loss.mean())

    def seen(self, c: Condition | None) -> Tensor:
        """Which variables a condition shows, bool with shape (L + D,), the discrete ones first."""
        if c is not None:
            return torch.cat([c.discrete, c.continuous.flatten()])
        numbers = torch.zeros(self.space.dimensions, dtype=torch.bool)
        return torch.cat([self.space.given, numbers]).to(next(self.parameters()).device)
