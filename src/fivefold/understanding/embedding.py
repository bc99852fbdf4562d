"""Texts as points: the mean state of a text's symbols, with nothing hidden."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import torch
from torch import Tensor

from fivefold.errors import InputError
from fivefold.families.diffusion import Diffusion
from fivefold.model import Model
from fivefold.nets.sequences.denoiser import SequenceDenoiser
from fivefold.spaces import Batch, Sequences


@torch.no_grad()
def embed(model: Model, texts: Sequence[str]) -> Tensor:
    """Each text's place, with shape (n, d); texts of like use lie in like directions.

    Arguments:
        model: a model of sequences of the diffusion family.
        texts: n texts; one longer than the model's space is the mean of all its windows.

    Raises:
        InputError: where the model cannot read in both directions.
    """
    net = reader(model)
    data = encoded(model, texts)
    total = torch.zeros(len(texts), net.config["width"])
    count = torch.zeros(len(texts), 1)
    for part, owners in owned(data, net.block):
        x = part.to(model.device)
        states = net(x, torch.zeros_like(x.mask)).float() * x.mask[..., None]
        total.index_add_(0, owners, states.sum(1).cpu())
        count.index_add_(0, owners, part.mask.sum(1, keepdim=True).float())
    return total / count.clamp(min=1)


def reader(model: Model) -> SequenceDenoiser:
    """The net of a model that fills in blanks of sequences.

    Raises:
        InputError: where the model is of another family or of tables.
    """
    if isinstance(model.family, Diffusion) and isinstance(model.family.net, SequenceDenoiser):
        return model.family.net
    kind = model.codec.kind
    raise InputError(
        f"a model of the {model.family.name} family of kind {kind} does not fill in blanks",
        hint="train one on texts with `fivefold fit DATA --family diffusion`",
        code="cannot-fill",
    )


def encoded(model: Model, texts: Sequence[str]) -> Sequences:
    """The windows of texts; `owners` are their numbers."""
    column = getattr(model.codec, "column", "text")
    found = model.codec.encode(pa.table({column: pa.array(list(texts), pa.string())}), seed=0)
    assert isinstance(found, Sequences)
    return found


def owned(data: Sequences, size: int) -> list[tuple[Batch, Tensor]]:
    """The windows in batches of at most this size, each with its owners (B,)."""
    return list(zip(data.parts(size), data.owners.split(size), strict=True))
