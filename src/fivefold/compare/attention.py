"""Where a causal Transformer looked in a sample of its own: softmax(Q K^T / sqrt(d_h)), the mean over heads."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from fivefold.codecs.sequences import SequenceCodec
from fivefold.compare.likeness import unit_label
from fivefold.compare.profile import Attention
from fivefold.families.writing import writer
from fivefold.model import Model
from fivefold.nets.transformer import Block, Transformer, rotary, rotate
from fivefold.seeds import seeded

SYMBOLS = 32
START = "◁"


@torch.no_grad()
def attention(model: Model, *, seed: int = 0) -> Attention | None:
    """The attention of a model that writes symbol by symbol over the first symbols of a sample.

    Arguments:
        model: any model.
        seed: of the sample.

    Returns:
        the weights of each layer; None for other families, nets and kinds of data.
    """
    family, codec = model.family, model.codec
    conditionals = writer(family)
    if conditionals is None or not isinstance(codec, SequenceCodec):
        return None
    if not isinstance(conditionals.net, Transformer):
        return None
    c = codec.condition({}, 1, seed=seed).to(model.device)
    x = family.sample(1, c, generator=seeded(model.device, "attention", seed))
    symbols = x.discrete[:, : min(SYMBOLS, int(x.mask.sum()))]
    layers = weights(conditionals.net, conditionals.embed(symbols).float())
    names = [
        unit_label(codec.alphabet.decode([symbol])) if symbol else START
        for symbol in symbols[0].tolist()
    ]
    rounded = [[[round(v, 3) for v in row] for row in layer[0].tolist()] for layer in layers]
    return Attention(family.name, names, rounded)


def weights(net: Transformer, h: Tensor) -> list[Tensor]:
    """The attention of each layer over embedded symbols h (B, L, d): the mean over heads, with shape (B, L, L).

    Example:
        >>> found = weights(Transformer(width=64, depth=2, heads=2), torch.randn(1, 5, 64))
        >>> len(found), bool(torch.allclose(found[0].sum(-1), torch.ones(1, 5)))
        (2, True)
    """
    places = torch.arange(h.shape[1], device=h.device)
    waves = rotary(places, net.head, net.theta)
    hidden = places[:, None] < places
    found = []
    for block in net.blocks:
        assert isinstance(block, Block)
        layer, n = block.attention, block.before_attention(h)
        q, k, v = (
            part(n).unflatten(-1, (-1, net.head)).transpose(1, 2)
            for part in (layer.q, layer.k, layer.v)
        )
        q, k = rotate(layer.q_norm(q), waves), rotate(layer.k_norm(k), waves)
        k, v = (part.repeat_interleave(q.shape[1] // part.shape[1], 1) for part in (k, v))
        scores = q @ k.mT / math.sqrt(net.head)
        p = scores.masked_fill(hidden, -math.inf).softmax(-1)
        found.append(p.mean(1))
        h = h + layer.o((p @ v).transpose(1, 2).flatten(2))
        n = block.before_mlp(h)
        h = h + block.mlp.down(functional.silu(block.mlp.gate(n)) * block.mlp.up(n))
    return found
