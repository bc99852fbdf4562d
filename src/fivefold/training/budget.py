"""How many steps a budget of processor seconds allows at first, and whether compiling pays within it."""

from __future__ import annotations

import copy
from dataclasses import replace

from fivefold.families.family import Family
from fivefold.nets.compiling import compilation
from fivefold.nets.transformer import Block
from fivefold.spaces import Data
from fivefold.training.clock import clock, threads
from fivefold.training.loop import VALIDATIONS, Run
from fivefold.training.plan import Plan, judged
from fivefold.training.team import Team

COMPILING_PAYS = 100.0
"""The least budget in processor seconds within which compiling earns what it costs."""


def step_seconds(plan: Plan, family: Family, x: Data, *, least: float = 0.5) -> float:
    """Processor or device seconds of one step, measured on a copy of the family."""
    with threads(plan.threads), compilation(plan.compiled):
        return _cost(_rehearse(plan, family, x), least)


def fit_budget(plan: Plan, family: Family, x: Data, seconds: float, *, stretch: float = 3) -> Plan:
    """The plan for a budget in processor seconds: the steps that it seems to allow, at most `stretch` times its own.

    The loop fits them anew as the clock goes (`Run.refit`), so that the budget is kept where a machine slows down.
    """
    compiled = seconds >= COMPILING_PAYS and _has_blocks(family) and x.device.type == "cpu"
    plan = replace(plan, compiled=compiled)
    with threads(plan.threads), compilation(plan.compiled):
        started = clock(x.device)
        rehearsal = _rehearse(plan, family, x)
        compiling = clock(x.device) - started if compiled else 0.0
        a_step = _cost(rehearsal, min(2.0, 0.04 * seconds)) / Team.here().size
        rehearsal.held_out = x[: judged(replace(plan, steps=int(seconds / a_step)), family.space)]
        started = clock(x.device)
        rehearsal.validate()
        validations = VALIDATIONS * (clock(x.device) - started)
    steps = int((seconds - validations - compiling) / a_step)
    most = max(VALIDATIONS, round(stretch * plan.steps))
    return replace(plan, steps=max(VALIDATIONS, min(steps, most)), seconds=seconds, most=most)


def _has_blocks(family: Family) -> bool:
    return any(isinstance(module, Block) for module in family.modules())


def _rehearse(plan: Plan, family: Family, x: Data) -> Run:
    rehearsal = Run(copy.deepcopy(family), x, x[:1], replace(plan, steps=1000, sharded=False))
    rehearsal.team = (
        Team()
    )  # processes of a team measure for as long as each needs, without the others
    rehearsal.step()
    return rehearsal


def _cost(rehearsal: Run, least: float) -> float:
    device, count = rehearsal.x.device, 0
    started = clock(device)
    while count < 5 or clock(device) - started < least:
        rehearsal.step()
        count += 1
    return (clock(device) - started) / count
