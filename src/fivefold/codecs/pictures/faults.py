"""Damaged pictures or sounds: the first is an error, or they are left out, counted and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from fivefold.errors import InputError

NAMED = 3
"""How many are named."""
T = TypeVar("T")


class Faults:
    """What is damaged of a set, each counted once however often it is met.

    Arguments:
        skip: whether they are left out.
        thing: what they are: picture, sound.

    Example:
        >>> faults = Faults(skip=True)
        >>> list(faults.without([1, InputError("is cut off", where="a.png"), 2]))
        [(0, 1), (2, 2)]
        >>> faults.notice
        '1 damaged picture was left out: a.png is cut off'
    """

    def __init__(self, *, skip: bool, thing: str = "picture") -> None:
        self.skip, self.thing = skip, thing
        self.known: dict[str, str] = {}

    def without(
        self, found: Iterator[T | InputError] | list[T | InputError]
    ) -> Iterator[tuple[int, T]]:
        """What is not damaged, with its place.

        Arguments:
            found: them or what is asked of them, and the faults of those that are damaged.

        Raises:
            InputError: where they are not left out, the first of them.
        """
        for place, one in enumerate(found):
            if not isinstance(one, InputError):
                yield place, one
            elif self.skip:
                self.known[one.where] = one.message
            else:
                raise one

    @property
    def notice(self) -> str:
        """A sentence that counts and names them; empty where there are none."""
        if not self.known:
            return ""
        first = "; ".join(f"{where} {what}" for where, what in list(self.known.items())[:NAMED])
        more = f"; and {len(self.known) - NAMED:,} more" if len(self.known) > NAMED else ""
        one = len(self.known) == 1
        said = (
            f"1 damaged {self.thing} was"
            if one
            else f"{len(self.known):,} damaged {self.thing}s were"
        )
        return f"{said} left out: {first}{more}"
