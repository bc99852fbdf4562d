"""Prior, encoder and decoder of a latent code, for each sort of space: what the variational family is written over.

Each class can be `sized` for a space, takes the space and its own options, keeps its full `config`, and has

    prepare(x)                      before the first training step
    weigh(x, c, n, g) -> (n, B)     log p(z | c) p(x | z, c) / q(z | x) of n codes z drawn from q
    objective(x, c, g) -> (B,)      what training maximises: the bound, with what keeps the code from being let go
    draw(n, c, generator=...)       data from prior and decoder
    information(x)                  what the codes say of data
    settle(x, g)                    after the last training step; what people must know of the codes
    block                           how many data are weighed at a time
"""

from __future__ import annotations

from fivefold.nets.columns.latents import ColumnLatents
from fivefold.nets.grids.latents import GridLatents
from fivefold.nets.sequences.latents import SequenceLatents

LATENTS: dict[str, type[ColumnLatents] | type[SequenceLatents] | type[GridLatents]] = {
    "columns": ColumnLatents,
    "sequence": SequenceLatents,
    "grid": GridLatents,
}
"""The latent codes of each sort of space."""
