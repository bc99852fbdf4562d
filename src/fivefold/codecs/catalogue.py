"""The codec of every kind of data."""

from __future__ import annotations

from typing import Any

from fivefold.codecs.code import CodeCodec
from fivefold.codecs.events import EventCodec
from fivefold.codecs.image import ImageCodec
from fivefold.codecs.log import LogCodec
from fivefold.codecs.molecule import MoleculeCodec
from fivefold.codecs.music import MusicCodec
from fivefold.codecs.protein import ProteinCodec
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.sound import SoundCodec
from fivefold.codecs.table import TableCodec
from fivefold.codecs.text import TextCodec
from fivefold.codecs.track import TrackCodec

CODECS: dict[str, Any] = {
    "table": TableCodec,
    "text": TextCodec,
    "code": CodeCodec,
    "molecule": MoleculeCodec,
    "protein": ProteinCodec,
    "events": EventCodec,
    "log": LogCodec,
    "music": MusicCodec,
    "image": ImageCodec,
    "series": SeriesCodec,
    "track": TrackCodec,
    "sound": SoundCodec,
}
