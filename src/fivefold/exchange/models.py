"""Whole models, in and out: what `fivefold import` and `fivefold export` do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.text import TextCodec
from fivefold.errors import InputError
from fivefold.exchange import gguf, huggingface
from fivefold.files import sha256
from fivefold.model import Model

Form = Literal["hf", "gguf"]
FORMS: dict[Form, Callable[..., Path]] = {"hf": huggingface.write, "gguf": gguf.write}


def export(model: Model, to: Form, out: Path | str, **options: Any) -> Path:
    """Write a model in a form that other programs load.

    Arguments:
        model: an autoregressive model of sequences with a Transformer.
        to: `hf`, a folder for transformers, vLLM and lm-evaluation-harness; `gguf`, a file for llama.cpp.
        out: the folder or the file.
        options: `packing` of a GGUF file: `F32`, `F16` or `Q8_0`.

    Returns:
        The folder or the file.

    Raises:
        InputError: where the model has no such form, or something is there already.
    """
    out = Path(out)
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise InputError(
            "is there already", where=str(out), hint="choose another --out", code="exists"
        )
    if not isinstance(model.codec, SequenceCodec):
        raise InputError(
            f"a model of a {model.codec.kind} has no form that others can load",
            hint="autoregressive models of text, code, molecules and other sequences have",
            code="not-exportable",
        )
    template = model.evidence.get("origin", {}).get("template")
    return FORMS[to](model.family, model.codec.alphabet, out, template=template, **options)


def bring(source: Path | str, *, length: int | None = None) -> Model:
    """A model from elsewhere: a Hugging Face folder or a GGUF file in the layout of Llama or Qwen3.

    Arguments:
        source: the folder or the file.
        length: the longest context wanted; the model's own, at most 2,048, if None.

    Returns:
        An autoregressive model of text, which can be sampled, scored, tuned further and measured like any other.

    Raises:
        InputError: where the source is hostile, damaged, or of a sort that is not known.
    """
    source = Path(source)
    if not source.exists():
        raise InputError("no such file or folder", where=str(source), code="no-file")
    reader = huggingface.read if source.is_dir() else gguf.read
    family, alphabet, template = reader(source, length=length)
    codec = TextCodec.from_dict(
        {
            "alphabet": alphabet.to_dict(),
            "length": family.space.positions,
            "openings": {},
            "notices": [],
        }
    )
    origin = {
        "source": source.name,
        "form": "hf" if source.is_dir() else "gguf",
        "sha256": _digests(source),
        "template": template,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Model(family.requires_grad_(False).eval(), codec, {"origin": origin})


def _digests(source: Path) -> dict[str, str]:
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    return {file.name: sha256(file) for file in files if file.is_file()}
