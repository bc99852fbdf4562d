"""synthcity's `ddpm` plugin, with its defaults but for the number of epochs where one is given."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd
import torch

from peers.absent import stand_in
from peers.gaps import fill

PACKAGES = ("synthcity",)


def fit(frame: pd.DataFrame, seed: int, epochs: int | None) -> Any:
    """Fit on the processor."""
    stand_in()
    from synthcity.plugins.core.dataloader import GenericDataLoader
    from synthcity.plugins.generic.plugin_ddpm import TabDDPMPlugin

    model = TabDDPMPlugin(
        n_iter=epochs or 1000,
        random_state=seed,
        device=torch.device("cpu"),
        workspace=Path(mkdtemp(prefix="synthcity-")),
    )
    model.fit(GenericDataLoader(fill(frame)))
    return model


def sample(model: Any, rows: int, seed: int) -> pd.DataFrame:
    """Draw rows."""
    return model.generate(rows).dataframe()
