r"""ABC: tunes in letters, several in a file.

A tune begins with a line `X:` and ends before the next one. What stands before the first is the file's, not a tune's,
and is left out, and so are the blank lines behind a tune; between them, every character is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fivefold.errors import InputError

FIRST = re.compile(r"^X:", re.MULTILINE)
KEY = re.compile(r"^K:", re.MULTILINE)


def is_abc(text: str) -> bool:
    r"""Whether a text begins like a collection of tunes.

    Example:
        >>> is_abc("X:1\nT:Air\nK:G\nGABc\n"), is_abc("To be\n")
        (True, False)
    """
    found = FIRST.search(text)
    return found is not None and KEY.search(text, found.end()) is not None


def read_abc(text: str, where: str) -> tuple[list[str], list[str]]:
    r"""The tunes of a file.

    Arguments:
        text: its content.
        where: its name.

    Returns:
        The tunes, and what was left out, in sentences.

    Example:
        >>> read_abc("X:1\nK:G\nGABc\n\nX:2\nK:D\ndefg\n", "two.abc")[0]
        ['X:1\nK:G\nGABc\n', 'X:2\nK:D\ndefg\n']
    """
    places = [found.start() for found in FIRST.finditer(text)]
    if not places:
        raise InputError(
            "holds no tune",
            where=where,
            hint="a tune of ABC begins with a line such as X:1",
            code="no-tune",
        )
    head = text[: places[0]].strip()
    parts = [text[a:b] for a, b in zip(places, [*places[1:], len(text)], strict=True)]
    notices = [f"{where}: what stands before the first tune was left out"] if head else []
    return [part.rstrip() + "\n" for part in parts], notices


def write_abc(tunes: Sequence[str]) -> str:
    r"""Tunes as the text of a file, a blank line between them; one without a number gets the next.

    Example:
        >>> print(write_abc(["K:G\nGABc\n"]), end="")
        X:1
        K:G
        GABc
    """
    parts = []
    for number, tune in enumerate(tunes, 1):
        tune = tune.rstrip() + "\n"
        parts.append(tune if FIRST.match(tune) else f"X:{number}\n{tune}")
    return "\n".join(parts)
