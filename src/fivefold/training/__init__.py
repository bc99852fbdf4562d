"""The one training loop, its plan and its checkpoints."""

from fivefold.training.budget import fit_budget, step_seconds
from fivefold.training.loop import train
from fivefold.training.plan import History, Plan, Progress, make_plan

__all__ = ["History", "Plan", "Progress", "fit_budget", "make_plan", "step_seconds", "train"]
