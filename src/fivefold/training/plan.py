"""What a run will do, what it says on the way, and what it did."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from fivefold.families.family import Family, Recipe

REFERENCE_ROWS = 30_000
COMPLETED = "plan completed"


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
    """What a run will do, fixed before its first step.

    Arguments:
        steps: the number of steps.
        batch: data per step.
        seed: of the run's randomness.
        threads: processor threads, since the bits of a sum depend on them.
        recipe: the family's preferences.
    """

    steps: int
    batch: int
    seed: int
    threads: int
    recipe: Recipe

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
        points: one a validation: step, processor seconds, training loss, held-out figure.
        diverged: whether a loss was not a number.
        stopped: why the run ended.
        seconds: processor seconds (device seconds on a GPU), of which the figures of `points` are a part.
    """

    points: list[dict[str, float]] = field(default_factory=list)
    diverged: bool = False
    stopped: str = COMPLETED
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The history as JSON can hold it: null where a figure was not finite."""
        points = [
            {k: v if math.isfinite(v) else None for k, v in point.items()} for point in self.points
        ]
        return {**asdict(self), "points": points}


def make_plan(
    family: Family, rows: int, *, seed: int, threads: int = 1, epochs: float | None = None
) -> Plan:
    """The family's own plan for this many rows: fewer passes over more data, smaller batches of less."""
    recipe = family.recipe
    largest = 2 ** max(4, int(math.log2(max(rows, 16) / 8)))
    batch = min(recipe.rows(family.space.positions), largest)
    passes = epochs or recipe.epochs * min(10.0, max(0.3, (REFERENCE_ROWS / rows) ** 0.5))
    steps = max(2, round(passes * rows / batch))
    return Plan(steps=steps, batch=batch, seed=seed, threads=threads, recipe=recipe)
