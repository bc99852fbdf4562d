"""The parts of the data: what families learn from, choose by, and never see."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from fivefold.intake import Codec
from fivefold.model import codec_from

NAMES = ("train", "validation", "holdout")


@dataclass(frozen=True)
class Parts:
    """Three parts of the data, and their codec.

    Arguments:
        train: what families learn from.
        validation: what they stop by.
        holdout: what nothing is learned from.
        codec: the codec, fitted.
        notices: what a reader must know of the split.
        folder: where they were read from; what jobs share lies there too.
    """

    train: pa.Table
    validation: pa.Table
    holdout: pa.Table
    codec: Codec
    notices: list[str] = field(default_factory=list)
    folder: Path | None = None

    def write(self, folder: Path) -> None:
        """Write the parts to a folder of temporary files."""
        for name in NAMES:
            feather.write_feather(getattr(self, name), folder / f"{name}.arrow", "uncompressed")
        state = {"kind": self.codec.kind, **self.codec.to_dict()}
        (folder / "codec.json").write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Parts:
        """The parts that `write` wrote."""
        state = json.loads((folder / "codec.json").read_text(encoding="utf-8"))
        train, validation, holdout = (
            feather.read_table(folder / f"{name}.arrow") for name in NAMES
        )
        return cls(train, validation, holdout, codec_from(state), folder=folder)
