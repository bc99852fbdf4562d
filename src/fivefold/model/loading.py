"""From a folder to a model: verified first, then family, weights and codec, each named where it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as weights_from_bytes

from fivefold.codecs import CODECS
from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family
from fivefold.files import read_json
from fivefold.intake import Codec
from fivefold.model.folder import tied, verify
from fivefold.model.trained import Model
from fivefold.spaces import Space

LONGEST_REASON = 200
"""Characters of PyTorch's own words, which can name every weight."""


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
    family = _family(folder)
    state = read_json(folder / "codec.json", code="damaged-model")
    codec = codec_from(state, str(folder / "codec.json"))
    if codec.space != family.space:
        raise InputError(
            "the codec is of another model: its space is not that of the weights",
            where=str(folder),
            hint="take the folder from its source again",
            code="damaged-model",
        )
    evidence = read_json(folder / "evidence.json", code="damaged-model")
    return Model(family.requires_grad_(False).eval().to(device), codec, evidence)


def _family(folder: Path) -> Family:
    """The family that a folder's configuration names, with its weights."""
    config = read_json(folder / "config.json", code="damaged-model")
    if config.get("family") not in FAMILIES:
        raise InputError(
            f"unknown family {config.get('family')!r}",
            where=str(folder / "config.json"),
            hint=f"this version knows {', '.join(FAMILIES)}",
            code="unknown-family",
        )
    try:
        family = FAMILIES[config["family"]](Space.from_dict(config["space"]), **config["config"])
        weights = weights_from_bytes((folder / "model.safetensors").read_bytes())
        family.load_state_dict(weights | {k: weights[v] for k, v in tied(family).items()})
    except InputError:
        raise
    except Exception as error:
        first = " ".join(str(error).split())
        raise InputError(
            f"weights and configuration do not fit ({first[:LONGEST_REASON]})",
            where=str(folder),
            hint="train the model anew or take the folder from its source again",
            code="damaged-model",
        ) from error
    return family


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
