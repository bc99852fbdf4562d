"""The one training loop: any family, any device.

Each family says whose turn it is (`losses`); the loop gives each turn its step. Where a batch is too large for one
pass, its parts take their turns in lockstep and their gradients are summed before the player moves. The randomness
of step i is a function of (seed, i) and the order of the data in epoch e one of (seed, e), so that nothing but
tensors has to be kept: a run killed at any moment resumes from its checkpoint to the same bits as a run never
interrupted, on the same machine with the same number of threads.

Where a plan has a budget, its steps are fitted at every validation to the seconds that are left, so that a machine that
slows down costs steps and not time. What was decided is written to the history, and the checkpoint at once: a resumed
run goes by the same decisions. A rerun makes its own, since its clock is another; a plan of fixed steps has none.

The learning rate warms up and falls to zero at the end of the plan; where the held-out figure has stopped falling, it
falls at once and the run ends early. The weights that are kept are the exponential moving average at its
best held-out figure.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from fivefold.errors import InputError
from fivefold.families.family import Family, Turn
from fivefold.nets.compiling import compilation
from fivefold.seeds import seed_of
from fivefold.spaces import Batch, Condition, Data
from fivefold.training import checkpoints
from fivefold.training.clock import clock, threads
from fivefold.training.optimisers import make_optimiser
from fivefold.training.pages import large_pages
from fivefold.training.plan import COMPLETED, History, Plan, Progress, judged, portion
from fivefold.training.sharding import gather, shard
from fivefold.training.team import Team

VALIDATIONS = 20
PATIENCE = 6
WARM_UP = 0.1
COOL_DOWN = 0.8
SAVE_EVERY = 20.0
UNITS = {"columns": "values", "sequence": "symbols", "grid": "values"}


def train(
    family: Family,
    x: Data,
    held_out: Data,
    plan: Plan,
    *,
    checkpoint: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_validate: Callable[[Family, dict[str, float]], None] | None = None,
) -> History:
    """Train the family in place and leave the best averaged weights in it.

    Arguments:
        family: the family, on the device of the data; prepared and trained in place.
        x: the training data.
        held_out: data that training never sees, by which the best weights are chosen.
        plan: what to do.
        checkpoint: a file to which the state of the run is written now and then; where it exists, the run resumes.
        on_progress: called now and then.
        on_validate: called with the averaged family and the latest point; its time is not counted.

    Returns:
        The history of the run.

    Raises:
        InputError: where the checkpoint is of another run or damaged.
    """
    with threads(plan.threads), compilation(plan.compiled and not plan.sharded):
        run = Run(family, x, held_out, plan)
        if checkpoint is not None and checkpoint.exists():
            checkpoints.restore(run, checkpoint)
        saved = time.monotonic()
        while not run.finished:
            run.step()
            fitted = False
            if run.due and not run.history.diverged:
                run.validate()
                fitted = run.refit()
                if on_validate is not None:
                    with run.paused():
                        on_validate(run.average, run.history.points[-1])
            if checkpoint is not None and run.saves(
                fitted or time.monotonic() - saved > SAVE_EVERY
            ):
                checkpoints.save(run, checkpoint)
                saved = time.monotonic()
            if on_progress is not None:
                on_progress(run.progress())
        return run.finish()


class Run:
    """The state of a run: weights, their average and the best of it, optimisers, and a few numbers."""

    def __init__(self, family: Family, x: Data, held_out: Data, plan: Plan) -> None:
        self.family, self.x, self.plan, self.team = family, x, plan, Team.here()
        if self.team.size > min(plan.batch, len(x)):
            raise InputError(
                f"{self.team.size} processes cannot share {min(plan.batch, len(x))} data a step",
                hint="start fewer processes",
                code="too-few-rows",
            )
        if x.device.type == "cpu":
            large_pages()
        self.held_out = held_out[: judged(plan, family.space)]
        self.generator = torch.Generator(x.device)
        if plan.fresh:
            family.prepare(x, self._seeded(-1))
        if plan.sharded:
            shard(family)
        self.average = copy.deepcopy(family).requires_grad_(False)
        self.best = {k: v.clone() for k, v in self.average.state_dict().items()}
        self.optimisers: dict[nn.Module, torch.optim.Optimizer] = {}
        self.history = History()
        self.number = 0
        self.steps = self.end = plan.steps
        self.next = max(1, plan.steps // VALIDATIONS)
        self.cooling, self.top = plan.steps - int(COOL_DOWN * plan.steps), 1.0
        self.best_figure, self.stale = math.inf, 0
        self.total, self.count, self.seen = 0.0, 0, 0
        self.order: tuple[int, Tensor] = (-1, torch.empty(0))
        self.spent, self.started = 0.0, clock(x.device)

    @property
    def seconds(self) -> float:
        """Processor or device seconds so far, pauses left out."""
        return self.spent + clock(self.x.device) - self.started

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self.number >= self.end or self.history.diverged

    @property
    def due(self) -> bool:
        """Whether it is time to validate."""
        return self.number >= min(self.next, self.end)

    def saves(self, due: bool) -> bool:
        """Whether this process takes part in writing a checkpoint now that it is due."""
        return bool(self.team.agreed(due)) if self.plan.sharded else due and self.team.leads

    def step(self) -> None:
        """One step of every player, each part of the batch in turn."""
        generator = self._seeded(self.number)
        x = self._batch(self.number)
        shown = torch.rand((), generator=generator, device=x.device) < self.plan.recipe.conditional
        c = Condition.draw(x, generator) if shown else None
        parts = self.team.share(len(x), self.plan.parts)
        if self.team.rank:
            generator.manual_seed(seed_of("step", self.plan.seed, self.number, self.team.rank))
        playing = [
            (self.family.losses(x[p], c and c[p], generator=generator), len(x[p]) / len(x))
            for p in parts
        ]
        while turn := self._turn(playing):
            player, mean = turn
            if not torch.isfinite(mean):
                self.history.diverged, self.history.stopped = True, "a loss was not finite"
                return
            self._move(player)
            if not shown:
                self.total, self.count = self.total + float(mean), self.count + 1
        self.number, self.seen = self.number + 1, self.seen + _variables(x)
        self._average()

    def _turn(self, playing: list[tuple[Iterator[Turn], float]]) -> Turn | None:
        """The next turn of every part: its player, with summed gradients, and the mean loss."""
        means: list[Tensor] = []
        for losses, share in playing:
            turn = next(losses, None)
            if turn is None:
                return None
            player, mean = turn[0], share * turn[1].mean()
            weights = self._weights(player)
            found = torch.autograd.grad(mean, weights, allow_unused=True)
            for weight, gradient in zip(weights, found, strict=True):
                before = weight.grad if means else None
                weight.grad = gradient if before is None or gradient is None else before + gradient
            means.append(mean.detach())
        mean = torch.stack(means).sum()
        self.team.sum([mean, *(weight.grad for weight in weights if weight.grad is not None)])
        return player, mean

    def optimiser(self, player: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of one player, made at its first turn."""
        if player not in self.optimisers:
            self.optimisers[player] = make_optimiser(player, self.plan.recipe)
        return self.optimisers[player]

    def _weights(self, player: nn.Module) -> list[nn.Parameter]:
        groups = self.optimiser(player).param_groups
        return [weight for group in groups for weight in group["params"]]

    def _move(self, player: nn.Module) -> None:
        nn.utils.clip_grad_norm_(self._weights(player), self.plan.recipe.clip)
        for group in self.optimiser(player).param_groups:
            group["lr"] = group["top"] * self._rate()
        self.optimiser(player).step()

    def _rate(self) -> float:
        warm = (self.number + 1) / max(1.0, WARM_UP * self.steps)
        return min(1.0, warm, self._falling())

    def _falling(self) -> float:
        return self.top * (self.end - self.number) / max(1, self.end - self.cooling)

    @torch.no_grad()
    def _average(self) -> None:
        half_life = max(1.0, self.plan.recipe.ema * self.steps)
        weight = max(1 - 0.5 ** (1 / half_life), 1 / (self.number + 1))
        mine: list[Tensor] = list(self.average.parameters())
        theirs: list[Tensor] = list(self.family.parameters())
        torch._foreach_lerp_(mine, theirs, weight)

    @torch.no_grad()
    def validate(self) -> None:
        """Judge the average on held-out data; keep it where it is the best so far."""
        figure = 0.0
        for part in self.held_out.parts(portion(self.family.space)):
            share = len(part) / len(self.held_out)
            figure += share * self.average.validate(part, self._seeded(-2))
        figure = self.team.agreed(figure)
        point = {"step": self.number, "seconds": self.seconds}
        loss = self.total / self.count if self.count else math.nan
        self.history.points.append({**point, "train": loss, "held_out": figure})
        self.total, self.count = 0.0, 0
        self.next = self.number + max(1, self.steps // VALIDATIONS)
        if figure < self.best_figure:
            self.best_figure, self.stale = figure, 0
            self.best = {k: v.clone() for k, v in self.average.state_dict().items()}
            return
        self.stale += 1
        if self.stale == PATIENCE and self.history.stopped == COMPLETED:
            self._hurry()

    def refit(self) -> bool:
        """Fit the steps to what is left of the budget, at the pace since the validation before; whether there is one.

        The rate goes on from where it is and reaches zero at the new end.
        """
        if self.plan.seconds is None:
            return False
        before, now = [{"step": 0, "seconds": 0.0}, *self.history.points][-2:]
        pace = max(1e-9, now["seconds"] - before["seconds"]) / (now["step"] - before["step"])
        left = int(max(0.0, self.plan.seconds - now["seconds"]) / pace)
        steps = int(self.team.agreed(min(self.plan.most, self.number + left)))
        if self.number < self.cooling:
            self.cooling = max(self.number, steps - int(COOL_DOWN * steps))
        else:
            self.top, self.cooling = self._falling(), self.number
        hurried = self.history.stopped != COMPLETED
        self.steps, self.end = steps, min(self.end, steps) if hurried else steps
        self.next = self.number + max(1, steps // VALIDATIONS)
        now["planned"] = self.end
        return True

    def _hurry(self) -> None:
        """Begin the last part now: from the present rate to zero in a quarter of the steps so far."""
        self.history.stopped = "held-out figure stopped falling"
        self.top, self.cooling = self._rate(), self.number
        self.end = min(self.end, self.number + max(1, self.number // 4))

    def finish(self) -> History:
        """Leave the best averaged weights in the family, settled on the data."""
        self.family.load_state_dict(self.best)
        if self.plan.sharded:
            gather(self.family)
        with torch.no_grad():
            self.family.settle(self.x, self._seeded(-3))
        self.family.eval()
        self.history.seconds = self.seconds
        return self.history

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A pause of the run's clock."""
        self.spent = self.seconds
        yield
        self.started = clock(self.x.device)

    def progress(self) -> Progress:
        """How far the run is."""
        spent = self.seconds
        left = spent / max(1, self.number) * (self.end - self.number)
        figure = self.history.points[-1]["held_out"] if self.history.points else math.nan
        speed = f"{self.seen / max(spent, 1e-9):,.0f} {UNITS[self.family.space.sort]} a second"
        note = f"held-out {figure:.3f}, {speed}" if self.history.points else speed
        return Progress(self.family.name, self.number / self.end, left, note)

    def _batch(self, number: int) -> Batch:
        per_epoch = max(1, len(self.x) // self.plan.batch)
        epoch, place = divmod(number, per_epoch)
        if self.order[0] != epoch:
            seed = seed_of("order", self.plan.seed, epoch)
            generator = torch.Generator().manual_seed(seed)
            order = torch.randperm(len(self.x), generator=generator).to(self.x.device)
            self.order = (epoch, order)
        return self.x[self.order[1][place * self.plan.batch : (place + 1) * self.plan.batch]]

    def _seeded(self, number: int) -> torch.Generator:
        return self.generator.manual_seed(seed_of("step", self.plan.seed, number))


def _variables(x: Batch) -> int:
    present = x.discrete.numel() if x.lengths is None else int(x.lengths.sum())
    return x.continuous.numel() + present
