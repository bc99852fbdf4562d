"""Texts into files of a kind's own form (SMILES, FASTA, XES, lines), packed as the ending says."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from fivefold.errors import InputError
from fivefold.files import write_atomically


def write_plain(text: str, path: Path | str, endings: tuple[str, ...]) -> None:
    """Write a text into a file, whole or not at all.

    Arguments:
        text: what to write.
        path: where to; `.gz` behind its ending packs it.
        endings: those that the form may have.

    Raises:
        InputError: where the name ends otherwise, or the file cannot be written.
    """
    location = str(path)
    packed = location.lower().endswith(".gz")
    name = location.lower().removesuffix(".gz")
    if not name.endswith(endings):
        raise InputError(
            "the ending names no form of these data",
            where=location,
            hint=f"one of {', '.join(endings)}, each also with .gz behind it",
            code="format",
        )
    content = text.encode()
    write_atomically(Path(path), gzip.compress(content, 6, mtime=0) if packed else content)


def write_numbered(
    contents: Sequence[str | bytes], path: Path | str, endings: tuple[str, ...]
) -> list[Path]:
    """Write one content under the name, or several under numbered names beside it.

    Arguments:
        contents: what to write.
        path: such as `tune.mid`; several become `tune-1.mid`, `tune-2.mid`, ...
        endings: those that the form may have.

    Returns:
        The files.
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        raise InputError(
            "the ending names no form of these data",
            where=str(path),
            hint=f"such as {', '.join(endings[:6])}",
            code="format",
        )
    width = len(str(len(contents)))
    names = [path.with_stem(f"{path.stem}-{n:0{width}}") for n in range(1, len(contents) + 1)]
    places = [path] if len(contents) == 1 else names
    for place, content in zip(places, contents, strict=True):
        write_atomically(place, content.encode() if isinstance(content, str) else content)
    return places
