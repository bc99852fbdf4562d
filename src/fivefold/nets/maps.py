"""Invertible maps of data to the unit cube, one for each sort of space, behind one port: what the flow family is.

Each class can be `sized` for a space, takes the space and its own options, keeps its full `config`, and has

    prepare(x), settle(x)           before the first training step and after the last
    log_prob(x, c) -> (B,)          the log density that uniform noise has when it is sent back
    encode(x, c, generator=...)     base noise y (B, L + D) of data, float64 in (0, 1)
    decode(y, c)                    the inverse
    draw(n, c, generator=...)       data decoded from fresh noise in the type that is fastest
    approximate(c)                  whether a draw under c is worth correcting
"""

from __future__ import annotations

from fivefold.nets.conditional_maps import ConditionalMap
from fivefold.nets.grids.maps import GridMap

MAPS: dict[str, type[ConditionalMap] | type[GridMap]] = {
    "columns": ConditionalMap,
    "sequence": ConditionalMap,
    "grid": GridMap,
}
"""The invertible maps of each sort of space."""
