"""What is in a model's folder; written whole, verified before it is read.

    config.json         the family, its configuration and its space
    model.safetensors   the weights
    codec.json          how files become tensors and back
    evidence.json       what it was trained on, how, where, and what was measured of it
    README.md           the model card, for people
    manifest.json       the SHA-256 digest of each of these

Nothing in it is ever unpickled, and a folder whose digests do not match is not loaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import save as weights_to_bytes

from fivefold.cards import card
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.files import read_json, sha256, write_atomically

if TYPE_CHECKING:
    from fivefold.model.trained import Model

FORMAT = 2
"""1 knew tables only: its `codec.json` names no kind."""
FILES = ("config.json", "model.safetensors", "codec.json", "evidence.json", "README.md")


def write(model: Model, folder: Path) -> None:
    """Write a model; the manifest comes last, so that a half-written folder is never loaded."""
    (folder / "manifest.json").unlink(missing_ok=True)
    for name, content in _contents(model).items():
        write_atomically(folder / name, content)
    digests = {name: sha256(folder / name) for name in FILES}
    write_atomically(folder / "manifest.json", _json({"format": FORMAT, "files": digests}))


def _contents(model: Model) -> dict[str, bytes]:
    from fivefold import __version__

    config = {
        "format": FORMAT,
        "fivefold": __version__,
        "family": model.family.name,
        "config": model.family.config,
        "space": model.family.space.to_dict(),
    }
    second, state = tied(model.family), model.family.state_dict()
    weights = {k: v.detach().cpu().contiguous() for k, v in state.items() if k not in second}
    return {
        "config.json": _json(config),
        "model.safetensors": weights_to_bytes(weights),
        "codec.json": _json({"kind": model.codec.kind, **model.codec.to_dict()}),
        "evidence.json": _json(model.evidence),
        "README.md": card(model.describe()).encode(),
    }


def verify(folder: Path | str) -> None:
    """Check that a folder is a whole and unaltered model of a version that can be read.

    Raises:
        InputError: naming the first file that is not as the manifest says.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            "no such model folder",
            where=str(folder),
            hint="`fivefold fit DATA --out MODEL` makes one",
            code="no-model",
        )
    if not (folder / "manifest.json").exists():
        state = "its training was interrupted" if (folder / "training").exists() else "no manifest"
        raise InputError(
            f"not a finished model folder ({state})",
            where=str(folder),
            hint="finish it with `fivefold fit DATA --out MODEL --resume`",
            code="no-manifest",
        )
    manifest = read_json(folder / "manifest.json", code="damaged-model")
    if not isinstance(manifest.get("format"), int) or manifest["format"] > FORMAT:
        raise InputError(
            f"the model has format {manifest.get('format')!r}, this version reads up to {FORMAT}",
            where=str(folder),
            hint="pip install --upgrade fivefold",
            code="newer-model",
        )
    digests = manifest.get("files")
    for name in FILES:
        expected = digests.get(name) if isinstance(digests, dict) else None
        if not (folder / name).is_file():
            raise InputError("is missing", where=str(folder / name), code="missing-file")
        if expected != sha256(folder / name):
            raise InputError(
                "was altered or truncated: its digest is not the manifest's",
                where=str(folder / name),
                hint="take the folder from its source again; an altered model is not loaded",
                code="tampered-model",
            )


def tied(family: Family) -> dict[str, str]:
    """Weights that are others under a second name, such as those of a tied head: the other name of each.

    Example:
        >>> from fivefold.families import Autoregressive
        >>> from fivefold.spaces import Space
        >>> tied(Autoregressive(Space.sequence(9, 8), width=64, depth=1, tied=True))
        {'conditionals.head.weight': 'conditionals.embed.weight'}
    """
    first: dict[int, str] = {}
    named = family.state_dict(keep_vars=True).items()
    known = {name: first.setdefault(id(weight), name) for name, weight in named}
    return {name: other for name, other in known.items() if other != name}


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()
