"""Tables as data of a space, and back.

Every column is encoded alone: see `columns`, and behind it `categories`, `levels` and `values` for the mathematics. The
continuous variables and the discrete positions stand in the order of the columns. Randomness (the draw inside a cell,
inside a level, for noise) comes from the seed and the column's place, so that the same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import torch
from pydantic import ValidationError
from torch import Tensor

from fivefold.codecs.categories import Categories
from fivefold.codecs.columns import Constant, Encoding, Learned, Omitted, choose, names
from fivefold.codecs.frames import normalise
from fivefold.codecs.identifiers import Identifiers
from fivefold.codecs.kinds import Column
from fivefold.codecs.lattice import Floats, Ints, from_lattice, to_lattice
from fivefold.codecs.levels import Levels
from fivefold.codecs.places import place
from fivefold.codecs.schema import Schema, infer, nearest
from fivefold.codecs.seating import Seat, State, seated, sizes
from fivefold.codecs.values import Values
from fivefold.codecs.wishes import wished
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch, Condition, Space


class TableCodec:
    """Turn tables into data of a space and back.

    Arguments:
        schema: the kinds of some or all columns; the others are found.
        rare: what occurs fewer times is not reproduced (k).

    Example:
        >>> table = pa.table({"sex": ["f", "m"] * 50, "age": [30, 40, 50, 60] * 25})
        >>> codec = TableCodec().fit(table)
        >>> codec.space.discrete
        (2, 4)
        >>> codec.decode(codec.encode(table, seed=0), seed=0).equals(table)
        True
    """

    kind: ClassVar[str] = "table"

    def __init__(self, schema: Schema | None = None, rare: int = 10) -> None:
        if rare < 1:
            raise InputError("rare must be at least 1", code="rare")
        self.given, self.rare = schema, rare
        self.notices: list[str] = []
        self._seats: tuple[Seat, ...] | None = None

    def fit(self, table: pa.Table) -> Self:
        """Learn the columns.

        Arguments:
            table: the training data, at least two rows.

        Returns:
            The codec; an InputError where nothing can be learned from the table.
        """
        table = normalise(table)
        memory = table.schema.metadata
        if table.num_rows < 2:
            raise InputError(
                f"{table.num_rows or 'no'} row{'s' * (table.num_rows != 1)}: nothing can be learned",
                where=place(memory),
                hint="give at least two rows, better some hundreds",
                code="too-few-rows",
            )
        schema = infer(table, self.given)
        columns: list[Column] = []
        encodings: list[Encoding] = []
        notices: list[str] = []
        for column in schema.columns:
            encoding, notice = choose(column, table[column.name], self.rare, memory)
            kept_out = isinstance(encoding, Omitted)
            columns.append(Column(name=column.name, kind="text") if kept_out else column)
            encodings.append(encoding)
            notices += [f"{column.name}: {notice}"] if notice else []
        if not any(isinstance(encoding, Learned) for encoding in encodings):
            why = "; ".join(notices[:5])
            raise InputError(
                f"no column can be learned ({why})",
                where=place(memory),
                hint="give more rows, or the kinds of the columns in a schema",
                code="no-columns",
            )
        self.notices = notices
        self._seats = seated(columns, encodings)
        return self

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Where each column sits."""
        if self._seats is None:
            raise NotFittedError("the codec has seen no table", hint="call fit", code="not-fitted")
        return self._seats

    @property
    def schema(self) -> Schema:
        """The complete schema."""
        return Schema(columns=tuple(seat.column for seat in self.seats))

    @property
    def space(self) -> Space:
        """The space of one row."""
        width = sum(seat.z is not None for seat in self.seats)
        vocabulary = [size for seat in self.seats for size in sizes(seat.encoding)]
        return Space((width,) if width else None, tuple(vocabulary))

    def encode(self, table: pa.Table, *, seed: int) -> Batch:
        """Rows as data.

        Arguments:
            table: the columns of the schema, in any order; columns that are not learned may lack.
            seed: of the draws inside cells.

        Returns:
            A batch of as many data.
        """
        table = normalise(table)
        rows, learned = table.num_rows, self._learned()
        self._require(table)
        z = np.empty((sum(seat.z is not None for seat in learned), rows), np.float32)
        level = np.empty((sum(seat.level is not None for seat in learned), rows), np.int64)
        for seat in learned:
            values, memory = table[seat.column.name], table.schema.metadata
            self._encode(seat, values, memory, _source(seed, seat.index), z, level)
        return _batch(z, level)

    def _learned(self) -> list[Seat]:
        return [seat for seat in self.seats if isinstance(seat.encoding, Learned)]

    def _require(self, table: pa.Table) -> None:
        known = set(table.column_names)
        for seat in self._learned():
            name = seat.column.name
            if name not in known:
                raise InputError(
                    f"no column {name!r}",
                    where=place(table.schema.metadata),
                    hint=nearest(name, table.column_names),
                    code="no-column",
                )

    @staticmethod
    def _encode(
        seat: Seat,
        values: pa.ChunkedArray | pa.Array,
        memory: Any,
        draw: np.random.Generator,
        z: Any,
        level: Any,
    ) -> None:
        """Fill the column's rows of z with shape (D, B) and level with shape (L, B)."""
        encoding, column = seat.encoding, seat.column
        if isinstance(encoding, Categories):
            level[seat.level] = encoding.encode(names(values, column))
            return
        lattice, present = to_lattice(values, column, memory)
        if isinstance(encoding, Levels):
            level[seat.level] = encoding.encode(lattice, present)
        elif isinstance(encoding, Values):
            z[seat.z], mode = encoding.encode(lattice, present, draw)
            if seat.level is not None:
                level[seat.level] = mode

    def decode(self, batch: Batch, *, seed: int, start: int = 0) -> pa.Table:
        """Data as rows.

        Arguments:
            batch: data of the space.
            seed: of the draws inside levels and for identifiers.
            start: the place of the first row in a sample made in parts; identifiers go on from there.

        Returns:
            A table with the columns of the schema in order, without those kept out.
        """
        z = torch.nan_to_num(batch.continuous.detach().cpu().double().T).contiguous().numpy()
        level = batch.discrete.detach().cpu().T.contiguous().numpy()
        columns = {
            seat.column.name: self._decode(seat, z, level, len(batch), seed, start)
            for seat in self.seats
            if not isinstance(seat.encoding, Omitted)
        }
        return pa.table(columns)

    @staticmethod
    def _decode(seat: Seat, z: Floats, level: Ints, rows: int, seed: int, start: int) -> pa.Array:
        encoding, column = seat.encoding, seat.column
        draw = _source(seed, seat.index, start + 1)
        if isinstance(encoding, Constant):
            return encoding.make(rows, column)
        if isinstance(encoding, Identifiers):
            return encoding.make(rows, start, column, draw)
        if isinstance(encoding, Categories):
            return encoding.decode(level[seat.level], column, draw)
        if isinstance(encoding, Levels):
            lattice, present = encoding.decode(level[seat.level], draw)
        elif isinstance(encoding, Values):
            mode = None if seat.level is None else level[seat.level]
            lattice, present = encoding.decode(z[seat.z], mode)
        return from_lattice(lattice, present, column)

    def log_volume(self, batch: Batch) -> Tensor:
        """What turns a density over the space into a probability of the row: see `levels` and `values`.

        Arguments:
            batch: encoded rows.

        Returns:
            Nats with shape (B,): log p(row) >= log p(encoded row) + log_volume, in the mean over the draws of `encode`;
            p(row) is the probability of the cell of the lattice that each number stands in.
        """
        z = batch.continuous.detach().cpu().double().T.contiguous().numpy()
        level = batch.discrete.detach().cpu().T.contiguous().numpy()
        total = np.zeros(len(batch))
        for seat in self.seats:
            if isinstance(seat.encoding, Values):
                mode = None if seat.level is None else level[seat.level]
                total += seat.encoding.log_volume(z[seat.z], mode)
            elif isinstance(seat.encoding, Levels):
                total += seat.encoding.log_volume(level[seat.level])
        return torch.from_numpy(total).float()

    def condition(self, where: Mapping[str, object], n: int, *, seed: int = 0) -> Condition:
        """n data of which some columns are seen, the same in all.

        Arguments:
            where: the value of each column that is seen; None for missing.
            n: how many data.
            seed: of the draws inside cells.

        Returns:
            The condition; an InputError names the values that are allowed.
        """
        return self._condition({name: [value] * n for name, value in where.items()}, n, seed)

    def condition_values(
        self, column: str, values: Sequence[object], *, seed: int = 0
    ) -> Condition:
        """As many data as values, of which one column is seen.

        Arguments:
            column: its name.
            values: its value in each datum.
            seed: of the draws inside cells.

        Returns:
            The condition.
        """
        return self._condition({column: list(values)}, len(values), seed)

    def _condition(self, where: Mapping[str, Sequence[object]], n: int, seed: int) -> Condition:
        space = self.space
        z = np.zeros((space.dimensions if space.continuous else 0, n), np.float32)
        level = np.zeros((space.positions, n), np.int64)
        seen_z, seen_level = torch.zeros(len(z), dtype=torch.bool), torch.zeros(len(level)).bool()
        for name, values in where.items():
            seat = self._seat(name)
            array = wished(seat.column, seat.encoding, values)
            if not isinstance(seat.encoding, Learned):
                continue
            self._encode(seat, array, None, _source(seed, seat.index), z, level)
            if seat.z is not None:
                seen_z[seat.z] = True
            if seat.level is not None:
                seen_level[seat.level] = True
        return Condition(_batch(z, level), seen_z, seen_level)

    def _seat(self, name: str) -> Seat:
        for seat in self.seats:
            if seat.column.name == name:
                return seat
        known = [seat.column.name for seat in self.seats]
        raise InputError(f"no column {name!r}", hint=nearest(name, known), code="no-column")

    def impose(self, table: pa.Table, where: Mapping[str, object]) -> pa.Table:
        """Write the values of a condition into generated rows exactly.

        Arguments:
            table: rows decoded from a family that saw `condition(where, n)`.
            where: the same values.

        Returns:
            The table; a number that shares a level with others is now the very number asked for.
        """
        for name, value in where.items():
            seat = self._seat(name)
            column = wished(seat.column, seat.encoding, [value])
            index = table.column_names.index(name)
            array = pa.repeat(column[0], table.num_rows)
            table = table.set_column(index, name, array.cast(table.schema.field(index).type))
        return table

    def choices(self, name: str) -> list[object]:
        """The categories of a column that can be asked for, in their order.

        Arguments:
            name: a categorical column.

        Returns:
            Its values, without missing.
        """
        seat = self._seat(name)
        if not isinstance(seat.encoding, Categories):
            raise InputError(
                f"column {name!r} is no category but {seat.column.kind}",
                hint="choose a categorical column",
                code="not-categorical",
            )
        words = np.arange(len(seat.encoding.words))
        return list(seat.encoding.decode(words, seat.column, _source(0, 0)).to_pylist())

    def describe(self) -> dict[str, Any]:
        """What people are told of it: the kind of each column."""
        return {"columns": {column.name: column.kind for column in self.schema.columns}}

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it."""
        state = State(
            rare=self.rare,
            columns=tuple(seat.column for seat in self.seats),
            encodings=tuple(seat.encoding for seat in self.seats),
            notices=tuple(self.notices),
        )
        return state.model_dump(mode="json")

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The codec that `to_dict` described; an InputError where the description does not hold."""
        try:
            checked = State.model_validate(state)
            codec = cls(Schema(columns=checked.columns), checked.rare)
            codec.notices = list(checked.notices)
            codec._seats = seated(checked.columns, checked.encodings)
            room = np.zeros((len(codec.seats), 0))
            codec.decode(_batch(room, room.astype(np.int64)), seed=0)
        except (ValueError, TypeError, AttributeError, KeyError, pa.ArrowException) as fault:
            what = fault.errors()[0]["msg"] if isinstance(fault, ValidationError) else str(fault)
            raise InputError(
                f"the description of the table is damaged ({what})",
                where="codec.json",
                hint="take the model's folder from its source again",
                code="codec",
            ) from fault
        return codec


def _source(seed: int, *place: int) -> np.random.Generator:
    """A source of randomness of its own for every seed and place."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed % 2**64, *place])))


def _batch(z: Any, level: Any) -> Batch:
    return Batch(torch.from_numpy(z.T.copy(order="C")), torch.from_numpy(level.T.copy(order="C")))
