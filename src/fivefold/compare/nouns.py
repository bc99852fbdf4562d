"""What one datum of each kind is called, so that a report on molecules does not speak of rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nouns:
    """The words for one kind of data.

    Arguments:
        one: one datum.
        many: several.
        whole: all of them.
        part: what a datum is made of.
        parts: several of those.
    """

    one: str
    many: str
    whole: str
    part: str = "symbol"
    parts: str = "symbols"


NOUNS = {
    "table": Nouns("row", "rows", "table", "column", "columns"),
    "text": Nouns("text", "texts", "corpus"),
    "code": Nouns("text", "texts", "code"),
    "molecule": Nouns("molecule", "molecules", "collection"),
    "protein": Nouns("protein", "proteins", "collection"),
    "events": Nouns("case", "cases", "log"),
    "log": Nouns("line", "lines", "log"),
    "music": Nouns("tune", "tunes", "collection"),
    "image": Nouns("picture", "pictures", "set of pictures", "pixel", "pixels"),
    "series": Nouns("window", "windows", "series", "step", "steps"),
    "track": Nouns("track", "tracks", "collection", "step", "steps"),
    "sound": Nouns("sound", "sounds", "collection", "place", "places"),
}


def nouns_of(kind: str) -> Nouns:
    """The words for a kind; those for a text where it has none of its own.

    Example:
        >>> nouns_of("molecule").many, nouns_of("table").part
        ('molecules', 'column')
    """
    return NOUNS.get(kind, NOUNS["text"])
