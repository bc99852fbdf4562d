"""SDV's Gaussian copula, with its defaults."""

from __future__ import annotations

import pandas as pd
from sdv.metadata import Metadata
from sdv.single_table import GaussianCopulaSynthesizer

PACKAGES = ("sdv", "copulas", "rdt")


def fit(frame: pd.DataFrame, seed: int, epochs: int | None) -> GaussianCopulaSynthesizer:
    """Fit; it has no epochs, and its seed is fixed inside."""
    data = {"table": frame}
    known = Metadata.detect_from_dataframes(data)
    model = GaussianCopulaSynthesizer(known)
    model.fit(data)
    return model


def sample(model: GaussianCopulaSynthesizer, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows."""
    return model.sample(rows)["table"]
