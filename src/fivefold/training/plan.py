"""What a run will do, what it says on the way, and what it did."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from fivefold.families.family import Family, Recipe
from fivefold.spaces import Data, Space

REFERENCE_ROWS = 30_000
HELD_OUT_ROWS, HELD_OUT_FEWEST, HELD_OUT_SHARE = 8_192, 64, 0.0075
COMPLETED = "plan completed"
PORTION = {"columns": 2**23, "sequence": 2**14, "grid": 2**18}
"""How many variables of each sort of space go through a net at once."""


@dataclass(frozen=True)
class Progress:
    """How far a task is.

    Arguments:
        task: what is being done.
        done: the share done, in [0, 1].
        seconds_left: an estimate, or None.
        note: the latest figure, for people.
    """

    task: str
    done: float
    seconds_left: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Arguments:
        steps: the number of steps; where there is a budget, the first estimate of it.
        batch: data per step.
        seed: of the run's randomness.
        threads: processor threads, since the bits of a sum depend on them.
        recipe: the family's preferences.
        parts: micro-batches that a step's batch is cut into, whose gradients are summed.
        compiled: whether nets are compiled, where there is a compiler.
        fresh: whether the family is new and prepares itself on the data; a trained one is not begun anew.
        sharded: whether each process of a team holds a slice of every weight.
        seconds: a budget of processor seconds by which the steps are fitted anew at every validation; None where
            they are fixed.
        most: the steps that a budget never exceeds.
    """

    steps: int
    batch: int
    seed: int
    threads: int
    recipe: Recipe
    parts: int = 1
    compiled: bool = False
    fresh: bool = True
    sharded: bool = False
    seconds: float | None = None
    most: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Plan:
        """The plan that `to_dict` described."""
        recipe = {**state["recipe"], "betas": tuple(state["recipe"]["betas"])}
        return cls(**{**state, "recipe": Recipe(**recipe)})


@dataclass
class History:
    """What happened in a run.

    Arguments:
        points: one a validation: step, processor seconds, training loss (NaN where no step since the one before was
            without a condition), held-out figure, and the steps planned.
        diverged: whether a loss was not a number.
        stopped: why the run ended.
        seconds: processor seconds (device seconds on a GPU), of which the figures of `points` are a part.
    """

    points: list[dict[str, float]] = field(default_factory=list)
    diverged: bool = False
    stopped: str = COMPLETED
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        """How many steps were taken, up to the last validation."""
        return int(self.points[-1]["step"]) if self.points else 0

    def to_dict(self) -> dict[str, Any]:
        """The history as JSON can hold it: null where a figure was not finite."""
        points = [
            {k: v if math.isfinite(v) else None for k, v in point.items()} for point in self.points
        ]
        return {**asdict(self), "points": points}


def make_plan(
    family: Family,
    rows: int,
    *,
    seed: int,
    present: float | None = None,
    threads: int = 1,
    epochs: float | None = None,
    tokens: float | None = None,
) -> Plan:
    """The family's own plan for this many rows: fewer passes over more data, smaller batches of less.

    Arguments:
        family: what will be trained.
        rows: the number of training data.
        seed: of the run's randomness.
        present: how many positions a datum has, in the mean; all of the space's if None.
        threads: processor threads.
        epochs: passes over the data, instead of the family's own number.
        tokens: variables to be seen in all, instead of a number of passes.
    """
    recipe, space = family.recipe, family.space
    present = space.positions if present is None else present
    largest = 2 ** max(4, int(math.log2(max(rows, 16) / 8)))
    batch = min(recipe.rows(present), largest)
    passes = epochs or recipe.epochs * min(10.0, max(0.3, (REFERENCE_ROWS / rows) ** 0.5))
    seen = passes * rows if tokens is None else tokens / (present + space.dimensions)
    return Plan(
        steps=max(2, round(seen / batch)),
        batch=batch,
        seed=seed,
        threads=threads,
        recipe=recipe,
        parts=min(batch, -(-batch // portion(space))),
    )


def mean_length(x: Data) -> float | None:
    """How many positions of a datum are present, in the mean; None where all are.

    Example:
        >>> import torch
        >>> from fivefold.spaces import Batch
        >>> symbols, lengths = torch.tensor([[0, 1, 0], [0, 1, 1]]), torch.tensor([2, 3])
        >>> mean_length(Batch(torch.zeros(2, 0), symbols, lengths))
        2.5
    """
    lengths: Tensor | None = getattr(x, "lengths", None)
    return None if lengths is None else float(lengths.float().mean())


def judged(plan: Plan, space: Space) -> int:
    """How many held-out data a validation sees: all validations together cost some hundredths of the training.

    Example:
        >>> plan = Plan(steps=1000, batch=16, seed=0, threads=1, recipe=Recipe())
        >>> judged(plan, Space(None, (2, 3))), judged(plan, Space.sequence(90, 128))
        (120, 120)
        >>> judged(Plan(10, 16, 0, 1, Recipe()), Space.sequence(90, 1024))
        16
    """
    fewest = min(HELD_OUT_FEWEST, portion(space))
    return max(fewest, min(HELD_OUT_ROWS, round(HELD_OUT_SHARE * plan.steps * plan.batch)))


def portion(space: Space) -> int:
    """How many data go through a net at once.

    Example:
        >>> portion(Space.sequence(90, 128))
        128
    """
    return max(1, PORTION[space.sort] // max(1, space.positions + space.dimensions))
