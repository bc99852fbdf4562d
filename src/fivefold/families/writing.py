"""Which families write one symbol after another: those over the conditionals of a sequence, whatever their name."""

from __future__ import annotations

from fivefold.families.family import Family
from fivefold.nets.sequences.causal import SequenceConditionals


def writer(family: Family) -> SequenceConditionals | None:
    """The net that knows each next symbol's probability, or None where the family has none.

    Example:
        >>> from fivefold.families import Diffusion, Flow
        >>> from fivefold.spaces import Space
        >>> space = Space.sequence(alphabet=5, length=8)
        >>> writer(Flow(space, width=64, depth=1)) is not None
        True
        >>> writer(Diffusion(space, width=64, depth=1)) is None
        True
    """
    found = getattr(getattr(family, "map", family), "conditionals", None)
    return found if isinstance(found, SequenceConditionals) else None
