"""How likely continuations of beginnings are: each beginning is read once for all its continuations.

    log p(t_1..t_k | x_0..x_j) = sum_i log p(t_i | x_0..x_j, t_1..t_{i-1})

Beginnings of like length are read side by side, and logits taken behind those places alone that a symbol of a
continuation follows. They are taken in float32, whatever the net computes in: in bfloat16 neighbouring logits of a
large alphabet are often equal, and which continuation is likelier would be chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from fivefold.nets.cross_entropy import cross_entropy
from fivefold.nets.decoding import Decoder
from fivefold.nets.linear import compute_type
from fivefold.nets.sequences.causal import SequenceConditionals
from fivefold.spaces import END, Batch

Stem = tuple[int, ...]
"""The symbols of a beginning, the given first one among them."""
Tails = list[tuple[int, Sequence[int]]]
"""Continuations of one beginning: the number of each, and its symbols."""
Judged = tuple[Tensor, Tensor, Tensor]
"""States (N, d), the symbols that follow them (N,), and the numbers of the continuations these belong to (N,)."""
TOGETHER = 4_096
"""So many symbols are read side by side."""
JUDGED = 256
"""So many distributions over the alphabet are held at a time."""


@torch.no_grad()
def continuation_log_prob(
    conditionals: SequenceConditionals,
    pieces: Sequence[tuple[Stem, Sequence[int]]],
    *,
    dtype: torch.dtype | None = None,
    on_read: Callable[[int, int], None] | None = None,
) -> Tensor:
    """log p of each continuation given its beginning in nats, float64 with shape (n,).

    Arguments:
        conditionals: what the next symbol is.
        pieces: n beginnings with a continuation each; those that are equal are read once. A beginning has at least
            the given first symbol; both together fit into the space.
        dtype: the type in which the net computes; what is fastest on the device if None.
        on_read: told how many symbols of all beginnings have been read, and how many there are.

    Example:
        >>> from fivefold.spaces import Space
        >>> conditionals = SequenceConditionals(Space.sequence(5, length=8), width=64, depth=1)
        >>> log_p = continuation_log_prob(conditionals, [((0, 1), [2, 3]), ((0, 1), [4])])
        >>> log_p / torch.log(torch.tensor(5))
        tensor([-2., -1.], dtype=torch.float64)
    """
    stems: dict[Stem, Tails] = defaultdict(list)
    for number, (stem, tail) in enumerate(pieces):
        if len(tail):
            stems[stem].append((number, tail))
    found = torch.zeros(len(pieces), dtype=torch.float64)
    decoder = conditionals.decoder(dtype or compute_type(conditionals.embed.weight.device))
    weight, read, whole = conditionals.head.weight.float(), 0, sum(map(len, stems))
    for some in _batches(sorted(stems, key=len, reverse=True)):
        tails = [stems[stem] for stem in some]
        for part in _read(conditionals, decoder, some, tails):
            for h, t, n in zip(*(x.split(JUDGED) for x in part), strict=True):
                found.index_add_(0, n, cross_entropy(h.float(), weight, t).cpu().double())
        read += sum(map(len, some))
        if on_read is not None:
            on_read(read, whole)
    return found


def _batches(stems: list[Stem]) -> Iterator[list[Stem]]:
    """As many beginnings as are read side by side, of which the first is the longest."""
    start = 0
    while start < len(stems):
        rows = max(1, TOGETHER // len(stems[start]))
        yield stems[start : start + rows]
        start += rows


def _read(
    conditionals: SequenceConditionals, decoder: Decoder, stems: list[Stem], tails: list[Tails]
) -> Iterator[Judged]:
    """What follows what, a part at a time."""
    if decoder.rewinds:
        return _shared(decoder, stems, tails)
    return _apart(conditionals, decoder.dtype, stems, tails)


def _shared(decoder: Decoder, stems: list[Stem], tails: list[Tails]) -> Iterator[Judged]:
    """Every beginning is read once, then its continuations one after another, each in the place of the one before."""
    device, count = decoder.table.device, len(stems)
    sizes = torch.tensor([len(stem) for stem in stems], device=device)
    most = max(len(tail) for each in tails for _, tail in each)
    memory = decoder.begin(count, len(stems[0]) + most)
    states = memory.extend(decoder.embed(_padded(stems, device)), 0)
    lasts = states[torch.arange(count, device=device), sizes - 1][:, None]
    for turn in range(max(map(len, tails))):
        rows = [each[turn] if turn < len(each) else (0, ()) for each in tails]
        yield _followed(lasts, [0] * count, [(number, tail[:1]) for number, tail in rows])
        if max(len(tail) for _, tail in rows) > 1:
            fed = _padded([tail[:-1] for _, tail in rows], device)
            states = memory.extend(decoder.embed(fed), sizes)
            yield _followed(states, [0] * count, [(number, tail[1:]) for number, tail in rows])


def _apart(
    conditionals: SequenceConditionals, dtype: torch.dtype, stems: list[Stem], tails: list[Tails]
) -> Iterator[Judged]:
    """A net that cannot go back reads every beginning with each of its continuations."""
    device = conditionals.embed.weight.device
    flat = [(stem, pair) for stem, each in zip(stems, tails, strict=True) for pair in each]
    for start in range(0, len(flat), len(stems)):
        some = flat[start : start + len(stems)]
        symbols = _padded([[*stem, *tail[:-1]] for stem, (_, tail) in some], device)
        nothing = torch.zeros(len(some), 0, device=device)
        states = conditionals.states(Batch(nothing, symbols), dtype=dtype)
        yield _followed(states, [len(stem) - 1 for stem, _ in some], [pair for _, pair in some])


def _followed(states: Tensor, places: list[int], tails: Tails) -> Judged:
    """Of states (B, L, d) those that the symbols of each row's continuation follow, its first from `places` (B,) on."""
    index = [
        (row, place + step, symbol, number)
        for row, (place, (number, tail)) in enumerate(zip(places, tails, strict=True))
        for step, symbol in enumerate(tail)
    ]
    rows, columns, targets, numbers = torch.tensor(index).long().reshape(-1, 4).unbind(1)
    return states[rows, columns], targets.to(states.device), numbers


def _padded(rows: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    """Symbols with shape (B, L), the end where a row is shorter than the longest."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[END] * (width - len(row))] for row in rows], device=device)
