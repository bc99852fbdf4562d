"""Where each column sits in the space, and the whole as `codec.json` holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.categories import Categories
from fivefold.codecs.columns import Constant, Encoding, Learned, Omitted
from fivefold.codecs.identifiers import Identifiers
from fivefold.codecs.kinds import CATEGORICAL, NUMERIC, Column, Kind
from fivefold.codecs.levels import Levels
from fivefold.codecs.values import Values

FITTING: dict[Kind, tuple[type[BaseModel], ...]] = {
    **dict.fromkeys(CATEGORICAL, (Categories,)),
    **dict.fromkeys(NUMERIC, (Levels, Values)),
    "identifier": (Identifiers,),
    "constant": (Constant,),
    "text": (),
}


class State(BaseModel):
    """What `codec.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codec: Literal["table"] = "table"
    version: Literal[1] = 1
    rare: int = Field(ge=1)
    columns: tuple[Column, ...]
    encodings: tuple[Encoding, ...]
    notices: tuple[str, ...]

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.columns) != len(self.encodings):
            raise ValueError("every column needs an encoding")
        for column, encoding in zip(self.columns, self.encodings, strict=True):
            if not isinstance(encoding, (Omitted, *FITTING[column.kind])):
                raise ValueError(f"column {column.name!r} is no {encoding.type}")
        return self


@dataclass(frozen=True)
class Seat:
    """Where a column sits in the space.

    Arguments:
        column: the description.
        encoding: how it is encoded.
        z: its continuous variable, or None.
        level: its discrete position, or None.
        index: its place in the table.
    """

    column: Column
    encoding: Encoding
    z: int | None
    level: int | None
    index: int


def seated(columns: Sequence[Column], encodings: Sequence[Encoding]) -> tuple[Seat, ...]:
    """The columns seated one after another.

    Arguments:
        columns: their descriptions.
        encodings: how each is encoded.

    Returns:
        One seat a column.
    """
    seats: list[Seat] = []
    z = level = 0
    for index, (column, encoding) in enumerate(zip(columns, encodings, strict=True)):
        has_z, has_level = isinstance(encoding, Values), bool(sizes(encoding))
        seats.append(
            Seat(column, encoding, z if has_z else None, level if has_level else None, index)
        )
        z, level = z + has_z, level + has_level
    return tuple(seats)


def sizes(encoding: Encoding) -> tuple[int, ...]:
    """The vocabulary sizes that an encoding adds to the space."""
    return encoding.discrete if isinstance(encoding, Learned) else ()
