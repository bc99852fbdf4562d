"""Pictures of single samples, for the kinds that people read as pictures: molecules."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

WIDTH, HEIGHT = 190, 130


def molecule(smiles: str) -> str:
    """The structure of a molecule as SVG, drawn by RDKit; empty without it, and for what is no molecule."""
    if find_spec("rdkit") is None:
        return ""
    from rdkit import Chem, rdBase
    from rdkit.Chem.Draw import rdMolDraw2D

    with rdBase.BlockLogs():
        found = Chem.MolFromSmiles(smiles)
        if found is None or not smiles:
            return ""
        drawing = rdMolDraw2D.MolDraw2DSVG(WIDTH, HEIGHT)
        options: Any = drawing.drawOptions()
        options.clearBackground = False
        rdMolDraw2D.PrepareAndDrawMolecule(drawing, found)
        drawing.FinishDrawing()
    return plain_svg(drawing.GetDrawingText())


def plain_svg(text: str) -> str:
    """An SVG without declaration, comments, foreign names and outer size: as a page can hold it.

    Example:
        >>> plain_svg("<?xml version='1.0'?><svg xmlns:x='http://y' width='9px' height='9px'><!-- a --><g/></svg>")
        '<svg role="img"><g/></svg>'
    """
    body = text[text.index("<svg") :]
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    head, rest = body.split(">", 1)
    head = re.sub(
        r"\s(?:xmlns(?::\w+)?|version|baseProfile|xml:space|width|height)='[^']*'", "", head
    )
    return f'{" ".join(head.split())} role="img">{rest.strip()}'


PICTURES: dict[str, Callable[[str], str]] = {"molecule": molecule}
"""How a sample of a kind is drawn."""


def drawn(texts: list[str], kind: str) -> list[str]:
    """The pictures of samples; empty text where a kind or a sample has none."""
    draw = PICTURES.get(kind)
    return [draw(text) if draw else "" for text in texts]
