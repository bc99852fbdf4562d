"""Series: several numbers over time, of one or many entities, as windows of a grid, and back.

A datum is a window of T steps: channels of numbers (C, T), with labels that say whose it is and where in the calendar
it begins. `timelines` holds what is behind: `roles` for the columns, `clock` for time, `rows` for what lacks, `scales`
for the mathematics of the channels, `windows` for the windows and `asked` for forecasts and gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import torch
from pydantic import ValidationError
from torch import Tensor

from fivefold.codecs.frames import normalise
from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import Floats, Ints
from fivefold.codecs.places import ROLES, place
from fivefold.codecs.schema import nearest
from fivefold.codecs.timelines.angle import Angle
from fivefold.codecs.timelines.asked import Asked, forecast, gaps, restore
from fivefold.codecs.timelines.channels import (
    channels_first,
    from_channels,
    log_slopes,
    to_channels,
)
from fivefold.codecs.timelines.design import Design, Feature
from fivefold.codecs.timelines.fit import learn, often_missing, spoken
from fivefold.codecs.timelines.labels import as_words, beginnings, label_times, level_of, time_of
from fivefold.codecs.timelines.rows import Line
from fivefold.codecs.timelines.scales import Number
from fivefold.codecs.timelines.tables import line_of, rows_of, times_of
from fivefold.codecs.timelines.windows import blocks_of, check_length, stride_of, windows_of
from fivefold.codecs.writing import write_table
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch, Condition, Space
from fivefold.spaces.grids import Grids


class SeriesCodec:
    """Turn series into windows of a grid and back.

    Arguments:
        length: the steps of a window; None to choose by the calendar and the data.
        roles: which columns to take, such as `time=when,entity=station,values=temp|wind`; None to find them.

    Example:
        >>> import datetime as dt
        >>> days = [dt.date(2024, 1, 1) + dt.timedelta(n) for n in range(200)]
        >>> table = pa.table({"day": days, "sales": [n % 7 for n in range(200)]})
        >>> codec = SeriesCodec(length=16).fit(table)
        >>> codec.space.shape, codec.channels, list(codec.labels)
        ((1, 16), ['sales'], ['weekday', 'month'])
        >>> made = codec.decode(codec.encode(table, seed=0)[:1], seed=0)
        >>> made["sales"].to_pylist()[:9], made.column_names
        ([0, 1, 2, 3, 4, 5, 6, 0, 1], ['day', 'sales', 'window'])
    """

    kind: ClassVar[Literal["series", "track"]] = "series"
    named: ClassVar[bool] = True
    """Whether entities that have enough windows are labels."""

    def __init__(self, *, length: int | None = None, roles: str | None = None) -> None:
        check_length(length)
        self.length, self.roles = length, roles
        self.notices: list[str] = []
        self._design: Design | None = None

    def fit(self, table: pa.Table) -> Self:
        """Learn the columns, the clock and the scales.

        Arguments:
            table: one time of one entity a row.

        Returns:
            The codec; an InputError where the table is no series.
        """
        said = (table.schema.metadata or {}).get(ROLES, b"").decode()
        self._design, self.notices = learn(
            normalise(table),
            self.kind,
            self.roles or said or None,
            self.length,
            self.choose,
            named=self.named,
        )
        return self

    def choose(self, columns: Sequence[Column], values: Floats, memory: Any) -> list[Feature]:
        """How each variable becomes channels.

        Arguments:
            columns: the variables.
            values: on their lattices, NaN where missing, with shape (V, n).
            memory: the metadata of the table, for error messages.
        """
        return [_feature(column, m) for column, m in zip(columns, values, strict=True)]

    @property
    def design(self) -> Design:
        """What was learned."""
        if self._design is None:
            raise NotFittedError(
                "the codec has seen no series", hint="call fit", code="not-fitted"
            )
        return self._design

    @property
    def space(self) -> Space:
        """The space of a window: (C, T) with its labels."""
        design = self.design
        return Space.grid(len(design.channels), (design.length,), tuple(design.labels.values()))

    @property
    def channels(self) -> list[str]:
        """The names of the channels."""
        return self.design.channels

    @property
    def labels(self) -> dict[str, int]:
        """The labels and how many values each has."""
        return self.design.labels

    def encode(self, table: pa.Table, *, seed: int) -> Grids:
        """A table as windows.

        Arguments:
            table: as in `line`.
            seed: of the noise within the cells of whole numbers and decimals.

        Returns:
            Windows that overlap; `owners` number the blocks of the line, so that windows of two share no value.
        """
        line, names = line_of(self.design, table)
        length = self.design.length
        starts, owners = windows_of(
            blocks_of(line.bounds, length), length, stride_of(np.diff(line.bounds), length)
        )
        if not len(starts):
            longest = int(np.diff(line.bounds).max())
            raise InputError(
                f"the longest stretch without an interruption has {longest:,} steps, fewer than a window of {length:,}",
                where=place(table.schema.metadata),
                hint="give more rows",
                code="too-short",
            )
        labels = labels_of(self.design, line, starts, names)
        return self.gather(line, starts, labels, owners, np.random.default_rng([seed % 2**64, 1]))

    def gather(self, line: Line, starts: Ints, labels: Ints, owners: Ints, draw: Any) -> Grids:
        """Windows as data: views of one array, so that overlapping costs nothing."""
        length = self.design.length
        flat = to_channels(self.design, line, draw)
        views = np.moveaxis(np.lib.stride_tricks.sliding_window_view(flat, length, axis=1), 0, 1)
        all_labels = np.zeros((len(views), labels.shape[1]), np.int64)
        all_owners = np.zeros(len(views), np.int64)
        all_labels[starts], all_owners[starts] = labels, owners
        one = torch.ones(len(flat))
        data = Grids(
            views, torch.from_numpy(all_labels), one, one - 1, torch.from_numpy(all_owners)
        )
        return data.part(torch.from_numpy(starts))

    def decode(self, batch: Batch, *, seed: int, start: int = 0) -> pa.Table:
        """Windows as rows.

        Arguments:
            batch: data of the space.
            seed: of the moments at which windows begin.
            start: the number of the first window in a sample made in parts.

        Returns:
            The columns of the training data and the number of the window; rows that are absent are left out.
        """
        design = self.design
        draw = np.random.default_rng([seed % 2**64, 2, start])
        values, present, pause, rows = from_channels(design, channels_first(batch))
        rows[:, 0] = True
        levels = batch.discrete.detach().cpu().numpy()
        calendar = levels[:, len(design.labels) - len(design.calendar) :]
        begun = beginnings(calendar, design.calendar, design.clock, design.span, draw)
        numbers = np.arange(start, start + len(batch))
        if design.names:
            names = as_words(list(design.names), levels[:, 0])
        else:
            whole_number = pa.types.is_integer(arrow_type(design.words))
            names = pa.array(
                [str(n) if whole_number else f"synthetic_{n}" for n in numbers], pa.string()
            )
        return rows_of(
            design, names, times_of(design, begun, pause), values, present, rows, numbers
        )

    def log_volume(self, batch: Batch | Grids) -> Tensor:
        """What turns a density over windows into one of the numbers in them, in units of their columns.

        Arguments:
            batch: encoded windows.

        Returns:
            Nats with shape (B,): the log slopes of `timelines.scales`, summed over channels and steps. Whole numbers
            and decimals fill their cells with noise: a density per unit times the width of a cell is a probability.
        """
        return torch.cat([log_slopes(self.design, part) for part in batch.parts(4_096)])

    def condition(self, where: Mapping[str, object], n: int, *, seed: int = 0) -> Condition:
        """n windows of which labels are seen, the same in all.

        Arguments:
            where: such as `{"station": "JFK", "hour": 6, "month": "May"}`; `entity` and `time` stand for the columns
                of that role, and the time is that of the first row.
            n: how many windows.
            seed: not needed: nothing is drawn.

        Returns:
            The condition; an InputError names what can be asked for.
        """
        space, names = self.space, list(self.labels)
        levels = torch.zeros(n, space.positions, dtype=torch.int64)
        seen = torch.zeros(space.positions, dtype=torch.bool)
        for name, level in self._wanted(where).items():
            levels[:, names.index(name)], seen[names.index(name)] = level, True
        values = Batch(torch.zeros(n, *space.shape), levels)
        return Condition(values, torch.zeros(space.shape, dtype=torch.bool), seen)

    def _wanted(self, where: Mapping[str, object]) -> dict[str, int]:
        """The levels of the labels that are asked for."""
        design, found = self.design, dict[str, int]()
        for name, value in where.items():
            if name in ("time", design.clock.column.name):
                told = label_times(
                    design.calendar, design.clock, np.array([time_of(value, design.clock)])
                )
                found |= dict(zip(design.calendar, told[0].tolist(), strict=True))
            elif name in ("entity", design.entity) and design.names:
                if str(value) not in design.names:
                    raise InputError(
                        f"{value!r} is no {design.entity} of the training data",
                        hint=nearest(str(value), list(design.names)),
                        code="unknown-value",
                    )
                found[str(design.entity)] = design.names.index(str(value))
            elif name in design.calendar:
                found[name] = level_of(name, value)
            else:
                raise InputError(
                    f"{name!r} cannot be asked for",
                    hint=nearest(name, [*design.labels, design.clock.column.name]),
                    code="where",
                )
        return found

    def forecast(self, table: pa.Table, horizon: int, n: int = 1, *, seed: int = 0) -> Asked:
        """n continuations of every entity of a table by so many steps: see `timelines.asked.forecast`."""
        return forecast(self, table, horizon, n, seed=seed)

    def gaps(self, table: pa.Table, n: int = 1, *, seed: int = 0) -> Asked:
        """n fillings of what is missing in a table: see `timelines.asked.gaps`."""
        return gaps(self, table, n, seed=seed)

    def restore(self, batch: Batch, asked: Asked) -> pa.Table:
        """What was made of windows that were asked for, as rows at their times: see `timelines.asked.restore`."""
        return restore(self, batch, asked)

    def impose(self, table: pa.Table, where: Mapping[str, object]) -> pa.Table:
        """The table with every window moved to the time that was asked for, if one was."""
        design = self.design
        said = [where[name] for name in ("time", design.clock.column.name) if name in where]
        if not said or not table.num_rows:
            return table
        name, clock = design.clock.column.name, design.clock
        ticks = clock.ticks(clock.read(table[name])[0])
        window = np.asarray(table[design.window])
        _, firsts, number = np.unique(window, return_index=True, return_inverse=True)
        begin = clock.ticks(np.array([time_of(said[-1], clock)]))
        moved = clock.write(clock.lattice(ticks - ticks[firsts][number] + begin))
        return table.set_column(table.column_names.index(name), name, moved)

    def describe(self) -> dict[str, Any]:
        """What people are told of it."""
        design = self.design
        every = (
            f"{design.clock.step:,} {design.clock.ruler}" if design.clock.regular else "irregular"
        )
        return {
            "kind": self.kind,
            "time": design.clock.column.name,
            "step": spoken(design.clock) if design.clock.regular else every,
            "entity": design.entity,
            "entities": len(design.names) or None,
            "variables": [column.name for column in design.columns],
            "channels": design.channels,
            "labels": design.labels,
            "length": design.length,
        }

    def to_dict(self) -> dict[str, Any]:
        """The codec as JSON can hold it."""
        return self.design.model_copy(update={"notices": tuple(self.notices)}).model_dump(
            mode="json"
        )

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The codec that `to_dict` described; an InputError where the description does not hold."""
        try:
            design = Design.model_validate(state)
            if design.kind != cls.kind:
                raise ValueError(f"it is of kind {design.kind}")
            codec = cls(length=design.length)
            codec._design, codec.notices = design, list(design.notices)
            none = Batch(
                torch.zeros(1, *codec.space.shape), torch.zeros(1, codec.space.positions).long()
            )
            codec.decode(none, seed=0)
        except (
            ValueError,
            TypeError,
            ArithmeticError,
            LookupError,
            AttributeError,
            pa.ArrowException,
        ) as fault:
            what = fault.errors()[0]["msg"] if isinstance(fault, ValidationError) else str(fault)
            raise InputError(
                f"the description of the {cls.kind} is damaged ({what})",
                where="codec.json",
                hint="take the model's folder from its source again",
                code="codec",
            ) from fault
        return codec

    def write(self, table: pa.Table, path: Path | str) -> None:
        """Write rows as CSV, Parquet, JSON lines or Arrow, as the ending says."""
        write_table(table, path)


def _feature(column: Column, m: Floats) -> Number | Angle:
    """The channels of one variable, by its values on the lattice, NaN where missing, with shape (n,)."""
    known = m[~np.isnan(m)]
    suits = Angle.suits(column, known)
    return (Angle.fit if suits else Number.fit)(column, known, flagged=often_missing(m))


def labels_of(design: Design, line: Line, starts: Ints, names: list[str]) -> Ints:
    """The labels of windows, with shape (W, L).

    Raises:
        InputError: naming an entity that the training data do not have.
    """
    found = label_times(design.calendar, design.clock, line.lattice[starts])
    if not design.names:
        return found
    stretch = np.searchsorted(line.bounds, starts, "right") - 1
    level = {name: number for number, name in enumerate(design.names)}
    levels = np.array([level.get(name, -1) for name in names])[line.entity[stretch]]
    if (levels < 0).any():
        unknown = names[int(line.entity[stretch][int(np.argmax(levels < 0))])]
        raise InputError(
            f"{unknown!r} is no {design.entity} of the training data",
            hint=nearest(unknown, list(design.names)),
            code="unknown-value",
        )
    return np.column_stack([levels, found])
