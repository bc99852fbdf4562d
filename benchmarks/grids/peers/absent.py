"""Stand-ins for what two peers import at the top but do not call here: torchvision and trainers' conveniences."""

from __future__ import annotations

import sys
from types import ModuleType

NAMES = ("torchvision", "torchvision.transforms", "torchvision.utils", "accelerate")


class Empty(ModuleType):
    """A module in which every name is a class that does nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stand_in() -> None:
    """From now on, importing one of the names above gives a stand-in."""
    for name in NAMES:
        sys.modules.setdefault(name, Empty(name))
        above, _, last = name.rpartition(".")
        if above:
            setattr(sys.modules[above], last, sys.modules[name])
