"""A text that grows symbol by symbol, of which only what is sure is shown.

A symbol may be a part of a character, and a piece of text the beginning of a stop string. What could still change is
held back: pieces that were shown are never taken back, and joined they are the text.
"""

from __future__ import annotations

from collections.abc import Sequence

from fivefold.codecs.alphabets import Alphabet

BROKEN = "\ufffd"
LONGEST = 24
"""So many symbols are decoded again with each new one at most."""
BEFORE = 6
"""So many symbols of the prompt are decoded with the first new ones: some alphabets drop a first blank."""


class Text:
    r"""The text of symbols, as far as it is sure.

    Arguments:
        alphabet: what the symbols mean.
        prompt: the symbols before the text.
        stops: strings that end the text and are not a part of it.

    Example:
        >>> from fivefold.codecs.alphabets import Bytes
        >>> text = Text(Bytes(), [], ["\n\n"])
        >>> for symbol in Bytes().encode("é\n")[:3]:
        ...     text.add(symbol)
        >>> text.take(), text.stopped
        ('é', False)
        >>> text.add(ord("\n") + 1)
        >>> text.take(), text.stopped
        ('', True)
    """

    def __init__(self, alphabet: Alphabet, prompt: Sequence[int], stops: Sequence[str]) -> None:
        self.alphabet, self.stops = alphabet, [stop for stop in stops if stop]
        self.symbols = [symbol for symbol in prompt[-BEFORE:] if symbol]
        self.read, self.old = len(self.symbols), alphabet.decode(self.symbols)
        self.begun = 0
        self.whole, self.taken, self.stopped = "", 0, False

    def add(self, symbol: int) -> None:
        """One more symbol; nothing follows a stop string."""
        self.symbols.append(symbol)
        if self.stops:
            self._read()

    def finish(self) -> None:
        """Nothing more will come: what was held back is sure."""
        self._read()
        if not self.stopped:
            self._grow(self.alphabet.decode(self.symbols[self.begun :])[len(self.old) :])
        self.symbols, self.stops = [], []

    def take(self) -> str:
        """The text that has become sure since it was taken last."""
        self._read()
        sure = len(self.whole) - self._held()
        piece, self.taken = self.whole[self.taken : sure], max(sure, self.taken)
        return piece

    def _read(self) -> None:
        """Decode what has not been read: all but the last character, where that is not whole."""
        if self.read >= len(self.symbols) or self.stopped:
            return
        now = self._sure()
        self._grow(now[len(self.old) :])
        if len(self.symbols) - self.begun > LONGEST:
            self.begun = len(self.symbols) - BEFORE
            now = self._sure()
        self.read, self.old = len(self.symbols), now

    def _sure(self) -> str:
        return self.alphabet.decode(self.symbols[self.begun :]).removesuffix(BROKEN)

    def _grow(self, piece: str) -> None:
        longest = max((len(stop) for stop in self.stops), default=1)
        start = max(0, len(self.whole) - longest + 1)
        self.whole += piece
        ends = [place for stop in self.stops if (place := self.whole.find(stop, start)) >= 0]
        if ends:
            self.whole, self.stopped = self.whole[: min(ends)], True

    def _held(self) -> int:
        """How many of the last characters may be the beginning of a stop string."""
        if self.stopped:
            return 0
        return max(
            (
                n
                for stop in self.stops
                for n in range(1, len(stop))
                if self.whole.endswith(stop[:n])
            ),
            default=0,
        )
