"""A model is a folder.

    config.json         the family, its configuration and its space
    model.safetensors   the weights
    codec.json          how files become tensors and back
    evidence.json       what it was trained on, how, where, and what was measured of it
    README.md           the model card, for people
    manifest.json       the SHA-256 digest of each of these

Nothing in it is ever unpickled, and a folder whose digests do not match is not loaded. Samples come in chunks, each a
function of (seed, number of the chunk) alone: a hundred million need no more memory than one chunk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from safetensors.torch import load as weights_from_bytes
from safetensors.torch import save as weights_to_bytes
from torch import Tensor

from fivefold.cards import card
from fivefold.codecs import CODECS
from fivefold.codecs.table import TableCodec
from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family
from fivefold.files import read_json, sha256, write_atomically
from fivefold.intake import Codec
from fivefold.seeds import seeded
from fivefold.spaces import Condition, Data, Sequences, Space

FORMAT = 2
"""1 knew tables only: its `codec.json` names no kind."""
CHUNK, CHUNK_SYMBOLS, CHUNK_NUMBERS = 8_192, 2**16, 2**18
TRIES = 50
FILES = ("config.json", "model.safetensors", "codec.json", "evidence.json", "README.md")


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
        draw = _Draw(self, where or {}, balance, seed, how)
        copies = Known(avoid) if avoid is not None else None
        most = chunk_of(self.family.space)
        for number, start in enumerate(range(0, rows, most)):
            size = min(most, rows - start)
            chunk = draw.table(number, size, start)
            for attempt in range(1, TRIES + 1):
                if copies is None or not (again := copies.positions(chunk)):
                    break
                fresh = draw.table((number, attempt), len(again), start + rows * attempt)
                chunk = _replaced(chunk, again, fresh)
            else:
                raise InputError(
                    f"{len(again)} of {size} rows equal a row to avoid after {TRIES} draws",
                    hint="the table has few distinct rows: leave --avoid out",
                    code="copies",
                )
            yield chunk

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
        from fivefold import __version__

        folder = Path(folder)
        config = {
            "format": FORMAT,
            "fivefold": __version__,
            "family": self.family.name,
            "config": self.family.config,
            "space": self.family.space.to_dict(),
        }
        second, state = tied(self.family), self.family.state_dict()
        weights = {k: v.detach().cpu().contiguous() for k, v in state.items() if k not in second}
        contents = {
            "config.json": _json(config),
            "model.safetensors": weights_to_bytes(weights),
            "codec.json": _json({"kind": self.codec.kind, **self.codec.to_dict()}),
            "evidence.json": _json(self.evidence),
            "README.md": card(self.describe()).encode(),
        }
        (folder / "manifest.json").unlink(missing_ok=True)
        for name, content in contents.items():
            write_atomically(folder / name, content)
        digests = {name: sha256(folder / name) for name in FILES}
        write_atomically(folder / "manifest.json", _json({"format": FORMAT, "files": digests}))
        return folder


def load(folder: Path | str, *, device: str | torch.device = "cpu") -> Model:
    """The model in a folder, verified.

    Arguments:
        folder: what `fivefold fit` wrote.
        device: where its weights shall be.

    Raises:
        InputError: where a file is missing, altered, truncated, or of a newer version of fivefold.
    """
    folder = Path(folder)
    verify(folder)
    config = read_json(folder / "config.json", code="damaged-model")
    if config.get("family") not in FAMILIES:
        raise InputError(
            f"unknown family {config.get('family')!r}",
            where=str(folder / "config.json"),
            hint=f"this version knows {', '.join(FAMILIES)}",
            code="unknown-family",
        )
    try:
        space = Space.from_dict(config["space"])
        family = FAMILIES[config["family"]](space, **config["config"])
        weights = weights_from_bytes((folder / "model.safetensors").read_bytes())
        family.load_state_dict(weights | {k: weights[v] for k, v in tied(family).items()})
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"weights and configuration do not fit ({error})",
            where=str(folder),
            hint="train the model anew or take the folder from its source again",
            code="damaged-model",
        ) from error
    codec = codec_from(
        read_json(folder / "codec.json", code="damaged-model"), str(folder / "codec.json")
    )
    if codec.space != space:
        raise InputError(
            "the codec is of another model: its space is not that of the weights",
            where=str(folder),
            hint="take the folder from its source again",
            code="damaged-model",
        )
    family.requires_grad_(False).eval()
    return Model(
        family.to(device), codec, read_json(folder / "evidence.json", code="damaged-model")
    )


def tied(family: Family) -> dict[str, str]:
    """Weights that are others under a second name, such as those of a tied head: the other name of each.

    Example:
        >>> from fivefold.families import Autoregressive
        >>> tied(Autoregressive(Space.sequence(9, 8), width=64, depth=1, tied=True))
        {'conditionals.head.weight': 'conditionals.embed.weight'}
    """
    first: dict[int, str] = {}
    named = family.state_dict(keep_vars=True).items()
    known = {name: first.setdefault(id(weight), name) for name, weight in named}
    return {name: other for name, other in known.items() if other != name}


def codec_from(state: Mapping[str, Any], where: str = "codec.json") -> Codec:
    """The codec of a `codec.json`, by the kind that it names; a table where it names none."""
    kind = state.get("kind", "table")
    if kind not in CODECS:
        raise InputError(
            f"unknown kind of data {kind!r}",
            where=where,
            hint=f"this version knows {', '.join(CODECS)}",
            code="unknown-kind",
        )
    own = {name: value for name, value in state.items() if name != "kind" or kind != "table"}
    found: Codec = CODECS[kind].from_dict(own)
    return found


def chunk_of(space: Space) -> int:
    """How many data are drawn or judged at a time: rows of a table many, long sequences and large grids fewer.

    Example:
        >>> chunk_of(Space((3,))), chunk_of(Space.sequence(90, 1024)), chunk_of(Space.grid(1, (28, 28)))
        (8192, 64, 334)
    """
    if space.sort == "sequence":
        return min(CHUNK, max(16, CHUNK_SYMBOLS // space.positions))
    if space.sort == "grid":
        return min(CHUNK, max(16, CHUNK_NUMBERS // space.dimensions))
    return CHUNK


def verify(folder: Path | str) -> None:
    """Check that a folder is a whole and unaltered model of a version that can be read.

    Raises:
        InputError: naming the first file that is not as the manifest says.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            "no such model folder",
            where=str(folder),
            hint="`fivefold fit DATA --out MODEL` makes one",
            code="no-model",
        )
    if not (folder / "manifest.json").exists():
        state = "its training was interrupted" if (folder / "training").exists() else "no manifest"
        raise InputError(
            f"not a finished model folder ({state})",
            where=str(folder),
            hint="finish it with `fivefold fit DATA --out MODEL --resume`",
            code="no-manifest",
        )
    manifest = read_json(folder / "manifest.json", code="damaged-model")
    if not isinstance(manifest.get("format"), int) or manifest["format"] > FORMAT:
        raise InputError(
            f"the model has format {manifest.get('format')!r}, this version reads up to {FORMAT}",
            where=str(folder),
            hint="pip install --upgrade fivefold",
            code="newer-model",
        )
    digests = manifest.get("files")
    for name in FILES:
        expected = digests.get(name) if isinstance(digests, dict) else None
        if not (folder / name).is_file():
            raise InputError("is missing", where=str(folder / name), code="missing-file")
        if expected != sha256(folder / name):
            raise InputError(
                "was altered or truncated: its digest is not the manifest's",
                where=str(folder / name),
                hint="take the folder from its source again; an altered model is not loaded",
                code="tampered-model",
            )


