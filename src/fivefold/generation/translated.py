"""The same models written on by CTranslate2, a library for fast inference that knows int8 weights.

What it cannot do is refused, not left out: constraints, `min_p`, log-probabilities, guessing ahead, texts beyond the
model's context. In float32 greedy texts are those of `Engine`. Sampled ones are others: the same seed and the same
prompts give the same texts, but the library has one source of randomness, so that a text depends on those beside it.

References:
    Klein et al., "The OpenNMT neural machine translation toolkit", AMTA 2020; https://github.com/OpenNMT/CTranslate2.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import torch
from torch import Tensor

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError, MissingExtraError
from fivefold.exchange.weights import conditionals_of, layout_of
from fivefold.families import Family
from fivefold.generation.engine import ROWS, Settings
from fivefold.generation.rows import Generation
from fivefold.generation.texts import Text
from fivefold.nets.transformer import Block, RMSNorm, Transformer
from fivefold.spaces import END

Precision = Literal["float32", "int8"]


class TranslatedEngine:
    """A model laid out for CTranslate2; make it once, use it often.

    Arguments:
        family: an autoregressive model or a flow over sequences whose net is a Transformer; its weights are copied.
        codec: what its symbols mean.
        precision: `float32`, or `int8`: smaller and faster, and what is written may be another.

    Raises:
        MissingExtraError: where `ctranslate2` is not installed.
        InputError: where the model is another.
    """

    def __init__(
        self, family: Family, codec: SequenceCodec, precision: Precision = "float32"
    ) -> None:
        self.library, self.codec, self.precision = _library(), codec, precision
        self.context = family.space.positions
        self.files = _files(_specification(family))
        self.generator = self._generator()

    def generate(self, prompts: Sequence[str], settings: Settings) -> list[Generation]:
        """What is written after each prompt, in their order: as `Engine.generate`.

        Raises:
            InputError: where more is asked for than the library can do.
        """
        given = [self.codec.prompts([prompt]) for prompt in prompts]
        contexts = [c.values.discrete[c.discrete].tolist() for c in given]
        room = self.context - max(map(len, contexts), default=0)
        most = settings.max_symbols or room
        _refuse(settings, most > room, room)
        if settings.choice.temperature > 0:
            self.library.set_random_seed(settings.seed)
            self.generator = self._generator()
        found: dict[int, Generation] = {}
        order = sorted(range(len(prompts)), key=lambda number: len(contexts[number]))
        for _, alike in groupby(order, key=lambda number: len(contexts[number])):
            numbers = list(alike)
            written = self._written([contexts[number] for number in numbers], settings, most)
            for number, symbols in zip(numbers, written, strict=True):
                found[number] = self._generation(
                    prompts[number], contexts[number], symbols, settings, most
                )
        return [found[number] for number in range(len(prompts))]

    def _written(
        self, contexts: list[list[int]], settings: Settings, most: int
    ) -> list[list[int]]:
        """The symbols after contexts of one length: of unequal ones the library counts the prompts' ends as written."""
        choice = settings.choice
        found = self.generator.generate_batch(
            [[str(symbol) for symbol in context] for context in contexts],
            max_batch_size=ROWS,
            include_prompt_in_result=False,
            max_length=most,
            sampling_topk=(choice.top_k or 0) if choice.temperature > 0 else 1,
            sampling_topp=choice.top_p,
            sampling_temperature=choice.temperature or 1.0,
            repetition_penalty=choice.repetition_penalty,
        )
        return [result.sequences_ids[0] for result in found]

    def _generation(
        self, prompt: str, context: list[int], symbols: list[int], settings: Settings, most: int
    ) -> Generation:
        """One text, cut where it was to stop."""
        text = Text(self.codec.alphabet, context, settings.stop)
        for count, symbol in enumerate(symbols, 1):
            text.add(symbol)
            if text.stopped:
                return Generation(prompt, text.whole, symbols[:count], "stop", [])
        text.finish()
        finished = "stop" if text.stopped else "length" if len(symbols) == most else "end"
        return Generation(prompt, text.whole, symbols, finished, [])

    def _generator(self) -> Any:
        """A new one: only those read the seed that was set before."""
        return self.library.Generator(
            "model",
            files=self.files,
            compute_type=self.precision,
            intra_threads=torch.get_num_threads(),
        )


def _refuse(settings: Settings, beyond: bool, room: int) -> None:
    wishes = {
        "write under a constraint": settings.constraint is not None,
        "choose by min_p": settings.choice.min_p > 0,
        "give log-probabilities": settings.log_probs,
        "guess ahead": settings.speculate,
        f"write more than {room} symbols after these prompts": beyond,
    }
    for wish, asked in wishes.items():
        if asked:
            raise InputError(
                f"ctranslate2 cannot {wish}",
                hint="leave this out, or take the engine fivefold",
                code="engine",
            )


def _specification(family: Family) -> Any:
    """The model as the library describes models: Llama's layout, or Qwen3's."""
    layout, conditionals = layout_of(family), conditionals_of(family)
    specs, swish = (
        import_module("ctranslate2.specs"),
        _library().specs.common_spec.Activation.SWISH,
    )
    found = specs.TransformerDecoderModelSpec.from_config(
        layout.depth,
        layout.heads,
        activation=swish,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=layout.head,
        rotary_interleave=False,
        rotary_base=layout.theta,
        num_heads_kv=layout.groups,
        head_dim=layout.head,
        qk_norm=layout.architecture == "qwen3",
    )
    net, decoder = conditionals.net, found.decoder
    assert isinstance(net, Transformer)
    decoder.scale_embeddings = False
    decoder.embeddings.weight = _array(conditionals.embed.weight)
    decoder.layer_norm.gamma = _array(net.norm.weight)
    decoder.projection.weight = _array(conditionals.head.weight)
    for layer, block in zip(decoder.layer, net.blocks, strict=True):
        assert isinstance(block, Block)
        _fill(layer, block)
    end = str(END)
    found.register_vocabulary([str(symbol) for symbol in range(layout.alphabet)])
    found.config.bos_token = found.config.eos_token = found.config.unk_token = end
    found.config.layer_norm_epsilon = layout.epsilon
    found.validate()
    found.optimize()
    return found


def _fill(layer: Any, block: Block) -> None:
    """The weights of a block."""
    attention, mlp = block.attention, block.mlp
    theirs, perceptron = layer.self_attention, layer.ffn
    theirs.layer_norm.gamma = _array(block.before_attention.weight)
    theirs.linear[0].weight = _array(
        torch.cat([attention.q.weight, attention.k.weight, attention.v.weight])
    )
    theirs.linear[1].weight = _array(attention.o.weight)
    if isinstance(attention.q_norm, RMSNorm) and isinstance(attention.k_norm, RMSNorm):
        theirs.q_norm.gamma = _array(attention.q_norm.weight)
        theirs.k_norm.gamma = _array(attention.k_norm.weight)
    perceptron.layer_norm.gamma = _array(block.before_mlp.weight)
    perceptron.linear_0.weight = _array(mlp.gate.weight)
    perceptron.linear_0_noact.weight = _array(mlp.up.weight)
    perceptron.linear_1.weight = _array(mlp.down.weight)


def _array(weight: Tensor) -> Any:
    return weight.detach().float().cpu().numpy()


def _files(specification: Any) -> dict[str, bytes]:
    """The files of a model, by their names."""
    with TemporaryDirectory() as folder:
        specification.save(folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _library() -> Any:
    try:
        return import_module("ctranslate2")
    except ImportError as fault:
        raise MissingExtraError("ctranslate2", "ctranslate2", "this engine") from fault
