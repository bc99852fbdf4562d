"""Data drawn for whatever a condition leaves open, as many at a time as fit through a net."""

from __future__ import annotations

from typing import Any

import torch

from fivefold.model import Model, chunk_of
from fivefold.seeds import seeded
from fivefold.spaces import Batch, Condition


@torch.no_grad()
def completed(model: Model, c: Condition, what: str, seed: int, **how: Any) -> Batch:
    """One datum for each of a condition's, on the processor; what is seen stays as it is.

    Arguments:
        model: any.
        c: what is seen of B data.
        what: what they are drawn for, of which the randomness is a function.
        seed: the same seed gives the same data.
        how: options of the family's sampler.
    """
    size, found = chunk_of(model.family.space), []
    for start in range(0, len(c), size):
        part = c[start : start + size].to(model.device)
        generator = seeded(model.device, what, seed, start)
        x = model.family.sample(len(part), part, generator=generator, **how)
        found.append(part.impose(x).to("cpu"))
    return Batch.cat(found)