class Known:
    """A set of rows, for telling which of others are among them.

    Example:
        >>> known = Known(pa.table({"a": [1, 2], "b": ["x", "y"]}))
        >>> known.positions(pa.table({"a": [2, 2], "b": ["x", "y"]}))
        [1]
    """

    def __init__(self, table: pa.Table) -> None:
        self.columns = table.column_names
        self.rows = set(_keys(table, self.columns))

    def positions(self, table: pa.Table) -> list[int]:
        """The positions of those rows that are known."""
        return [i for i, key in enumerate(_keys(table, self.columns)) if key in self.rows]


class _Draw:
    """Chunks of rows under a condition."""

    def __init__(
        self,
        model: Model,
        where: Mapping[str, object],
        balance: str | None,
        seed: int,
        how: dict[str, Any],
    ) -> None:
        self.model, self.where, self.balance, self.seed, self.how = (
            model,
            where,
            balance,
            seed,
            how,
        )

    def table(self, number: object, size: int, start: int) -> pa.Table:
        generator = seeded(self.model.device, "sample", self.seed, number)
        c = self._condition(size, generator)
        x = self.model.family.sample(size, c, generator=generator, **self.how)
        seed = int(torch.randint(2**62, (), generator=generator, device=self.model.device))
        rows = self.model.codec.decode(x.to("cpu"), seed=seed, start=start)
        return self.model.codec.impose(rows, self.where)

    @property
    def table_codec(self) -> TableCodec:
        assert isinstance(self.model.codec, TableCodec)
        return self.model.codec

    @cached_property
    def values(self) -> list[object]:
        assert self.balance is not None
        return self.table_codec.choices(self.balance)

    def _condition(self, size: int, generator: torch.Generator) -> Condition | None:
        columns: dict[str, object] = dict(self.where)
        seed = int(torch.randint(2**62, (), generator=generator, device=self.model.device))
        begins = bool(self.model.family.space.given.any())
        c = self.model.codec.condition(columns, size, seed=seed) if columns or begins else None
        if self.balance is not None:
            order = torch.randperm(size, generator=generator, device=self.model.device)
            drawn = [self.values[i % len(self.values)] for i in order.tolist()]
            balanced = self.table_codec.condition_values(self.balance, drawn)
            c = balanced if c is None else _both(c, balanced)
        return None if c is None else c.to(self.model.device)


def _both(a: Condition, b: Condition) -> Condition:
    values = Condition(b.values, b.continuous, b.discrete).impose(a.values)
    return Condition(values, a.continuous | b.continuous, a.discrete | b.discrete)


def _replaced(table: pa.Table, positions: list[int], fresh: pa.Table) -> pa.Table:
    keep = torch.arange(len(table))
    keep[positions] = torch.arange(len(table), len(table) + len(fresh))
    return pa.concat_tables([table, fresh]).take(pa.array(keep.numpy()))


def _keys(table: pa.Table, columns: list[str]) -> Iterator[tuple[object, ...]]:
    shared = [name for name in columns if name in table.column_names]
    return zip(*(table[name].to_pylist() for name in shared), strict=True)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()
