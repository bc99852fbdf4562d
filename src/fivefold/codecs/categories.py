"""Names: one discrete position, a level for every category that may be shown.

A category seen fewer than k times (`rare`) is pooled with the others of its sort into one level. The pooled level says
"something rare"; decoding draws one of the kept categories by frequency in its place, so that a rare category is never
reproduced and none is invented; a column that is mostly rare is kept out instead (see `columns`). Missing is a level
of its own if it occurs in training. The levels stand in the order kept categories, pooled, missing.

A category that was not seen in training is encoded as pooled, else missing, else the most frequent category.
The likelihood treats "something rare" as one outcome, so every level has log volume 0.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import Floats, Ints

MOST = 1024
"""The most categories a column keeps; the least frequent of the others are pooled with the rare."""


class Categories(BaseModel):
    """The levels of a categorical column.

    Arguments:
        words: the kept categories as words.
        weights: how often each occurred.
        pooled: how many training rows had a rare category; there is a pooled level if any.
        missing: whether there is a level for missing values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["categories"] = "categories"
    words: tuple[str, ...] = Field(min_length=1, max_length=MOST)
    weights: tuple[int, ...]
    pooled: int = Field(default=0, ge=0)
    missing: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.words)) != len(self.words) or len(self.weights) != len(self.words):
            raise ValueError("categories must differ and have one weight each")
        if min(self.weights) < 1 or max(self.weights) > 1 << 53:
            raise ValueError("the weights of categories must be counts")
        return self

    @classmethod
    def fit(cls, values: pa.Array, column: Column, rare: int) -> Self | None:
        """The levels of a column.

        Arguments:
            values: words with nulls, with shape (n,).
            column: the description.
            rare: categories seen fewer times are pooled.

        Returns:
            The levels; None where no category is frequent enough to be shown.
        """
        counted = pc.value_counts(values.drop_null())
        counts = dict(
            zip(
                counted.field("values").to_pylist(),
                counted.field("counts").to_pylist(),
                strict=True,
            )
        )
        by_frequency = sorted(counts, key=lambda word: (-counts[word], word))
        kept = [word for word in by_frequency if counts[word] >= rare][:MOST]
        if not kept:
            return None
        if column.order is not None:
            rank = {word: place for place, word in enumerate(column.order)}
            kept.sort(key=lambda word: (rank.get(word, len(rank)), word))
        return cls(
            words=tuple(kept),
            weights=tuple(counts[word] for word in kept),
            pooled=sum(counts.values()) - sum(counts[word] for word in kept),
            missing=values.null_count > 0,
        )

    @property
    def continuous(self) -> int:
        """The number of continuous variables."""
        return 0

    @property
    def discrete(self) -> tuple[int, ...]:
        """The vocabulary sizes."""
        return (len(self.words) + (self.pooled > 0) + self.missing,)

    @property
    def fallback(self) -> int:
        """The level of a category that was not seen."""
        if self.pooled:
            return len(self.words)
        return len(self.words) if self.missing else int(np.argmax(self.weights))

    @cached_property
    def _cumulative(self) -> Floats:
        weights = np.cumsum(np.asarray(self.weights, np.float64))
        share: Floats = weights / weights[-1]
        return share

    def encode(self, values: pa.Array) -> Ints:
        """Words as levels, with shape (n,)."""
        index = pc.index_in(values, value_set=pa.array(self.words, pa.string()))
        level = np.asarray(pc.fill_null(index, self.fallback)).astype(np.int64)
        if values.null_count and self.missing:
            level[np.asarray(values.is_null())] = self.discrete[0] - 1
        return level

    def decode(self, level: Ints, column: Column, draw: np.random.Generator) -> pa.Array:
        """Levels as values of the column's type, with shape (n,)."""
        if self.pooled:
            hidden = np.flatnonzero(level == len(self.words))
            level = level.copy()
            level[hidden] = np.searchsorted(self._cumulative, draw.random(len(hidden)), "right")
        words = pa.array([*self.words, None] if self.missing else self.words, pa.string())
        if self.missing and self.pooled:
            level = np.minimum(level, len(self.words))
        return words.cast(arrow_type(column.dtype)).take(pa.array(level.astype(np.int32)))

    def log_volume(self, level: NDArray[np.int64]) -> Floats:
        """Zero, with shape (n,): a level is a value."""
        return np.zeros(len(level))
