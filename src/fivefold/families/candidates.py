"""Conditional samples made better by the exact joint likelihood (sampling importance resampling; Rubin 1987).

A model that can sample x ~ q(x | x_S) for any part S seen, but has seen each S rarely in training, knows p(x) better
than q. Of M candidates for each datum one is kept with probability proportional to p(x) / q(x | x_S).
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from fivefold.families.family import Family
from fivefold.nets.categories import draw
from fivefold.spaces import Batch, Condition

BLOCK = 2_048


@torch.no_grad()
def resample(
    family: Family,
    propose: Callable[[Condition], Batch],
    c: Condition,
    candidates: int,
    generator: torch.Generator,
) -> Batch:
    """One datum for each of the condition's, kept of several.

    Arguments:
        family: the model with exact likelihoods p(x) and q(x | x_S).
        propose: draws from q, one for each datum of a condition.
        c: what is seen.
        candidates: how many are drawn for each datum.
        generator: the randomness of the choice.
    """
    rows = torch.arange(len(c), device=c.values.device)
    many = c[rows.repeat_interleave(candidates)]
    x = propose(many)
    places = [slice(start, start + BLOCK) for start in range(0, len(x), BLOCK)]
    surplus = [family.log_prob(x[i]) - family.log_prob(x[i], many[i]) for i in places]
    weights = torch.cat(surplus).unflatten(0, (len(c), candidates))
    return x[draw(weights, generator) + candidates * rows]
