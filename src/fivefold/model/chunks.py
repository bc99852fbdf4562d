"""Samples chunk by chunk, under conditions and without copies.

Each chunk is a function of (seed, number of the chunk) alone: a hundred million rows need no more memory than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import torch

from fivefold.codecs.table import TableCodec
from fivefold.errors import InputError
from fivefold.seeds import seeded
from fivefold.spaces import Condition, Space

if TYPE_CHECKING:
    from fivefold.model.trained import Model

CHUNK, CHUNK_SYMBOLS, CHUNK_NUMBERS = 8_192, 2**16, 2**18
TRIES = 50


def chunk_of(space: Space) -> int:
    """How many data are drawn or judged at a time: rows of a table many, long sequences and large grids fewer.

    Example:
        >>> chunk_of(Space((3,))), chunk_of(Space.sequence(90, 1024)), chunk_of(Space.grid(1, (28, 28)))
        (8192, 64, 334)
    """
    if space.sort == "sequence":
        return min(CHUNK, max(16, CHUNK_SYMBOLS // space.positions))
    if space.sort == "grid":
        return min(CHUNK, max(16, CHUNK_NUMBERS // space.dimensions))
    return CHUNK


class Known:
    """A set of rows, for telling which of others are among them.

    Example:
        >>> known = Known(pa.table({"a": [1, 2], "b": ["x", "y"]}))
        >>> known.positions(pa.table({"a": [2, 2], "b": ["x", "y"]}))
        [1]
    """

    def __init__(self, table: pa.Table) -> None:
        self.columns = table.column_names
        self.rows = set(_keys(table, self.columns))

    def positions(self, table: pa.Table) -> list[int]:
        """The positions of those rows that are known."""
        return [i for i, key in enumerate(_keys(table, self.columns)) if key in self.rows]


@dataclass
class Chunks:
    """Chunks of rows under a condition.

    Arguments:
        model: whose samples they are.
        where: what every row shall show.
        balance: a column whose values shall be equally frequent.
        seed: the same seed gives the same chunks.
        how: options of the family's sampler.
    """

    model: Model
    where: Mapping[str, object]
    balance: str | None
    seed: int
    how: dict[str, Any]

    def chunk(
        self, number: int, size: int, start: int, rows: int, avoid: Known | None
    ) -> pa.Table:
        """A chunk without rows that are to be avoided.

        Arguments:
            number: of the chunk.
            size: how many rows it has.
            start: how many come before it.
            rows: how many there are in all.
            avoid: rows that are drawn anew.

        Raises:
            InputError: where the same rows come again and again.
        """
        chunk = self.draw(number, size, start)
        for attempt in range(1, TRIES + 1):
            if avoid is None or not (again := avoid.positions(chunk)):
                return chunk
            fresh = self.draw((number, attempt), len(again), start + rows * attempt)
            chunk = _replaced(chunk, again, fresh)
        raise InputError(
            f"{len(again)} of {size} rows equal a row to avoid after {TRIES} draws",
            hint="the table has few distinct rows: leave --avoid out",
            code="copies",
        )

    def draw(self, number: object, size: int, start: int) -> pa.Table:
        """Rows as they are drawn, of a generator that the number gives."""
        generator = seeded(self.model.device, "sample", self.seed, number)
        c = self._condition(size, generator)
        x = self.model.family.sample(size, c, generator=generator, **self.how)
        seed = int(torch.randint(2**62, (), generator=generator, device=self.model.device))
        rows = self.model.codec.decode(x.to("cpu"), seed=seed, start=start)
        return self.model.codec.impose(rows, self.where)

    def _condition(self, size: int, generator: torch.Generator) -> Condition | None:
        columns: dict[str, object] = dict(self.where)
        seed = int(torch.randint(2**62, (), generator=generator, device=self.model.device))
        begins = bool(self.model.family.space.given.any())
        c = self.model.codec.condition(columns, size, seed=seed) if columns or begins else None
        if self.balance is not None and isinstance(self.model.codec, TableCodec):
            values = self.model.codec.choices(self.balance)
            order = torch.randperm(size, generator=generator, device=self.model.device)
            drawn = [values[i % len(values)] for i in order.tolist()]
            balanced = self.model.codec.condition_values(self.balance, drawn)
            c = balanced if c is None else _both(c, balanced)
        return None if c is None else c.to(self.model.device)


def _both(a: Condition, b: Condition) -> Condition:
    values = Condition(b.values, b.continuous, b.discrete).impose(a.values)
    return Condition(values, a.continuous | b.continuous, a.discrete | b.discrete)


def _replaced(table: pa.Table, positions: list[int], fresh: pa.Table) -> pa.Table:
    keep = torch.arange(len(table))
    keep[positions] = torch.arange(len(table), len(table) + len(fresh))
    return pa.concat_tables([table, fresh]).take(pa.array(keep.numpy()))


def _keys(table: pa.Table, columns: list[str]) -> Iterator[tuple[object, ...]]:
    shared = [name for name in columns if name in table.column_names]
    return zip(*(table[name].to_pylist() for name in shared), strict=True)
