"""How probable texts, or rows, are under a model: log-probability, bits per byte, and that of each symbol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from fivefold.codecs.reading import read_data
from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError, NoLikelihoodError
from fivefold.families import FAMILIES, Autoregressive
from fivefold.model import Model, load
from fivefold.spaces import Sequences


@dataclass(frozen=True)
class Score:
    """How probable one text or row is.

    Arguments:
        text: the text; empty for a row.
        log_prob: log p in nats: exact, or a lower bound.
        size: its bytes in UTF-8, None for a row.
        symbols: (text, log p) of each symbol, the end last as an empty text; empty where the family knows only the
            whole.
    """

    text: str
    log_prob: float
    size: int | None = None
    symbols: list[tuple[str, float]] = field(default_factory=list)

    @property
    def bits_per_byte(self) -> float | None:
        """-log2 p over the bytes; None for a row and for an empty text."""
        return -self.log_prob / math.log(2) / self.size if self.size else None

    def to_dict(self) -> dict[str, Any]:
        """The score as JSON can hold it."""
        told = {"text": self.text} if self.size is not None else {}
        each = [{"text": text, "log_prob": value} for text, value in self.symbols]
        return {
            **told,
            "log_prob": self.log_prob,
            "bits_per_byte": self.bits_per_byte,
            **({"symbols": each} if each else {}),
        }


def score(
    model: Model | Path | str, data: Any, *, symbols: bool = False, seed: int = 0
) -> list[Score]:
    """How probable texts or rows are under a model.

    Arguments:
        model: a model or its folder.
        data: a text, a list of texts, a path, a frame or an Arrow table; a string that is no file is a text.
        symbols: whether each symbol is told, where the family can.
        seed: of the noise of a bound.

    Returns:
        one score for each text or row.

    Raises:
        NoLikelihoodError: where the family has no likelihood.
        InputError: where a model of a table is given a text.
    """
    model = model if isinstance(model, Model) else load(model)
    if model.family.likelihood == "none":
        known = ", ".join(name for name, kind in FAMILIES.items() if kind.likelihood != "none")
        raise NoLikelihoodError(
            f"the {model.family.name} family has no likelihood",
            hint=f"these have one, or a bound: {known}",
            code="no-likelihood",
        )
    table = _table(model, data)
    found = model.log_prob(table, seed=seed).tolist()
    codec = model.codec
    if not isinstance(codec, SequenceCodec):
        return [Score("", value) for value in found]
    texts = [text or "" for text in codec.texts(table).to_pylist()]
    each = _symbols(model, codec, table) if symbols else [[] for _ in texts]
    return [
        Score(text, value, len(text.encode()), parts)
        for text, value, parts in zip(texts, found, each, strict=True)
    ]


def total(scores: Sequence[Score]) -> dict[str, float | None]:
    """The scores of several texts together.

    Example:
        >>> total([Score("ab", -2.0, 2), Score("cd", -4.0, 2)])["log_prob"]
        -6.0
    """
    log_prob = sum(score.log_prob for score in scores)
    size = sum(score.size or 0 for score in scores)
    bits = -log_prob / math.log(2) / size if size else None
    return {"log_prob": log_prob, "bits_per_byte": bits}


def _table(model: Model, data: Any) -> pa.Table:
    codec, is_text = model.codec, isinstance(data, str) and not _is_place(data)
    if isinstance(codec, SequenceCodec):
        texts = [data] if is_text else data if _are_texts(data) else None
        if texts is not None:
            return pa.table({codec.column: pa.array(texts, pa.string())})
    elif is_text:
        raise InputError(
            "no such file; a model of a table scores the rows of one",
            where=str(data),
            hint="give a file with the columns that the model was trained on",
            code="no-file",
        )
    table: pa.Table = read_data(data, kind=codec.kind)[1]
    return table


def _is_place(text: str) -> bool:
    """Whether a string names a file or an address rather than being a text."""
    try:
        return "://" in text.split(" ")[0] or text == "-" or Path(text).exists()
    except (OSError, ValueError):
        return False


def _are_texts(data: Any) -> bool:
    return isinstance(data, list | tuple) and all(isinstance(item, str) for item in data)


@torch.no_grad()
def _symbols(model: Model, codec: SequenceCodec, table: pa.Table) -> list[list[tuple[str, float]]]:
    """The symbols of each text with their log p; nothing where the family knows only the whole."""
    found: list[list[tuple[str, float]]] = [[] for _ in range(len(table))]
    if not isinstance(model.family, Autoregressive):
        return found
    x: Sequences = codec.encode(table)
    names = [codec.alphabet.decode([symbol]) for symbol in range(1, codec.alphabet.size)]
    names.insert(0, "")
    for owner, start in zip(x.owners.tolist(), range(len(x)), strict=True):
        part = x[start : start + 1].to(model.device)
        terms = model.family.conditionals.log_prob(part)[0, 1:].tolist()
        symbols = part.discrete[0, 1:].tolist()
        found[owner] += [(names[s], value) for s, value in zip(symbols, terms, strict=True)]
    return found
