"""What a codec of series has learned, as `codec.json` holds it, and which channels there are."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.columns import Constant
from fivefold.codecs.kinds import Column
from fivefold.codecs.timelines.angle import Angle
from fivefold.codecs.timelines.clock import Clock
from fivefold.codecs.timelines.labels import CALENDAR
from fivefold.codecs.timelines.path import Path
from fivefold.codecs.timelines.scales import Number
from fivefold.codecs.timelines.windows import LEAST, MOST

Feature = Annotated[Number | Angle | Path, Field(discriminator="type")]


class Design(BaseModel):
    """What is known of a series.

    Arguments:
        kind: `series` or `track`.
        order: the columns as they are written.
        clock: the time column.
        entity: the column of entities, None where there is one.
        words: the Arrow type of that column.
        names: the entities that are labels; none where an entity is but a name.
        calendar: which labels of the calendar there are.
        features: the variables in the order of their channels.
        constants: columns of one value.
        interval: the channel of times between rows, where they are irregular.
        lacking: whether a channel of flags says which rows are absent.
        span: the first and the last beginning of a training window, in ticks.
        length: the steps of a window.
        window: the name of the column that numbers windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["series", "track"]
    version: Literal[1] = 1
    order: tuple[str, ...]
    clock: Clock
    entity: str | None = None
    words: str = "string"
    names: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    features: tuple[Feature, ...] = Field(min_length=1)
    constants: tuple[tuple[Column, Constant], ...] = ()
    interval: Number | None = None
    lacking: bool = False
    span: tuple[int, int]
    length: int = Field(ge=LEAST, le=MOST)
    window: str = "window"
    notices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        held = [column.name for column in self.columns]
        held += [column.name for column, _ in self.constants]
        held += [self.clock.column.name, *([self.entity] if self.entity else [])]
        if sorted(held) != sorted(self.order) or len(set(held)) != len(held):
            raise ValueError("the columns do not match their order")
        if not set(self.calendar) <= set(CALENDAR):
            raise ValueError("a label that the calendar does not have")
        if self.span[0] > self.span[1] or self.window in held:
            raise ValueError("the span or the name of the windows cannot be")
        return self

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the variables, in the order of the features."""
        return tuple(column for feature in self.features for column in feature.columns)

    @property
    def labels(self) -> dict[str, int]:
        """The labels and how many values each has."""
        entity = {self.entity: len(self.names)} if self.entity and self.names else {}
        return entity | {name: len(CALENDAR[name][1]) for name in self.calendar}

    @property
    def channels(self) -> list[str]:
        """The names of the channels."""
        found: list[str] = []
        for feature in self.features:
            found += feature.channels
            found += [f"{feature.columns[0].name} missing"] if feature.flagged else []
        found += ["interval"] if self.interval else []
        return found + (["row missing"] if self.lacking else [])
