"""A budget is kept whatever the machine does, and what was decided on the way is kept with the run."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from fivefold.families.autoregressive import Autoregressive
from fivefold.families.family import Recipe
from fivefold.spaces import Batch, Space
from fivefold.training import Plan, Progress, fit_budget, loop, make_plan, train

SPACE = Space((1,), (3, 4))
BUDGET = 100.0
PLAN = Plan(
    steps=400, batch=16, seed=3, threads=1, recipe=Recipe(), seconds=BUDGET, most=2000
)  # fmt: skip


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "PATIENCE", -1)  # noise is learned from, which has an early end


def data(rows: int) -> Batch:
    g = torch.Generator().manual_seed(0)
    return Batch(torch.randn(rows, 1, generator=g), torch.randint(0, 3, (rows, 2), generator=g))


def made() -> Autoregressive:
    torch.manual_seed(0)
    return Autoregressive(SPACE, width=16)


def watched(
    monkeypatch: pytest.MonkeyPatch, cost: Callable[[float], float]
) -> list[tuple[float, float]]:
    """A machine on which a step costs so many seconds at a time; and the time and the rate of every step."""
    now, rates = [0.0], []
    step = loop.Run.step

    def slowed(run: loop.Run) -> None:
        rates.append((run.seconds, run._rate()))
        now[0] += cost(run.seconds)
        step(run)

    monkeypatch.setattr(loop, "clock", lambda device: now[0])
    monkeypatch.setattr(loop.Run, "step", slowed)
    return rates


MACHINES = {
    "steady": lambda t: 0.25,
    "slower from the start": lambda t: 0.6,
    "slower and slower": lambda t: 0.2 + 0.006 * t,
    "half as fast near the end": lambda t: 0.25 if t < 90 else 0.5,
    "faster": lambda t: 0.25 if t < 40 else 0.1,
    "at times slow": lambda t: 0.6 if int(t / 7) % 2 else 0.2,
}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_budget_is_kept_within_a_twentieth(machine, monkeypatch) -> None:
    rates = watched(monkeypatch, MACHINES[machine])
    history = train(made(), data(256), data(64), PLAN)
    assert history.seconds == pytest.approx(BUDGET, rel=0.05)
    assert rates[-1][1] < 0.1
    falling = [rate for seconds, rate in rates if seconds > 0.25 * BUDGET]
    assert all(b <= a + 1e-9 for a, b in pairwise(falling))
    assert history.points[-1]["planned"] == history.points[-1]["step"]


def test_a_plan_without_a_budget_does_not_look_at_the_clock(monkeypatch) -> None:
    plan = replace(PLAN, steps=40, seconds=None, most=0)
    steady, slow = made(), made()
    train(steady, data(256), data(64), plan)
    watched(monkeypatch, lambda t: 10.0)
    history = train(slow, data(256), data(64), plan)
    assert history.points[-1]["step"] == 40
    assert all(map(torch.equal, steady.state_dict().values(), slow.state_dict().values()))


def test_a_resumed_run_goes_by_the_decisions_of_the_first(tmp_path, monkeypatch) -> None:
    class Killed(BaseException):
        pass

    def die(progress: Progress) -> None:
        if progress.done > 0.3:
            raise Killed

    watched(monkeypatch, lambda t: 0.2 + 0.006 * t)
    checkpoint = tmp_path / "checkpoint.safetensors"
    whole, broken, resumed = made(), made(), made()
    first = train(whole, data(256), data(64), PLAN)
    with pytest.raises(Killed):
        train(broken, data(256), data(64), PLAN, checkpoint=checkpoint, on_progress=die)
    assert checkpoint.exists()  # written with the decision, whatever the time
    second = train(resumed, data(256), data(64), PLAN, checkpoint=checkpoint)
    for a, b in zip(first.points, second.points, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    assert all(map(torch.equal, whole.state_dict().values(), resumed.state_dict().values()))


def test_a_budget_of_this_machine_is_kept() -> None:
    family, x = made(), data(4096)
    plan = fit_budget(make_plan(family, len(x), seed=0), family, x, 1.5, stretch=1000)
    history = train(family, x, data(256), plan)
    assert history.seconds == pytest.approx(1.5, rel=0.2)
