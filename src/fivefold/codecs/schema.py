"""The columns of a table: found in the data, overridden by the user, kept beside the model."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from fivefold.codecs.kinds import Column, Kind
from fivefold.codecs.places import place
from fivefold.codecs.recognise import complete, recognise
from fivefold.errors import InputError
from fivefold.files import write_atomically

__all__ = ["Column", "Kind", "Schema", "infer", "nearest"]


class Schema(BaseModel):
    """The columns of a table, in order.

    Arguments:
        columns: one description a column.
        version: the version of this format.

    Example:
        >>> schema = Schema(columns=(Column(name="age", kind="integer"),))
        >>> schema["age"].kind
        'integer'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    columns: tuple[Column, ...]

    @field_validator("columns")
    @classmethod
    def _distinct(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name for column in columns]
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"column {name!r} is described twice")
        return columns

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise InputError(f"no column {name!r}", hint=nearest(name, self.names), code="no-column")

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    def save(self, path: str | Path) -> None:
        """Write the schema as JSON that a person can edit.

        Arguments:
            path: the file to write.
        """
        columns = [
            column.model_dump(mode="json", exclude_defaults=True) for column in self.columns
        ]
        lines = ",\n    ".join(json.dumps(column, ensure_ascii=False) for column in columns)
        text = f'{{\n  "version": {self.version},\n  "columns": [\n    {lines}\n  ]\n}}\n'
        write_atomically(Path(path), text.encode())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The schema in a JSON file.

        Arguments:
            path: the file; it may describe only the columns whose kind is to be overridden.

        Returns:
            The schema; an InputError says what is wrong in the file and where.
        """
        where = str(path)
        try:
            state = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError as fault:
            raise InputError("no such file", where=where, code="no-file") from fault
        except json.JSONDecodeError as fault:
            raise InputError(
                f"is not JSON ({fault.msg})",
                where=f"{where}:{fault.lineno}",
                hint="`fivefold schema DATA` writes a file to start from",
                code="schema",
            ) from fault
        except (OSError, UnicodeDecodeError) as fault:
            raise InputError(f"cannot be read ({fault})", where=where, code="schema") from fault
        try:
            return cls.model_validate(state)
        except ValidationError as fault:
            raise InputError(
                _first_fault(fault, state),
                where=where,
                hint="`fivefold schema DATA` writes a file to start from",
                code="schema",
            ) from fault


def infer(table: pa.Table, given: Schema | None = None) -> Schema:
    """Find the kind of every column.

    Arguments:
        table: the data.
        given: kinds that the user has chosen; the rest, and details left open, are found.

    Returns:
        A complete schema, in the order of the table.

    Example:
        >>> infer(pa.table({"size": ["S", "M", "L"] * 20})).columns[0].order
        ('S', 'M', 'L')
    """
    chosen = {column.name: column for column in given.columns} if given else {}
    for name in chosen:
        if name not in table.column_names:
            raise InputError(
                f"the schema describes a column {name!r} that the data do not have",
                where=place(table.schema.metadata),
                hint=nearest(name, table.column_names),
                code="no-column",
            )
    memory = table.schema.metadata
    columns = (
        complete(chosen[name], values, memory)
        if name in chosen
        else recognise(name, values, memory)
        for name, values in zip(table.column_names, table.columns, strict=True)
    )
    return Schema(columns=tuple(columns))


def nearest(word: str, words: list[str], most: int = 12) -> str:
    """A hint that names what is allowed, the nearest first.

    Arguments:
        word: what was given.
        words: what is allowed.
        most: how many are named.

    Returns:
        One clause.

    Example:
        >>> nearest("incme", ["age", "income"])
        "did you mean 'income'? allowed: 'age', 'income'"
    """
    lowered = {other.lower(): other for other in reversed(words)}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    guess = f"did you mean {lowered[close[0]]!r}? " if close else ""
    named = ", ".join(repr(other) for other in words[:most])
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return f"{guess}allowed: {named}{more}"


def _first_fault(fault: ValidationError, state: object) -> str:
    """What is wrong with a schema file, in words."""
    error = fault.errors()[0]
    path, message = error["loc"], str(error["msg"]).removeprefix("Value error, ")
    if len(path) >= 2 and path[0] == "columns" and isinstance(state, dict):
        entry = state["columns"][path[1]]
        name = entry.get("name", f"number {path[1]}") if isinstance(entry, dict) else path[1]
        inside = ".".join(str(step) for step in path[2:])
        return f"column {name}{': ' + inside if inside else ''}: {message}"
    return f"{'.'.join(str(step) for step in path) or 'the file'}: {message}"
