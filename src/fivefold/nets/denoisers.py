"""Nets that recall what diffusion has hidden: one net for each sort of space, behind one port.

The family hides: it decides how much and when, and weighs the errors. A denoiser answers for data x of which symbols
`hidden` (B, L) are masked and numbers y (B, D) are noisy at a level log tan phi (B, 1), except those `still`, with
shape (D,) or (B, D):

    net(x, hidden, y, level, still)     states, which the following read
    recall(states, x, hidden, c)        the sum of log P over hidden symbols (B,) and of what else is to be learned of
                                        symbols given what c shows, and the velocity of numbers (B, D)
    velocity(states)                    the latter alone
    reveal(states, x, chosen, g, T)     symbols (B, L) with those chosen drawn, at a temperature

It also knows the data:

    prepare(x)                          what depends on them, before the first step
    inner, inside(x), outside(x)        what it takes data for, with symbols of its own that follow from x; and back
    shown(x, c)                         which symbols there is nothing to ask about, (B, L) or (1, L) if alike
    extent(x, c)                        log p of what the space shows: how many symbols there are, or labels, (B,)
    draft(n, c, g)                      n data that have what is shown, the rest without meaning yet
    plan(shown, steps, g)               in which step each symbol is revealed; -1 for those shown
    steps, block                        how many steps a sample takes, how many data are drawn at a time
    order                               1 steps by Euler's rule, 2 by two steps' velocities
    guidance                            how far sampling follows what is shown, where nobody says
    looks                               how often a validation draws times and masks for each datum
    blind                               the share of data of which training hides also what is shown from the net
    spread                              s: the range of noise that the time runs through
    evenness                            e: 1 weighs hidden symbols alike in training, 0 data, as the bound does
    sized(space, size), config          its configuration at a scale, and as it was made
"""

from __future__ import annotations

from fivefold.nets.columns.denoiser import ColumnDenoiser
from fivefold.nets.grids.denoiser import GridDenoiser
from fivefold.nets.sequences.denoiser import SequenceDenoiser

Denoiser = ColumnDenoiser | SequenceDenoiser | GridDenoiser
DENOISERS: dict[str, type[ColumnDenoiser] | type[SequenceDenoiser] | type[GridDenoiser]] = {
    "columns": ColumnDenoiser,
    "sequence": SequenceDenoiser,
    "grid": GridDenoiser,
}
