"""What a model of pictures makes of two real ones, and of one noise in more and more steps."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.drawing.interpolating import coded, way
from fivefold.drawing.sampling import taken
from fivefold.drawing.strips import levels
from fivefold.model import Model
from fivefold.spaces import Grids

WAYS, LONG = 4, 9
STEPS, SAMPLES = (1, 2, 4, 8, 16, 32), 5


def between(model: Model, held: Grids, seed: int) -> Exhibit | None:
    """Ways between held-out pictures, a way a row; None where the family has no codes.

    Arguments:
        model: of pictures.
        held: held-out pictures.
        seed: draws them.
    """
    if not coded(model):
        return None
    order = np.random.default_rng(seed).permutation(len(held))[: 2 * WAYS].tolist()
    ways = [
        model.codec.decode(
            way(model, held[a : a + 1], held[b : b + 1], steps=LONG, seed=seed), seed=seed
        )
        for a, b in zip(order[::2], order[1::2], strict=False)
    ]
    return sheet_of("between", levels(pa.concat_tables(ways)), columns=LONG)


def stepped(model: Model, seed: int) -> Exhibit | None:
    """The same noise in more and more steps, a sample a row; None where the family has no steps.

    Arguments:
        model: of pictures.
        seed: of the noise.
    """
    if "steps" not in taken(model.family):
        return None
    made = [pa.concat_tables(model.sample(SAMPLES, seed=seed, steps=steps)) for steps in STEPS]
    shown = np.stack([levels(table) for table in made], 1)
    about = f"{', '.join(map(str, STEPS[:-1]))} and {STEPS[-1]} steps"
    return sheet_of("steps", shown.reshape(-1, *shown.shape[2:]), columns=len(STEPS), about=about)
