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
    """Draw rows; whole numbers come with decimals from the package and are rounded."""
    drawn = model.forge(rows)
    for name in drawn:
        if not model.factor_cols[name] and pd.api.types.is_integer_dtype(model.x_real[name]):
            drawn[name] = drawn[name].round().astype("Int64")
    return drawn
