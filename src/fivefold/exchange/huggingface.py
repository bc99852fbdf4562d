"""Hugging Face folders: what `transformers`, vLLM and lm-evaluation-harness load.

    config.json              the layout
    model.safetensors        the weights, float32
    tokenizer.json           the alphabet
    tokenizer_config.json    its marks, and the chat template
    generation_config.json   what ends a text: the end, and in a chat the mark that ends a turn

Only safetensors are read, never a pickle; file names out of an index may not leave the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from fivefold.codecs.alphabets import Alphabet
from fivefold.codecs.bytepairs import END_WORD, BytePairs
from fivefold.errors import InputError
from fivefold.exchange import tokenizing
from fivefold.exchange.layout import Layout
from fivefold.exchange.weights import LENGTH, Array, Names, assembled, layout_of, weight
from fivefold.families import Autoregressive, Family
from fivefold.files import LARGEST_JSON, read_json, write_atomically

TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end_of_turn|>", "<end_of_turn>")
"""Marks that end what one speaker says in a chat, and with it what is generated."""
SHARD = re.compile(r"[\w.-]+\.safetensors")


def write(
    family: Family, alphabet: Alphabet, folder: Path | str, *, template: str | None = None
) -> Path:
    """Write a family that is a language model as a Hugging Face folder.

    Arguments:
        family: an autoregressive family over sequences with a Transformer.
        alphabet: its symbols.
        folder: where to write.
        template: the chat template, if it has one.

    Raises:
        InputError: where the family or the alphabet has no such form.
    """
    folder, layout = Path(folder), layout_of(family)
    tokenizer = tokenizing.exported(alphabet)
    order = alphabet.order.tolist() if isinstance(alphabet, BytePairs) else None
    weights = {face: weight(family, ours, order) for ours, face, _ in layout.names()}
    end = alphabet.end if isinstance(alphabet, BytePairs) else 0
    specials: dict[str, int] = getattr(alphabet, "specials", {})
    mark = next((name for name, number in specials.items() if number == end), END_WORD)
    config = {**layout.to_hf(), "bos_token_id": end, "eos_token_id": end}
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": mark,
        "eos_token": mark,
        "pad_token": mark,
        "model_max_length": layout.length,
        "clean_up_tokenization_spaces": False,
        **({"chat_template": template} if template else {}),
    }
    turns = [specials[mark] for mark in TURN_ENDS if template and mark in specials]
    ends = [end, *turns] if turns else end
    generation = {
        "bos_token_id": end,
        "eos_token_id": ends,
        "pad_token_id": end,
        "do_sample": True,
    }
    contents = {
        "model.safetensors": to_bytes(weights, {"format": "pt"}),
        "tokenizer.json": _json(tokenizer),
        "tokenizer_config.json": _json(settings),
        "generation_config.json": _json(generation),
        "config.json": _json(config),
    }
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return folder


def read(
    folder: Path | str, *, length: int | None = None
) -> tuple[Autoregressive, BytePairs, str | None]:
    """The family, the alphabet and the chat template of a Hugging Face folder.

    Arguments:
        folder: with `config.json`, safetensors and `tokenizer.json`.
        length: the longest context wanted; the model's own, at most 2,048, if None.

    Raises:
        InputError: where a file is absent, hostile, or of a sort that is not known.
    """
    folder = Path(folder)
    try:
        layout = Layout.from_hf(read_json(folder / "config.json", code="bad-json"))
    except InputError as error:
        error.where = error.where or str(folder / "config.json")
        raise
    source = Tensors(folder)
    alphabet = tokenizing.imported(_text(folder / "tokenizer.json"), size=layout.alphabet)
    positions = min(layout.length, length or LENGTH)
    family = assembled(layout, positions, source, alphabet.order.tolist())
    return family, alphabet, _template(folder)


class Tensors:
    """The tensors of one safetensors file, or of several with an index.

    Arguments:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = folder / "model.safetensors.index.json"
        self.places: dict[str, str] = {}
        if index.is_file():
            found = read_json(index, code="bad-json").get("weight_map")
            if not isinstance(found, dict):
                raise InputError("has no weight_map", where=str(index), code="bad-index")
            for name, shard in found.items():
                if not isinstance(shard, str) or not SHARD.fullmatch(shard):
                    raise InputError(
                        f"names the file {shard!r}",
                        where=str(index),
                        hint="files of a model end in .safetensors and lie beside the index",
                        code="bad-index",
                    )
                self.places[name] = shard
        elif not (folder / "model.safetensors").is_file():
            other = next((p.name for p in folder.glob("*.bin")), None)
            raise InputError(
                f"holds weights only as {other}, a pickle" if other else "holds no weights",
                where=str(folder),
                hint="a folder with model.safetensors is needed; pickles are never read",
                code="no-weights",
            )

    def shape(self, names: Names) -> tuple[int, ...]:
        """The shape of a tensor, by its header alone."""
        with self._opened(names[1]) as file:
            return tuple(file.get_slice(names[1]).get_shape())

    def array(self, names: Names) -> Array:
        """A tensor, float32."""
        with self._opened(names[1]) as file:
            return np.asarray(file.get_tensor(names[1]).float().numpy(), np.float32)

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        path = self.folder / self.places.get(name, "model.safetensors")
        try:
            with safe_open(path, "pt") as file:
                yield file
        except (SafetensorError, OSError) as error:
            raise InputError(
                f"lacks the tensor {name!r} ({str(error)[:200]})",
                where=str(path),
                hint="the file is damaged or of another model: take it from its source again",
                code="no-tensor",
            ) from error


def _template(folder: Path) -> str | None:
    apart, settings = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if apart.is_file():
        return _text(apart)
    found = (
        read_json(settings, code="bad-json").get("chat_template") if settings.is_file() else None
    )
    return found if isinstance(found, str) else None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise InputError(
                f"has {path.stat().st_size:,} bytes, of at most {LARGEST_JSON:,}",
                where=str(path),
                code="too-large",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read ({error})",
            where=str(path),
            hint="a folder as `save_pretrained` writes it is needed",
            code="no-file",
        ) from error


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()
