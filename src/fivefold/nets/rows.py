"""Data as rows of a table, for either sort of space: what the adversarial family plays its game over.

A table's row is one already. A sequence is given one, of numbers that an encoder reads off it and a decoder reads back.
Each class can be `sized` for a space, takes the space and its own options, keeps its full `config`, and has

    space                           what a row is
    moments                         the moments of rows
    prepare(x)                      before the first training step
    turns(x, g)                     what it has to learn itself: turns before those of the game
    encode(x, g), decode(y, c, ..)  data as rows, and back
    told(c)                         what a condition shows of a row
    candidates(c)                   of how many rows one should be chosen, for what a condition shows beyond that
    agreement(y, c) -> (n,)         log-weight of rows, as many for each datum of c, by what it shows beyond that
    judged(x)                       how many data are made to be compared with the data x
    distance(x, made, g)            how far they are from those
"""

from __future__ import annotations

from fivefold.nets.column_rows import ColumnRows
from fivefold.nets.sequence_rows import SequenceRows

ROWS: dict[str, type[ColumnRows] | type[SequenceRows]] = {
    "columns": ColumnRows,
    "sequence": SequenceRows,
}
"""The rows of each sort of space."""
