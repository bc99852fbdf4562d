"""A text that is being written: what it goes on from, what was drawn, and whether it has ended."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from fivefold.generation.constraints import Walk
from fivefold.generation.lookup import Lookup
from fivefold.generation.texts import Text
from fivefold.nets.decoding import Memory
from fivefold.spaces import END


@dataclass(frozen=True)
class Generation:
    """What was written after a prompt.

    Arguments:
        prompt: the text before.
        text: the text after it.
        symbols: its symbols without the end, those of a stop string among them.
        finished: why it ended: `end` (the model ended it), `stop` (a stop string), `length` (no room).
        log_probs: of each symbol in nats, the end's last where there is one; empty unless asked for.
    """

    prompt: str
    text: str
    symbols: list[int]
    finished: str
    log_probs: list[float]


@dataclass(eq=False)
class Row:
    """One text that is being written.

    Arguments:
        number: which prompt it belongs to.
        prompt: the text before.
        context: the symbols of the window, the given first one among them.
        text: the text so far.
        places: where each symbol is drawn, as many as there may be.
        new: the symbols written so far.
        log_probs: theirs, where they are asked for.
        read: how many symbols of the context the model has read.
        finished: empty, or why the text has ended.
        lookup: where guesses come from, or None.
        walk: where the text stands in a grammar, or None.
        marks: which symbols have been used, where that matters.
    """

    number: int
    prompt: str
    context: list[int]
    text: Text
    places: list[float]
    new: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    read: int = 0
    finished: str = ""
    lookup: Lookup | None = None
    walk: Walk | None = None
    marks: Tensor | None = None

    def guess(self, context: int) -> list[int]:
        """Symbols that may come next, no more than there is room for."""
        if self.lookup is None:
            return []
        room = min(context - len(self.context), len(self.places) - len(self.new)) - 1
        return self.lookup.guess(room)

    def follows(self, guess: list[int], step: int) -> bool:
        """Whether the guess was right so far, and there is more to draw."""
        return not self.finished and step < len(guess) and self.context[-1] == guess[step]

    def add(self, symbol: int) -> None:
        """One more symbol, which may end the text."""
        if symbol == END:
            self.finished = "end"
            return
        self.new.append(symbol)
        self.context.append(symbol)
        self.text.add(symbol)
        if self.lookup is not None:
            self.lookup.add(symbol)
        if self.walk is not None:
            self.walk.add(symbol)
        if self.marks is not None:
            self.marks[symbol] = True
        if self.text.stopped:
            self.finished = "stop"
        elif len(self.new) == len(self.places):
            self.finished = "length"

    def generation(self) -> Generation:
        """What has been written, whole."""
        self.text.finish()
        finished = "stop" if self.text.stopped else self.finished
        return Generation(self.prompt, self.text.whole, self.new, finished, self.log_probs)

    def used(self, like: Tensor) -> Tensor:
        """Which symbols are in the prompt or have been written, bool with shape (V,)."""
        if self.marks is None:
            self.marks = torch.zeros(like.shape[-1], dtype=torch.bool, device=like.device)
            self.marks[self.context] = True
        return self.marks


def without_ended(rows: list[Row], memory: Memory) -> list[Row]:
    """The rows that go on, moved together in the memory."""
    left = len([row for row in rows if not row.finished])
    if left in (0, len(rows)):
        return rows[:left]
    source = [i for i in range(left, len(rows)) if not rows[i].finished]
    target = [i for i in range(left) if rows[i].finished]
    memory.keep(
        left, torch.tensor(source, dtype=torch.int64), torch.tensor(target, dtype=torch.int64)
    )
    for s, t in zip(source, target, strict=True):
        rows[t] = rows[s]
    return rows[:left]
