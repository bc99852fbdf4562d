"""What the adversarial family plays its game over, for each sort of space, and the game itself.

A table's row is played over as it is. A sequence is given a row of numbers that an encoder reads off it and a decoder
reads back. A grid is played over as it is, once it has labels. Each class can be `sized` for a space, takes the space
and its own options, keeps its full `config`, and has

    prepare(x)                      before the first training step
    turns(x, c, g)                  what it has to learn itself: turns before those of the game
    encode(x, g), decode(y, c, ..)  data as what is played over, and back
    given(c)                        what a condition shows of that, in training
    asked(n, k, c, g)               what k candidates for each of n data are told
    candidates(c)                   of how many one should be chosen, for what a condition shows beyond that
    agreement(y, c) -> (n,)         log-weight of candidates, as many for each datum of c, by what it shows beyond that
    judged(x)                       how many data are made to be compared with the data x
    distance(x, made, g)            how far they are from those
    game                            the game, which has

        players(noise, width, depth)      a generator and a critic
        start(player, x)                  the generator, before the first training step
        settle(player, x, g)              the generator, after the last
        coded                             whether the generator's noise can be read off data: encode and decode
        points(y), data(made, told)       data as the critic sees them, and back
        told(c), hide(y, c, shown, g)     what players are told, when asked and in training
        make(player, n, told, g)          what the generator makes
        score(player, points, told)       what the critic thinks of points, with shape (B,)
        view(made, real, told, g)         what else is asked of the generator, with shape (B,)
"""

from __future__ import annotations

from fivefold.nets.columns.rows import ColumnRows
from fivefold.nets.grids.rows import GridRows
from fivefold.nets.sequences.rows import SequenceRows

ROWS: dict[str, type[ColumnRows] | type[SequenceRows] | type[GridRows]] = {
    "columns": ColumnRows,
    "sequence": SequenceRows,
    "grid": GridRows,
}
"""The rows of each sort of space."""
