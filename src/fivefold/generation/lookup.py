"""Guesses of what comes next, looked up in what came before: cheap, often wrong, and checked by the model.

Where the last symbols have stood in the text already, those that followed them then are guessed to follow now. The
model reads all guesses in one step and keeps those that it would have drawn itself, so that only the speed changes.

References:
    Leviathan, Kalman & Matias, "Fast inference from Transformers via speculative decoding", ICML 2023,
    arXiv:2211.17192.
    Saxena, "Prompt lookup decoding", 2023, https://github.com/apoorvumang/prompt-lookup-decoding.
"""

from __future__ import annotations

from collections.abc import Iterable

MATCH = 4
"""So many symbols must be alike; of an alphabet of words fewer, of characters more would do as well."""
MOST = 12
"""So many symbols are guessed at most."""


class Lookup:
    """A text that knows where its runs of symbols were seen last.

    Arguments:
        symbols: the text so far.

    Example:
        >>> text = Lookup([1, 2, 3, 4, 5, 6, 7])
        >>> for symbol in (1, 2, 3, 4):
        ...     text.add(symbol)
        >>> text.guess(2)
        [5, 6]
    """

    def __init__(self, symbols: Iterable[int]) -> None:
        self.symbols: list[int] = []
        self.after: dict[tuple[int, ...], int] = {}
        self.found: int | None = None
        for symbol in symbols:
            self.add(symbol)

    def add(self, symbol: int) -> None:
        """One more symbol."""
        self.symbols.append(symbol)
        run = tuple(self.symbols[-MATCH:])
        self.found = self.after.get(run)
        if len(run) == MATCH:
            self.after[run] = len(self.symbols)

    def guess(self, most: int) -> list[int]:
        """What may come next: at most so many symbols, none where the last run is new."""
        if self.found is None or most <= 0:
            return []
        return self.symbols[self.found : self.found + min(most, MOST)]
