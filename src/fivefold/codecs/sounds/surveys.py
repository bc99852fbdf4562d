"""The form that suits a set of sounds: their rate and length, by what their heads say of all of them.

| what | is |
|---|---|
| rate | that of most sounds, but from 8,000 Hz to 16,000 Hz; up to 24,000 Hz where it is asked for |
| length | what 95% of the sounds do not pass, at most `LONGEST` seconds unless more is asked for |
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from fivefold.codecs.sounds.files import Look
from fivefold.codecs.sounds.spectra import FRAMES, Form
from fivefold.errors import InputError

LOWEST, CHOSEN, HIGHEST = 8_000, 16_000, 24_000
LONGEST, MOST_SECONDS = 2.0, 60.0
USUAL = 0.95
STEP = 4
"""The number of frames is a multiple of it."""


@dataclass
class Survey:
    """What the heads of a set of sounds say.

    Arguments:
        seconds: the length of each.
        rates: how many have each rate.
        several: how many have several channels.

    Example:
        >>> survey = Survey.of([Look(4_000, 8_000), Look(4_800, 8_000), Look(44_100, 44_100, 2)])
        >>> survey.form(None, None)
        Form(rate=8000, frames=48)
    """

    seconds: list[float] = field(default_factory=list)
    rates: Counter[int] = field(default_factory=Counter)
    several: int = 0

    @classmethod
    def of(cls, looks: Iterable[Look]) -> Survey:
        """Count them."""
        found = cls()
        for seen in looks:
            found.seconds.append(seen.seconds)
            found.rates[seen.rate] += 1
            found.several += seen.channels > 1
        return found

    def __len__(self) -> int:
        return len(self.seconds)

    def form(self, rate: int | None, seconds: float | None) -> Form:
        """The form that suits, or that is asked for."""
        usual = self.rates.most_common(1)[0][0]
        length = seconds or min(LONGEST, float(np.quantile(self.seconds, USUAL)))
        frames = STEP * max(2, math.ceil(length * FRAMES / STEP - 1e-9))
        return Form(rate or min(CHOSEN, max(LOWEST, usual)), frames)

    def notices(self, form: Form) -> list[str]:
        """What is done to the sounds to bring them to a form."""
        said, of = [], f"of {len(self):,} sounds"
        if odd := len(self) - self.rates[form.rate]:
            said.append(f"{odd:,} {of} are brought from other rates to {form.rate:,} Hz")
        if self.several:
            said.append(f"{self.several:,} {of} have several channels: their mean is taken")
        if longer := sum(length > form.seconds * (1 + 1e-6) for length in self.seconds):
            said.append(f"{longer:,} {of} are longer than {form.seconds:g} s: cut into windows")
        return said


def check(rate: int | None, seconds: float | None) -> None:
    """Refuse a rate or a length that is not worked with.

    Raises:
        InputError: naming those that are.
    """
    if rate is not None and not LOWEST <= rate <= HIGHEST:
        raise InputError(
            f"a rate of {rate:,} Hz is not worked with",
            hint=f"{LOWEST:,} to {HIGHEST:,}",
            code="rate",
        )
    if seconds is not None and not 0 < seconds <= MOST_SECONDS:
        raise InputError(
            f"sounds of {seconds:g} s are not worked with",
            hint=f"more than 0 and at most {MOST_SECONDS:g}",
            code="seconds",
        )
