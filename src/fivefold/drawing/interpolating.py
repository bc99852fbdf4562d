"""Ways between two data: their codes, and what lies between the codes.

A family that has an `encode` and a `decode` gives each datum a code that is spread like a normal distribution (the
flow's is uniform in a cube, and its quantile function makes it so). Between two such codes a and b with angle w the way

    sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b,   0 <= t <= 1,

keeps to where codes are likely; the straight line would cut through the middle, where none are.

References:
    Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.
    White, "Sampling generative networks", 2016, arXiv:1609.04468.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
import torch
from torch import Tensor

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.listings import CLASS
from fivefold.codecs.reading import read_data
from fivefold.errors import InputError
from fivefold.families import FAMILIES, Flow
from fivefold.model import Model, load
from fivefold.seeds import seeded
from fivefold.spaces import Batch

EDGE = 1e-6
TURNED = 1e-4
"""Codes at a smaller angle than this lie on a line."""


@runtime_checkable
class Coded(Protocol):
    """A family that knows the code of a datum."""

    def encode(self, x: Batch, *, generator: torch.Generator) -> Tensor:
        """The codes of B data, with shape (B, K)."""

    def decode(self, y: Tensor) -> Batch:
        """The data of B codes."""


def interpolate(
    model: Model | Path | str, first: Any, second: Any, *, steps: int = 8, seed: int = 0
) -> pa.Table:
    """The data on the way from one picture to another.

    Arguments:
        model: a model of pictures or its folder, of a family with codes.
        first: a path to a picture, or an array of pictures of which the first is taken.
        second: likewise.
        steps: how many pictures, the two ends among them as the model gives them back.
        seed: of what the codes leave open.

    Returns:
        The pictures in order.

    Raises:
        InputError: where the model is of another kind, or the family has no codes.
    """
    model = model if isinstance(model, Model) else load(model)
    if not isinstance(model.codec, ImageCodec):
        raise InputError(
            f"a model of kind {model.codec.kind} has no pictures to go between",
            hint="fit one on pictures",
            code="kind",
        )
    if not coded(model):
        known = [name for name, family in FAMILIES.items() if hasattr(family, "decode")]
        raise InputError(
            f"the {model.family.name} family has no codes between which one could go",
            hint=f"these have: {', '.join(known)}",
            code="no-code",
        )
    ends = [_encoded(model, picture, seed) for picture in (first, second)]
    return model.codec.decode(way(model, *ends, steps=steps, seed=seed))


def coded(model: Model) -> bool:
    """Whether a model's family knows the code of a datum."""
    return isinstance(model.family, Coded)


@torch.no_grad()
def way(model: Model, first: Batch, second: Batch, *, steps: int, seed: int = 0) -> Batch:
    """The data on the way between two data of a model's space.

    Arguments:
        model: of a family with codes.
        first: one datum.
        second: one datum.
        steps: how many, the ends among them.
        seed: of what the codes leave open.
    """
    family: Any = model.family
    generator = seeded(model.device, "interpolate", seed)
    both = Batch.cat([first, second]).to(model.device)
    y = family.encode(both, generator=generator)
    uniform = isinstance(family, Flow)
    y = torch.special.ndtri(y.clamp(EDGE, 1 - EDGE)) if uniform else y
    between = arc(y[0], y[1], torch.linspace(0, 1, steps, device=y.device, dtype=y.dtype))
    found: Batch = family.decode(torch.special.ndtr(between) if uniform else between)
    return found.to("cpu")


def arc(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the arc from a to b, with shape (n, K).

    Arguments:
        a: with shape (K,).
        b: with shape (K,).
        t: from 0 to 1, with shape (n,).

    Example:
        >>> arc(torch.eye(2)[0], torch.eye(2)[1], torch.tensor([0.0, 0.5])).norm(dim=1).round(decimals=4)
        tensor([1., 1.])
    """
    cosine = (a @ b / (a.norm() * b.norm()).clamp(min=1e-12)).clamp(-1, 1)
    w = torch.arccos(cosine)
    if w < TURNED or torch.pi - w < TURNED:
        return torch.lerp(a, b, t[:, None])
    return torch.sin((1 - t[:, None]) * w) / w.sin() * a + torch.sin(t[:, None] * w) / w.sin() * b


def _encoded(model: Model, picture: Any, seed: int) -> Batch:
    """The first picture of a file or an array as a datum: of the class that it says, or of the likeliest."""
    codec = model.codec
    assert isinstance(codec, ImageCodec)
    table = read_data(picture, kind=codec.kind)[1].slice(0, 1)
    if not codec.classes or CLASS in table.column_names:
        return codec.encode(table)[:]
    each = table.take(pa.array([0] * len(codec.classes)))
    x = codec.encode(each.append_column(CLASS, pa.array(codec.classes, pa.string())))
    if model.family.likelihood == "none":
        return x[:1]
    best = int(model.log_prob_of(x, seed=seed).argmax())
    return x[best : best + 1]
