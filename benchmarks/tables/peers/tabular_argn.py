"""MOSTLY AI's TabularARGN, with its defaults: at most 100 epochs, stopped early on its own validation part."""

from __future__ import annotations

import pandas as pd
from mostlyai.engine import TabularARGN

PACKAGES = ("mostlyai-engine",)


def fit(frame: pd.DataFrame, seed: int, epochs: int | None) -> TabularARGN:
    """Fit on the processor."""
    model = TabularARGN(max_epochs=epochs or 100, device="cpu", random_state=seed)
    return model.fit(frame)


def sample(model: TabularARGN, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows."""
    return model.sample(rows, device="cpu")
