"""p(x_j | earlier, seen) for either sort of space: what the autoregressive and the flow family are written over.

Each class can be `sized` for a space, takes the space and its own options, keeps its full `config`, and has

    prepare(x), settle(x)               before the first training step and after the last
    log_prob(x, c) -> (B, N)            of each variable; 0 where seen or absent
    draw(n, c, generator=...)           one variable after another
    encode(x, u, r, c), decode(y, c)    as an invertible map to the unit cube
    approximate(c)                      whether a draw under c is worth correcting
"""

from __future__ import annotations

from fivefold.nets.causal import SequenceConditionals
from fivefold.nets.columns import ColumnConditionals

CONDITIONALS: dict[str, type[ColumnConditionals] | type[SequenceConditionals]] = {
    "columns": ColumnConditionals,
    "sequence": SequenceConditionals,
}
"""The conditionals of each sort of space."""
