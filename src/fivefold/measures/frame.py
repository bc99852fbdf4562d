"""A table as the measures see it: numbers and codes in plain arrays.

Every measure consumes this one view, so what a cell means is decided once, by the *real* table's schema: a synthetic
table may hold strings where the real one holds integers, or 39.0 for 39, and is still judged by its values.

    kind of column                             in the frame
    integer, decimal, date, datetime, time     a number; times in nanoseconds, as SDMetrics takes them; missing is NaN
    category, ordered, boolean                 a code shared by all tables of one view; missing is -1
    constant                                   a number or a code, by the column's type
    text, identifier                           left out: neither is learned, so neither is judged
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fivefold.codecs.schema import Column, Schema, infer
from fivefold.errors import InputError
from fivefold.measures.cells import CodeArray, FloatArray, codes_of, is_number, numbers_of

OWNERS = ("the real table", "the synthetic table", "the holdout")


@dataclass(frozen=True)
class Frame:
    """n rows as p columns of numbers and q columns of codes.

    Arguments:
        numbers: float64 with shape (n, p), NaN where missing.
        codes: int64 with shape (n, q), -1 where missing.
        number_names: the names of the p columns.
        code_names: the names of the q columns.
        labels: the text of each code, column by column.
        kinds: the kind of each column, in the order of the table.
    """

    numbers: FloatArray
    codes: CodeArray
    number_names: tuple[str, ...]
    code_names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    kinds: dict[str, str]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[np.intp]) -> Frame:
        """The rows of these indices, in their order."""
        return Frame(
            self.numbers[rows],
            self.codes[rows],
            self.number_names,
            self.code_names,
            self.labels,
            self.kinds,
        )

    def sample(self, rows: int, rng: np.random.Generator) -> Frame:
        """At most so many rows, drawn without replacement."""
        if len(self) <= rows:
            return self
        return self.take(rng.choice(len(self), rows, replace=False))

    def halves(self, rng: np.random.Generator) -> tuple[Frame, Frame]:
        """Two disjoint random halves."""
        order = rng.permutation(len(self))
        middle = len(self) // 2
        return self.take(order[:middle]), self.take(order[middle:])


def frames(tables: Sequence[pa.Table], schema: Schema | None = None) -> list[Frame]:
    """The tables as frames with shared codes; the first is the real one and decides every column's kind.

    Arguments:
        tables: the real table, then the synthetic one, then any others.
        schema: kinds of the real table's columns that are given; the rest are found in the table.

    Returns:
        One frame a table.

    Example:
        >>> real = pa.table({"age": [39, 50, 28], "sex": ["F", "M", "F"]})
        >>> made = pa.table({"age": ["39.0", "61.0"], "sex": ["M", None]})
        >>> made = frames([real, made])[1]
        >>> made.numbers.ravel().tolist(), made.codes.ravel().tolist()
        ([39.0, 61.0], [1, -1])
    """
    for owner, table in zip(_owners(tables), tables, strict=True):
        if table.num_rows == 0:
            raise InputError("there are no rows", where=owner, hint="give some", code="empty")
    columns = judged_columns(tables[0], schema)
    _check_columns(tables, columns)
    numbers = [column for column in columns if column.numeric]
    groups = [column for column in columns if column.categorical]
    if not columns:
        raise InputError("the table has no column that can be judged", code="no-columns")
    coded = [codes_of([table.column(c.name) for table in tables], c) for c in groups]
    kinds = {column.name: column.kind for column in columns}
    views = []
    for index, (owner, table) in enumerate(zip(_owners(tables), tables, strict=True)):
        values = np.empty((table.num_rows, len(numbers)), order="F")
        for j, column in enumerate(numbers):
            values[:, j] = numbers_of(table.column(column.name), column, owner)
        codes = np.empty((table.num_rows, len(groups)), dtype=np.int64, order="F")
        for j, (arrays, _) in enumerate(coded):
            codes[:, j] = arrays[index]
        names = tuple(c.name for c in numbers), tuple(c.name for c in groups)
        labels = tuple(labels for _, labels in coded)
        views.append(Frame(values, codes, *names, labels, dict(kinds)))
    return views


def judged_columns(table: pa.Table, schema: Schema | None = None) -> list[Column]:
    """The columns of a real table that are judged; a constant takes the kind of its type."""
    columns = []
    for column in infer(table, schema).columns:
        if column.kind == "constant":
            numeric = is_number(table.column(column.name).type)
            column = column.model_copy(update={"kind": "decimal" if numeric else "category"})
        if column.learned:
            columns.append(column)
    return columns


def _owners(tables: Sequence[pa.Table]) -> list[str]:
    return [OWNERS[min(place, 2)] for place in range(len(tables))]


def _check_columns(tables: Sequence[pa.Table], columns: Sequence[Column]) -> None:
    for owner, table in zip(_owners(tables), tables, strict=True):
        there = set(table.column_names)
        absent = [column.name for column in columns if column.name not in there]
        if absent:
            names = ", ".join(absent[:5]) + (", ..." if len(absent) > 5 else "")
            hint = "every judged column of the real table is needed"
            raise InputError(f"no column {names}", where=owner, hint=hint, code="missing-column")
