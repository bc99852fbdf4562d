"""What the Frechet ChemNet distance between two sets of molecules is measured in.

It is the distance of `clouds` between activations of the last hidden layer of ChemNet, a net that was trained to
predict the effect of molecules. It falls with the number of molecules (real against real: 3.2 at 2,000 a side), so
that distances compare at equal numbers only.

References:
    Frechet ChemNet Distance: A Metric for Generative Models for Molecules in Drug Discovery (Preuer et al., 2018)
    fcd-torch 1.0.7, https://github.com/insilicomedicine/fcd_torch: the weights
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import torch

from fivefold.errors import MissingExtraError
from fivefold.measures.clouds import Cloud, FloatArray

SYMBOL = re.compile(r".[ril]|.", re.DOTALL)
SYMBOLS = (
    "C",
    "N",
    "O",
    "H",
    "F",
    "Cl",
    "P",
    "B",
    "Br",
    "S",
    "I",
    "Si",
    *"#()+-12345678=[]@cnosX.",
)
PLACES = {symbol: k for k, symbol in enumerate(SYMBOLS)}
UNKNOWN, STOP = PLACES["X"], PLACES["."]
LENGTH = 350
BATCH = 128


@cache
def _net() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module("fcd_torch").FCD(canonize=False).model
    except ImportError as fault:
        raise MissingExtraError("fcd-torch", "fcd", "the Frechet ChemNet distance") from fault


def encoded(smiles: Sequence[str]) -> torch.Tensor:
    """One-hot symbols as ChemNet reads them, with shape (B, 35, 350): the first molecule of a mixture only."""
    batch = np.zeros((len(smiles), LENGTH, len(SYMBOLS)), np.float32)
    for row, text in enumerate(smiles):
        symbols = SYMBOL.findall(text.partition(".")[0])[: LENGTH - 1]
        columns = [PLACES.get(symbol, UNKNOWN) for symbol in symbols]
        batch[row, np.arange(len(columns)), columns] = 1
        batch[row, len(columns), STOP] = 1
    return torch.from_numpy(batch / len(SYMBOLS)).transpose(1, 2)


def activations(smiles: Sequence[str]) -> FloatArray:
    """The last hidden layer for each molecule, with shape (n, 512).

    Arguments:
        smiles: canonical SMILES.
    """
    net = _net()
    with torch.no_grad():
        parts = [
            net(encoded(smiles[start : start + BATCH])).numpy()
            for start in range(0, len(smiles), BATCH)
        ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, 512))


def cloud(smiles: Sequence[str]) -> Cloud | None:
    """The mean and covariance of a set of molecules; None for fewer than two."""
    if len(smiles) < 2:
        return None
    return Cloud.of(activations(smiles))
