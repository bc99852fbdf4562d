"""GGUF files: what llama.cpp and the programs around it run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from fivefold.codecs.alphabets import Alphabet
from fivefold.codecs.bytepairs import BytePairs
from fivefold.errors import InputError
from fivefold.exchange import tokenizing
from fivefold.exchange.ggufheader import GgufFile, library
from fivefold.exchange.layout import Layout, halved, paired
from fivefold.exchange.weights import LENGTH, Array, Names, assembled, layout_of, weight
from fivefold.families import Autoregressive, Family

Packing = Literal["F32", "F16", "Q8_0"]
NORMAL, CONTROL, UNUSED = 1, 3, 5


def read(
    path: Path | str, *, length: int | None = None
) -> tuple[Autoregressive, BytePairs, str | None]:
    """The family, the alphabet and the chat template of a GGUF file, its weights unpacked to float32.

    Arguments:
        path: the file.
        length: the longest context wanted; the model's own, at most 2,048, if None.

    Raises:
        InputError: where the file is hostile, damaged, or of a sort that is not known.
    """
    file = GgufFile(path)
    layout = Layout.from_gguf(file.metadata, tied="output.weight" not in file.tensors)
    alphabet = tokenizing.from_gguf(file.metadata)
    positions = min(layout.length, length or LENGTH)
    family = assembled(layout, positions, _Weights(file, layout), alphabet.order.tolist())
    template = file.metadata.get("tokenizer.chat_template")
    return family, alphabet, template if isinstance(template, str) else None


class _Weights:
    """The weights in a file, their rows in our order."""

    def __init__(self, file: GgufFile, layout: Layout) -> None:
        self.file, self.layout = file, layout

    def shape(self, names: Names) -> tuple[int, ...]:
        """The shape of a weight."""
        return self.file.tensor(names[2]).shape

    def array(self, names: Names) -> Array:
        """A weight, float32."""
        array, heads = self.file.array(names[2]), self.layout.heads_of(names[0])
        return halved(array, heads) if heads else array


def write(
    family: Family,
    alphabet: Alphabet,
    path: Path | str,
    *,
    template: str | None = None,
    packing: Packing = "F32",
    name: str = "fivefold",
) -> Path:
    """Write a family that is a language model as a GGUF file.

    Arguments:
        family: an autoregressive family over sequences with a Transformer.
        alphabet: its symbols: byte pairs or bytes.
        path: the file.
        template: the chat template, if it has one.
        packing: of the matrices; norms stay float32.
        name: what other programs call the model.

    Raises:
        InputError: where the family or the alphabet has no such form.
    """
    gguf, path, layout = library(), Path(path), layout_of(family)
    vocabulary = _vocabulary(alphabet, layout.alphabet)
    order = alphabet.order.tolist() if isinstance(alphabet, BytePairs) else None
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        begun = Path(folder) / "model.gguf"
        writer = gguf.GGUFWriter(begun, layout.architecture)
        _describe(writer, layout, name)
        _spell(writer, vocabulary, template)
        for ours, _, file in layout.names():
            array = weight(family, ours, order)
            if heads := layout.heads_of(ours):
                array = paired(array, heads)
            kind = _packed(packing, array)
            writer.add_tensor(file, gguf.quantize(array, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        begun.replace(path)
    return path


def _packed(packing: Packing, array: Array) -> Any:
    kinds = library().GGMLQuantizationType
    whole = array.ndim == 1 or (packing == "Q8_0" and array.shape[-1] % 32)
    return kinds.F32 if whole else kinds[packing]


def _describe(writer: Any, layout: Layout, name: str) -> None:
    writer.add_name(name)
    writer.add_context_length(layout.length)
    writer.add_embedding_length(layout.width)
    writer.add_block_count(layout.depth)
    writer.add_feed_forward_length(layout.hidden)
    writer.add_head_count(layout.heads)
    writer.add_head_count_kv(layout.groups)
    writer.add_key_length(layout.head)
    writer.add_value_length(layout.head)
    writer.add_rope_dimension_count(layout.head)
    writer.add_rope_freq_base(layout.theta)
    writer.add_layer_norm_rms_eps(layout.epsilon)
    writer.add_vocab_size(layout.alphabet)


def _spell(writer: Any, vocabulary: Mapping[str, Any], template: str | None) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary["pre"])
    writer.add_token_list(vocabulary["tokens"])
    writer.add_token_types(vocabulary["types"])
    writer.add_token_merges(vocabulary["joins"])
    writer.add_bos_token_id(vocabulary["end"])
    writer.add_eos_token_id(vocabulary["end"])
    writer.add_add_bos_token(vocabulary["begun"])
    writer.add_add_space_prefix(False)
    if template:
        writer.add_chat_template(template)


def _vocabulary(alphabet: Alphabet, size: int) -> dict[str, Any]:
    """Tokens, their types and joins, as a GGUF file lists them."""
    described = tokenizing.exported(alphabet)
    model = described["model"]
    if (described["decoder"] or {}).get("type") != "ByteLevel":
        raise InputError(
            f"the alphabet {alphabet.name!r} has no form in GGUF",
            hint="train with --alphabet bpe or bytes, or export --to hf",
            code="not-exportable",
        )
    tokens, types = [f"[unused{i}]" for i in range(size)], [UNUSED] * size
    for token, number in model["vocab"].items():
        tokens[number], types[number] = token, NORMAL
    for added in described["added_tokens"]:
        tokens[added["id"]], types[added["id"]] = added["content"], CONTROL
    joins = [j if isinstance(j, str) else " ".join(j) for j in model["merges"]]
    return {
        "tokens": tokens,
        "types": types,
        "joins": joins or [f"{tokens[1]} {tokens[1]}"],
        "pre": _rule(json.dumps(described.get("pre_tokenizer"))),
        "end": alphabet.end if isinstance(alphabet, BytePairs) else 0,
        "begun": described.get("post_processor") is not None
        and not getattr(alphabet, "specials", {}),
    }


def _rule(cut: str) -> str:
    """The name in GGUF of the rule by which a tokenizer cuts texts."""
    for name, rule in tokenizing.SPLITS.items():
        if rule not in (None, "digits") and json.dumps(rule) in cut:
            return name
    return "smollm" if '"Digits"' in cut else "gpt-2"
