"""p(x_j | earlier, seen) for each sort of space: what the autoregressive family is written over.

Each class can be `sized` for a space, takes the space and its own options, keeps its full `config`, and has

    prepare(x), settle(x)               before the first training step and after the last
    log_prob(x, c) -> (B, N)            of each variable; 0 where seen or absent
    draw(n, c, generator=...)           one variable after another
    approximate(c)                      whether a draw under c is worth correcting
    likelihood                          whether log_prob is exact or a bound

Those of columns and of sequences are also invertible maps to the unit cube, encode(x, u, r, c) and decode(y, c), of
which the flow family makes use.
"""

from __future__ import annotations

from fivefold.nets.columns.conditionals import ColumnConditionals
from fivefold.nets.grids.conditionals import GridConditionals
from fivefold.nets.sequences.causal import SequenceConditionals

CONDITIONALS: dict[
    str, type[ColumnConditionals] | type[SequenceConditionals] | type[GridConditionals]
] = {
    "columns": ColumnConditionals,
    "sequence": SequenceConditionals,
    "grid": GridConditionals,
}
"""The conditionals of each sort of space."""
