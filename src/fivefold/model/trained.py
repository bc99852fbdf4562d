"""A trained family with its codec and its evidence: what a model can be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from fivefold.codecs.table import TableCodec
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.intake import Codec
from fivefold.model.chunks import Chunks, Known, chunk_of
from fivefold.model.folder import write
from fivefold.seeds import seeded
from fivefold.spaces import Data, Sequences


@dataclass(frozen=True)
class Model:
    """A trained family with the codec of its data and the evidence of its making.

    Arguments:
        family: the trained family.
        codec: the codec of its data.
        evidence: what is known of it, as JSON can hold it.
    """

    family: Family
    codec: Codec
    evidence: dict[str, Any]

    def sample(
        self,
        rows: int,
        *,
        where: Mapping[str, object] | None = None,
        balance: str | None = None,
        seed: int = 0,
        avoid: pa.Table | None = None,
        **how: Any,
    ) -> Iterator[pa.Table]:
        """New rows of a table, or new texts, molecules, ...: in chunks.

        Arguments:
            rows: how many.
            where: columns and the values that every row shall have; for sequences the `prompt` they begin with; for
                grids their labels, such as the `class` of a picture.
            balance: a column whose values shall be equally frequent; tables only.
            seed: the same seed gives the same rows.
            avoid: rows that must not be reproduced; a row equal to one of them is drawn anew.
            how: options of the family's sampler, such as `steps` of a diffusion.

        Raises:
            InputError: where a column or value is unknown, or rows cannot be drawn without copies.
        """
        if balance is not None and not isinstance(self.codec, TableCodec):
            raise InputError(
                f"there are no columns to balance in a model of {self.codec.kind}",
                hint="give a prompt instead",
                code="balance",
            )
        chunks = Chunks(self, where or {}, balance, seed, how)
        known = Known(avoid) if avoid is not None else None
        most = chunk_of(self.family.space)
        for number, start in enumerate(range(0, rows, most)):
            yield chunks.chunk(number, min(most, rows - start), start, rows, known)

    def log_prob(self, table: pa.Table, *, seed: int = 0) -> Tensor:
        """log p(row) in nats with shape (rows,): exact, or a lower bound, as the family says.

        A sequence that is longer than the space is the sum of its windows, each given the symbol before it.

        Raises:
            NoLikelihoodError: where the family has none.
        """
        x = self.codec.encode(table, seed=seed)
        each = self.log_prob_of(x, seed=seed)
        if not isinstance(x, Sequences):
            return each
        return torch.zeros(len(table), dtype=torch.float64).index_add_(0, x.owners, each)

    @torch.no_grad()
    def log_prob_of(self, x: Data, *, seed: int = 0) -> Tensor:
        """log p of each encoded datum in nats with shape (len(x),), in the data's own units."""
        size = chunk_of(self.family.space)
        parts = [
            self.family.log_prob(
                part.to(self.device), generator=seeded(self.device, "log_prob", seed, i * size)
            )
            for i, part in enumerate(x.parts(size))
        ]
        return torch.cat(parts).cpu().double() + self.codec.log_volume(x)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        tensors = chain(self.family.parameters(), self.family.buffers(), [torch.empty(0)])
        return next(tensors).device

    @property
    def parameters(self) -> int:
        """The number of trained parameters."""
        return sum(p.numel() for p in self.family.parameters())

    def describe(self) -> dict[str, Any]:
        """What `fivefold inspect` prints."""
        return {
            "family": self.family.name,
            "likelihood": self.family.likelihood,
            "parameters": self.parameters,
            "config": self.family.config,
            "space": {
                "continuous": self.family.space.dimensions,
                "discrete": self.family.space.positions,
            },
            "kind": self.codec.kind,
            **self.codec.describe(),
            "notices": [
                *self.codec.notices,
                *self.evidence.get("training", {}).get("notices", ()),
            ],
            "evidence": self.evidence,
        }

    def save(self, folder: Path | str) -> Path:
        """Write the folder; the manifest comes last, so that a half-written folder is never loaded."""
        write(self, Path(folder))
        return Path(folder)
