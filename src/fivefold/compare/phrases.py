"""What a report says of tables, of sequences and of grids where they need different sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """Headings and sentences of the report's pictures.

    Arguments:
        cheap: the cheap parts of quality.
        training: what the training curves show.
        grows: the heading of what size costs.
        grown: what is behind it.
        columns, columns_about: the distributions.
        pairs, pairs_about: the heat maps.
        pair: what one heat map shows, read aloud.
        joined: the word between the two of a pair.
        deepest: the value of its deepest shade.
    """

    cheap: str
    training: str
    grows: str
    grown: str
    columns: str
    columns_about: str
    pairs: str
    pairs_about: str
    pair: str
    joined: str
    deepest: float


GRIDS = ("image", "series", "track", "sound")
OWN_LOSS = "Each family has a loss of its own: compare shapes, not heights."
PHRASES = {
    "columns": Phrases(
        cheap="column shapes and pair trends on fewer rows",
        training=OWN_LOSS,
        grows="Size and width",
        grown="What a larger net gains in quality, and what a wider table costs: the figures behind parameter "
        "efficiency and scale of content.",
        columns="Columns, real against synthetic",
        columns_about="The share of real rows in grey, synthetic ones as a coloured line. The columns that the "
        "recommended family gets most wrong come first.",
        pairs="Pairs of columns",
        pairs_about="How strongly columns go together.",
        pair="Association of columns",
        joined="and",
        deepest=1.0,
    ),
    "sequence": Phrases(
        cheap="frequencies and neighbours of units in fewer samples",
        training="Where a family has a likelihood or a bound of one, its loss is written in bits per byte of text and "
        "can be compared; the others have a loss of their own.",
        grows="Size and length",
        grown="What a larger net gains in quality, and what longer sequences cost: the figures behind parameter "
        "efficiency and scale of content.",
        columns="Lengths and units, real against synthetic",
        columns_about="The share of real ones in grey, of synthetic ones as a coloured line. What the recommended "
        "family gets most wrong comes first.",
        pairs="What follows what",
        pairs_about="How often one unit is followed by another.",
        pair="What follows what",
        joined="then",
        deepest=0.5,
    ),
    "grid": Phrases(
        cheap="those that few samples tell",
        training=OWN_LOSS,
        grows="Size and sides",
        grown="What a larger net gains in quality, and what longer sides cost: the figures behind parameter "
        "efficiency and scale of content.",
        columns="What is simple to say of each, real against synthetic",
        columns_about="The share of real ones in grey, synthetic ones as a coloured line. What the recommended family "
        "gets most wrong comes first.",
        pairs="What goes together",
        pairs_about="How strongly what is said of each goes together.",
        pair="Association",
        joined="and",
        deepest=1.0,
    ),
}


def phrases_of(kind: str) -> Phrases:
    """The sentences for a kind of data.

    Example:
        >>> phrases_of("table").grows, phrases_of("molecule").grows
        ('Size and width', 'Size and length')
    """
    if kind == "table":
        return PHRASES["columns"]
    return PHRASES["grid" if kind in GRIDS else "sequence"]
