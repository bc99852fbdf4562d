"""What codecs of files that are levels of a scale have in common: pictures, and sounds as spectra.

The class of a file is the one label of its grid; files that are damaged are met one by one and left out where that was
asked for. A level is `quantum` wide in the space.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import pyarrow as pa
import torch
from torch import Tensor

from fivefold.codecs.pictures.classes import MOST, Classes, asked
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.pictures.scales import Scale
from fivefold.codecs.places import NOTICES, place
from fivefold.errors import InputError
from fivefold.spaces import Batch, Condition, Space
from fivefold.spaces.grids import Grids


class ListedCodec(ABC):
    """Turn what a listing names into grids of levels and back.

    Arguments:
        skip_bad: whether damaged files are left out and counted; if not, the first is an InputError.
    """

    thing: ClassVar[str]
    """What one file is."""

    def __init__(self, skip_bad: bool) -> None:
        self.notices: list[str] = []
        self.classes: Classes = []
        self.faults = Faults(skip=skip_bad, thing=self.thing)

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """How levels become numbers."""

    @property
    @abstractmethod
    def space(self) -> Space:
        """The space of one grid."""

    @classmethod
    @abstractmethod
    def _described(cls, state: Mapping[str, Any]) -> Self:
        """A codec with what `to_dict` said beyond classes and notices; any error where that does not hold."""

    def _begin(self, table: pa.Table) -> None:
        """Forget what was said and met, and take over what the listing says."""
        self.notices = json.loads((table.schema.metadata or {}).get(NOTICES, b"[]"))
        self.faults = Faults(skip=self.faults.skip, thing=self.thing)

    def _whole(self, found: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """What is not damaged, with its place; when all are gone through, the notice of the others is up to date."""
        before = self.faults.notice
        yield from self.faults.without(found)
        if self.faults.notice != before:
            self.notices = [notice for notice in self.notices if notice != before]
            self.notices.append(self.faults.notice)

    def log_volume(self, batch: Batch | Grids) -> Tensor:
        """The logarithm of what a cell of one level a number is in the space, with shape (B,).

        With it a density becomes the probability of levels. Phases of sounds are not modelled: there is no probability
        of their samples.
        """
        space = self.space
        return torch.full((len(batch),), space.dimensions * math.log(self.scale.quantum))

    def condition(self, where: Mapping[str, object], n: int, *, seed: int = 0) -> Condition:
        """n grids of which nothing is seen but the class.

        Arguments:
            where: the class under `class`, None for those that have none; or nothing.
            n: how many.
            seed: not needed: nothing is drawn.

        Returns:
            The condition; an InputError where there is no such class.
        """
        labels, seen = asked(where, self.classes, n)
        shape = self.space.shape
        nothing = torch.zeros(shape, dtype=torch.bool)
        return Condition(Batch(torch.zeros(n, *shape), labels), nothing, seen)

    def impose(self, table: pa.Table, where: Mapping[str, object]) -> pa.Table:
        """The table as it is: what is of a class is generated with it."""
        return table

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The codec that `to_dict` described; an InputError where the description does not hold."""
        try:
            codec = cls._described(state)
            codec.classes = [None if word is None else str(word) for word in state["classes"]]
            codec.notices = [str(notice) for notice in state["notices"]]
            if len(set(codec.classes)) < len(codec.classes) or len(codec.classes) > MOST + 1:
                raise ValueError("classes that occur twice, or too many")
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as fault:
            raise InputError(
                f"the description of the {cls.thing}s is damaged ({fault})",
                where="codec.json",
                hint="take the model's folder from its source again",
                code="codec",
            ) from fault
        return codec

    def _empty(self, table: pa.Table) -> InputError:
        return InputError(
            f"there is no {self.thing} that can be read",
            where=place(table.schema.metadata),
            hint="give some that are whole",
            code="empty",
        )
