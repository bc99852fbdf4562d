"""The weights of a language model, taken out of a family and put into one, whatever file they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from fivefold.errors import InputError
from fivefold.exchange.layout import Layout
from fivefold.families import Autoregressive, Family
from fivefold.families.writing import writer
from fivefold.nets.sequences.causal import SequenceConditionals
from fivefold.nets.transformer import Block, RMSNorm, Transformer
from fivefold.spaces import Space

Array = NDArray[np.float32]
Names = tuple[str, str, str]
LENGTH = 2_048
"""The longest context that is made unasked: its model may have learned a longer one."""
BY_SYMBOL = ("embed.weight", "head.weight")
"""Weights with one row a symbol."""


class Source(Protocol):
    """Weights from elsewhere, by their three names: ours, Hugging Face's, GGUF's."""

    def shape(self, names: Names) -> tuple[int, ...]:
        """The shape of a weight; an InputError where there is none."""
        ...

    def array(self, names: Names) -> Array:
        """A weight, float32."""
        ...


def conditionals_of(family: Family) -> SequenceConditionals:
    """The causal net of a family that is a language model.

    Raises:
        InputError: where the family is another, or its net no Transformer.
    """
    found = writer(family)
    if found is None:
        raise InputError(
            f"the {family.name} family over {family.space.sort} has no form that others can load",
            hint="train with --family autoregressive on text, code, molecules or another sequence",
            code="not-exportable",
        )
    if found.config["net"] != "transformer":
        raise InputError(
            f"a model with the net {found.config['net']!r} has no form that others can load",
            hint="train with the transformer",
            code="not-exportable",
        )
    return found


def layout_of(family: Family) -> Layout:
    """The layout of a family that is a language model."""
    conditionals, space = conditionals_of(family), family.space
    net = conditionals.net
    assert isinstance(net, Transformer)
    block = net.blocks[0]
    assert isinstance(block, Block)
    return Layout(
        architecture="qwen3" if isinstance(block.attention.q_norm, RMSNorm) else "llama",
        alphabet=space.alphabet,
        length=space.positions,
        width=net.width,
        depth=len(net.blocks),
        heads=block.attention.heads,
        groups=block.attention.groups,
        hidden=block.mlp.gate.out_features,
        head=block.attention.head,
        theta=net.theta,
        epsilon=net.norm.epsilon,
        tied=conditionals.config["tied"],
    )


def weight(family: Family, name: str, order: Sequence[int] | None = None) -> Array:
    """One weight by our name, float32; rows of symbols in the order wanted.

    Arguments:
        family: the model.
        name: ours.
        order: for each row of the result, which of our symbols it is; as they are if None.
    """
    found = conditionals_of(family).state_dict()[name].detach().float().cpu().numpy()
    if order is not None and name in BY_SYMBOL:
        found = found[np.asarray(order)]
    return np.ascontiguousarray(found)


@torch.no_grad()
def assembled(
    layout: Layout, length: int, source: Source, order: Sequence[int] | None = None
) -> Autoregressive:
    """The family that a layout and weights from elsewhere make.

    Every shape is checked before anything is allocated: what a configuration claims, the file must hold.

    Arguments:
        layout: the layout.
        length: the positions of its space.
        source: the weights.
        order: for each of our symbols, which row of the foreign weights it is; as they are if None.

    Raises:
        InputError: where a weight is absent or has another shape than the layout says.
    """
    for names in layout.names():
        if (found := source.shape(names)) != layout.shape(names[0]):
            raise InputError(
                f"the tensor {names[1]!r} has shape {list(found)}, "
                f"its configuration says {list(layout.shape(names[0]))}",
                hint="take the model from its source again",
                code="wrong-shape",
            )
    family = _family(layout, length)
    places = conditionals_of(family).state_dict(keep_vars=True)
    for names in layout.names():
        array = source.array(names)
        if order is not None and names[0] in BY_SYMBOL:
            array = array[np.asarray(order)]
        places[names[0]].copy_(torch.tensor(array))
    return family


def _family(layout: Layout, length: int) -> Autoregressive:
    return Autoregressive(
        Space.sequence(layout.alphabet, length),
        net="transformer",
        tied=layout.tied,
        width=layout.width,
        depth=layout.depth,
        heads=layout.heads,
        groups=layout.groups,
        hidden=layout.hidden,
        head=layout.head,
        qk_norm=layout.architecture == "qwen3",
        theta=layout.theta,
        epsilon=layout.epsilon,
    )
