"""Samples of a family in training, drawn anew at its validations: a file that can be watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.files import png
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.sound import SoundCodec
from fivefold.drawing.stretches import stretches
from fivefold.drawing.strips import rows_of
from fivefold.families import Family
from fivefold.files import write_atomically
from fivefold.intake import Codec
from fivefold.plots.stretches import small_multiples
from fivefold.plots.svg import standalone
from fivefold.seeds import seeded
from fivefold.spaces import Batch

PICTURES, PIXELS, STRETCHES = 36, 2**17, 6
SHARE = 0.05
"""Drawing takes at most this share of the time of the training so far."""


class LiveSheet:
    """A file of samples that is renewed as training goes.

    Arguments:
        path: the file; a reader sees it whole at any time.
        drawn: what data of the space look like, as the content of a file.
        count: how many are drawn.
    """

    def __init__(self, path: Path, drawn: Callable[[Batch], bytes], count: int) -> None:
        self.path, self.drawn, self.count = path, drawn, count
        self.spent = 0.0

    def __call__(self, family: Family, point: dict[str, float]) -> None:
        """Draw, unless drawing has taken more than its share of the time."""
        if self.spent <= SHARE * point["seconds"]:
            started = time.process_time()
            self.draw(family)
            self.spent += time.process_time() - started

    @torch.no_grad()
    def draw(self, family: Family) -> None:
        """Draw samples of the family as it is, always from the same noise, and renew the file."""
        generator = seeded(next(family.parameters()).device, "live")
        x = family.sample(self.count, generator=generator)
        write_atomically(self.path, self.drawn(x.to("cpu")))


def live_sheet(codec: Codec, folder: Path | None) -> LiveSheet | None:
    """The file of samples that suits a kind of data: `samples.png` or `samples.svg`; None where there is none.

    Arguments:
        codec: of the data, fitted.
        folder: of the model, None where it is not kept.
    """
    own: Any = codec
    if folder is None:
        return None
    if isinstance(own, ImageCodec | SoundCodec):
        count = max(4, min(PICTURES, PIXELS // (own.space.extent[0] * own.space.extent[1])))
        return LiveSheet(folder / "samples.png", lambda x: png(_sheet(own, x)), count)
    if isinstance(own, SeriesCodec):

        def plotted(x: Batch) -> bytes:
            found = stretches(own, own.decode(x, seed=0))
            return standalone(small_multiples(found, "Samples")).encode()

        return LiveSheet(folder / "samples.svg", plotted, STRETCHES)
    return None


def _sheet(codec: ImageCodec | SoundCodec, x: Batch) -> Any:
    """Pictures, or spectra with low tones below, beside one another."""
    levels = codec.scale.levels(x.continuous)
    return rows_of(levels if isinstance(codec, ImageCodec) else levels[:, :, ::-1])
