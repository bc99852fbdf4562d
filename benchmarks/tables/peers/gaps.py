"""Fill missing values for peers that have none."""

from __future__ import annotations

import pandas as pd


def fill(frame: pd.DataFrame) -> pd.DataFrame:
    """A missing text becomes the category `?`, which readers take as missing; a missing number the median."""
    numbers = frame.select_dtypes("number").median()
    return frame.fillna(numbers).fillna("?")
