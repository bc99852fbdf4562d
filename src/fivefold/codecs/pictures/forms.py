"""The form that suits a set of pictures: their size and channels, by what their heads say of all of them.

| what | is |
|---|---|
| size | that of more than half of the pictures, else a square of the median of their shorter sides |
| at most | `LARGEST` pixels a side, unless more are asked for; the proportions stay |
| channels | grey or colour as most are; transparency if most have it and it is really used |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fivefold.codecs.pictures.files import CROPS, MODES, Form, Look, Pixels
from fivefold.errors import InputError

LARGEST = 64
"""The longest side that is chosen unasked."""
MOST_SIDE = 4_096
STEP = 4
"""A size that was made smaller is a multiple of it."""

Size = int | str | tuple[int, int] | None


@dataclass
class Survey:
    """What the heads of a set of pictures say, counted.

    Arguments:
        sizes: how many pictures have each width and height.
        channels: how many have each number of channels.
        animated: how many have several frames.

    Example:
        >>> survey = Survey.of([Look(28, 28, 1), Look(28, 28, 1), Look(30, 20, 3)])
        >>> survey.size(), survey.channels.most_common(1)
        ((28, 28), [(1, 2)])
    """

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)
    animated: int = 0

    @classmethod
    def of(cls, looks: Iterable[Look]) -> Survey:
        """Count them."""
        found = cls()
        for seen in looks:
            found.sizes[seen.width, seen.height] += 1
            found.channels[seen.channels] += 1
            found.animated += seen.animated
        return found

    def __len__(self) -> int:
        return self.sizes.total()

    def size(self) -> tuple[int, int]:
        """The width and height that suit."""
        size, count = self.sizes.most_common(1)[0]
        if 2 * count <= len(self):
            sides = np.repeat([min(s) for s in self.sizes], list(self.sizes.values()))
            size = (int(np.median(sides)),) * 2
        share = LARGEST / max(size)
        if share >= 1:
            return size
        width, height = (max(STEP, STEP * round(share * side / STEP)) for side in size)
        return width, height

    def notices(self, form: Form) -> list[str]:
        """What is done to the pictures to bring them to a form."""
        said = []
        if odd := len(self) - self.sizes[form.width, form.height]:
            how = "cut in the middle" if form.crop == "centre" else "bent"
            said.append(
                f"{odd:,} of {len(self):,} pictures are brought from other sizes to {form.width} x {form.height}, "
                f"{how} where the proportions differ"
            )
        if odd := len(self) - self.channels[form.channels]:
            said.append(
                f"{odd:,} of {len(self):,} pictures are brought to {CALLED[form.channels]}"
            )
        if self.animated:
            move = "1 picture moves" if self.animated == 1 else f"{self.animated:,} pictures move"
            said.append(f"{move}: the first frame is taken")
        return said


CALLED = {1: "grey", 3: "colour", 4: "colour with transparency"}


def asked_size(size: Any) -> tuple[int, int] | None:
    """A width and height that were asked for.

    Arguments:
        size: a side, a pair of width and height, or such as `64` or `64x48`; None to choose.

    Raises:
        InputError: where it is none of these, or no side of a picture.

    Example:
        >>> asked_size(64), asked_size("64x48")
        ((64, 64), (64, 48))
    """
    if size is None:
        return None
    parts = size.lower().split("x") if isinstance(size, str) else size
    try:
        found = tuple(int(side) for side in ((parts,) if isinstance(parts, int) else parts))
    except (TypeError, ValueError):
        found = ()
    if len(found) not in (1, 2) or not all(1 <= side <= MOST_SIDE for side in found):
        raise InputError(
            f"no size of pictures: {size!r}",
            hint=f"a side from 1 to {MOST_SIDE:,}, or width and height such as 64x48",
            code="size",
        )
    return found[0], found[-1]


def check(crop: str, channels: int | None) -> None:
    """Refuse a crop or a number of channels that there is not.

    Raises:
        InputError: naming those that there are.
    """
    if crop not in CROPS:
        raise InputError(f"no crop {crop!r}", hint=f"one of: {', '.join(CROPS)}", code="crop")
    if channels is not None and channels not in MODES:
        raise InputError(f"no picture has {channels} channels", hint="1, 3 or 4", code="channels")


def widest(survey: Survey) -> int:
    """The channels in which nothing that most pictures show is lost, before they are looked at."""
    colour = len(survey) - survey.channels[1]
    if 2 * colour <= len(survey):
        return 1
    return 4 if 2 * survey.channels[4] > len(survey) else 3


def needed(some: Pixels) -> int:
    """The channels that pictures need that have more.

    Arguments:
        some: pictures with shape (N, C, H, W).

    Example:
        >>> needed(np.zeros((2, 3, 4, 4), np.uint8)), needed(np.full((2, 1, 4, 4), 7, np.uint8))
        (1, 1)
    """
    channels = some.shape[1]
    if channels == 1 or (channels == 4 and int(some[:, 3].min(initial=255)) < 255):
        return channels
    grey = bool((some[:, :1] == some[:, 1:3]).all())
    return 1 if grey else 3
