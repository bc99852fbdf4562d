"""arfpy's adversarial random forest, with its defaults (30 trees, at least 5 rows a leaf)."""

from __future__ import annotations

import pandas as pd
from arfpy.arf import arf

from peers.gaps import fill

PACKAGES = ("arfpy", "scikit-learn")


def fit(frame: pd.DataFrame, seed: int, epochs: int | None) -> arf:
    """Grow the forests and estimate the density in their leaves."""
    model = arf(fill(frame), verbose=False, random_state=seed)
    model.forde()
    return model


def sample(model: arf, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows; whole numbers come back with decimals, as the package leaves them, and are rounded."""
    drawn = model.forge(rows)
    whole = [c for c in drawn if pd.api.types.is_integer_dtype(model.x_real[c])]
    numbers = [c for c in whole if not model.factor_cols[c]]
    return drawn.astype(dict.fromkeys(numbers, float)).round(dict.fromkeys(numbers, 0))
