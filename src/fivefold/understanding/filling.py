"""Blanks in a text filled in: what may stand there, and how likely each is given all the rest.

A blank hides a number of symbols k. Where it is not given, several k are tried. Candidates are drawn from the model
given everything else of the text, half of them at a lower temperature, and weighed by

    P(the blanks' symbols | the rest of the text, k),

which is exact for one hidden symbol and the bound of the diffusion, an estimate from below, for more. Candidates of
unequal k are not alternatives of one distribution: they are ranked by the geometric mean over their symbols.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.model import Model
from fivefold.seeds import seeded
from fivefold.spaces import END, Batch, Condition
from fivefold.understanding.embedding import reader

BLANKS = r"\[MASK\]|_{3,}"
LONGEST = 4
DRAWS = 64
COOL = 0.5
BROKEN = "\ufffd"
"""What bytes are decoded to that make no character."""


@dataclass(frozen=True)
class Filling:
    """A text with its blanks filled.

    Arguments:
        text: the whole text.
        filled: what was put into each blank.
        probability: of all that was put in, given the rest of the text and the number of symbols.
        symbols: how many symbols each blank was taken to have.
    """

    text: str
    filled: tuple[str, ...]
    probability: float
    symbols: int

    @property
    def each(self) -> float:
        """The geometric mean of the probability over the symbols."""
        return self.probability ** (1 / (self.symbols * len(self.filled)))

    def to_dict(self) -> dict[str, Any]:
        """The filling as JSON can hold it."""
        return {**asdict(self), "each": self.each}


@torch.no_grad()
def fill(
    model: Model,
    text: str,
    *,
    blank: str | None = None,
    count: int = 5,
    symbols: int | None = None,
    seed: int = 0,
) -> list[Filling]:
    """The likeliest fillings of a text's blanks, the best first.

    Arguments:
        model: a model of sequences of the diffusion family.
        text: a text with one blank or several.
        blank: how a blank is written; `___` or `[MASK]` if None.
        count: how many fillings.
        symbols: how many of the alphabet's symbols each blank hides; 1 to 4 are tried if None.
        seed: the same seed gives the same fillings.

    Returns:
        At most `count` fillings: fewer where the model knows fewer.

    Raises:
        InputError: where the model cannot fill, there is no blank, or the text is too long.
    """
    reader(model)
    parts = re.split(re.escape(blank) if blank else BLANKS, text)
    if len(parts) < 2:
        raise InputError(
            "there is no blank in the text",
            hint=f"write {blank or '___'} where something is missing",
            code="no-blank",
        )
    known = _known(model, parts)
    longest = model.family.space.positions - 2 - sum(map(len, known))
    wanted = range(1, LONGEST + 1) if symbols is None else [symbols]
    possible = [k for k in wanted if k * (len(parts) - 1) <= longest]
    if not possible:
        held = model.family.space.positions - 2
        needed = sum(map(len, known)) + min(wanted) * (len(parts) - 1)
        raise InputError(
            f"the text has {needed:,} symbols with its blanks, and the model holds {held:,}",
            hint="shorten it, or train with a greater --length",
            code="too-long",
        )
    found = [f for k in possible for f in _fillings(model, known, k, count, seed)]
    return sorted(found, key=lambda f: -f.each)[:count]


def _known(model: Model, parts: list[str]) -> list[list[int]]:
    """The symbols of the text between blanks; where words carry the space before them, so does what is filled in."""
    assert isinstance(model.codec, SequenceCodec)
    alphabet = model.codec.alphabet
    words = (alphabet.decode([symbol]) for symbol in range(1, alphabet.size))
    if any(word.startswith(" ") and word.strip() for word in words):
        parts = [*(part.removesuffix(" ") for part in parts[:-1]), parts[-1]]
    return [alphabet.encode(part) for part in parts]


def _fillings(
    model: Model, known: list[list[int]], k: int, count: int, seed: int
) -> list[Filling]:
    """The likeliest fillings with k symbols a blank."""
    draws = max(DRAWS, 8 * count)
    c, places = _condition(known, k, draws)
    c = c.to(model.device)
    g = seeded(model.device, "fill", seed, k)
    half = draws // 2
    drawn = [
        model.family.sample(len(part), part, generator=g, temperature=temperature)
        for part, temperature in ((c[:half], 1.0), (c[half:], COOL))
    ]
    rows = Batch.cat(drawn).discrete.unique(dim=0)
    x = Batch(rows.new_zeros(len(rows), 0, dtype=torch.float32), rows)
    chance = model.family.log_prob(x, c[: len(rows)], generator=g)
    order = chance.argsort(descending=True).tolist()
    found = (_filling(model, rows[i].cpu(), places, k, float(chance[i])) for i in order)
    return list(islice((f for f in found if not any(BROKEN in part for part in f.filled)), count))


def _condition(known: list[list[int]], k: int, n: int) -> tuple[Condition, list[slice]]:
    """n times the text with k symbols unseen in each blank, and the places of the blanks."""
    symbols, seen, places = [END, *known[0]], [True] * (1 + len(known[0])), []
    for part in known[1:]:
        places.append(slice(len(symbols), len(symbols) + k))
        symbols += [END] * k + part
        seen += [False] * k + [True] * len(part)
    values = torch.tensor([*symbols, END]).repeat(n, 1)
    shown = torch.tensor([*seen, True]).repeat(n, 1)
    nothing = torch.zeros(0, dtype=torch.bool)
    return Condition(Batch(torch.zeros(n, 0), values), nothing, shown), places


def _filling(model: Model, row: Tensor, places: list[slice], k: int, chance: float) -> Filling:
    assert isinstance(model.codec, SequenceCodec)
    decode = model.codec.alphabet.decode
    filled = tuple(decode(row[place].tolist()) for place in places)
    return Filling(decode(row[1:-1].tolist()), filled, min(1.0, math.exp(chance)), k)
