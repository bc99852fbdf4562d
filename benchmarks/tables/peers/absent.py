"""Stand-ins for what synthcity imports but its `ddpm` and `nflow` never call.

synthcity 0.2.12 imports survival analysis, time series and image packages (with torch older than 2.3) when any of
its plugins is loaded. Here these names can be imported and are empty; what is called is the real thing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

METRICS = ("geomloss", "matplotlib", "redis", "shap", "xgboost")
OTHER_KINDS = ("PIL", "lifelines", "monai", "pycox", "torchtuples", "torchvision", "tsai", "xgbse")
NAMES = {*METRICS, *OTHER_KINDS}


class Empty(ModuleType):
    """A module in which every name is a class that does nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Absent(MetaPathFinder, Loader):
    """Finds the names above, and below them whatever is asked for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A specification if the name is one of those that are absent."""
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in NAMES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module."""
        return Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def stand_in() -> None:
    """From now on, importing one of the names above gives a stand-in."""
    sys.meta_path.insert(0, Absent())
