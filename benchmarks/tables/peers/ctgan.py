"""SDV's CTGAN, with its defaults but for the number of epochs where one is given."""

from __future__ import annotations

import pandas as pd
from sdv.metadata import Metadata
from sdv.single_table import CTGANSynthesizer

PACKAGES = ("sdv", "ctgan", "rdt")


def fit(frame: pd.DataFrame, seed: int, epochs: int | None) -> CTGANSynthesizer:
    """Fit on the processor."""
    data = {"table": frame}
    known = Metadata.detect_from_dataframes(data)
    model = CTGANSynthesizer(known, epochs=epochs or 300, enable_gpu=False)
    model.fit(data)
    return model


def sample(model: CTGANSynthesizer, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows."""
    return model.sample(rows)["table"]
